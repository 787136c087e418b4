"""Drift of the meaning: at each change, pairs of classes exchange their labels while the inputs stay as they were."""

from dataclasses import dataclass

import numpy as np

from neurosearch.declare import quantity
from neurosearch.errors import UserError
from neurosearch.parts.tasks._drift import Drift, relabelled
from neurosearch.random import permutation
from neurosearch.record.stream import Stream


@dataclass(frozen=True)
class SwappedLabels(Drift):
    """What was right before a change is wrong after it, so forgetting is what is asked for here.

    Attributes:
        pairs: pairs of classes, drawn by the seed, that exchange their labels at each change.
    """

    pairs: int = quantity(1, low=1)

    def changed(self, stream: Stream, variant: np.ndarray, seed: int) -> Stream:
        """See ``Drift.changed``."""
        if 2 * self.pairs > stream.outputs:
            raise UserError(
                f"SwappedLabels.pairs = {self.pairs} needs {2 * self.pairs} classes, but its inner task has "
                f"{stream.outputs}; give at most {stream.outputs // 2}"
            )
        tables = [np.arange(stream.outputs)]
        for session in range(1, self.changes + 1):
            swapped = permutation(seed, f"task.swapped.{session}", stream.outputs)[: 2 * self.pairs]
            exchange = np.arange(stream.outputs)
            exchange[swapped] = swapped.reshape(-1, 2)[:, ::-1].ravel()
            tables.append(exchange[tables[-1]])
        return relabelled(stream, variant, np.array(tables))
