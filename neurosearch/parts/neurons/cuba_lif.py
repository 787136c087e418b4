"""Current-based leaky integrate-and-fire neuron (NIR's CubaLIF)."""

from dataclasses import dataclass

from neurosearch.declare import quantity
from neurosearch.parts.neurons.base import Neuron


@dataclass(frozen=True)
class CubaLif(Neuron):
    """LIF driven by a synaptic current: each spike adds its weight to ``g``, and ``tau_syn dg/dt = -g``."""

    tau_mem: float = quantity(20e-3, "second", low=1e-4, high=10.0)
    tau_syn: float = quantity(5e-3, "second", low=1e-4, high=10.0)
    v_threshold: float = quantity(1.0, low=1e-6)
    v_reset: float = quantity(0.0)
    v_leak: float = quantity(0.0)
    carry: float = quantity(0.0, low=0, high=1)

    equations = """dv/dt = (v_leak - v + g + current)/tau_mem : 1
                   dg/dt = -g/tau_syn : 1"""
    threshold = "v > v_threshold + theta"
    reset = "v = v_reset"
    receive = "g += w"
    at_sample = "v = v_leak + carry*(v - v_leak); g = carry*g"
    nir = "CubaLIF"
    start = {"v": "v_leak"}
