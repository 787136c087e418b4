"""Classes that arrive in sessions: each session shows new classes alone, and what was learned before may be lost."""

import dataclasses
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from neurosearch.declare import part, quantity
from neurosearch.errors import UserError
from neurosearch.parts.tasks import _transforms
from neurosearch.parts.tasks.base import Streams
from neurosearch.random import permutation
from neurosearch.record.stream import HELD_OUT, STREAM, WARM_UP, Stream


@dataclass(frozen=True)
class ClassIncremental(Streams):
    """The samples of a classification task in sessions (Split-MNIST of Zenke et al. 2017 is such a stream).

    The lead-in shows the first session's classes alone. After each session ``probes`` held-out samples of every
    session so far are shown with learning off; ``forgetting`` and ``backward_transfer`` come from them and from the
    held-out part at the end, so a task without a held-out part has neither.

    Attributes:
        inner: the task; its delay, lead-in and length hold here too.
        sessions: how many; classes are divided as equally as possible.
        order: ``drawn`` by the seed, or ``numbered`` as the classes are.
        probes: held-out samples of each session seen so far that are shown after each session.
    """

    inner: Any = part("tasks", "digits")
    sessions: int = quantity(5, low=2, high=1000)
    order: Literal["drawn", "numbered"] = "drawn"
    probes: int = quantity(20, low=0)

    def stream(self, seed: int) -> Stream:
        """The inner task's samples, session by session, in their own order within each."""
        stream: Stream = self.inner.stream(seed)
        labels = _transforms.classes_of(self, stream).labels
        streamed, held = np.flatnonzero(stream.phase == STREAM), np.flatnonzero(stream.phase == HELD_OUT)
        session_of = self._sessions(seed, labels[streamed], stream.outputs)
        order = np.argsort(session_of[labels[streamed]], kind="stable")
        lead = streamed[order][: (stream.phase == WARM_UP).sum()]
        lead = lead[session_of[labels[lead]] == 0]
        parts = np.concatenate([lead, streamed[order], held])
        phase = np.repeat([WARM_UP, STREAM, HELD_OUT], [len(lead), len(streamed), len(held)])
        ordered = _transforms.chosen(stream, parts, phase)
        goal = _transforms.classes_of(self, ordered)
        shown = np.where(phase == WARM_UP, -1, goal.labels).astype(np.int32)
        ordered = dataclasses.replace(ordered, goal=goal.with_labels(shown))
        session, held_session = session_of[shown[phase == STREAM]], session_of[shown[phase == HELD_OUT]]
        samples, phase, session = _transforms.with_probes(ordered, session, held_session, self.probes)
        return _transforms.chosen(ordered, samples, phase, session=session)

    def _sessions(self, seed: int, labels: np.ndarray, outputs: int) -> np.ndarray:
        """[O] session in which each class is shown."""
        present = np.unique(labels[labels >= 0])
        if (labels < 0).any():
            raise UserError("ClassIncremental.inner streams samples without a class; give a task that labels all")
        if self.sessions > len(present):
            raise UserError(
                f"ClassIncremental.sessions = {self.sessions}, but its inner task streams {len(present)} classes; "
                f"give at most as many sessions as classes"
            )
        if self.order == "drawn":
            present = present[permutation(seed, "task.sessions", len(present))]
        session_of = np.zeros(outputs, int)
        for session, classes in enumerate(np.array_split(present, self.sessions)):
            session_of[classes] = session
        return session_of
