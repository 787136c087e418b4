"""The passes over a plan, in order: each maps Plan → Plan, has a name, and has one golden text in the tests."""

from typing import Protocol

from neurosearch.hardware.weight_memory import WeightMemory
from neurosearch.lower.eligibility import ScaleEligibility
from neurosearch.lower.hoist import HoistFrameConstants
from neurosearch.lower.learning_gate import GateLearning
from neurosearch.lower.run_ahead import RunAhead
from neurosearch.lower.stored_weights import StoreWeights
from neurosearch.plan import Plan


class Pass(Protocol):
    """A rewriting of a plan."""

    @property
    def name(self) -> str:
        """Name in messages and golden texts."""

    def __call__(self, plan: Plan) -> Plan:
        """The rewritten plan."""


OPTIMISATIONS: tuple[Pass, ...] = (HoistFrameConstants(), RunAhead(), ScaleEligibility())
"""Passes that save time and change no result."""


def pipeline(memory: WeightMemory | None = None, optimise: bool = True) -> tuple[Pass, ...]:
    """Every pass that a plan goes through, in order."""
    stored: tuple[Pass, ...] = () if memory is None else (StoreWeights(memory),)
    return (*(OPTIMISATIONS if optimise else ()), *stored, GateLearning())
