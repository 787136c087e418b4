"""What a stream wants of a network: the class of each sample, values to be predicted, or the recall of what was stored.

Letters: K samples, O outputs.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from neurosearch.record import former


@dataclass(frozen=True, eq=False)
class Classes:
    """Each sample belongs to a class.

    Attributes:
        labels: [K] int32, the class that a decision is scored against; -1 where there is none.
        visible_labels: [K] int32, the class that the learner is told; -1: none. Left out: all labels are visible.
    """

    labels: np.ndarray
    visible_labels: np.ndarray = field(default=None)  # type: ignore[arg-type]  # filled below

    def __post_init__(self) -> None:
        if self.visible_labels is None:
            object.__setattr__(self, "visible_labels", self.labels)

    @property
    def all_visible(self) -> bool:
        """Whether no label is withheld or exchanged."""
        return bool(np.array_equal(self.visible_labels, self.labels))

    def with_labels(self, labels: np.ndarray) -> "Classes":
        """Other labels to score against; they are visible where all were, else what is told stays."""
        return Classes(labels) if self.all_visible else Classes(labels, self.visible_labels)

    def take(self, samples: np.ndarray) -> "Classes":
        """The goal of these samples, in this order."""
        return Classes(self.labels[samples], self.visible_labels[samples])


@dataclass(frozen=True, eq=False)
class Values:
    """Each sample has real values to be predicted.

    Attributes:
        targets: [K, O] float32; NaN where there is none.
        visible: [K] bool, whether the learner is told them. Left out: all are visible.
        labels: [K] int32, class of a sample that has one too, for pictures alone; left out: -1.
    """

    targets: np.ndarray
    visible: np.ndarray = field(default=None)  # type: ignore[arg-type]  # filled below
    labels: np.ndarray = field(default=None)  # type: ignore[arg-type]  # filled below

    def __post_init__(self) -> None:
        if self.visible is None:
            object.__setattr__(self, "visible", np.ones(len(self.targets), bool))
        if self.labels is None:
            object.__setattr__(self, "labels", np.full(len(self.targets), -1, np.int32))

    @property
    def known(self) -> np.ndarray:
        """[K] bool: whether a sample has target values."""
        return np.asarray(np.isfinite(self.targets).all(axis=1))

    @property
    def all_visible(self) -> bool:
        """Whether no values are withheld."""
        return bool(self.visible.all())

    def take(self, samples: np.ndarray) -> "Values":
        """The goal of these samples, in this order."""
        return Values(self.targets[samples], self.visible[samples], self.labels[samples])


@former.accepts(former.recall_keywords)
@dataclass(frozen=True, eq=False)
class Recall:
    """Patterns are stored, then recalled from cues.

    Attributes:
        truth: [K] int32, the row of ``Stream.values`` that a sample's readout should equal; -1 while patterns are
            stored.
        reset: [K] bool, whether a sample starts a recall anew; False where it continues that of the one before.
        period: 0, or the period of the values (2 pi for phases).
        criterion: error below which a pattern counts as recalled.
        references: errors to compare the memory's with, by name (``cue``, ``no_memory``).
    """

    truth: np.ndarray
    reset: np.ndarray
    period: float
    criterion: float
    references: Mapping[str, float]

    @property
    def labels(self) -> np.ndarray:
        """[K] int32: -1, no sample has a class."""
        return np.full(len(self.truth), -1, np.int32)

    @property
    def fresh(self) -> np.ndarray:
        """The name that ``reset`` had in version 0.1."""
        return self.reset

    def take(self, samples: np.ndarray) -> "Recall":
        """The goal of these samples, in this order."""
        return replace(self, truth=self.truth[samples], reset=self.reset[samples])


Goal = Classes | Values | Recall
