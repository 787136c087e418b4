"""Sine storage of phases: the smoothest rule that potentiates when the postsynaptic neuron fires later."""

from dataclasses import dataclass

from neurosearch.declare import quantity
from neurosearch.parts.storage_rules.base import Storage


@dataclass(frozen=True)
class Sine(Storage):
    """``Ω = gain sin(x_post - x_pre)``."""

    gain: float = quantity(1.0, low=1e-9, high=1e9)

    omega = "gain*sin(x_post - x_pre)"
