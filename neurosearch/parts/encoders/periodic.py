"""Rate code with regular spikes: accumulate and fire (Yanguas-Gil & Madireddy's periodic encoder)."""

from dataclasses import dataclass

from neurosearch.declare import quantity
from neurosearch.parts.encoders.base import SpikingEncoder


@dataclass(frozen=True)
class Periodic(SpikingEncoder):
    """An accumulator grows by ``max_rate * drive * dt``, at most 1, and fires above 1; it counts in units of 2^-28.

    ``jitter`` randomises its phase in each sample, 0 not at all, 1 over the whole cycle.
    """

    max_rate: float = quantity(250.0, "Hz", low=0.1, high=1e5)
    jitter: float = quantity(0.0, low=0, high=1)

    equations = "phase : integer"
    each_step = "phase += int(268435456*clip(max_rate*drive*dt, 0, 1))"
    threshold = "phase > 268435456"
    reset = "phase -= 268435456"
    at_sample = "phase = int(268435456*(0.5 + jitter*(uniform(0) - 0.5)))"
