"""A fixed random layer without spikes, and on it an online linear read-out: what the wiring alone is good for."""

from dataclasses import dataclass

import numpy as np

from neurosearch.baselines.base import Baseline, inputs, label_source, visible_labels
from neurosearch.declare import quantity
from neurosearch.random import gauss, stream_id
from neurosearch.record.stream import WARM_UP, Stream

_CHUNK = 1024


@dataclass(frozen=True)
class RandomFeatures(Baseline):
    """``h = max(R (x - 0.5) - the share'th largest, 0)``, scaled to length 1; least mean squares from h to the label.

    R is Gaussian and the same for every stream. Only the most active part of the features stays, as in a mushroom
    body with ideal inhibition.

    Attributes:
        features: how many.
        share: part of them that is active.
        rate: of the normalised least mean squares, 0 to 2.
    """

    features: int = quantity(2000, low=1, high=100_000)
    share: float = quantity(0.1, low=1e-4, high=1)
    rate: float = quantity(0.2, low=1e-6, high=2)

    def readout(self, stream: Stream) -> np.ndarray:
        """[K, O] values of the linear read-out at each decision."""
        x, wanted, source = inputs(stream), self.wanted(stream), label_source(stream)
        wires = _wires(self.features, x.shape[1] - 1)
        weights, readout = np.zeros((stream.outputs, self.features)), np.zeros((len(x), stream.outputs))
        hidden, begin = np.zeros((0, self.features)), 0
        for k in np.flatnonzero(stream.phase != WARM_UP):
            if k - begin >= len(hidden):
                begin = int(k)
                hidden = self._hidden(x[begin : begin + _CHUNK, :-1], wires)
            readout[k] = weights @ hidden[k - begin]
            if source[k] >= 0:
                seen = hidden[source[k] - begin] if source[k] >= begin else self._hidden(x[[source[k]], :-1], wires)[0]
                weights += np.outer(self.rate * (wanted[source[k]] - weights @ seen), seen)
        return readout

    def wanted(self, stream: Stream) -> np.ndarray:
        """[K, O] what the read-out should be: 1 for the class that the learner is told."""
        classes = visible_labels(stream)
        return np.asarray((classes[:, None] == np.arange(stream.outputs)).astype(float))

    def _hidden(self, x: np.ndarray, wires: np.ndarray) -> np.ndarray:
        drive = (x.astype(np.float32) - np.float32(0.5)) @ wires
        active = max(1, round(self.share * self.features))
        if active < self.features:
            bar = np.partition(drive, self.features - active - 1, axis=1)[:, [self.features - active - 1]]
            drive = np.maximum(drive - bar, 0)
        length = np.sqrt((drive**2).sum(axis=1, keepdims=True))
        return np.asarray(drive / np.where(length > 0, length, 1), np.float64)


def _wires(features: int, channels: int) -> np.ndarray:
    """[channels, features] float32."""
    drawn = gauss(0, stream_id("baseline.random_features"), 0, np.arange(channels)[:, None], np.arange(features))
    return np.asarray(drawn, np.float32)
