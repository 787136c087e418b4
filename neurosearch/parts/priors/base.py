"""Base class of priors: the distribution of the values of a memory's patterns, as a text and as draws.

Letters: M patterns, N units, Q points of a quadrature.
"""

import abc
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from neurosearch import random
from neurosearch.declare import Text


@dataclass(frozen=True)
class Prior(Text, abc.ABC):
    """A distribution of pattern values, independent and identical for all units.

    Attributes:
        log_density: log P(x) up to a constant, an expression over ``x`` and the prior's numbers.
        mobility: factor on the gradient, an expression that is positive inside the support and 0 at its bounds, so
            that recall never leaves it; with any such factor the posterior still rises.
        discrete: whether only the two ends of the support occur; recall is then the mean-field iteration.
        period: period of values on a circle, otherwise 0.
    """

    texts: ClassVar = ("log_density", "mobility", "discrete", "period")
    log_density: ClassVar = "0"
    mobility: ClassVar = "1"
    discrete: ClassVar = False
    period: ClassVar = 0.0

    @property
    @abc.abstractmethod
    def support(self) -> tuple[float, float]:
        """Smallest and largest value, infinite where unbounded."""

    @abc.abstractmethod
    def quantile(self, u: np.ndarray) -> np.ndarray:
        """Values whose cumulative probability is ``u``, in the shape of ``u``."""

    @abc.abstractmethod
    def nodes(self) -> tuple[np.ndarray, np.ndarray]:
        """Quadrature points [Q] and weights [Q] (sum 1) for expectations under the prior."""

    def grid(self, n: int = 401) -> tuple[np.ndarray, np.ndarray]:
        """Quadrature for sharp functions, such as a posterior: ``n`` equally likely points (401: steps of 0.25 %)."""
        return self.nodes() if self.discrete else (self.quantile((np.arange(n) + 0.5) / n), np.full(n, 1 / n))

    def draw(self, seed: int, patterns: int, units: int) -> np.ndarray:
        """[M, N] patterns; a larger number of patterns starts with the same ones."""
        m, n = np.arange(patterns)[:, None], np.arange(units)[None, :]
        return self.quantile(random.draw(seed, random.stream_id("recall.patterns"), 0, m, n))

    def allows(self, values: np.ndarray) -> np.ndarray:
        """Whether each value can occur, in the shape of ``values``."""
        low, high = self.support
        inside = (values >= low) & (values <= high)
        return inside & ((values == low) | (values == high)) if self.discrete else inside
