"""Lower a projection: its wiring, its weights, and the effect of a spike on its targets."""

from collections.abc import Iterator
from dataclasses import fields, replace

from neurosearch.errors import UserError
from neurosearch.graph import Constant, Projection
from neurosearch.language import text as tx
from neurosearch.language import units
from neurosearch.language.sides import POST, sided
from neurosearch.language.units import ONE
from neurosearch.lower.graded import lower_graded
from neurosearch.lower.lowering import Lowering
from neurosearch.lower.population_builder import PopulationBuilder
from neurosearch.lower.rules import lower_rule
from neurosearch.lower.stp import lower_stp, released
from neurosearch.lower.wiring import lower_wiring
from neurosearch.parts.neurons.base import Neuron
from neurosearch.plan import Synapses, Variable
from neurosearch.random import stream_id


def lower_projection(low: Lowering, p: Projection) -> None:
    """Lower the synapses of a projection, with short-term plasticity and rule, except for what they carry."""
    pre, post = low.builders[p.pre], low.builders[p.post]
    wired = lower_wiring(low, post, p)
    recurrent = p.pre == p.post and not p.wiring.itself
    made = Synapses(p.name, p.pre, p.post, wired.condition, wired.fan_in, recurrent, listed=wired.listed)
    if isinstance(p.weights, Constant):
        weight = f"{p.name}_weight"
        post.parameter(weight, (*low.place(p.name, "weights"), "value"))
        if p.rule is not None:
            raise UserError(
                f"projection {p.name} has a rule, so its weights must be random(mean, spread), not constant"
            )
        made = replace(made, weight=weight)
    else:
        for field in fields(p.weights):
            post.parameter(f"{p.name}_{field.name}", (*low.place(p.name, "weights"), field.name))
        post.draws()
        size = f"({p.name}_mean_post + {p.name}_spread_post*(2*{_draw(p, 'size')} - 1))"
        initial = f"{size}*(1 - 2*int({_draw(p, 'sign')} < {p.name}_negative_post))"
        made = replace(made, variables=(Variable("w"),), initial=initial)
    if p.stp is not None:
        lower_stp(low, p, pre)
    low.synapses[p.name] = replace(made, plastic=p.rule is not None)
    if p.rule is not None:
        lower_rule(low, p, pre, post)


def _draw(p: Projection, what: str) -> str:
    return f"draw(seed_post, {stream_id(f'{p.name}.{what}')}, 0, i, j)"


def lower_delivery(low: Lowering, p: Projection) -> None:
    """Lower the effect of a spike, or of a graded value, on the postsynaptic neuron."""
    pre, post = low.builders[p.pre], low.builders[p.post]
    graded = low.graph.input.encoder.graded if p.pre == low.graph.input.name and not p.graded else p.graded
    if graded:
        lower_graded(low, p, graded)
        return
    if not pre.threshold:
        raise UserError(f"projection {p.name}: {p.pre} does not spike; name what it carries with graded=...")
    neuron = next(x.neuron for x in low.graph.populations if x.name == p.post)
    amount = released(p, low.synapses[p.name])
    lines = [f"{sided(target, POST)} += {value}" for target, value in _received(neuron, post, amount)]
    lines += [f"{sided('received', POST)} += {amount}"] if "received" in post.ports else []
    low.synapses[p.name] = replace(low.synapses[p.name], deliver=tx.block("\n".join(lines), f"{neuron.owner}.receive"))


def _received(neuron: Neuron, post: PopulationBuilder, amount: str) -> Iterator[tuple[str, str]]:
    """What an arriving weight adds to which variables; the order of synapses must not matter."""
    where = f"{neuron.owner}.receive"
    constant = {name: d for name, d in post.own.items() if name not in post.receiving}
    env = {"w": ONE, **{k: units.dimension(u, neuron.owner) for k, u in neuron.units.items()}, **constant}
    table = {"w": amount, **{k: sided(k, POST) for k in env if k != "w"}}
    for s in tx.block(neuron.receive, where):
        if s.op not in ("+=", "-=") or s.target not in post.own:
            problem = "an arriving weight must be added (`+=`) to a variable of the neuron"
            tx.fail(where, str(s), problem + ", so that the order of synapses can't matter")
        if post.variables[s.target].integer:
            tx.fail(where, str(s), f"`{s.target}` is an integer, but weights are real; write `: 1`")
        tx.refuse_draws(where, s.value, str(s))
        for symbol in sorted(tx.names(s.value) & post.receiving):
            problem = f"`{symbol}` is being added to here, so its value depends on the order of synapses"
            tx.fail(where, str(s), problem + "; read it in an equation instead")
        units.expect(post.own[s.target], units.of(s.value, env, where, str(s)), where, str(s))
        value = tx.rename(s.value, table)
        yield s.target, value if s.op == "+=" else f"-({value})"
