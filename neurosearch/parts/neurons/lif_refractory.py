"""Leaky integrate-and-fire neuron with an absolute refractory period."""

from dataclasses import dataclass

from neurosearch.declare import quantity
from neurosearch.parts.neurons.base import Neuron


@dataclass(frozen=True)
class LifRefractory(Neuron):
    """``Lif`` whose ``v`` is held for ``t_refractory`` after a spike (rounded to whole steps), without spikes."""

    tau_mem: float = quantity(20e-3, "second", low=1e-4, high=10.0)
    v_threshold: float = quantity(1.0, low=1e-6)
    v_reset: float = quantity(0.0)
    v_leak: float = quantity(0.0)
    t_refractory: float = quantity(2e-3, "second", low=0.0, high=1.0)
    carry: float = quantity(0.0, low=0, high=1)

    equations = "dv/dt = (v_leak - v + current)/tau_mem : 1 (unless refractory)"
    threshold = "v > v_threshold + theta"
    reset = "v = v_reset"
    at_sample = "v = v_leak + carry*(v - v_leak)"
    refractory = "t_refractory"
    start = {"v": "v_leak"}
