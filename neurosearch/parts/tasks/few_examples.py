"""Few examples: one or five labelled samples of each of a few classes, then questions without labels."""

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np

from neurosearch.declare import part, quantity
from neurosearch.errors import UserError
from neurosearch.parts.tasks import _transforms
from neurosearch.parts.tasks.base import Streams, check_delay
from neurosearch.random import permutation
from neurosearch.record.goal import Classes
from neurosearch.record.stream import HELD_OUT, STREAM, WARM_UP, Stream


@dataclass(frozen=True)
class FewExamples(Streams):
    """An episode: ``shots`` labelled samples of each class, shuffled, then the questions; a seed is an episode.

    Examples are learned and not scored, questions are scored and have no label, so ``accuracy`` is that of the
    questions. The lead-in shows samples of the other classes (of the same where there are no others), never one that
    is asked. Outputs are numbered 0 to ``classes - 1``; held out are the inner task's samples of these classes.

    Attributes:
        inner: a classification task.
        classes: how many, drawn by the seed from the inner task's.
        shots: labelled samples of each class.
        queries: questions of each class; 0 asks all that there are.
    """

    inner: Any = part("tasks", "digits")
    classes: int = quantity(5, low=2)
    shots: int = quantity(1, low=1)
    queries: int = quantity(15, low=0)

    def stream(self, seed: int) -> Stream:
        """The episode of this seed."""
        stream: Stream = self.inner.stream(seed)
        goal = _transforms.classes_of(self, stream)
        if not goal.all_visible:
            raise UserError(
                "FewExamples.inner withholds labels already, but it is the examples that have them; "
                "put missing_labels around few_examples"
            )
        asked = self._classes(seed, stream)
        number = np.full(stream.outputs + 1, -1)  # the last stands for no label
        number[asked] = np.arange(self.classes)
        streamed = np.flatnonzero(stream.phase == STREAM)
        of_class = [streamed[stream.labels[streamed] == c] for c in asked]
        scarce = min(len(samples) for samples in of_class)
        if scarce <= self.shots or (self.queries and scarce < self.shots + self.queries):
            raise UserError(
                f"FewExamples needs {self.shots} shots and {self.queries or 'some'} queries of each class, but its "
                f"inner task streams only {scarce} samples of one; give fewer, or a longer inner stream"
            )
        examples = _shuffled(seed, "task.examples", [samples[: self.shots] for samples in of_class])
        end = self.shots + self.queries if self.queries else None
        questions = _shuffled(seed, "task.queries", [samples[self.shots : end] for samples in of_class])
        check_delay(self.inner, stream.delay, len(examples) + len(questions))
        lead = self._lead_in(stream, streamed, number, np.concatenate([examples, questions]))
        held = np.flatnonzero((stream.phase == HELD_OUT) & (number[stream.labels] >= 0))
        samples = np.concatenate([lead, examples, questions, held])
        lengths = [len(lead), len(examples), len(questions), len(held)]
        phase = np.repeat([WARM_UP, STREAM, STREAM, HELD_OUT], lengths)
        labels = number[stream.labels[samples]].astype(np.int32)
        scored = np.repeat([False, False, True, True], lengths)
        told = np.repeat([False, True, False, False], lengths)
        return dataclasses.replace(
            _transforms.chosen(stream, samples, phase),
            goal=Classes(
                labels=np.where(scored, labels, -1).astype(np.int32),
                visible_labels=np.where(told, labels, -1).astype(np.int32),
            ),
            outputs=self.classes,
        )

    def _classes(self, seed: int, stream: Stream) -> np.ndarray:
        present = np.unique(stream.labels[stream.labels >= 0])
        if self.classes > len(present):
            raise UserError(f"FewExamples.classes = {self.classes}, but its inner task has {len(present)}; give fewer")
        return np.sort(present[permutation(seed, "task.classes", len(present))[: self.classes]])

    def _lead_in(self, stream: Stream, streamed: np.ndarray, number: np.ndarray, used: np.ndarray) -> np.ndarray:
        others = streamed[number[stream.labels[streamed]] < 0]
        free = others if len(others) else np.setdiff1d(streamed, used)
        return np.asarray(free[: (stream.phase == WARM_UP).sum()])


def _shuffled(seed: int, name: str, samples: list[np.ndarray]) -> np.ndarray:
    together = np.concatenate(samples)
    return np.asarray(together[permutation(seed, name, len(together))])
