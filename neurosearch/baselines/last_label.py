"""Always the class of the label that arrived last: good where labels come in runs, and a warning there."""

from dataclasses import dataclass

import numpy as np

from neurosearch.baselines.base import Baseline, label_source, visible_labels
from neurosearch.record.stream import Stream


@dataclass(frozen=True)
class LastLabel(Baseline):
    """Readout = 1 for the newest label, 0 for the others; before the first label all 0."""

    def readout(self, stream: Stream) -> np.ndarray:
        """[K, O] one-hot newest label before each sample."""
        source = label_source(stream)
        newest = np.concatenate([[-1], np.maximum.accumulate(source)[:-1]])
        readout = np.zeros((len(source), stream.outputs))
        known = np.flatnonzero(newest >= 0)
        readout[known, visible_labels(stream)[newest[known]]] = 1
        return readout
