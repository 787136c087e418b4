"""What a baseline is: a simple learner that sees the same stream as a network, label by label, and is scored alike."""

import abc
import functools
from dataclasses import dataclass

import numpy as np

from neurosearch import catalogue
from neurosearch.declare import Part
from neurosearch.evaluate.score import score
from neurosearch.record import STREAM, Record, Score, Stream
from neurosearch.tasks.base import Task


@dataclass(frozen=True)
class Baseline(Part, abc.ABC):
    """A learner whose decisions are judged by the rules for networks: predict, score, learn when the label arrives."""

    @abc.abstractmethod
    def readout(self, stream: Stream) -> np.ndarray:
        """[K, O] decision variable of each sample, from labels that had arrived before it alone."""


def arrived(stream: Stream) -> np.ndarray:
    """[K] int: the sample whose label arrives after the decision of sample k, or -1; none outside the stream."""
    k = np.arange(len(stream.labels))
    source = k - stream.delay
    streamed = (stream.phase == STREAM) & (source >= 0)
    known = streamed & (stream.phase[source] == STREAM) & (stream.labels[source] >= 0)
    return np.where(known, source, -1)


def judge(baseline: Baseline, stream: Stream) -> Score:
    """The baseline's score on a stream; it has no spikes, so it has accuracies alone."""
    n = len(stream.labels)
    nothing = np.zeros((0, 3), np.int32)
    return score(Record("ok", n, n, baseline.readout(stream), {}, {}, {}, nothing), stream)


def beside(task: Task, seed: int) -> dict[str, Score]:
    """Every baseline's score on the very stream that a network of this seed sees; computed once a process."""
    key = task.stream(seed).key  # the data of equal settings may differ: a file that has changed
    return {name: _remembered(name, task, seed, key) for name in catalogue.names("baselines")}


@functools.lru_cache(maxsize=256)
def _remembered(name: str, task: Task, seed: int, key: str) -> Score:
    del key
    return judge(catalogue.find("baselines", name)(), task.stream(seed))
