"""What a normalisation is: a function from a task's raw channel values to an encoder's inputs.

Letters: r frames, C channels, I inputs.
"""

import abc
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from neurosearch.declare import Part


@dataclass(frozen=True)
class Normalisation(Part, abc.ABC):
    """Works on each row alone, so it may be applied to any part of a table of values, in any order."""

    @abc.abstractmethod
    def inputs(self, shape: tuple[int, ...]) -> int:
        """How many network inputs come out of channels of this layout."""

    @abc.abstractmethod
    def apply(self, values: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
        """Inputs [rows, ``inputs(shape)``] float32 of raw values [rows, C] whose channels have this layout."""


@dataclass(frozen=True)
class Causal(Normalisation):
    """Works on frames in the order in which they are shown: an input depends on earlier frames, never on later ones.

    What is shown with learning off (held-out samples, probes) is not taken into account; it meets the statistics of
    what was seen before it. A stream has one table of inputs a seed, F x I numbers in a file, since the order is the
    seed's.
    """

    @abc.abstractmethod
    def over(self, parts: Iterable[tuple[np.ndarray, np.ndarray]], shape: tuple[int, ...]) -> Iterator[np.ndarray]:
        """Inputs [r, I] float32 of consecutive parts of a stream, whose division does not matter.

        Args:
            parts: (raw values [r, C], whether each frame is taken into account [r] bool).
            shape: layout of the channels.
        """

    def apply(self, values: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
        """Inputs of rows that are shown in this order, each once and all taken into account."""
        return next(iter(self.over([(values, np.ones(len(values), bool))], shape)))
