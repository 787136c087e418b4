"""Predict the value that arrived last."""

from dataclasses import dataclass

import numpy as np

from neurosearch.baselines.base import Baseline, label_source, predicted_values
from neurosearch.record.stream import HELD_OUT, Stream


@dataclass(frozen=True)
class Persistence(Baseline):
    """Read-out: the latest target value, 0 before the first; held-out values count too, since it learns nothing."""

    predicts = True

    def readout(self, stream: Stream) -> np.ndarray:
        """[K, O] latest value before each sample."""
        targets = predicted_values(stream)
        k = np.arange(len(stream.phase))
        behind = k - 1 - stream.delay
        seen = (stream.phase == HELD_OUT) & (behind >= 0)
        source = np.where(np.append(False, seen[1:]), behind, np.append(-1, label_source(stream)[:-1]))
        source = np.where(source >= 0, np.where(np.isfinite(targets[source]).all(axis=1), source, -1), -1)
        newest = np.maximum.accumulate(source)
        return np.where((newest >= 0)[:, None], targets[newest], 0.0).astype(float)
