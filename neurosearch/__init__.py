"""Search for spiking networks and plasticity rules that learn while their data stream by.

Names are imported when they are first used, so that ``import neurosearch`` costs nothing.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from neurosearch.architecture import AbstractArchitecture
    from neurosearch.declare import part, quantity
    from neurosearch.encoders.base import Encoder
    from neurosearch.errors import UserError
    from neurosearch.graph import Constant, Graph, Input, Population, Projection, Random, Teacher
    from neurosearch.neurons.base import Neuron
    from neurosearch.normalisations.base import Normalisation
    from neurosearch.plan import Plan
    from neurosearch.record import Record, Score, Stream, Trial
    from neurosearch.rules.base import Rule
    from neurosearch.stp.base import ShortTerm
    from neurosearch.study import Study
    from neurosearch.study import load as load_study
    from neurosearch.tasks.base import Task
    from neurosearch.trial import run_trial
    from neurosearch.wiring.base import Wiring

__version__ = "0.1.0"

_PLACES = {
    "AbstractArchitecture": "architecture",
    "Constant": "graph",
    "Encoder": "encoders.base",
    "Graph": "graph",
    "Input": "graph",
    "Neuron": "neurons.base",
    "Normalisation": "normalisations.base",
    "Plan": "plan",
    "Population": "graph",
    "Projection": "graph",
    "Random": "graph",
    "Record": "record",
    "Rule": "rules.base",
    "Score": "record",
    "ShortTerm": "stp.base",
    "Stream": "record",
    "Study": "study",
    "Task": "tasks.base",
    "Teacher": "graph",
    "Trial": "record",
    "UserError": "errors",
    "Wiring": "wiring.base",
    "load_study": "study:load",
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
