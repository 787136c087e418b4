"""Two inputs a channel, the value and one minus it: for an encoder that sends rises alone, rises and falls."""

import math
from dataclasses import dataclass

import numpy as np

from neurosearch.parts.normalisations.base import Normalisation


@dataclass(frozen=True)
class Mirrored(Normalisation):
    """Inputs = x, then 1 - x; 2 C inputs. Values should lie in [0, 1]."""

    def inputs(self, shape: tuple[int, ...]) -> int:
        """2 C: the channels, then their mirror images."""
        return 2 * math.prod(shape)

    def apply(self, values: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
        """Each row and its mirror image."""
        del shape
        values = np.asarray(values, np.float32)
        return np.concatenate([values, 1 - values], axis=1)
