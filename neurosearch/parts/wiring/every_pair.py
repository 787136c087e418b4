"""Every neuron to every neuron, itself included: the quickest table, whose texts must skip ``i == j`` themselves."""

from dataclasses import dataclass

import numpy as np

from neurosearch.parts.wiring.base import Wiring


@dataclass(frozen=True)
class EveryPair(Wiring):
    """The full rectangle of pairs."""

    every = True
    itself = True

    def pairs(self, seed: int, stream: int, n_pre: int, n_post: int, recurrent: bool) -> tuple[np.ndarray, np.ndarray]:
        """See ``Wiring.pairs``: presynaptic neuron by presynaptic neuron."""
        del seed, stream, recurrent
        i, j = np.divmod(np.arange(n_pre * n_post), n_post)
        return i, j

    def count(self, seed: int, stream: int, n_pre: int, n_post: int, recurrent: bool) -> int:
        """See ``Wiring.count``."""
        del seed, stream, recurrent
        return n_pre * n_post
