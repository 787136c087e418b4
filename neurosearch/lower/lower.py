"""Graph → Plan: every text checked, every name made final, every statement put at its moment."""

from dataclasses import replace
from typing import Any

from neurosearch.errors import UserError
from neurosearch.graph import Constant, Graph, Input, Population, Projection
from neurosearch.language import text as tx
from neurosearch.lower.graded import is_block, lower_block
from neurosearch.lower.lowering import Lowering
from neurosearch.lower.passes import finish
from neurosearch.lower.population_builder import PopulationBuilder, dimensions, own_lines
from neurosearch.lower.rules import lower_rule
from neurosearch.lower.wiring import lower_wiring
from neurosearch.plan import Action, Group, Plan, Shape, Sum, Synapses, Variable
from neurosearch.random import stream_id
from neurosearch.spelling import suggestion

METHODS = ("exponential_euler", "exact", "euler", "rk2", "rk4")
"""How a population's differential equations are integrated: methods of Brian2."""


def lower(graph: Graph, memory: Any = None) -> Plan:
    """Lower a graph, with a chip's weight memory (``WeightMemory``) if one is given.

    Raises:
        RuleError: a text with an unknown symbol, a wrong dimension, or a meaning that engines would not share.
    """
    low = Lowering(graph)
    _input(low, graph.input)
    for population in graph.populations:
        _population(low, population)
    for projection in graph.projections:
        _projection(low, projection)
    _readout(low)
    for projection in graph.projections:
        _deliver(low, projection)
    return _assemble(low, memory)


def _input(low: Lowering, source: Input) -> None:
    d = low.builders[source.name] = PopulationBuilder(source.name, is_input=True)
    low.sizes[source.name] = source.size
    encoder = source.encoder
    found = own_lines(encoder, "equations")
    own = dimensions(found, encoder.owner)
    for name, value in encoder.values.items():
        d.parameter(name, value, encoder.units[name])
    d.threshold = encoder.threshold  # so that `count` is known to exist
    d.check_derivatives(encoder, "equations", found, own)
    d.declare(found, {x.name: x.name for x in found})
    d.own = own
    d.each_step += d.block(encoder, "each_step", {}, own)
    if encoder.threshold:
        d.threshold = d.expression(encoder, "threshold", encoder.threshold, {}, own)
    d.reset += d.block(encoder, "reset", {}, own)
    d.at_sample += d.block(encoder, "at_sample", {}, own)
    d.port("drive", encoder.owner, "drive")


def _population(low: Lowering, population: Population) -> None:
    d = low.builders[population.name] = PopulationBuilder(population.name)
    low.sizes[population.name] = population.size
    neuron = population.neuron
    found = own_lines(neuron, "equations")
    own = dimensions(found, neuron.owner)
    for name, value in neuron.values.items():
        d.parameter(name, value, neuron.units[name])
    for name, start in neuron.start.items():
        d.values[name] = float(getattr(neuron, start)) if isinstance(start, str) else float(start)
    d.threshold, d.method, d.refractory = neuron.threshold, neuron.method, neuron.refractory
    if d.method not in METHODS:
        raise UserError(f"{neuron.owner}.method: {suggestion(d.method, METHODS)}")
    if d.refractory and d.refractory not in neuron.values:
        tx.unknown(f"{neuron.owner}.refractory", d.refractory, d.refractory, neuron.values)
    d.own = own
    d.receiving = {s.target for s in tx.block(neuron.receive, f"{neuron.owner}.receive")}
    d.check_derivatives(neuron, "equations", found, own)
    d.declare(found, {x.name: x.name for x in found})
    if neuron.threshold:
        d.threshold = d.expression(neuron, "threshold", neuron.threshold, {}, own)
    d.reset += d.block(neuron, "reset", {}, own)
    d.each_step += d.block(neuron, "each_step", {}, own)
    d.at_sample += d.block(neuron, "at_sample", {}, own)
    _homeostasis(d, population)
    _teacher(low, d, population)


def _homeostasis(d: PopulationBuilder, population: Population) -> None:
    part = population.homeostasis
    if part is None:
        return
    d.theta = True
    table = {k: f"homeostasis_{k}" for k in part.values}
    for name, value in part.values.items():
        d.parameter(table[name], value, part.units[name])
    d.at_sample += d.block(part, "at_sample", table, {})


def _teacher(low: Lowering, d: PopulationBuilder, population: Population) -> None:
    if population.teacher is None:
        return
    d.ports |= {"teach", "target", "labelled"}
    d.parameter("teach_amplitude", population.teacher.amplitude)
    d.parameter("teach_suppression", population.teacher.suppression)
    source = "teach = labelled*(teach_amplitude*target - teach_suppression*(1 - target))"
    low.after_target.append(Action("decision", "neurons", d.name, tx.block(source, f"{d.name}.teacher")))
    d.currents.append("teach")


def _projection(low: Lowering, p: Projection) -> None:
    pre, post = low.builders[p.pre], low.builders[p.post]
    wired = lower_wiring(post, p, low.sizes[p.pre], low.sizes[p.post])
    variables: list[Variable] = []
    initial = ""
    if isinstance(p.weights, Constant):
        post.parameter(f"{p.name}_weight", p.weights.value)
        if p.rule is not None:
            raise UserError(
                f"projection {p.name} has a rule, so its weights must be random(mean, spread), not constant"
            )
    else:
        for name, value in p.weights.__dict__.items():
            post.parameter(f"{p.name}_{name}", value)
        variables.append(Variable("w"))
        post.parameters["seed"] = "integer"
        size = f"({p.name}_mean_post + {p.name}_spread_post*(2*{_draw(p, 'size')} - 1))"
        initial = f"{size}*(1 - 2*int({_draw(p, 'sign')} < {p.name}_negative_post))"
    if p.stp is not None:
        _short_term(pre, p)
    low.synapses[p.name] = Synapses(
        p.name,
        p.pre,
        p.post,
        wired.condition,
        wired.fan_in,
        p.pre == p.post and not p.wiring.itself,
        tuple(variables),
        initial,
        plastic=p.rule is not None,
        listed=wired.listed,
    )
    if p.rule is not None:
        lower_rule(low, p, pre, post)


def _draw(p: Projection, what: str) -> str:
    return f"draw(seed_post, {stream_id(f'{p.name}.{what}')}, 0, i, j)"


def _short_term(pre: PopulationBuilder, p: Projection) -> None:
    stp = p.stp
    assert stp is not None
    if p.graded or not pre.threshold:
        raise UserError(f"projection {p.name}: short-term plasticity needs spikes, and {p.pre} sends graded values")
    found = own_lines(stp, "equations")
    own = dimensions(found, stp.owner)
    table = {k: f"{p.name}_stp_{k}" for k in (*own, *stp.values)}
    for name, value in stp.values.items():
        pre.parameter(table[name], value, stp.units[name])
    pre.check_derivatives(stp, "equations", found, own)
    pre.declare(found, table)
    pre.increments += pre.block(stp, "on_spike", table, own)
    pre.values |= {table[k]: v for k, v in stp.start.items()}


def _readout(low: Lowering) -> None:
    d, graph = low.builders[low.graph.readout], low.graph
    where = f"{d.name}.decision"
    checked = tx.expression(graph.decision, where)
    known = {*d.own, "count", "received"}
    for symbol in sorted(tx.names(checked)):
        if symbol not in known:
            tx.unknown(where, checked, symbol, known)
        if symbol in ("count", "received"):
            d.port(symbol, where, checked)
    d.variables["decision"] = Variable("decision")
    low.decision.insert(0, Action("decision", "neurons", d.name, tx.block(f"decision = {checked}", where)))


def _amount(p: Projection) -> str:
    weight = f"{p.name}_weight_post" if isinstance(p.weights, Constant) else "w"
    if p.stp is None:
        return weight
    names = {n: f"{p.name}_stp_{n}_pre" for n in tx.names(tx.expression(p.stp.release, "release"))}
    return f"{weight}*({tx.rename(tx.expression(p.stp.release, 'release'), names)})"


def _deliver(low: Lowering, p: Projection) -> None:
    """What a spike, or a graded value, does to the postsynaptic neuron."""
    pre, post = low.builders[p.pre], low.builders[p.post]
    if is_block(p.graded):
        lower_block(low, p, pre, post)
        return
    graded = low.graph.input.encoder.graded if p.pre == low.graph.input.name else p.graded
    if not graded and not pre.threshold:
        raise UserError(f"projection {p.name}: {p.pre} does not spike; name what it carries with graded=...")
    if graded:
        _graded(low, p, graded)
        return
    neuron = next(x.neuron for x in low.graph.populations if x.name == p.post)
    where = f"{neuron.owner}.receive"
    (receive,) = tx.block(neuron.receive, where)
    if receive.op != "+=" or receive.target not in post.own:
        problem = "an arriving weight must be added (`+=`) to a variable of the neuron"
        tx.fail(where, str(receive), problem + ", so that the order of synapses can't matter")
    if post.variables[receive.target].integer:
        tx.fail(where, str(receive), f"`{receive.target}` is an integer, but weights are real; write `: 1`")
    amount = _amount(p)
    table = {"w": amount, **{k: f"{k}_post" for k in neuron.values}}
    lines = [f"{receive.target}_post += {tx.rename(receive.value, table)}"]
    lines += [f"received_post += {amount}"] if "received" in post.ports else []
    low.synapses[p.name] = replace(low.synapses[p.name], deliver=tx.block("\n".join(lines), where))


def _graded(low: Lowering, p: Projection, graded: str) -> None:
    pre, post = low.builders[p.pre], low.builders[p.post]
    where, single = f"{p.name}.graded", low.sizes[p.pre] == 1 and p.pre != low.graph.input.name
    checked = tx.expression(graded, where)
    known = {*pre.own, *pre.parameters} | ({"drive"} if pre.is_input else set())
    for symbol in sorted(tx.names(checked) - known):
        tx.unknown(where, checked, symbol, known)
    if single and isinstance(p.weights, Constant) and checked in pre.own and not _reaches(low, p.post, p.pre):
        local = f"{p.name}_{checked}"
        post.links.append((local, p.pre, checked))
        term = f"{p.name}_weight*{local}"
    else:
        term = f"{p.name}_in"
        post.variables[term] = Variable(term)
        value = f"{_amount(p)}*({tx.rename(checked, {n: f'{n}_pre' for n in tx.names(checked)})})"
        moment = "frame" if pre.is_input else "step"
        low.synapses[p.name] = replace(
            low.synapses[p.name], sums=(*low.synapses[p.name].sums, Sum(term, value, moment))
        )
        if moment == "frame":
            low.frame.append(Action("frame", "sum", p.name))
    post.currents.append(term)
    if "received" in post.ports:
        post.each_step += tx.block(f"received += {term}", where)


def _reaches(low: Lowering, source: str, target: str) -> bool:
    """Whether ``source`` must integrate before ``target`` because of links made so far."""
    return source == target or any(
        _reaches(low, name, target) for name, d in low.builders.items() if any(link[1] == source for link in d.links)
    )


def _assemble(low: Lowering, memory: Any) -> Plan:
    graph = low.graph
    ports = [a for d in low.builders.values() for a in d.actions()]
    targets = [a for a in ports if a.moment == "decision"]
    frame = [a for a in ports if a.moment == "frame"] + low.frame
    begin = [a for a in ports if a.moment == "begin"]
    begin.sort(key=lambda a: a.kind == "read")  # statements see the gates of the sample that ended
    decision = [low.decision[0], *targets, *low.after_target, *low.decision[1:]]
    groups = [d.group() for d in low.builders.values()]
    ordered = sorted([*low.helpers, *groups], key=lambda g: _depth(low, g.name))
    for action in begin:
        _need_seed(low, action)
    shape = Shape(
        graph.dt, tuple(_with_seed(low, g) for g in ordered), tuple(low.synapses.values()),
        (*decision, *low.end, *begin, *frame), graph.readout,
    )  # fmt: skip
    values = {f"{name}.{k}": float(v) for name, d in low.builders.items() for k, v in d.values.items()}
    for p in graph.projections:
        if p.wiring.fan_in:
            key = f"{p.post}.{p.name}_{p.wiring.fan_in}"
            values[key] = min(values[key], low.sizes[p.pre] - low.synapses[p.name].recurrent)
    wirings = {p.name: p.wiring for p in graph.projections}
    return finish(Plan(shape, low.sizes, values, graph.input.name, graph.teaching_steps, wirings), graph, memory)


def _need_seed(low: Lowering, action: Action) -> None:
    if any("seed" in tx.names(s.value) for s in action.block):
        low.builders[action.owner].parameters["seed"] = "integer"


def _with_seed(low: Lowering, group: Group) -> Group:
    d = low.builders.get(group.name)
    if d is None or "seed" not in d.parameters or ("seed", "integer") in group.parameters:
        return group
    return replace(group, parameters=tuple(sorted([*group.parameters, ("seed", "integer")])))


def _depth(low: Lowering, name: str) -> int:
    """Groups whose values are linked integrate before those that read them."""
    d = low.builders.get(name)
    return 1 + max((_depth(low, link[1]) for link in d.links), default=0) if d else 0
