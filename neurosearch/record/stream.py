"""What is shown: samples in their order, and what is to be said of them.

Letters: K samples, F frames, C channels (raw inputs), O outputs.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from neurosearch.record.rows import SparseRows

WARM_UP, STREAM, HELD_OUT, PROBE, CUT = 0, 1, 2, 3, 4
"""Phases of a sample: shown once without label and unscored; scored and learned; scored with learning off after the
stream; the same within the stream, to see what is remembered; shown for a part of its steps, to see when it decides."""

LEAD_IN = WARM_UP
"""Its former name, for tasks of users."""


@dataclass(frozen=True, eq=False)
class Recall:
    """What a stream of patterns and cues asks of a memory.

    Attributes:
        truth: [K] int32, the row of ``Stream.values`` that a sample's readout should equal; -1 while patterns are
            stored.
        fresh: [K] bool, False where a sample continues the recall of the one before.
        period: 0, or the period of the values (2 pi for phases).
        criterion: error below which a pattern counts as recalled.
        references: errors to compare the memory's with, by name (``cue``, ``no_memory``).
    """

    truth: np.ndarray
    fresh: np.ndarray
    period: float
    criterion: float
    references: Mapping[str, float]


@dataclass(frozen=True, eq=False)
class Stream:
    """Labelled samples in the order in which they are shown.

    Attributes:
        values: [rows, C] float32, raw channel values, in [0, 1] for images, or ``SparseRows`` of recorded events; the
            same for every seed of a task.
        shape: layout of the channels, for example ``(8, 8)`` for an image, ``(12,)`` for a signal.
        frame_row: [F] int32, the row of ``values`` shown in a frame.
        frame_steps: [F] int32, how many steps a frame lasts.
        sample_frames: [K] int32, how many frames a sample has; their sum is F.
        labels: [K] int32, class of a sample; -1 where there is none.
        phase: [K] int8, WARM_UP, STREAM, HELD_OUT in this order; PROBE between samples of STREAM, CUT at the end.
        outputs: number of classes O.
        key: identity of ``values`` (task, its settings that change them, data file): equal keys, equal values.
        delay: samples between a sample's end and the arrival of its label.
        taught: [K] int32, the class that the learner is told, -1 for none (of target values: whether); without it the
            labels, or all values, are told.
        targets: [K, O] float32, real values to be predicted instead of classes; NaN where there is none.
        session: [K] int32, which part of a changing stream a sample belongs to, from 0; the stream changes where it
            grows.
        step: seconds that a step stands for in data that have times; 0 in data that have none.
        recall: what is asked of a memory, where that is not classes.
    """

    values: np.ndarray | SparseRows
    shape: tuple[int, ...]
    frame_row: np.ndarray
    frame_steps: np.ndarray
    sample_frames: np.ndarray
    labels: np.ndarray
    phase: np.ndarray
    outputs: int
    key: str
    delay: int = 0
    taught: np.ndarray | None = None
    targets: np.ndarray | None = None
    session: np.ndarray | None = None
    step: float = 0.0
    recall: Recall | None = None

    @property
    def arrays(self) -> tuple[np.ndarray, ...]:
        """What ``values`` consists of."""
        return (self.values,) if isinstance(self.values, np.ndarray) else (self.values.offsets, self.values.units)
