"""Each pair with a probability of its own draw."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from neurosearch.declare import quantity
from neurosearch.parts.wiring.base import Wiring
from neurosearch.random import below

BLOCK = 1 << 16
"""Pairs looked at together: as many as the processor's second cache holds, with what is computed on the way."""


@dataclass(frozen=True)
class Probability(Wiring):
    """A synapse where the pair's draw is below ``p``; a neuron has none onto itself."""

    p: float = quantity(0.1, low=0, high=1)

    condition = "uniform(0) < p"

    def pairs(self, seed: int, stream: int, n_pre: int, n_post: int, recurrent: bool) -> tuple[np.ndarray, np.ndarray]:
        """See ``Wiring.pairs``: presynaptic neuron by presynaptic neuron."""
        found = [np.flatnonzero(rows) + first * n_post for first, rows in self._blocks(seed, stream, n_pre, n_post)]
        i, j = np.divmod(np.concatenate(found), n_post)
        keep = i != j if recurrent else slice(None)
        return i[keep], j[keep]

    def count(self, seed: int, stream: int, n_pre: int, n_post: int, recurrent: bool) -> int:
        """See ``Wiring.count``."""
        total = 0
        for first, rows in self._blocks(seed, stream, n_pre, n_post):
            total += int(np.count_nonzero(rows))
            total -= int(np.count_nonzero(np.diagonal(rows, first))) if recurrent else 0
        return total

    def _blocks(self, seed: int, stream: int, n_pre: int, n_post: int) -> Iterator[tuple[int, np.ndarray]]:
        """The first of some presynaptic neurons and their [neurons, n_post] bool: all at once may take gigabytes."""
        step = max(1, BLOCK // n_post)
        for first in range(0, n_pre, step):
            yield first, below(seed, stream, np.arange(first, min(first + step, n_pre)), n_post, self.p)
