"""Lower a population: its neuron's texts, homeostasis of its thresholds, and the teaching current."""

from neurosearch.errors import UserError
from neurosearch.graph import Population
from neurosearch.language import text as tx
from neurosearch.language.sides import unsided
from neurosearch.lower.lowering import Lowering
from neurosearch.lower.numbers import Place
from neurosearch.lower.population_builder import PopulationBuilder, dimensions, own_lines, starts
from neurosearch.plan import Action
from neurosearch.spelling import suggestion

METHODS = ("exponential_euler", "exact", "euler", "rk2", "rk4")
"""Integration methods for a population's differential equations, by Brian2's names."""


def lower_population(low: Lowering, population: Population) -> None:
    """Lower one population of a graph."""
    d = low.builders[population.name] = PopulationBuilder(population.name)
    place: Place = ("populations", low.graph.populations.index(population))
    neuron = population.neuron
    found = own_lines(neuron, "equations")
    own = dimensions(found, neuron.owner)
    d.part_numbers(neuron, (*place, "neuron"))
    d.numbers |= {name: start if isinstance(start, float) else (*place, "neuron", start)
                  for name, start in starts(neuron, own).items()}  # fmt: skip
    d.threshold, d.method, d.refractory = neuron.threshold, neuron.method, neuron.refractory
    if d.method not in METHODS:
        raise UserError(f"{neuron.owner}.method: {suggestion(d.method, METHODS)}")
    if d.refractory and d.refractory not in neuron.units:
        tx.unknown(f"{neuron.owner}.refractory", d.refractory, d.refractory, neuron.units)
    d.own = own
    d.receiving = {s.target for s in tx.block(neuron.receive, f"{neuron.owner}.receive")}
    d.check_derivatives(neuron, "equations", found, own)
    d.declare(found, {x.name: x.name for x in found})
    if neuron.threshold:
        d.threshold = d.expression(neuron, "threshold", neuron.threshold, {}, own)
    d.reset += d.block(neuron, "reset", {}, own)
    d.each_step += d.block(neuron, "each_step", {}, own)
    d.at_sample += d.block(neuron, "at_sample", {}, own)
    if population.homeostasis is not None:
        _homeostasis(d, population, place)
    if population.teacher is not None:
        _teacher(low, d, place)


def _homeostasis(d: PopulationBuilder, population: Population, place: Place) -> None:
    part = population.homeostasis
    assert part is not None
    table = {k: unsided(f"homeostasis_{k}") for k in part.units}
    d.theta, d.homeostasis_rate = True, table["rate"]
    d.part_numbers(part, (*place, "homeostasis"), table)
    d.at_sample += d.block(part, "at_sample", table, {})


def _teacher(low: Lowering, d: PopulationBuilder, place: Place) -> None:
    d.ports |= {"teach", "target", "labelled"}
    for name in ("amplitude", "suppression"):
        d.parameter(f"teach_{name}", (*place, "teacher", name))
    source = "teach = labelled*(teach_amplitude*target - teach_suppression*(1 - target))"
    low.after_target.append(Action("decision", "neurons", d.name, tx.block(source, f"{d.name}.teacher")))
    d.currents.append("teach")
