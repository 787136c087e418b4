"""Search for spiking networks and plasticity rules that learn while their data stream by.

Names are imported when they are first used, so that ``import neurosearch`` costs nothing.
"""

from typing import TYPE_CHECKING, Any

from neurosearch.moved import install

if TYPE_CHECKING:
    from neurosearch.architecture import AbstractArchitecture
    from neurosearch.declare import part, quantity
    from neurosearch.errors import UserError
    from neurosearch.graph import Constant, Graph, Input, Population, Projection, Random, Teacher
    from neurosearch.parts.encoders.base import Encoder
    from neurosearch.parts.neurons.base import Neuron
    from neurosearch.parts.normalisations.base import Normalisation
    from neurosearch.parts.rules.base import Rule
    from neurosearch.parts.stp.base import ShortTerm
    from neurosearch.parts.tasks.base import Task
    from neurosearch.parts.wiring.base import Wiring
    from neurosearch.plan import Plan
    from neurosearch.record.record import Record
    from neurosearch.record.score import Score
    from neurosearch.record.stream import Stream
    from neurosearch.record.trial import Trial
    from neurosearch.study.study import Study
    from neurosearch.study.study import load as load_study
    from neurosearch.trial import run_trial

__version__ = "0.2.0"

install()

_PLACES = {
    "AbstractArchitecture": "architecture",
    "Constant": "graph",
    "Encoder": "parts.encoders.base",
    "Graph": "graph",
    "Input": "graph",
    "Neuron": "parts.neurons.base",
    "Normalisation": "parts.normalisations.base",
    "Plan": "plan",
    "Population": "graph",
    "Projection": "graph",
    "Random": "graph",
    "Record": "record.record",
    "Rule": "parts.rules.base",
    "Score": "record.score",
    "ShortTerm": "parts.stp.base",
    "Stream": "record.stream",
    "Study": "study.study",
    "Task": "parts.tasks.base",
    "Teacher": "graph",
    "Trial": "record.trial",
    "UserError": "errors",
    "Wiring": "parts.wiring.base",
    "load_study": "study.study:load",
    "part": "declare",
    "quantity": "declare",
    "run_trial": "trial",
}
"""Public name → the module that defines it (``module:name`` where it is called differently there)."""

__all__ = [
    "AbstractArchitecture",
    "Constant",
    "Encoder",
    "Graph",
    "Input",
    "Neuron",
    "Normalisation",
    "Plan",
    "Population",
    "Projection",
    "Random",
    "Record",
    "Rule",
    "Score",
    "ShortTerm",
    "Stream",
    "Study",
    "Task",
    "Teacher",
    "Trial",
    "UserError",
    "Wiring",
    "__version__",
    "load_study",
    "part",
    "quantity",
    "run_trial",
]


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module 'neurosearch' has no attribute '{name}'")
    import importlib

    module, _, original = _PLACES[name].partition(":")
    return getattr(importlib.import_module(f"neurosearch.{module}"), original or name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
