"""Covariance storage (Sejnowski 1977; Hopfield 1982 for values ±1): product of pre- and postsynaptic deviations."""

from dataclasses import dataclass

from neurosearch.declare import quantity
from neurosearch.parts.storage_rules.base import Storage


@dataclass(frozen=True)
class Covariance(Storage):
    """``Ω = gain (x_pre - mean) (x_post - mean)``."""

    gain: float = quantity(1.0, low=1e-9, high=1e9)
    mean: float = quantity(0.0)

    omega = "gain*(x_pre - mean)*(x_post - mean)"
