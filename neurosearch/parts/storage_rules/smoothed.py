"""Any kernel of the phase lag, smoothed by a given width: for kernels that jump."""

import functools
from dataclasses import dataclass

import numpy as np

from neurosearch.errors import UserError
from neurosearch.language import arrays
from neurosearch.language import text as tx
from neurosearch.parts.storage_rules._fourier import Fourier

_POINTS = 1 << 14
"""Samples of the kernel in one period: 512 in a cycle of the highest harmonic, 32, so that aliasing is negligible."""


@dataclass(frozen=True)
class Smoothed(Fourier):
    """``kernel`` is an expression over ``lag`` in [0, 2π), which may jump; it is repeated with the period 2π."""

    kernel: str = "exp(-lag) - exp(lag - 6.283185307179586)"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.width == 0 and self.harmonics > 16:
            raise UserError("Smoothed.width = 0 with more than 16 harmonics rings at a jump; use a width such as 0.3")
        self.coefficients()  # reports a mistake in the text at once

    def coefficients(self) -> np.ndarray:
        """Fourier coefficients of the kernel, by FFT of its values at the midpoints of small intervals."""
        return _transform(self.kernel)[: self.harmonics + 1]


@functools.lru_cache(maxsize=64)
def _transform(kernel: str) -> np.ndarray:
    where = "Smoothed.kernel"
    checked = tx.expression(kernel, where)
    for symbol in sorted(tx.names(checked) - {"lag"}):
        tx.unknown(where, checked, symbol, {"lag"})
    if {"uniform", "gauss"} & tx.calls(checked):
        tx.fail(where, checked, "a kernel is a function of the lag, without draws")
    lag = (np.arange(_POINTS) + 0.5) * 2 * np.pi / _POINTS
    with np.errstate(all="ignore"):
        values = np.broadcast_to(np.asarray(arrays.value(checked, {"lag": lag}), float), lag.shape)
    if not np.isfinite(values).all():
        at = float(lag[np.argmin(np.isfinite(values))])
        raise UserError(f"{where}: `{checked}` is not finite at lag {at:.4g}; use a kernel that is finite on [0, 2π)")
    shift = np.exp(-1j * np.arange(_POINTS // 2) * lag[0])
    return np.asarray(np.fft.fft(values)[: _POINTS // 2] / _POINTS * shift)
