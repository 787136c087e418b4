"""Lower graded projections: a sum over a neuron's synapses in each step (or frame), or a link to one neuron's value.

The text is either one expression, whose sum is added to the target's ``current``, or lines that name the target
variables of the sums.
"""

import re
from collections.abc import Mapping
from dataclasses import replace

from neurosearch.graph import Projection
from neurosearch.language import text as tx
from neurosearch.language import units
from neurosearch.language.sides import POST, PRE, sided, split
from neurosearch.language.units import ONE, Dimension
from neurosearch.lower.lowering import Lowering
from neurosearch.lower.population_builder import DRIVE, PopulationBuilder
from neurosearch.lower.stp import released
from neurosearch.plan import Action, Link, Sum, Variable

_ASSIGNS = re.compile(r"^\s*\w+\s*=(?!=)", re.MULTILINE)


def lower_graded(low: Lowering, p: Projection, graded: str) -> None:
    """Lower the value that a graded projection carries."""
    if _ASSIGNS.search(graded):
        _into_variables(low, p)
    else:
        _into_current(low, p, graded)


def _into_current(low: Lowering, p: Projection, graded: str) -> None:
    pre, post = low.builders[p.pre], low.builders[p.post]
    synapses, where = low.synapses[p.name], f"{p.name}.graded"
    checked = tx.expression(graded, where)
    tx.refuse_draws(where, checked)
    known = {*pre.own, *pre.parameters} | ({DRIVE} if pre.is_input else set())
    for symbol in sorted(tx.names(checked) - known):
        tx.unknown(where, checked, symbol, known)
    if low.single(p.pre) and synapses.weight and checked in pre.own and not _reaches(low, p.post, p.pre):
        link = Link(f"{p.name}_{checked}", p.pre, checked, p.name)
        post.links.append(link)
        term = f"{synapses.weight}*{link.name}"
    else:
        term = f"{p.name}_in"
        post.variables[term] = Variable(term, role="sum")
        value = f"{released(p, synapses)}*({tx.rename(checked, {n: sided(n, PRE) for n in tx.names(checked)})})"
        _add_sums(low, p, (Sum(term, value, _moment(pre)),))
    post.currents.append(term)
    if "received" in post.ports:
        post.each_step += tx.block(f"received += {term}", where)


def _into_variables(low: Lowering, p: Projection) -> None:
    """Lines ``variable = expression``."""
    pre, post = low.builders[p.pre], low.builders[p.post]
    where = f"{p.name}.graded"
    env = _environment(low, p, pre, post)
    made: list[Sum] = []
    for s in tx.block(p.graded, where):
        plain = s.target in post.own and not (post.variables[s.target].rhs or post.variables[s.target].integer)
        if s.op != "=" or not plain:
            tx.fail(where, str(s), f"write `variable = ...` with a plain variable of {p.post}'s neuron")
        if any(x.target == s.target for q in low.synapses.values() if q.post == p.post for x in (*q.sums, *made)):
            tx.fail(
                where, str(s), f"`{s.target}` is already the sum of another projection; declare a variable for each"
            )
        tx.refuse_draws(where, s.value, str(s))
        for symbol in sorted(tx.names(s.value) - env.keys()):
            tx.unknown(where, str(s), symbol, env)
        units.expect(post.own[s.target], units.of(s.value, env, where, str(s)), where, str(s))
        source, side = split(s.value)
        if low.single(p.pre) and source in pre.own and side == PRE:
            del post.variables[s.target]  # the value of one neuron is read through a link
            post.links.append(Link(s.target, p.pre, source, p.name))
        else:
            post.variables[s.target] = replace(post.variables[s.target], role="sum")
            made.append(Sum(s.target, s.value, _moment(pre)))
    _add_sums(low, p, tuple(made))


def _moment(pre: PopulationBuilder) -> str:
    return "frame" if pre.is_input else "step"


def _add_sums(low: Lowering, p: Projection, sums: tuple[Sum, ...]) -> None:
    s = low.synapses[p.name]
    low.synapses[p.name] = replace(s, sums=(*s.sums, *sums))
    if any(x.moment == "frame" for x in sums):
        low.frame.append(Action("frame", "sum", p.name))


def _environment(
    low: Lowering, p: Projection, pre: PopulationBuilder, post: PopulationBuilder
) -> Mapping[str, Dimension]:
    env: dict[str, Dimension] = {"i": ONE, "j": ONE} | ({"w": ONE} if low.synapses[p.name].variables else {})
    for side, population in ((PRE, pre), (POST, post)):
        own = {**population.own, **({DRIVE: ONE} if population.is_input else {})}
        own |= {k: ONE if n.integer else units.dimension(n.unit, p.name) for k, n in population.parameters.items()}
        env |= {sided(name, side): d for name, d in own.items()}
    return env


def _reaches(low: Lowering, source: str, target: str) -> bool:
    """Whether existing links require ``source`` to integrate before ``target``."""
    return source == target or any(
        _reaches(low, name, target) for name, d in low.builders.items() if any(link.group == source for link in d.links)
    )
