"""Uniformly distributed phases: the prior of spike times relative to an oscillation."""

from dataclasses import dataclass

import numpy as np

from neurosearch.parts.priors.base import Prior


@dataclass(frozen=True)
class Circle(Prior):
    """Uniform on [0, 2π)."""

    period = 2 * np.pi

    @property
    def support(self) -> tuple[float, float]:
        """One cycle."""
        return 0.0, 2 * np.pi

    def quantile(self, u: np.ndarray) -> np.ndarray:
        """2π u."""
        return 2 * np.pi * np.asarray(u)

    def nodes(self) -> tuple[np.ndarray, np.ndarray]:
        """Equidistant points, exact for up to 255 harmonics."""
        return np.arange(256) * 2 * np.pi / 256, np.full(256, 1 / 256)
