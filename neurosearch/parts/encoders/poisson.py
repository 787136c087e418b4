"""Rate code with independent random spikes: a Bernoulli draw per step (Poisson in the limit of small steps)."""

from dataclasses import dataclass

from neurosearch.declare import quantity
from neurosearch.parts.encoders.base import SpikingEncoder


@dataclass(frozen=True)
class Poisson(SpikingEncoder):
    """A spike with probability ``max_rate * drive * dt`` in each step."""

    max_rate: float = quantity(250.0, "Hz", low=0.1, high=1e5)

    threshold = "uniform(0) < max_rate*drive*dt"
