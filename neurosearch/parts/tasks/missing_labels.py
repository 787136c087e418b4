"""A stream in which the learner is not told the label of some samples; all of them are scored."""

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np

from neurosearch.declare import part, quantity
from neurosearch.parts.tasks import _transforms
from neurosearch.parts.tasks.base import Streams
from neurosearch.random import draw, stream_id
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
        draws = "task.missing" if stream.taught is None else "task.missing.more"  # of those that are told so far
        missing = streamed[draw(seed, stream_id(draws), 0, np.arange(len(streamed)), 0) < self.fraction]
        _transforms.refuse_memory(self, stream)
        if stream.targets is not None:
            told = np.zeros(len(stream.labels), np.int32) if stream.taught is None else stream.taught.copy()
        else:
            told = (stream.labels if stream.taught is None else stream.taught).copy()
        told[missing] = -1
        return dataclasses.replace(stream, taught=told)
