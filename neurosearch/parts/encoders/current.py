"""Direct current: values are injected through the projection's weights, without spikes."""

from dataclasses import dataclass

from neurosearch.declare import quantity
from neurosearch.parts.encoders.base import Encoder


@dataclass(frozen=True)
class Current(Encoder):
    """Each projection carries ``gain * drive``, constant within a frame."""

    gain: float = quantity(1.0, low=1e-6, high=1e6)

    graded = "gain*drive"
