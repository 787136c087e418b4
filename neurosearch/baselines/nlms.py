"""Online linear prediction by normalised least mean squares (Widrow & Hoff 1960; Nagumo & Noda 1967)."""

from dataclasses import dataclass

import numpy as np

from neurosearch.baselines.base import Baseline, inputs, label_source, predicted_values
from neurosearch.declare import quantity
from neurosearch.record.stream import WARM_UP, Stream


@dataclass(frozen=True)
class Nlms(Baseline):
    """``W += rate (y - W x) xᵀ / |x|²`` on the raw input with a bias; W starts at 0.

    Attributes:
        rate: step size; stable between 0 and 2.
    """

    predicts = True
    linear = True

    rate: float = quantity(0.5, low=1e-6, high=2)

    def readout(self, stream: Stream) -> np.ndarray:
        """[K, O] ``W x`` at each decision."""
        targets = predicted_values(stream)
        x, source = inputs(stream), label_source(stream)
        weights, readout = np.zeros((stream.outputs, x.shape[1])), np.zeros((len(x), stream.outputs))
        for k in np.flatnonzero(stream.phase != WARM_UP):
            readout[k] = weights @ x[k]
            if source[k] >= 0:
                seen = x[source[k]]
                error = targets[source[k]] - weights @ seen
                weights += np.outer(self.rate * error, seen) / float(seen @ seen)
        return readout
