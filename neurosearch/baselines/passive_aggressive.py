"""Passive-aggressive classification on the raw input (PA-I of Crammer et al. 2006, for several classes)."""

from dataclasses import dataclass

import numpy as np

from neurosearch.baselines.base import Baseline, arrived, inputs, told
from neurosearch.declare import quantity
from neurosearch.record import LEAD_IN, Stream


@dataclass(frozen=True)
class PassiveAggressive(Baseline):
    """The smallest change that lets the label beat the strongest other class by 1, at most ``aggressiveness``.

    Attributes:
        aggressiveness: upper bound of the step, C in the paper.
    """

    aggressiveness: float = quantity(0.01, low=1e-9, high=1e3)

    def readout(self, stream: Stream) -> np.ndarray:
        """[K, O] ``W x`` at each decision."""
        x, classes, source = inputs(stream), told(stream), arrived(stream)
        weights, readout = np.zeros((stream.outputs, x.shape[1])), np.zeros((len(x), stream.outputs))
        for k in np.flatnonzero(stream.phase != LEAD_IN):
            readout[k] = weights @ x[k]
            if source[k] < 0:
                continue
            seen, label = x[source[k]], classes[source[k]]
            value = weights @ seen
            other = value.copy()
            other[label] = -np.inf
            rival = int(np.argmax(other))
            loss = 1 - value[label] + value[rival]
            if loss > 0:
                step = min(self.aggressiveness, loss / (2 * float(seen @ seen)))
                weights[label] += step * seen
                weights[rival] -= step * seen
        return readout
