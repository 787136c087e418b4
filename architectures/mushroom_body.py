"""Mushroom body: a sparse, fixed projection from the inputs to many Kenyon cells, and plastic output synapses.

Caron et al. (2013), Huerta & Nowotny (2009), Yanguas-Gil (2019, APL Materials).
"""

from dataclasses import dataclass, replace
from typing import Any

from neurosearch.architecture import AbstractArchitecture
from neurosearch.declare import Part, part, quantity
from neurosearch.graph import Constant, Graph, Input, Population, Projection, Random, Teacher
from neurosearch.parts.homeostasis import Homeostasis
from neurosearch.parts.neurons.li import Li
from neurosearch.parts.neurons.lif import Lif
from neurosearch.parts.wiring.all_to_all import AllToAll
from neurosearch.parts.wiring.fan_in import FanIn


@dataclass(frozen=True)
class KenyonCells(Part):
    """The hidden layer: size, input wiring and its sign, and the mechanisms that keep activity sparse."""

    size: int = quantity(1000, low=1, high=100_000)
    fan_in: int = quantity(8, low=1, high=10_000)
    negative: float = quantity(0.5, low=0, high=1)  # fraction of inhibitory input synapses; 0 = all excitatory
    neuron: Any = part("neurons", "lif")
    drive: float = quantity(1.0, low=1e-6, high=1e6)  # summed absolute input weights of a cell
    sparsity: float = quantity(0.1, low=1e-4, high=1)  # target fraction of samples in which a cell is active
    homeostasis: float = quantity(0.1, low=0, high=100)  # rate; 0 = off
    inhibition: float = quantity(1.0, low=0, high=1e4)  # gain of graded global inhibition; 0 = none
    tau_inhibition: float = quantity(10e-3, "second", low=1e-4, high=10)


@dataclass(frozen=True)
class OutputLayer(Part):
    """The output neurons; they spike only if the rule requires it."""

    tau_mem: float = quantity(20e-3, "second", low=1e-4, high=10)
    weight: float = quantity(0.0, low=-10, high=10)  # mean initial weight
    spread: float = quantity(0.0, low=0, high=10)
    teaching_steps: int = quantity(16, low=1, high=10_000)  # for rules that need a teacher
    teacher: float = quantity(3.0, low=0, high=1000)  # current into the labelled class, in units of the threshold


@dataclass(frozen=True)
class MushroomBody(AbstractArchitecture):
    """Encoder, Kenyon cells with graded global inhibition and homeostatic thresholds, plastic output synapses."""

    encoder: Any = part("encoders", "current")
    kenyon: KenyonCells = KenyonCells()
    rule: Any = part("rules", "delta_potential")
    output: OutputLayer = OutputLayer()
    dt: float = quantity(1e-3, "second", low=1e-6, high=0.1)

    def effective(self, shape: tuple[int, ...], n_outputs: int) -> "MushroomBody":
        """See ``AbstractArchitecture.effective``: no cell has more inputs than there are."""
        del n_outputs
        fan_in = _fan_in(self.kenyon, self.encoder.normalisation.inputs(shape))
        return self if fan_in == self.kenyon.fan_in else replace(self, kenyon=replace(self.kenyon, fan_in=fan_in))

    def graph(self, shape: tuple[int, ...], n_outputs: int) -> Graph:
        """See ``AbstractArchitecture.graph``."""
        k, out, rule = self.kenyon, self.output, self.rule
        n_inputs = self.encoder.normalisation.inputs(shape)
        fan_in = _fan_in(k, n_inputs)
        source = Input("input", n_inputs, self.encoder)
        homeostasis = Homeostasis(rate=k.homeostasis, sparsity=k.sparsity)
        teacher = Teacher(out.teacher, out.teacher) if rule.teacher else None
        neuron = Lif(tau_mem=out.tau_mem) if rule.spiking else Li(tau_mem=out.tau_mem)
        return Graph(
            input=source,
            populations=(
                Population("kenyon", k.size, k.neuron, homeostasis),
                Population("inhibitor", 1, Li(tau_mem=k.tau_inhibition)),
                Population("output", n_outputs, neuron, teacher=teacher),
            ),
            projections=(
                Projection(
                    "input_kenyon", "input", "kenyon", FanIn(fan_in), Random(k.drive / fan_in, 0.0, k.negative),
                    stp=getattr(self.encoder, "stp", None),
                ),
                Projection("kenyon_inhibitor", "kenyon", "inhibitor", AllToAll(), Constant(1.0 / k.size)),
                Projection("inhibitor_kenyon", "inhibitor", "kenyon", AllToAll(), Constant(-k.inhibition), graded="v"),
                Projection("kenyon_output", "kenyon", "output", AllToAll(), Random(out.weight, out.spread), rule=rule),
            ),
            readout="output",
            decision=rule.readout,
            teaching_steps=out.teaching_steps if rule.teacher else 0,
            dt=self.dt,
        )  # fmt: skip


def _fan_in(cells: KenyonCells, n_inputs: int) -> int:
    return min(cells.fan_in, n_inputs)
