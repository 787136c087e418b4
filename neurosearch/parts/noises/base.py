"""Base class of cue noise: how a cue deviates from its stored pattern, as a text and as draws."""

import abc
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from neurosearch.declare import Text


@dataclass(frozen=True)
class Noise(Text, abc.ABC):
    """A noise distribution, independent and identical for all units.

    Attributes:
        log_density: log P(cue | x) up to a constant, an expression over ``cue``, ``x`` and the noise's numbers.
        circular: whether values are phases.
    """

    texts: ClassVar = ("log_density", "circular")
    log_density: ClassVar = ""
    circular: ClassVar = False

    @abc.abstractmethod
    def deviation(self, u: np.ndarray) -> np.ndarray:
        """Deviations of a cue whose cumulative probability is ``u``, in the shape of ``u``."""
