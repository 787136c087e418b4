"""Each channel between the least and the largest value that it has had so far: for sensors of unknown range."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from neurosearch.parts.normalisations.base import Causal


@dataclass(frozen=True)
class Minmax(Causal):
    """(x - min) / (max - min) of what the channel has shown so far, x included; C inputs.

    A channel that has shown one value only gives 0. What is shown with learning off is cut at 0 and 1.
    """

    def inputs(self, shape: tuple[int, ...]) -> int:
        """C."""
        return math.prod(shape)

    def over(self, parts: Iterable[tuple[np.ndarray, np.ndarray]], shape: tuple[int, ...]) -> Iterator[np.ndarray]:
        """See `Causal`."""
        low, high = np.full((1, self.inputs(shape)), np.inf), np.full((1, self.inputs(shape)), -np.inf)
        for values, counted in parts:
            x = np.asarray(values, np.float64)
            seen = counted[:, None]
            lows = np.minimum.accumulate(np.concatenate([low, np.where(seen, x, np.inf)]))
            highs = np.maximum.accumulate(np.concatenate([high, np.where(seen, x, -np.inf)]))
            low, high = lows[-1:], highs[-1:]
            spans = highs[1:] - lows[1:]
            known = spans > 0  # nothing seen yet has a span of minus infinity
            inputs = np.where(known, x - np.where(known, lows[1:], 0.0), 0.0) / np.where(known, spans, 1.0)
            yield np.clip(inputs, 0, 1).astype(np.float32)
