"""What cue noise is: how a cue differs from the pattern that it reminds of, as a text and as draws."""

import abc
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from neurosearch.declare import Text


@dataclass(frozen=True)
class Noise(Text, abc.ABC):
    """Independent and equal for all units.

    Attributes:
        log_density: log P(cue | x) up to a constant, an expression over ``cue``, ``x`` and the noise's numbers.
        circular: whether it lives on a circle.
    """

    texts: ClassVar = ("log_density", "circular")
    log_density: ClassVar = ""
    circular: ClassVar = False

    @abc.abstractmethod
    def deviation(self, u: np.ndarray) -> np.ndarray:
        """Deviations of a cue whose cumulated probability is ``u``."""
