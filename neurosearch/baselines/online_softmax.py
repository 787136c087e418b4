"""Online softmax regression: the linear learner that a spiking network has to beat."""

from dataclasses import dataclass

import numpy as np

from neurosearch.baselines._linear import mean_square, seen
from neurosearch.baselines.base import Baseline, label_source, visible_labels
from neurosearch.declare import quantity
from neurosearch.record.stream import STREAM, WARM_UP, Stream


@dataclass(frozen=True)
class OnlineSoftmax(Baseline):
    """p = softmax(W x + b); at each label W -= rate / E|x|² (p - onehot) xᵀ, and b likewise with input 1.

    One step of gradient descent a sample, once through the stream, W and b from 0. x is the raw input of images and
    recorded events, and standardised by the samples before it elsewhere (see `_linear.seen`). E|x|² comes from the
    lead-in's inputs, or, without a lead-in, from the inputs seen so far; of standardised inputs it is their number.

    Attributes:
        rate: learning rate in units of 1 / E|x|²; 1.2 to 2 is best on digits, MNIST and Fashion-MNIST alike.
    """

    linear = True

    rate: float = quantity(1.5, low=1e-6, high=1e3)

    def readout(self, stream: Stream) -> np.ndarray:
        """[K, O] logits at each decision; learning stops with the stream."""
        x, classes = seen(stream), visible_labels(stream)
        source, step = label_source(stream), self.rate / mean_square(x, stream)
        weights, readout = np.zeros((stream.outputs, x.shape[1])), np.zeros((len(x), stream.outputs))
        after = int(np.flatnonzero(stream.phase == STREAM)[-1]) + 1 if (stream.phase == STREAM).any() else 0
        for k in np.flatnonzero(stream.phase[:after] != WARM_UP):
            readout[k] = weights @ x[k]
            if source[k] >= 0:
                old = x[source[k]]
                weights -= np.outer(step[k] * _error(weights @ old, classes[source[k]]), old)
        readout[after:] = x[after:] @ weights.T
        return readout


def _error(logits: np.ndarray, label: int) -> np.ndarray:
    exponential = np.exp(logits - logits.max())
    error = exponential / exponential.sum()
    error[label] -= 1
    return np.asarray(error)
