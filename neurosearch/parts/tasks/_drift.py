"""A stream whose inputs or labels change at one or more moments, abruptly or little by little."""

import abc
import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np

from neurosearch.declare import part, quantity
from neurosearch.errors import UserError
from neurosearch.parts.tasks import _transforms
from neurosearch.parts.tasks.base import Streams
from neurosearch.random import draw, stream_id
from neurosearch.record.goal import Classes
from neurosearch.record.stream import HELD_OUT, PROBE, STREAM, WARM_UP, Stream


@dataclass(frozen=True)
class Drift(Streams, abc.ABC):
    """The stream falls into ``changes + 1`` equal sessions; the first is unchanged, each other has its own change.

    Lead-in and delay are the inner task's. The held-out part at the end is shown as in the last session. With
    ``probes``, some of it is shown, learning off, as in every session so far after each, for ``forgetting``.

    Attributes:
        inner: the task that is changed.
        changes: how often it changes.
        gradual: part of a session over which the old is replaced: at its start no sample is new, at its end all are,
            and between them each is drawn; 0 is abrupt.
        probes: held-out samples shown in each session's way after each session.
    """

    inner: Any = part("tasks", "digits")
    changes: int = quantity(1, low=1, high=1000)
    gradual: float = quantity(0.0, low=0, high=1)
    probes: int = quantity(0, low=0)

    @abc.abstractmethod
    def changed(self, stream: Stream, variant: np.ndarray, seed: int) -> Stream:
        """The stream with each sample in its variant [K]; variant 0 is the unchanged one."""

    def stream(self, seed: int) -> Stream:
        """The inner stream, changing."""
        stream: Stream = self.inner.stream(seed)
        _transforms.classes_of(self, stream)
        n, n_held = int((stream.phase == STREAM).sum()), int((stream.phase == HELD_OUT).sum())
        if n <= self.changes:
            asked = f"{type(self).__name__}.changes = {self.changes}"
            raise UserError(f"{asked}, but its inner task streams {n} samples; give fewer changes")
        position = np.arange(n) * (self.changes + 1)
        session = position // n
        samples, phase, session = _transforms.with_probes(stream, session, np.full(n_held, self.changes), 0)
        if self.probes:
            samples, phase, session = self._probed(stream, samples, phase, session)
        variant = session.copy()
        streamed = phase == STREAM
        within = (position % n) / n  # of the session, 0 to 1
        drawn = draw(seed, stream_id("task.drift"), 0, np.arange(n), 0)
        variant[streamed] -= (variant[streamed] > 0) & (drawn * self.gradual > within)
        return self.changed(_transforms.chosen(stream, samples, phase, session=session), variant, seed)

    def _probed(
        self, stream: Stream, samples: np.ndarray, phase: np.ndarray, session: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The same with the probes between: the same held-out samples in the way of every session so far."""
        some = np.flatnonzero(stream.phase == HELD_OUT)[: self.probes]
        lead, held = phase == WARM_UP, phase == HELD_OUT
        parts = [(samples[lead], WARM_UP, session[lead])]
        for now in range(self.changes + 1):
            mine = (phase == STREAM) & (session == now)
            parts.append((samples[mine], STREAM, session[mine]))
            last = now == self.changes
            parts += [(some, PROBE, np.full(len(some), past)) for past in range(now + (not last))]
        return _transforms.joined([*parts, (samples[held], HELD_OUT, session[held])])


def relabelled(stream: Stream, variant: np.ndarray, tables: np.ndarray) -> Stream:
    """The stream with label y of a sample in variant v replaced by ``tables[v, y]``, for scoring and for teaching."""

    def renamed(labels: np.ndarray) -> np.ndarray:
        return np.where(labels >= 0, tables[variant, labels], -1).astype(np.int32)

    assert isinstance(stream.goal, Classes), "a drift has looked"
    goal = Classes(renamed(stream.goal.labels), renamed(stream.goal.visible_labels))
    return dataclasses.replace(stream, goal=goal)
