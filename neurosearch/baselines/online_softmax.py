"""Online softmax regression: the linear learner that a spiking network has to beat."""

from dataclasses import dataclass

import numpy as np

from neurosearch.baselines._linear import mean_square, seen
from neurosearch.baselines.base import Baseline, label_source, visible_labels
from neurosearch.declare import quantity
from neurosearch.record.stream import STREAM, WARM_UP, Stream


@dataclass(frozen=True)
class OnlineSoftmax(Baseline):
    """p = softmax(W x + b); at each label W -= rate / E|x|² (p - onehot) xᵀ, and likewise b with input 1.

    One gradient step per sample in one pass through the stream; W and b start at 0. For images and recorded events x is
    the raw input, otherwise it is standardised by the preceding samples (see `_linear.seen`). E|x|² is estimated from
    the lead-in or, without one, from the inputs so far; for standardised inputs it is their number.

    Attributes:
        rate: learning rate in units of 1 / E|x|²; 1.2 to 2 is best on digits, MNIST and Fashion-MNIST.
    """

    linear = True

    rate: float = quantity(1.5, low=1e-6, high=1e3)

    def readout(self, stream: Stream) -> np.ndarray:
        """[K, O] logits at each decision; learning stops at the end of the stream."""
        x, classes = seen(stream), visible_labels(stream)
        source, step = label_source(stream), self.rate / mean_square(x, stream)
        weights, readout = np.zeros((stream.outputs, x.shape[1])), np.zeros((len(x), stream.outputs))
        after = int(np.flatnonzero(stream.phase == STREAM)[-1]) + 1 if (stream.phase == STREAM).any() else 0
        for k in np.flatnonzero(stream.phase[:after] != WARM_UP):
            readout[k] = weights @ x[k]
            if source[k] >= 0:
                labelled = x[source[k]]
                weights -= np.outer(step[k] * _error(weights @ labelled, classes[source[k]]), labelled)
        readout[after:] = x[after:] @ weights.T
        return readout


def _error(logits: np.ndarray, label: int) -> np.ndarray:
    exponential = np.exp(logits - logits.max())
    error = exponential / exponential.sum()
    error[label] -= 1
    return np.asarray(error)
