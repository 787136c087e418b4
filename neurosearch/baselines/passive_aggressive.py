"""Multiclass passive-aggressive linear classification (PA-I, Crammer et al. 2006)."""

from dataclasses import dataclass

import numpy as np

from neurosearch.baselines._linear import seen
from neurosearch.baselines.base import Baseline, label_source, visible_labels
from neurosearch.declare import quantity
from neurosearch.record.stream import WARM_UP, Stream


@dataclass(frozen=True)
class PassiveAggressive(Baseline):
    """The smallest update that gives the true class a margin of 1, with a step of at most ``aggressiveness``.

    For images and recorded events x is the raw input, otherwise it is standardised by the preceding samples (see
    `_linear.seen`).

    Attributes:
        aggressiveness: upper bound of the step (C in the paper).
    """

    linear = True

    aggressiveness: float = quantity(0.01, low=1e-9, high=1e3)

    def readout(self, stream: Stream) -> np.ndarray:
        """[K, O] ``W x`` at each decision."""
        x, classes, source = seen(stream), visible_labels(stream), label_source(stream)
        weights, readout = np.zeros((stream.outputs, x.shape[1])), np.zeros((len(x), stream.outputs))
        for k in np.flatnonzero(stream.phase != WARM_UP):
            readout[k] = weights @ x[k]
            if source[k] < 0:
                continue
            labelled, label = x[source[k]], classes[source[k]]
            value = weights @ labelled
            other = value.copy()
            other[label] = -np.inf
            rival = int(np.argmax(other))
            loss = 1 - value[label] + value[rival]
            if loss > 0:
                step = min(self.aggressiveness, loss / (2 * float(labelled @ labelled)))
                weights[label] += step * labelled
                weights[rival] -= step * labelled
        return readout
