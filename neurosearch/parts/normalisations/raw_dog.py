"""Brightness and edges together: the raw values beside the ON and OFF channels of a difference of Gaussians."""

import math
from dataclasses import dataclass

import numpy as np

from neurosearch.declare import quantity
from neurosearch.parts.normalisations._contrast import by_chunks, check_image, edges
from neurosearch.parts.normalisations.base import Normalisation


@dataclass(frozen=True)
class RawDog(Normalisation):
    """The C raw values, then the 2 C channels of ``dog``; 3 C inputs.

    Attributes:
        sigma: width of the centre in pixels.
        ratio: width of the surround over that of the centre.
        upper: contrast, in RMS, that becomes the largest input 1.
    """

    sigma: float = quantity(0.7, "1", low=0.1, high=20.0)
    ratio: float = quantity(1.6, "1", low=1.05, high=20.0)
    upper: float = quantity(3.0, low=0.1, high=100.0)

    def inputs(self, shape: tuple[int, ...]) -> int:
        """3 C: raw, ON, OFF."""
        check_image("raw_dog", shape)
        return 3 * math.prod(shape)

    def apply(self, values: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
        """Raw, ON and OFF inputs of each image."""

        def rows(x: np.ndarray) -> np.ndarray:
            return np.concatenate([x, edges(x, shape, self.sigma, self.ratio, self.upper)], axis=1)

        return by_chunks(values, rows, self.inputs(shape))
