"""Facilitation and depression of Tsodyks & Markram (1997); Tsodyks, Pawelzik & Markram (1998), eqs. 2.1-2.4."""

from dataclasses import dataclass

from neurosearch.declare import quantity
from neurosearch.parts.stp.base import ShortTerm


@dataclass(frozen=True)
class TsodyksMarkram(ShortTerm):
    """``u`` rises by ``U (1 - u)`` at a spike and decays with ``tau_facilitation``; ``x`` loses ``u x`` and recovers.

    A spike is scaled by ``u x``, with ``u`` after its rise and ``x`` before its loss.
    """

    U: float = quantity(0.3, low=0, high=1)
    tau_facilitation: float = quantity(57e-3, "second", low=1e-4, high=10.0)
    tau_depression: float = quantity(20e-3, "second", low=1e-4, high=10.0)

    equations = """du/dt = -u/tau_facilitation : 1
                   dx/dt = (1 - x)/tau_depression : 1"""
    release = "(u + U*(1 - u))*x"
    on_spike = "u += U*(1 - u); x -= u*x"
    start = {"x": 1.0}
