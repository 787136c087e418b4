"""The structure of a graph: everything that lowering reads except its numbers.

Graphs of one structure differ only in numbers, so their texts are checked and lowered once, not at every trial.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any

from neurosearch.declare import Text
from neurosearch.graph import Graph, Population, Projection
from neurosearch.lower.numbers import Template

KEPT = 256
"""Templates kept in a process; a study should have fewer than 100 structures."""

_TEMPLATES: OrderedDict[Hashable, Template] = OrderedDict()


def template(graph: Graph, make: Callable[[Graph], Template]) -> Template:
    """The result of ``make`` for the graph, cached for graphs of the same structure."""
    key = structure(graph)
    found = _TEMPLATES.pop(key, None) or make(graph)
    _TEMPLATES[key] = found  # the most recently used last
    if len(_TEMPLATES) > KEPT:
        _TEMPLATES.popitem(last=False)
    return found


def structure(graph: Graph) -> Hashable:
    """A key that is equal for graphs that differ only in numbers: parameters, sizes above 1, teaching steps."""
    return (
        graph.dt,
        (graph.input.name, _texts(graph.input.encoder)),
        tuple(_population(p) for p in graph.populations),
        tuple(_projection(p) for p in graph.projections),
        graph.readout,
        graph.decision,
    )


def _population(p: Population) -> Hashable:
    return p.name, p.size == 1, _texts(p.neuron), _texts(p.homeostasis), type(p.teacher)


def _projection(p: Projection) -> Hashable:
    return p.name, p.pre, p.post, _texts(p.wiring), type(p.weights), _texts(p.rule), _texts(p.stp), p.graded


def _texts(part: Text | None) -> Hashable:
    """The class, and the texts and units of parameters, which an instance may have of its own."""
    if part is None:
        return None
    texts = tuple(_hashable(getattr(part, name)) for name in part.texts)
    return type(part), texts, tuple(part.units.items())


def _hashable(value: Any) -> Hashable:
    return value if isinstance(value, str | bool) else repr(value)
