"""Recurrent excitatory-inhibitory network with STDP on its excitatory recurrent synapses and a plastic read-out.

Brunel (2000) for the network, Litwin-Kumar & Doiron (2014) for the plasticity of recurrent excitation.
"""

from dataclasses import dataclass, replace
from typing import Any

from neurosearch.architecture import AbstractArchitecture
from neurosearch.declare import Part, part, quantity
from neurosearch.graph import Graph, Input, Population, Projection, Random, Teacher
from neurosearch.parts.homeostasis import Homeostasis
from neurosearch.parts.neurons.li import Li
from neurosearch.parts.neurons.lif import Lif
from neurosearch.parts.rules.stdp import Stdp
from neurosearch.parts.wiring.all_to_all import AllToAll
from neurosearch.parts.wiring.fan_in import FanIn
from neurosearch.parts.wiring.probability import Probability


@dataclass(frozen=True)
class Excitatory(Part):
    """The excitatory population and its input."""

    size: int = quantity(400, low=2, high=100_000)
    neuron: Any = part("neurons", "lif")
    fan_in: int = quantity(12, low=1, high=10_000)
    drive: float = quantity(6.0, low=1e-6, high=1e6)  # summed absolute input weights of a neuron
    negative: float = quantity(0.5, low=0, high=1)  # fraction of inhibitory input synapses
    sparsity: float = quantity(0.2, low=1e-4, high=1)
    homeostasis: float = quantity(0.1, low=0, high=100)  # rate; 0 = off


@dataclass(frozen=True)
class Inhibitory(Part):
    """The inhibitory population."""

    size: int = quantity(100, low=1, high=100_000)
    neuron: Any = part("neurons", "lif")


@dataclass(frozen=True)
class Recurrence(Part):
    """Connection probability, and the summed weights (expected) of a neuron's inputs from each population."""

    p: float = quantity(0.1, low=0, high=1)
    ee: float = quantity(0.5, low=0, high=1e4)
    ei: float = quantity(2.0, low=0, high=1e4)
    ie: float = quantity(2.0, low=0, high=1e4)
    ii: float = quantity(1.0, low=0, high=1e4)
    rule: Any = part("rules", "stdp")


@dataclass(frozen=True)
class Readout(Part):
    """The output neurons; they spike only if the rule requires it."""

    tau_mem: float = quantity(20e-3, "second", low=1e-4, high=10)
    weight: float = quantity(0.0, low=-10, high=10)
    spread: float = quantity(0.0, low=0, high=10)
    teaching_steps: int = quantity(16, low=1, high=10_000)
    teacher: float = quantity(3.0, low=0, high=1000)


@dataclass(frozen=True)
class RecurrentEi(AbstractArchitecture):
    """Input, recurrent E and I populations, plastic read-out from E."""

    encoder: Any = part("encoders", "periodic")
    excitatory: Excitatory = Excitatory()
    inhibitory: Inhibitory = Inhibitory()
    recurrence: Recurrence = Recurrence(rule=Stdp(eta=1e-3, w_max=0.1))
    rule: Any = part("rules", "delta_potential")
    output: Readout = Readout()
    dt: float = quantity(1e-3, "second", low=1e-6, high=0.1)

    def effective(self, shape: tuple[int, ...], n_outputs: int) -> "RecurrentEi":
        """See ``AbstractArchitecture.effective``: no neuron has more inputs than there are."""
        del n_outputs
        e = self.excitatory
        fan_in = _fan_in(e, self.encoder.normalisation.inputs(shape))
        return self if fan_in == e.fan_in else replace(self, excitatory=replace(e, fan_in=fan_in))

    def graph(self, shape: tuple[int, ...], n_outputs: int) -> Graph:
        """See ``AbstractArchitecture.graph``."""
        e, i, r, out, rule = self.excitatory, self.inhibitory, self.recurrence, self.output, self.rule
        n_inputs = self.encoder.normalisation.inputs(shape)
        fan_in = _fan_in(e, n_inputs)
        homeostasis = Homeostasis(rate=e.homeostasis, sparsity=e.sparsity)
        teacher = Teacher(out.teacher, out.teacher) if rule.teacher else None
        neuron = Lif(tau_mem=out.tau_mem) if rule.spiking else Li(tau_mem=out.tau_mem)
        stp = getattr(self.encoder, "stp", None)

        def weight(total: float, n: int) -> Random:
            return Random(total / max(1.0, r.p * n))

        return Graph(
            input=Input("input", n_inputs, self.encoder),
            populations=(
                Population("excitatory", e.size, e.neuron, homeostasis),
                Population("inhibitory", i.size, i.neuron),
                Population("output", n_outputs, neuron, teacher=teacher),
            ),
            projections=(
                Projection(
                    "input_e", "input", "excitatory", FanIn(fan_in), Random(e.drive / fan_in, 0.0, e.negative), stp=stp
                ),
                Projection("ee", "excitatory", "excitatory", Probability(r.p), weight(r.ee, e.size), rule=r.rule),
                Projection("ei", "excitatory", "inhibitory", Probability(r.p), weight(r.ei, e.size)),
                Projection("ie", "inhibitory", "excitatory", Probability(r.p), weight(-r.ie, i.size)),
                Projection("ii", "inhibitory", "inhibitory", Probability(r.p), weight(-r.ii, i.size)),
                Projection("e_output", "excitatory", "output", AllToAll(), Random(out.weight, out.spread), rule=rule),
            ),
            readout="output",
            decision=rule.readout,
            teaching_steps=out.teaching_steps if rule.teacher else 0,
            dt=self.dt,
        )


def _fan_in(excitatory: Excitatory, n_inputs: int) -> int:
    return min(excitatory.fan_in, n_inputs)
