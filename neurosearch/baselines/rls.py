"""Online linear prediction by recursive least squares with forgetting: close to the best linear predictor."""

from dataclasses import dataclass

import numpy as np

from neurosearch.baselines.base import Baseline, inputs, label_source, predicted_values
from neurosearch.declare import quantity
from neurosearch.record.stream import WARM_UP, Stream


@dataclass(frozen=True)
class Rls(Baseline):
    """The W that minimises the exponentially weighted sum of squared errors so far (Haykin 2002, ch. 9).

    Attributes:
        memory: forgetting factor: weight of a sample relative to the next one.
        ridge: initial regularisation towards W = 0.
    """

    predicts = True
    linear = True

    memory: float = quantity(0.999, low=0.5, high=1)
    ridge: float = quantity(1e-3, low=1e-9, high=1e3)

    def readout(self, stream: Stream) -> np.ndarray:
        """[K, O] ``W x`` at each decision."""
        targets = predicted_values(stream)
        x, source = inputs(stream).astype(float), label_source(stream)
        weights, readout = np.zeros((stream.outputs, x.shape[1])), np.zeros((len(x), stream.outputs))
        inverse = np.eye(x.shape[1]) / self.ridge
        for k in np.flatnonzero(stream.phase != WARM_UP):
            readout[k] = weights @ x[k]
            if source[k] >= 0:
                seen = x[source[k]]
                spread = inverse @ seen
                gain = spread / (self.memory + seen @ spread)
                weights += np.outer(targets[source[k]] - weights @ seen, gain)
                inverse = (inverse - np.outer(gain, spread)) / self.memory
                inverse = (inverse + inverse.T) / 2  # rounding must not break its symmetry
        return readout
