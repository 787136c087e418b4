"""Predict the most frequent class so far."""

from dataclasses import dataclass

import numpy as np

from neurosearch.baselines.base import Baseline, label_source, visible_labels
from neurosearch.record.stream import Stream


@dataclass(frozen=True)
class Majority(Baseline):
    """The read-out counts the labels that arrived; the lower class wins a tie; all 0 before the first label."""

    def readout(self, stream: Stream) -> np.ndarray:
        """[K, O] counts of the labels that arrived before each sample, minus less than 0.5, more for higher classes."""
        source = label_source(stream)
        arrived = np.zeros((len(source) + 1, stream.outputs))
        known = np.flatnonzero(source >= 0)
        arrived[known + 1, visible_labels(stream)[source[known]]] = 1
        counts = np.cumsum(arrived, axis=0)[:-1]
        preference = np.arange(stream.outputs) / (
            2 * stream.outputs
        )  # below 1, so it decides only between equal counts
        return np.where(counts.any(axis=1, keepdims=True), counts - preference, 0.0)
