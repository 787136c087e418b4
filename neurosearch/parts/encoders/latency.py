"""Latency code: one spike per input and sample, earlier for larger values (Thorpe et al. 2001)."""

from dataclasses import dataclass

from neurosearch.declare import quantity
from neurosearch.parts.encoders.base import SpikingEncoder


@dataclass(frozen=True)
class Latency(SpikingEncoder):
    """One spike ``window * (1 - drive)`` steps after the sample's start, for values above ``minimum``.

    The 0.001 keeps rounding of the product from moving a spike by one step; subtracting 20000, twice the largest
    window, makes the step negative, so that values up to ``minimum`` never spike.
    """

    window: int = quantity(16, low=1, high=10_000)
    minimum: float = quantity(0.1, low=0, high=1)

    threshold = "elapsed == int(window*(1 - clip(drive, 0, 1)) + 0.001) - 20000*int(drive <= minimum)"
