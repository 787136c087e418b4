"""Predict the label that arrived last: where this does well, labels come in runs and accuracy says little."""

from dataclasses import dataclass

import numpy as np

from neurosearch.baselines.base import Baseline, label_source, visible_labels
from neurosearch.record.stream import Stream


@dataclass(frozen=True)
class LastLabel(Baseline):
    """Read-out 1 for the latest label, 0 for the others; all 0 before the first label."""

    def readout(self, stream: Stream) -> np.ndarray:
        """[K, O] one-hot latest label before each sample."""
        source = label_source(stream)
        newest = np.concatenate([[-1], np.maximum.accumulate(source)[:-1]])
        readout = np.zeros((len(source), stream.outputs))
        known = np.flatnonzero(newest >= 0)
        readout[known, visible_labels(stream)[newest[known]]] = 1
        return readout
