"""Drift of the sensor: at each change, the contrast of the values about mid-grey is multiplied by a factor."""

from dataclasses import dataclass

import numpy as np

from neurosearch.declare import quantity
from neurosearch.record import Stream
from neurosearch.tasks import _again
from neurosearch.tasks._drift import Drift


@dataclass(frozen=True)
class ContrastChange(Drift):
    """Session s shows ``0.5 + (x - 0.5) * factor**s``, cut to 0 and 1; a negative factor exchanges black and white."""

    factor: float = quantity(0.5, low=-2, high=2)

    def changed(self, stream: Stream, variant: np.ndarray, seed: int) -> Stream:
        """See ``Drift.changed``."""
        del seed

        def weaker(rows: np.ndarray, session: int) -> np.ndarray:
            return np.asarray(np.clip(0.5 + (rows - np.float32(0.5)) * np.float32(self.factor**session), 0, 1))

        return _again.transformed(stream, variant, weaker, ["contrast", self.factor])
