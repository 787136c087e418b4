"""A stream in which the learner is not told the label of some samples; all of them are scored."""

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np

from neurosearch.declare import part, quantity
from neurosearch.parts.tasks import _transforms
from neurosearch.parts.tasks.base import Streams
from neurosearch.random import draw, stream_id
from neurosearch.record.goal import Classes, Values
from neurosearch.record.stream import STREAM, Stream


@dataclass(frozen=True)
class MissingLabels(Streams):
    """Any other task with labels (or target values) withheld from the learner.

    Attributes:
        inner: the task.
        fraction: probability that a sample of the stream has no label.
    """

    inner: Any = part("tasks", "digits")
    fraction: float = quantity(0.5, low=0, high=1)

    def stream(self, seed: int) -> Stream:
        """The inner stream; which labels are missing is drawn by the seed."""
        stream: Stream = self.inner.stream(seed)
        streamed = np.flatnonzero(stream.phase == STREAM)
        goal = _transforms.not_memory(self, stream)
        draws = "task.missing" if goal.all_visible else "task.missing.more"  # of those that are told so far
        missing = streamed[draw(seed, stream_id(draws), 0, np.arange(len(streamed)), 0) < self.fraction]
        match goal:
            case Values():
                visible = goal.visible.copy()
                visible[missing] = False
                return dataclasses.replace(stream, goal=dataclasses.replace(goal, visible=visible))
            case Classes():
                told = goal.visible_labels.copy()
                told[missing] = -1
                return dataclasses.replace(stream, goal=dataclasses.replace(goal, visible_labels=told))
