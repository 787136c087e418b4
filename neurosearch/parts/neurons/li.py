"""Non-spiking leaky integrator (NIR's LI), for read-outs and graded inhibition."""

from dataclasses import dataclass

from neurosearch.declare import quantity
from neurosearch.parts.neurons.base import Neuron


@dataclass(frozen=True)
class Li(Neuron):
    """``tau_mem dv/dt = -v + current``; a presynaptic spike adds its weight to ``v``, which may be sent graded."""

    tau_mem: float = quantity(20e-3, "second", low=1e-4, high=10.0)
    carry: float = quantity(0.0, low=0, high=1)

    equations = "dv/dt = (current - v)/tau_mem : 1"
    at_sample = "v = carry*v"
    nir = "LI"
