"""Autoassociative memory of spike phases: STDP-shaped storage, matched phase response, and spikes that say the phases.

Lengyel & Dayan (2004), Lengyel, Kwag, Paulsen & Dayan (2005).
"""

from dataclasses import dataclass
from typing import Any, Literal

from neurosearch.architecture import AbstractArchitecture
from neurosearch.declare import part, quantity
from neurosearch.graph import Constant, Graph, Population, Projection
from neurosearch.parts.wiring.one_to_one import OneToOne
from neurosearch.recall import associative
from neurosearch.recall.circuit import phase_clock
from neurosearch.recall.posterior import Memory


@dataclass(frozen=True)
class PhaseMemory(AbstractArchitecture):
    """Each unit has a phase relative to an oscillation and a clock neuron that fires once a cycle, at that phase.

    Attributes:
        load: number of patterns that recall assumes; 0: as many as were stored.
        inhibition, response: factors on the derived interaction without learned weights, and on all that comes from
            other units; a ``response`` of -1 is the phase response curve with the wrong sign.
        frequency: of the oscillation; a cycle should have some ten steps or more, its phases are told to one step.
        readout: what is recalled: the units' phases, or the phases that the clock neurons' last spikes told.
    """

    encoder: Any = part("encoders", "current")
    storage: Any = part("storage_rules", "sine")
    prior: Any = part("priors", "circle")
    noise: Any = part("noises", "von_mises")
    tau_mem: float = quantity(10e-3, "second", low=1e-4, high=10)
    load: int = quantity(0, low=0, high=1_000_000)
    inhibition: float = quantity(1.0, low=0, high=100)
    response: float = quantity(1.0, low=-100, high=100)
    frequency: float = quantity(8.0, "Hz", low=0.1, high=1000)
    readout: Literal["phases", "spikes"] = "phases"
    dt: float = quantity(1e-3, "second", low=1e-6, high=0.1)

    def graph(self, shape: tuple[int, ...], n_outputs: int) -> Graph:
        """See ``AbstractArchitecture.graph``; the outputs are the units, or their clock neurons."""
        n = associative.units(self.encoder, shape, n_outputs)
        memory = Memory(self.storage, self.prior, self.noise, n)
        gains = {"leak": 1.0, "inhibition": self.inhibition, "response": self.response, "load": float(self.load)}
        source, populations, projections = associative.parts(memory, self.encoder, self.tau_mem, self.dt, gains)
        clocks = Population("clock", n, phase_clock(self.frequency))
        tell = Projection("tell", associative.UNITS, "clock", OneToOne(), Constant(1.0), graded="phase = x_pre")
        told = self.readout == "spikes"
        return Graph(
            source, (*populations, clocks), (*projections, tell), readout="clock" if told else associative.UNITS,
            decision="told" if told else "x", dt=self.dt,
        )  # fmt: skip
