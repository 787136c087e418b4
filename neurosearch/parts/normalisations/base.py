"""What a normalisation is: a function from a task's raw channel values to an encoder's inputs, row by row."""

import abc
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
