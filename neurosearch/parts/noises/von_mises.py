"""Von Mises noise: the normal distribution of phases."""

from dataclasses import dataclass

import numpy as np

from neurosearch.declare import quantity
from neurosearch.parts.noises.base import Noise


@dataclass(frozen=True)
class VonMises(Noise):
    """Concentration ``kappa``: 0 is no cue at all, 1/variance when large."""

    kappa: float = quantity(1.0, low=0, high=1e4)

    log_density = "kappa*cos(cue - x)"
    circular = True

    def deviation(self, u: np.ndarray) -> np.ndarray:
        """By inverting the cumulated density on a grid."""
        lag = np.linspace(-np.pi, np.pi, 40_001)
        density = np.exp(self.kappa * (np.cos(lag) - 1))
        cumulated = np.concatenate([[0], np.cumsum((density[1:] + density[:-1]) / 2)])
        return np.interp(u, cumulated / cumulated[-1], lag)
