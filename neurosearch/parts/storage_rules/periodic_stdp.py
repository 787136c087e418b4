"""Spike-timing-dependent storage of phases (Lengyel & Dayan 2004): pair STDP summed over cycles, then smoothed."""

from dataclasses import dataclass

import numpy as np

from neurosearch.declare import quantity
from neurosearch.parts.storage_rules._fourier import Fourier


@dataclass(frozen=True)
class PeriodicStdp(Fourier):
    """``A+ exp(-lag/τ+)/(1 - exp(-2π/τ+)) - A- exp(-(2π - lag)/τ-)/(1 - exp(-2π/τ-))`` for a lag in [0, 2π).

    This kernel jumps at lag 0, where it has no derivative for recall to follow; the rule stores the kernel smoothed by
    ``width`` and truncated after ``harmonics``. Time constants are phases [rad]. A narrow kernel needs a good cue: see
    ``docs/memory.md``.
    """

    width: float = quantity(1.0, low=0.0, high=3.0)
    harmonics: int = quantity(3, low=1, high=32)
    a_plus: float = quantity(1.0, low=0, high=1e9)
    a_minus: float = quantity(1.0, low=0, high=1e9)
    tau_plus: float = quantity(0.6, low=1e-3, high=100)
    tau_minus: float = quantity(0.6, low=1e-3, high=100)

    def coefficients(self) -> np.ndarray:
        """Fourier coefficients of the kernel, in closed form."""
        k = np.arange(self.harmonics + 1)
        plus, minus = self.a_plus / (1 / self.tau_plus + 1j * k), self.a_minus / (1 / self.tau_minus - 1j * k)
        return np.asarray((plus - minus) / (2 * np.pi))
