"""Sparse covariance storage of 0 and 1 (Tsodyks & Feigelman 1988; with matched recall: Savin et al. 2014)."""

from dataclasses import dataclass

from neurosearch.declare import quantity
from neurosearch.parts.storage_rules.base import Storage


@dataclass(frozen=True)
class SparseCovariance(Storage):
    """``Ω = gain (x_pre - f) (x_post - f)/(f (1 - f))`` with the fraction ``f`` of active units."""

    gain: float = quantity(1.0, low=1e-9, high=1e9)
    f: float = quantity(0.1, low=1e-4, high=0.9999)

    omega = "gain*(x_pre - f)*(x_post - f)/(f*(1 - f))"
