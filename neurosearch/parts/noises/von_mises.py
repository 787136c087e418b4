"""Von Mises noise: the counterpart of normal noise for phases."""

from dataclasses import dataclass

import numpy as np

from neurosearch.declare import quantity
from neurosearch.parts.noises.base import Noise


@dataclass(frozen=True)
class VonMises(Noise):
    """Concentration ``kappa``: at 0 a cue carries no information; when large, 1/variance."""

    kappa: float = quantity(1.0, low=0, high=1e4)

    log_density = "kappa*cos(cue - x)"
    circular = True

    def deviation(self, u: np.ndarray) -> np.ndarray:
        """Inverse of the cumulative distribution, interpolated on a grid."""
        lag = np.linspace(-np.pi, np.pi, 40_001)  # steps of 1.6e-4 rad; the width at the largest kappa is 0.01
        density = np.exp(self.kappa * (np.cos(lag) - 1))
        cumulative = np.concatenate([[0], np.cumsum((density[1:] + density[:-1]) / 2)])
        return np.interp(u, cumulative / cumulative[-1], lag)
