"""Normally distributed values: the prior of graded rates that makes every recall term linear or cubic."""

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from neurosearch.declare import quantity
from neurosearch.parts.priors.base import Prior


@dataclass(frozen=True)
class Gaussian(Prior):
    """Mean ``mean``, standard deviation ``spread``. Recall under it overshoots the memory: see ``docs/memory.md``."""

    mean: float = quantity(0.0)
    spread: float = quantity(1.0, low=1e-6, high=1e6)

    log_density = "-(x - mean)**2/(2*spread**2)"

    @property
    def support(self) -> tuple[float, float]:
        """Unbounded."""
        return -np.inf, np.inf

    def quantile(self, u: np.ndarray) -> np.ndarray:
        """The normal quantile."""
        return self.mean + self.spread * np.vectorize(NormalDist().inv_cdf, otypes=[float])(u)

    def nodes(self) -> tuple[np.ndarray, np.ndarray]:
        """Gauss-Hermite quadrature, exact for polynomials up to degree 79."""
        x, weight = np.polynomial.hermite_e.hermegauss(40)
        return self.mean + self.spread * x, weight / weight.sum()
