"""Graded projections that land in named variables: each a sum, over a neuron's synapses, of a text over both ends."""

import re
from collections.abc import Mapping
from dataclasses import replace

from neurosearch.graph import Projection
from neurosearch.language import text as tx
from neurosearch.language import units
from neurosearch.language.units import ONE, Dimension
from neurosearch.lower.lowering import Lowering
from neurosearch.lower.population_builder import PopulationBuilder
from neurosearch.plan import Action, Sum

_ASSIGNS = re.compile(r"^\s*\w+\s*=(?!=)", re.MULTILINE)


def is_block(graded: str) -> bool:
    """Whether a projection's ``graded`` names where it lands."""
    return bool(_ASSIGNS.search(graded))


def lower_block(low: Lowering, p: Projection, pre: PopulationBuilder, post: PopulationBuilder) -> None:
    """Lower the lines ``variable = expression`` of projection ``p``."""
    where = f"{p.name}.graded"
    env = _environment(low, p, pre, post)
    single = low.sizes[p.pre] == 1 and not pre.is_input
    moment = "frame" if pre.is_input else "step"
    made: list[Sum] = []
    for s in tx.block(p.graded, where):
        plain = s.target in post.own and not (post.variables[s.target].rhs or post.variables[s.target].integer)
        if s.op != "=" or not plain:
            tx.fail(where, str(s), f"write `variable = ...` with a plain variable of {p.post}'s neuron")
        if any(x.target == s.target for q in low.synapses.values() if q.post == p.post for x in (*q.sums, *made)):
            tx.fail(
                where, str(s), f"`{s.target}` already is the sum of another projection; declare one variable for each"
            )
        for symbol in sorted(tx.names(s.value) - env.keys()):
            tx.unknown(where, str(s), symbol, env)
        units.expect(post.own[s.target], units.of(s.value, env, where, str(s)), where, str(s))
        source = s.value.removesuffix("_pre")
        if single and source in pre.own and s.value.endswith("_pre"):
            del post.variables[s.target]  # one neuron's value is read where it stands
            post.links.append((s.target, p.pre, source))
        else:
            made.append(Sum(s.target, s.value, moment))
    low.synapses[p.name] = replace(low.synapses[p.name], sums=(*low.synapses[p.name].sums, *made))
    if moment == "frame":
        low.frame.append(Action("frame", "sum", p.name))


def _environment(
    low: Lowering, p: Projection, pre: PopulationBuilder, post: PopulationBuilder
) -> Mapping[str, Dimension]:
    env: dict[str, Dimension] = {"i": ONE, "j": ONE} | ({"w": ONE} if low.synapses[p.name].variables else {})
    for side, population in (("pre", pre), ("post", post)):
        own = {**population.own, **({"drive": ONE} if population.is_input else {})}
        own |= {k: ONE if u == "integer" else units.dimension(u, p.name) for k, u in population.parameters.items()}
        env |= {f"{name}_{side}": d for name, d in own.items()}
    return env
