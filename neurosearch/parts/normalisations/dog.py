"""Difference of Gaussians: edges of an image, as ganglion cells of a retina report them (Rodieck 1965)."""

import math
from dataclasses import dataclass

import numpy as np

from neurosearch.declare import quantity
from neurosearch.parts.normalisations._contrast import by_chunks, check_image, edges
from neurosearch.parts.normalisations.base import Normalisation


@dataclass(frozen=True)
class Dog(Normalisation):
    """d = blur(x, sigma) - blur(x, sigma * ratio), in units of its own RMS, as ON and OFF channels; 2 C inputs.

    Attributes:
        sigma: width of the centre in pixels.
        ratio: width of the surround over that of the centre (1.6: Marr and Hildreth 1980).
        upper: contrast, in RMS, that becomes the largest input 1.
    """

    sigma: float = quantity(0.7, "1", low=0.1, high=20.0)
    ratio: float = quantity(1.6, "1", low=1.05, high=20.0)
    upper: float = quantity(3.0, low=0.1, high=100.0)

    def inputs(self, shape: tuple[int, ...]) -> int:
        """2 C: the ON channels, then the OFF channels."""
        check_image("dog", shape)
        return 2 * math.prod(shape)

    def apply(self, values: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
        """ON and OFF inputs of each image."""

        def rows(x: np.ndarray) -> np.ndarray:
            return edges(x, shape, self.sigma, self.ratio, self.upper)

        return by_chunks(values, rows, self.inputs(shape))
