"""Autoassociative memory of spike phases: STDP-shaped storage, matched phase response, spikes at the recalled phases.

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
    """Each unit has a phase relative to an oscillation and a clock neuron that spikes once per cycle, at that phase.

    Attributes:
        load: number of patterns that recall assumes; 0: the number stored.
        inhibition, response: factors on the derived interaction without learned weights, and on all input from other
            units; a ``response`` of -1 is the phase response curve with the wrong sign.
        frequency: of the oscillation; a cycle should have at least ten steps, since spike times resolve one step.
        readout: ``phases`` of the units, or the phases of the clock neurons' last ``spikes``.
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
        to_clock = Projection("tell", associative.UNITS, "clock", OneToOne(), Constant(1.0), graded="phase = x_pre")
        from_spikes = self.readout == "spikes"
        return Graph(
            source, (*populations, clocks), (*projections, to_clock),
            readout="clock" if from_spikes else associative.UNITS, decision="told" if from_spikes else "x", dt=self.dt,
        )  # fmt: skip
