"""Rate code with regular spikes: accumulate and fire (Yanguas-Gil & Madireddy's periodic encoder)."""

from dataclasses import dataclass

from neurosearch.declare import quantity
from neurosearch.encoders.base import SpikingEncoder


@dataclass(frozen=True)
class Periodic(SpikingEncoder):
    """An accumulator grows by ``max_rate * drive * dt`` and fires above 1.

    ``jitter`` randomises its phase in each sample, 0 not at all, 1 over the whole cycle.
    """

    max_rate: float = quantity(250.0, "Hz", low=0.1, high=1e5)
    jitter: float = quantity(0.0, low=0, high=1)

    equations = "phase : 1"
    each_step = "phase += max_rate*drive*dt"
    threshold = "phase > 1"
    reset = "phase -= 1"
    at_sample = "phase = 0.5 + jitter*(uniform(0) - 0.5)"
