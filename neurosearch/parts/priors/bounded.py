"""Values between 0 and a maximum: a beta distribution, from uniform to sparse."""

from dataclasses import dataclass

import numpy as np

from neurosearch.declare import quantity
from neurosearch.parts.priors.base import Prior


@dataclass(frozen=True)
class Bounded(Prior):
    """``P(x) ~ x^(a - 1) (high - x)^(b - 1)``; ``a = b = 1`` is uniform, a large ``b`` sparse (mean high a/(a + b))."""

    high: float = quantity(1.0, low=1e-6, high=1e6)
    a: float = quantity(1.0, low=1.0, high=100)
    b: float = quantity(4.0, low=1.0, high=100)

    log_density = "(a - 1)*log(x) + (b - 1)*log(high - x)"
    mobility = "4*x*(high - x)/high**2"

    @property
    def support(self) -> tuple[float, float]:
        """0 to high."""
        return 0.0, self.high

    def quantile(self, u: np.ndarray) -> np.ndarray:
        """Inverse of the cumulative distribution, interpolated on a grid."""
        x = np.linspace(0, 1, 20_001)  # steps of 5e-5 of the range
        density = x ** (self.a - 1) * (1 - x) ** (self.b - 1)
        cumulative = np.concatenate([[0], np.cumsum((density[1:] + density[:-1]) / 2)])
        return self.high * np.interp(u, cumulative / cumulative[-1], x)

    def nodes(self) -> tuple[np.ndarray, np.ndarray]:
        """Gauss-Legendre quadrature, weighted by the density."""
        x, weight = np.polynomial.legendre.leggauss(128)  # exact up to degree 255, density (a + b - 2) included
        x = (x + 1) / 2
        weight = weight * x ** (self.a - 1) * (1 - x) ** (self.b - 1)
        return self.high * x, weight / weight.sum()
