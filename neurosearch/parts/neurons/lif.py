"""Leaky integrate-and-fire neuron with delta synapses (Lapicque 1907; NIR's LIF)."""

from dataclasses import dataclass

from neurosearch.declare import quantity
from neurosearch.parts.neurons.base import Neuron


@dataclass(frozen=True)
class Lif(Neuron):
    """``tau_mem dv/dt = v_leak - v + current``; spikes when ``v > v_threshold + theta``, then ``v = v_reset``.

    A presynaptic spike adds its weight to ``v``. At the start of a sample ``v`` keeps the fraction ``carry`` of its
    distance to rest.
    """

    tau_mem: float = quantity(20e-3, "second", low=1e-4, high=10.0)
    v_threshold: float = quantity(1.0, low=1e-6)
    v_reset: float = quantity(0.0)
    v_leak: float = quantity(0.0)
    carry: float = quantity(0.0, low=0, high=1)

    equations = "dv/dt = (v_leak - v + current)/tau_mem : 1"
    threshold = "v > v_threshold + theta"
    reset = "v = v_reset"
    at_sample = "v = v_leak + carry*(v - v_leak)"
    nir = "LIF"
    start = {"v": "v_leak"}
