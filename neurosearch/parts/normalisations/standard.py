"""Each channel against its own mean and spread so far, as ON and OFF channels: for data of any offset and scale."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from neurosearch.declare import quantity
from neurosearch.parts.normalisations.base import Causal

_FLAT = 1e-6
"""A channel whose deviation is below this part of its mean is flat: what is left of it is rounding of 32-bit values."""


@dataclass(frozen=True)
class Standard(Causal):
    """z = (x - mean) / (deviation * upper); ON = min(max(z, 0), 1), OFF = min(max(-z, 0), 1); 2 C inputs.

    Mean and standard deviation are those of the channel so far, x included (Welford 1962, over sums about the first
    value: Chan et al. 1983). A channel that does not vary gives no input.

    Attributes:
        upper: deviation from the mean, in standard deviations, that becomes the largest input 1.
    """

    upper: float = quantity(3.0, low=0.1, high=100.0)

    def inputs(self, shape: tuple[int, ...]) -> int:
        """2 C: the ON channels, then the OFF channels."""
        return 2 * math.prod(shape)

    def over(self, parts: Iterable[tuple[np.ndarray, np.ndarray]], shape: tuple[int, ...]) -> Iterator[np.ndarray]:
        """See `Causal`."""
        channels = math.prod(shape)
        first: np.ndarray | None = None
        sums = np.zeros((1, 2 * channels + 1))  # of deviations from the first value, of their squares, of frames
        for values, counted in parts:
            x = np.asarray(values, np.float64)
            if first is None and counted.any():
                first = x[np.argmax(counted)]
            d = x - (0.0 if first is None else first)
            weight = counted.astype(np.float64)[:, None]
            running = np.cumsum(
                np.concatenate([sums, np.concatenate([d, d * d, np.ones_like(d[:, :1])], 1) * weight]), 0
            )
            sums = running[-1:]
            n = np.maximum(running[1:, -1:], 1)
            mean = running[1:, :channels] / n
            deviation = np.sqrt(np.maximum(running[1:, channels:-1] / n - mean**2, 0.0))
            flat = deviation <= _FLAT * np.abs(mean + (0.0 if first is None else first))
            z = np.where(flat, 0.0, d - mean) / (np.where(flat, 1.0, deviation) * self.upper)
            yield np.concatenate([np.clip(z, 0, 1), np.clip(-z, 0, 1)], axis=1).astype(np.float32)
