"""Rate code with regular spikes, by accumulate-and-fire (the periodic encoder of Yanguas-Gil & Madireddy 2022)."""

from dataclasses import dataclass

from neurosearch.declare import quantity
from neurosearch.parts.encoders.base import SpikingEncoder


@dataclass(frozen=True)
class Periodic(SpikingEncoder):
    """An accumulator grows by ``max_rate * drive * dt``, at most 1, per step and spikes when it exceeds 1.

    It is an integer in units of 2^-28 (1 is 268435456): integer steps are exact and vectorise, and a sum of two stays
    within 2^31. ``jitter`` randomises its phase at each sample: 0 not at all, 1 over the whole cycle.
    """

    max_rate: float = quantity(250.0, "Hz", low=0.1, high=1e5)
    jitter: float = quantity(0.0, low=0, high=1)

    equations = "phase : integer"
    each_step = "phase += int(268435456*clip(max_rate*drive*dt, 0, 1))"
    threshold = "phase > 268435456"
    reset = "phase -= 268435456"
    at_sample = "phase = int(268435456*(0.5 + jitter*(uniform(0) - 0.5)))"
