"""The passes over a plan, in their order: each is Plan → Plan, has a name, and is tested by one golden text."""

from typing import Protocol

from neurosearch.hardware.weight_memory import WeightMemory
from neurosearch.lower.eligibility import ScaleEligibility
from neurosearch.lower.hoist import HoistFrameConstants
from neurosearch.lower.learning_gate import GateLearning
from neurosearch.lower.run_ahead import RunAhead
from neurosearch.lower.stored_weights import StoreWeights
from neurosearch.plan import Plan


class Pass(Protocol):
    """One rewriting of a plan."""

    @property
    def name(self) -> str:
        """What messages and golden texts call it."""

    def __call__(self, plan: Plan) -> Plan:
        """The plan rewritten."""


OPTIMISATIONS: tuple[Pass, ...] = (HoistFrameConstants(), RunAhead(), ScaleEligibility())
"""The same results in less time."""


def pipeline(memory: WeightMemory | None = None, optimise: bool = True) -> tuple[Pass, ...]:
    """Every pass that a plan goes through, in order."""
    stored: tuple[Pass, ...] = () if memory is None else (StoreWeights(memory),)
    return (*(OPTIMISATIONS if optimise else ()), *stored, GateLearning())
