"""Periodic kernels of the phase lag as truncated Fourier series: smooth, and fast because they separate per neuron."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np

from neurosearch.declare import quantity
from neurosearch.parts.storage_rules.base import Storage


@dataclass(frozen=True)
class Fourier(Storage, ABC):
    """``Ω = c0 + Σ_k c_k cos(k lag) + s_k sin(k lag)`` with ``lag = x_post - x_pre`` and k up to ``harmonics``.

    The kernel is smoothed by a wrapped normal of standard deviation ``width`` [rad], which multiplies harmonic k by
    exp(-k² width²/2). Each number of harmonics needs a build of its own; everything else is a number.
    """

    width: float = quantity(0.3, "1", low=0.0, high=3.0)
    harmonics: int = quantity(4, low=1, high=32)

    @abstractmethod
    def coefficients(self) -> np.ndarray:
        """[harmonics + 1] complex Fourier coefficients: the mean of kernel times exp(-i k lag)."""

    @property
    def omega(self) -> str:  # type: ignore[override]
        """The series."""
        lags = ["(x_post - x_pre)", *(f"{k}*(x_post - x_pre)" for k in range(2, self.harmonics + 1))]
        terms = [f"c{k}*cos({lag}) + s{k}*sin({lag})" for k, lag in enumerate(lags, 1)]
        return " + ".join(["c0", *terms])

    @property
    def values(self) -> dict[str, float]:
        """The smoothed coefficients by name."""
        k = np.arange(self.harmonics + 1)
        smooth = self.coefficients() * np.exp(-(k**2) * self.width**2 / 2)
        cosines = {f"c{n}": float((1 if n == 0 else 2) * smooth[n].real) for n in k}
        return cosines | {f"s{n}": float(-2 * smooth[n].imag) for n in k[1:]}

    @property
    def units(self) -> dict[str, str]:
        """All dimensionless."""
        return dict.fromkeys(self.values, "1")
