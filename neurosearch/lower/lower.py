"""Graph → Plan: check every text, resolve every name, and place every statement in the order of a step."""

from collections.abc import Iterator

from neurosearch.graph import Graph
from neurosearch.hardware.weight_memory import WeightMemory
from neurosearch.lower.assemble import assemble
from neurosearch.lower.input import lower_input
from neurosearch.lower.lowering import Lowering
from neurosearch.lower.names import check_names
from neurosearch.lower.numbers import Template, sizes, values
from neurosearch.lower.passes import pipeline
from neurosearch.lower.population import lower_population
from neurosearch.lower.projection import lower_delivery, lower_projection
from neurosearch.lower.readout import lower_readout
from neurosearch.lower.structure import template
from neurosearch.lower.verify import verify
from neurosearch.lower.wiring import check_wirings
from neurosearch.plan import Plan


def lower(graph: Graph, memory: WeightMemory | None = None, *, optimise: bool = True) -> Plan:
    """Lower a graph, with a chip's weight memory if one is given.

    Args:
        optimise: whether to apply the optimising passes; without them results are the same, but slower.

    Raises:
        RuleError: a text with an unknown symbol, a wrong dimension, or a meaning that differs between engines.
        PlanError: the plan is inconsistent.
    """
    *_, (name, plan) = stages(graph, memory, optimise=optimise)
    return verify(plan, name)


def stages(graph: Graph, memory: WeightMemory | None = None, *, optimise: bool = True) -> Iterator[tuple[str, Plan]]:
    """The plan as lowered, then after each pass, with the pass's name."""
    plan = _declared(graph)
    yield "lowering", plan
    for each in pipeline(memory, optimise):
        plan = each(plan)
        yield each.name, plan


def _declared(graph: Graph) -> Plan:
    check_wirings(graph)
    texts = template(graph, _lower_texts)
    of_groups = sizes(graph, texts.shape)
    wirings = {p.name: p.wiring for p in graph.projections}
    numbers = values(graph, texts, of_groups)
    return Plan(texts.shape, of_groups, numbers, graph.input.name, graph.teaching_steps, wirings)


def _lower_texts(graph: Graph) -> Template:
    check_names(graph)
    low = Lowering(graph)
    lower_input(low, graph.input)
    for population in graph.populations:
        lower_population(low, population)
    for projection in graph.projections:
        lower_projection(low, projection)
    lower_readout(low)
    for projection in graph.projections:  # after all texts, so that the ports they use are known
        lower_delivery(low, projection)
    return assemble(low)
