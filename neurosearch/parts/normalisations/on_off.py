"""ON and OFF channels: what is above, and what is below, a sample's own mean, in units of its own contrast."""

import math
from dataclasses import dataclass

import numpy as np

from neurosearch.declare import quantity
from neurosearch.parts.normalisations._contrast import by_chunks, rectified
from neurosearch.parts.normalisations.base import Normalisation


@dataclass(frozen=True)
class OnOff(Normalisation):
    """z = (x - mean x) / (RMS(x - mean x) * upper); ON = min(max(z, 0), 1), OFF = min(max(-z, 0), 1); 2 C inputs.

    Brightness and contrast of a sample no longer matter; a sample without contrast gives no input.

    Attributes:
        upper: deviation, in RMS, that becomes the largest input 1.
    """

    upper: float = quantity(3.0, low=0.1, high=100.0)

    def inputs(self, shape: tuple[int, ...]) -> int:
        """2 C: the ON channels, then the OFF channels."""
        return 2 * math.prod(shape)

    def apply(self, values: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
        """ON and OFF inputs of each row."""
        return by_chunks(values, self._rows, self.inputs(shape))

    def _rows(self, x: np.ndarray) -> np.ndarray:
        return rectified(x - x.mean(axis=1, keepdims=True), np.abs(x).max(axis=1), self.upper)
