"""Each pair with a probability of its own draw."""

from dataclasses import dataclass

import numpy as np

from neurosearch.declare import quantity
from neurosearch.parts.wiring.base import Wiring
from neurosearch.random import draw


@dataclass(frozen=True)
class Probability(Wiring):
    """A synapse where the pair's draw is below ``p``; a neuron has none onto itself."""

    p: float = quantity(0.1, low=0, high=1)

    condition = "uniform(0) < p"

    def pairs(self, seed: int, stream: int, n_pre: int, n_post: int, recurrent: bool) -> tuple[np.ndarray, np.ndarray]:
        """See ``Wiring.pairs``: presynaptic neuron by presynaptic neuron."""
        i, j = np.divmod(np.arange(n_pre * n_post), n_post)
        keep = draw(seed, stream, 0, i, j) < self.p
        if recurrent:
            keep &= i != j
        return i[keep], j[keep]
