"""No normalisation: the raw channel values are the inputs."""

import math
from dataclasses import dataclass

import numpy as np

from neurosearch.parts.normalisations.base import Normalisation


@dataclass(frozen=True)
class Raw(Normalisation):
    """Inputs = values; C inputs."""

    def inputs(self, shape: tuple[int, ...]) -> int:
        """C."""
        return math.prod(shape)

    def apply(self, values: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
        """The values themselves, in the order of the channels."""
        del shape
        return np.ascontiguousarray(values, np.float32)
