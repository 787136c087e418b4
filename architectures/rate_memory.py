"""Autoassociative memory of graded rates, with recall derived from the storage rule (Lengyel & Dayan 2004)."""

from dataclasses import dataclass
from typing import Any

from neurosearch.architecture import AbstractArchitecture
from neurosearch.declare import part, quantity
from neurosearch.errors import UserError
from neurosearch.graph import Graph
from neurosearch.recall import associative
from neurosearch.recall.posterior import Memory


@dataclass(frozen=True)
class RateMemory(AbstractArchitecture):
    """Units that store patterns and recall them from noisy cues; prior and noise are those that recall assumes.

    Attributes:
        load: number of patterns that recall assumes; 0: the number stored.
        leak, inhibition, response: factors on the derived leak, on inhibition without learned weights, and on all
            input from other units; 1 is matched, any other value detunes the memory.
    """

    encoder: Any = part("encoders", "current")
    storage: Any = part("storage_rules", "covariance")
    prior: Any = part("priors", "binary")
    noise: Any = part("noises", "normal")
    tau_mem: float = quantity(10e-3, "second", low=1e-4, high=10)
    load: int = quantity(0, low=0, high=1_000_000)
    leak: float = quantity(1.0, low=0, high=100)
    inhibition: float = quantity(1.0, low=0, high=100)
    response: float = quantity(1.0, low=-100, high=100)
    dt: float = quantity(1e-3, "second", low=1e-6, high=0.1)

    def graph(self, shape: tuple[int, ...], n_outputs: int) -> Graph:
        """See ``AbstractArchitecture.graph``; the outputs are the units themselves."""
        if self.prior.period:
            raise UserError(
                f"rate_memory.prior = {self.prior.owner} is a prior for phases; use the architecture phase_memory"
            )
        n = associative.units(self.encoder, shape, n_outputs)
        memory = Memory(self.storage, self.prior, self.noise, n)
        gains = {"leak": self.leak, "inhibition": self.inhibition, "response": self.response, "load": float(self.load)}
        source, populations, projections = associative.parts(memory, self.encoder, self.tau_mem, self.dt, gains)
        return Graph(source, populations, projections, readout=associative.UNITS, decision="x", dt=self.dt)
