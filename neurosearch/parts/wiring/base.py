"""What a wiring is: which pairs of neurons have a synapse, as a pure function of the seed."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from neurosearch.declare import Text


@dataclass(frozen=True)
class Wiring(Text, ABC):
    """Synapses between ``n_pre`` and ``n_post`` neurons.

    Attributes:
        condition: text over ``i``, ``j`` and draws: a synapse where it holds; empty for every pair.
        fan_in: name of the parameter that holds a fixed number of distinct inputs per neuron, or empty.
        itself: whether a neuron of a population may have a synapse onto itself.
    """

    texts: ClassVar = ("condition", "fan_in", "itself")
    condition: ClassVar = ""
    fan_in: ClassVar = ""
    itself: ClassVar = False

    @abstractmethod
    def pairs(self, seed: int, stream: int, n_pre: int, n_post: int, recurrent: bool) -> tuple[np.ndarray, np.ndarray]:
        """Indices of pre- and postsynaptic neurons, each [synapses] int64, in any order.

        Engines number them by pre- or postsynaptic neuron (``Synapses.by_post``), keeping this order within one.
        """
