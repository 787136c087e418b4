"""A fixed random layer without spikes and an online linear read-out: how far random wiring alone goes."""

from dataclasses import dataclass

import numpy as np

from neurosearch.baselines.base import Baseline, inputs, label_source, visible_labels
from neurosearch.declare import quantity
from neurosearch.random import gauss, stream_id
from neurosearch.record.stream import WARM_UP, Stream

_CHUNK = 1024
"""Samples whose features are computed at once: 16 MB at 2,000 features."""


@dataclass(frozen=True)
class RandomFeatures(Baseline):
    """``h = max(R (x - 0.5) - threshold, 0)``, scaled to length 1; least mean squares from h to the label.

    R is Gaussian and the same for every stream. The threshold keeps the most active features only, as a mushroom body
    with ideal inhibition would.

    Attributes:
        features: number of features.
        share: fraction of features that is active.
        rate: step size of the normalised least mean squares; stable between 0 and 2.
    """

    features: int = quantity(2000, low=1, high=100_000)
    share: float = quantity(0.1, low=1e-4, high=1)
    rate: float = quantity(0.2, low=1e-6, high=2)

    def readout(self, stream: Stream) -> np.ndarray:
        """[K, O] values of the linear read-out at each decision."""
        x, target, source = inputs(stream), self.target(stream), label_source(stream)
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
                weights += np.outer(self.rate * (target[source[k]] - weights @ seen), seen)
        return readout

    def target(self, stream: Stream) -> np.ndarray:
        """[K, O] target of the read-out: 1 for the visible label, otherwise 0."""
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
