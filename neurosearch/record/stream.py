"""What is shown: samples in their order, in phases, with a goal.

Letters: K samples, F frames, C channels (raw inputs), O outputs.
"""

from dataclasses import dataclass, field

import numpy as np

from neurosearch.record.former import accepts
from neurosearch.record.former_goal import stream_keywords
from neurosearch.record.goal import Classes, Goal, Recall, Values
from neurosearch.record.rows import SparseRows

WARM_UP, STREAM, HELD_OUT, PROBE, CUT = 0, 1, 2, 3, 4
"""Phases of a sample: shown once without label and unscored; scored and learned; scored with learning off after the
stream; the same within the stream, to see what is remembered; shown for a part of its steps, to see when it decides."""

LEAD_IN = WARM_UP
"""Its former name, for tasks of users."""


@accepts(stream_keywords)
@dataclass(frozen=True, eq=False)
class Stream:
    """Samples in the order in which they are shown, and what is wanted of them.

    Tasks written for version 0.1 gave ``labels`` (also in place of ``goal``), ``taught``, ``targets`` and ``recall``;
    these keywords still make the goal that they mean, and the properties of these names read it.

    Attributes:
        values: [rows, C] float32, raw channel values, in [0, 1] for images, or ``SparseRows`` of recorded events; the
            same for every seed of a task.
        shape: layout of the channels, for example ``(8, 8)`` for an image, ``(12,)`` for a signal.
        frame_row: [F] int32, the row of ``values`` shown in a frame.
        frame_steps: [F] int32, how many steps a frame lasts.
        sample_frames: [K] int32, how many frames a sample has; their sum is F.
        goal: ``Classes``, ``Values`` or ``Recall``.
        phase: [K] int8, WARM_UP, STREAM, HELD_OUT in this order; PROBE between samples of STREAM, CUT at the end.
        outputs: number of classes or values O.
        key: identity of ``values`` (task, its settings that change them, data file): equal keys, equal values.
        delay: samples between a sample's end and the arrival of its label or values.
        session: [K] int32, which part of a changing stream a sample belongs to, from 0; the stream changes where it
            grows. Left out: nothing changes.
        step: seconds that a step stands for in data that have times; 0 in data that have none.
    """

    values: np.ndarray | SparseRows
    shape: tuple[int, ...]
    frame_row: np.ndarray
    frame_steps: np.ndarray
    sample_frames: np.ndarray
    goal: Goal
    phase: np.ndarray
    outputs: int
    key: str
    delay: int = 0
    session: np.ndarray = field(default=None, kw_only=True)  # type: ignore[arg-type]  # filled below
    step: float = field(default=0.0, kw_only=True)

    def __post_init__(self) -> None:
        if isinstance(self.goal, np.ndarray):  # labels, given by their former place
            object.__setattr__(self, "goal", Classes(self.goal))
        if self.session is None:
            object.__setattr__(self, "session", np.zeros(len(self.phase), np.int32))

    @property
    def arrays(self) -> tuple[np.ndarray, ...]:
        """What ``values`` consists of."""
        return (self.values,) if isinstance(self.values, np.ndarray) else (self.values.offsets, self.values.units)

    @property
    def changes(self) -> bool:
        """Whether the stream has more than one session."""
        return bool((self.session != self.session[:1]).any())

    @property
    def labels(self) -> np.ndarray:
        """[K] class of each sample; -1 where there is none."""
        return self.goal.labels

    @property
    def taught(self) -> np.ndarray | None:
        """[K] class that the learner is told, -1 for none; ``None`` where everything is visible."""
        match self.goal:
            case Classes(visible_labels=told) if not self.goal.all_visible:
                return told
            case Values(visible=visible) if not visible.all():
                return np.where(visible, 0, -1).astype(np.int32)
        return None

    @property
    def targets(self) -> np.ndarray | None:
        """[K, O] values to be predicted, where that is the goal."""
        return self.goal.targets if isinstance(self.goal, Values) else None

    @property
    def recall(self) -> Recall | None:
        """The goal, where it is a recall."""
        return self.goal if isinstance(self.goal, Recall) else None
