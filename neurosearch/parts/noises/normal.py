"""Normal noise added to each value of the cue."""

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from neurosearch.declare import quantity
from neurosearch.parts.noises.base import Noise


@dataclass(frozen=True)
class Normal(Noise):
    """Standard deviation ``sd``."""

    sd: float = quantity(0.5, low=1e-3, high=1e6)

    log_density = "-(cue - x)**2/(2*sd**2)"

    def deviation(self, u: np.ndarray) -> np.ndarray:
        """The normal quantile."""
        return self.sd * np.vectorize(NormalDist().inv_cdf, otypes=[float])(u)
