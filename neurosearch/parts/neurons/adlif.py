"""Adaptive leaky integrate-and-fire neuron (Brette & Gerstner 2005 without the exponential; Bittner et al. 2025)."""

from dataclasses import dataclass

from neurosearch.declare import quantity
from neurosearch.parts.neurons.base import Neuron


@dataclass(frozen=True)
class Adlif(Neuron):
    """LIF with an adaptation current that follows the potential (``a``) and grows at each spike (``b``).

    ``tau_mem dv/dt = v_leak - v - adaptation + current``;
    ``tau_adaptation d adaptation/dt = a (v - v_leak) - adaptation``.
    """

    tau_mem: float = quantity(20e-3, "second", low=1e-4, high=10.0)
    tau_adaptation: float = quantity(100e-3, "second", low=1e-4, high=10.0)
    a: float = quantity(0.0, low=-10, high=10)
    b: float = quantity(0.1, low=0, high=100)
    v_threshold: float = quantity(1.0, low=1e-6)
    v_reset: float = quantity(0.0)
    v_leak: float = quantity(0.0)
    carry: float = quantity(0.0, low=0, high=1)

    equations = """dv/dt = (v_leak - v - adaptation + current)/tau_mem : 1
                   dadaptation/dt = (a*(v - v_leak) - adaptation)/tau_adaptation : 1"""
    threshold = "v > v_threshold + theta"
    reset = "v = v_reset; adaptation += b"
    at_sample = "v = v_leak + carry*(v - v_leak); adaptation = carry*adaptation"
    start = {"v": "v_leak"}
