"""Drift of the inputs: each change puts the channels into another order (Permuted MNIST, Goodfellow et al. 2013)."""

from dataclasses import dataclass

import numpy as np

from neurosearch.parts.tasks import _transforms
from neurosearch.parts.tasks._drift import Drift
from neurosearch.random import permutation
from neurosearch.record.stream import Stream


@dataclass(frozen=True)
class PermutedInputs(Drift):
    """Each session after the first has a permutation of all channels, drawn by the seed."""

    def changed(self, stream: Stream, variant: np.ndarray, seed: int) -> Stream:
        """See ``Drift.changed``."""
        channels = stream.values.shape[1]

        def permuted(rows: np.ndarray, session: int) -> np.ndarray:
            return rows[:, permutation(seed, f"task.permuted.{session}", channels)]

        def moved(units: np.ndarray, number: np.ndarray, session: int) -> np.ndarray:
            del number
            return np.argsort(permutation(seed, f"task.permuted.{session}", channels))[units]

        return _transforms.transformed(stream, variant, permuted, ["permuted", seed], moved)
