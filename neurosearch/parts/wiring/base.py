"""What a wiring is: which pairs of neurons have a synapse, as a pure function of the seed."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from neurosearch.declare import Text
from neurosearch.errors import UserError


@dataclass(frozen=True)
class Wiring(Text, ABC):
    """Synapses between ``n_pre`` and ``n_post`` neurons.

    ``pairs`` alone is enough: the pairs are then handed to the program when it starts. A text lets the program make its
    synapses itself, which is faster; it must give the pairs that ``pairs`` gives.

    Attributes:
        condition: text over ``i``, ``j`` and draws: a synapse where it holds.
        fan_in: name of the parameter that holds a fixed number of distinct inputs per neuron.
        every: every pair has a synapse.
        itself: whether a neuron of a population may have a synapse onto itself.
    """

    texts: ClassVar = ("condition", "fan_in", "every", "itself")
    condition: ClassVar = ""
    fan_in: ClassVar = ""
    every: ClassVar = False
    itself: ClassVar = False

    @abstractmethod
    def pairs(self, seed: int, stream: int, n_pre: int, n_post: int, recurrent: bool) -> tuple[np.ndarray, np.ndarray]:
        """Indices of pre- and postsynaptic neurons, each [synapses] int64, in any order.

        Engines number them by pre- or postsynaptic neuron (``Synapses.by_post``), keeping this order within one.

        Args:
            recurrent: both sides are one population, and a neuron may have no synapse onto itself.
        """

    def count(self, seed: int, stream: int, n_pre: int, n_post: int, recurrent: bool) -> int:
        """How many synapses ``pairs`` gives."""
        return len(self.pairs(seed, stream, n_pre, n_post, recurrent)[0])


def checked_pairs(
    wiring: Wiring, seed: int, stream: int, n_pre: int, n_post: int, recurrent: bool
) -> tuple[np.ndarray, np.ndarray]:
    """The pairs of a wiring whose class may be the user's.

    Raises:
        UserError: they are not two arrays of indices of neurons, or a pair is there twice or joins a neuron to itself.
    """
    where = f"{wiring.owner}.pairs for {n_pre} x {n_post} neurons"
    try:
        i, j = (np.asarray(side) for side in wiring.pairs(seed, stream, n_pre, n_post, recurrent))
    except UserError:
        raise
    except Exception as error:
        raise UserError(f"{where} fails: {type(error).__name__}: {error}; fix the file") from error
    if i.ndim != 1 or i.shape != j.shape or not all(x.size == 0 or x.dtype.kind in "iu" for x in (i, j)):
        said = f"returned arrays of {i.shape} {i.dtype} and {j.shape} {j.dtype}"
        raise UserError(f"{where} {said}; return two of [synapses] whole numbers")
    for name, x, size in (("presynaptic", i, n_pre), ("postsynaptic", j, n_post)):
        outside = x[(x < 0) | (x >= size)]
        if outside.size:
            raise UserError(f"{where} returned the {name} neuron {outside[0]}; return numbers from 0 to {size - 1}")
    i, j = i.astype(np.int64), j.astype(np.int64)
    if recurrent and (i == j).any():
        joined = i[i == j][0]
        raise UserError(
            f"{where} returned a synapse of neuron {joined} onto itself; leave these out where recurrent is True, "
            "or write `itself = True`"
        )
    twice = np.sort(i * n_post + j)
    twice = twice[1:][np.diff(twice) == 0]
    if twice.size:
        raise UserError(f"{where} returned the pair {divmod(int(twice[0]), n_post)} twice; return each pair once")
    return i, j
