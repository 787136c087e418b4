"""Every neuron to every neuron."""

from dataclasses import dataclass

import numpy as np

from neurosearch.parts.wiring.base import Wiring


@dataclass(frozen=True)
class AllToAll(Wiring):
    """Every pair; a neuron has no synapse onto itself."""

    every = True

    def pairs(self, seed: int, stream: int, n_pre: int, n_post: int, recurrent: bool) -> tuple[np.ndarray, np.ndarray]:
        """See ``Wiring.pairs``: presynaptic neuron by presynaptic neuron."""
        del seed, stream
        i, j = np.divmod(np.arange(n_pre * n_post), n_post)
        keep = i != j if recurrent else slice(None)
        return i[keep], j[keep]

    def count(self, seed: int, stream: int, n_pre: int, n_post: int, recurrent: bool) -> int:
        """See ``Wiring.count``."""
        del seed, stream
        return n_pre * n_post - (n_post if recurrent else 0)
