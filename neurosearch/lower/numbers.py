"""The sources of a plan's numbers: paths in a graph, since a plan's texts do not depend on the numbers."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from neurosearch.declare import Text
from neurosearch.errors import UserError
from neurosearch.graph import Graph
from neurosearch.plan import Shape

Place = tuple[str | int, ...]
"""Fields and indices from a graph to one of its parts or numbers: ``("populations", 0, "neuron", "tau_mem")``."""


@dataclass(frozen=True)
class Template:
    """A plan without its numbers: what all graphs of one structure have in common.

    Attributes:
        shape: before any pass.
        numbers: ``group.name`` → a path in the graph, or the number itself if the class fixes it.
        at_most: ``group.parameter`` → (population, n): the number is at most its size without n.
        divisors: ``group.parameter`` by which a differential equation divides: time constants.
        whole_steps: ``group.parameter`` that is rounded to the nearest whole number of time steps.
    """

    shape: Shape
    numbers: Mapping[str, Place | float]
    at_most: Mapping[str, tuple[str, int]]
    whole_steps: frozenset[str] = frozenset()
    divisors: frozenset[str] = frozenset()


def sizes(graph: Graph, shape: Shape) -> dict[str, int]:
    """Number of neurons of each group; groups that are not in the graph hold a sum, in one neuron."""
    known = {graph.input.name: graph.input.size} | {p.name: p.size for p in graph.populations}
    return known | {g.name: 1 for g in shape.groups if g.name not in known}


def values(graph: Graph, template: Template, sizes: Mapping[str, int]) -> dict[str, float]:
    """The numbers of a plan, read from the graph."""
    parts: dict[Place, Mapping[str, float]] = {}
    found: dict[str, float] = {}
    for key, place in template.numbers.items():
        if isinstance(place, tuple):
            *path, name = place
            of_part = parts.get(tuple(path)) or parts.setdefault(tuple(path), _numbers(graph, tuple(path)))
            found[key] = float(of_part[str(name)])
        else:
            found[key] = float(place)
    _check(found, template.divisors)
    dt = template.shape.dt
    found |= {key: dt * math.floor(found[key] / dt + 0.5) for key in template.whole_steps}
    return found | {key: min(found[key], sizes[group] - n) for key, (group, n) in template.at_most.items()}


def _check(numbers: Mapping[str, float], divisors: frozenset[str]) -> None:
    for key, number in numbers.items():
        if not math.isfinite(number):
            raise UserError(f"{key} = {number} is not a finite number; give one")
    for key in divisors:
        if numbers[key] == 0:
            raise UserError(f"{key} = 0, by which a differential equation divides; give a value above 0")


def _numbers(graph: Graph, path: Place) -> Mapping[str, float]:
    """The parameters of a part. A class may compute them, as a Fourier kernel computes its coefficients."""
    part: Any = graph
    for step in path:
        part = part[step] if isinstance(step, int) else getattr(part, step)
    return part.values if isinstance(part, Text) else vars(part)
