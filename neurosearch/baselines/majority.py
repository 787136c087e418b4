"""Always the class that has been most frequent so far."""

from dataclasses import dataclass

import numpy as np

from neurosearch.baselines.base import Baseline, label_source, visible_labels
from neurosearch.record.stream import Stream


@dataclass(frozen=True)
class Majority(Baseline):
    """Readout = how often each label has arrived; the lower class wins a tie, and before the first label none does."""

    def readout(self, stream: Stream) -> np.ndarray:
        """[K, O] counts of the labels that arrived before each sample, less a half or less for higher classes."""
        source = label_source(stream)
        came = np.zeros((len(source) + 1, stream.outputs))
        known = np.flatnonzero(source >= 0)
        came[known + 1, visible_labels(stream)[source[known]]] = 1
        counts = np.cumsum(came, axis=0)[:-1]
        preference = np.arange(stream.outputs) / (2 * stream.outputs)  # below 1: it decides between equal counts alone
        return np.where(counts.any(axis=1, keepdims=True), counts - preference, 0.0)
