"""Each neuron to the one of the same number."""

from dataclasses import dataclass

import numpy as np

from neurosearch.parts.wiring.base import Wiring


@dataclass(frozen=True)
class OneToOne(Wiring):
    """A synapse where ``i == j``."""

    condition = "i == j"

    def pairs(self, seed: int, stream: int, n_pre: int, n_post: int, recurrent: bool) -> tuple[np.ndarray, np.ndarray]:
        """See ``Wiring.pairs``; none within one population, where nothing may be connected to itself."""
        del seed, stream
        same = np.arange(0 if recurrent else min(n_pre, n_post))
        return same, same.copy()
