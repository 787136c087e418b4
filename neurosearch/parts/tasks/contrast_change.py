"""Drift of the sensor: at each change, the contrast of the values about mid-grey is multiplied by a factor."""

from dataclasses import dataclass

import numpy as np

from neurosearch.declare import quantity
from neurosearch.errors import UserError
from neurosearch.parts.tasks import _transforms
from neurosearch.parts.tasks._drift import Drift
from neurosearch.random import draw, stream_id
from neurosearch.record.rows import SparseRows
from neurosearch.record.stream import Stream


@dataclass(frozen=True)
class ContrastChange(Drift):
    """Session s shows ``0.5 + (x - 0.5) * factor**s``, cut to 0 and 1; a negative factor exchanges black and white.

    Of recorded events a share of ``factor**s`` is left, drawn by the seed: a sensor that sees less sends less.
    """

    factor: float = quantity(0.5, low=-2, high=2)

    def changed(self, stream: Stream, variant: np.ndarray, seed: int) -> Stream:
        """See ``Drift.changed``."""
        if isinstance(stream.values, SparseRows) and not 0 <= self.factor <= 1:
            raise UserError(
                f"ContrastChange.factor = {self.factor:g}, but of recorded events only a share from 0 to 1 can be "
                f"left; give a factor in this range"
            )

        def weaker(rows: np.ndarray, session: int) -> np.ndarray:
            return np.asarray(np.clip(0.5 + (rows - np.float32(0.5)) * np.float32(self.factor**session), 0, 1))

        def fewer(units: np.ndarray, number: np.ndarray, session: int) -> np.ndarray:
            kept = draw(seed, stream_id("task.contrast"), 0, number, 0) < self.factor**session
            return np.where(kept, units, -1)

        drawn = [seed] if isinstance(stream.values, SparseRows) else []
        return _transforms.transformed(stream, variant, weaker, ["contrast", self.factor, *drawn], fewer)
