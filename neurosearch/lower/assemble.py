"""Assemble the lowered pieces into a plan: groups in the order of their links, actions in the order of a step."""

from collections.abc import Iterator

from neurosearch.language import text as tx
from neurosearch.language.declarations import divisors
from neurosearch.language.sides import PRE, split, unsided
from neurosearch.lower.lowering import Lowering
from neurosearch.lower.numbers import Template
from neurosearch.lower.population_builder import READS
from neurosearch.plan import SEED, Action, Shape


def assemble(low: Lowering) -> Template:
    """The assembled plan, without its numbers."""
    ports = [a for d in low.builders.values() for a in d.actions()]
    targets = [a for a in ports if a.moment == "decision"]
    frame = [a for a in ports if a.moment == "frame"] + low.frame
    begin = [a for a in ports if a.moment == "begin"]
    begin.sort(key=lambda a: a.kind == "read")  # statements see the gates of the sample that ended
    decision = [low.decision[0], *targets, *low.after_target, *low.decision[1:]]
    actions = (*decision, *low.end, *begin, *frame)
    _let_draw(low, actions)
    groups = [*low.helpers, *(d.group() for d in low.builders.values())]
    groups.sort(key=lambda g: _depth(low, g.name))
    tables = {t.name: t for t in READS}
    read = dict.fromkeys(a.table for a in actions if a.kind == "read")
    shape = Shape(
        low.graph.dt, tuple(groups), tuple(low.synapses.values()), actions, tuple(tables[name] for name in read),
        low.graph.readout,
    )  # fmt: skip
    numbers = {f"{name}.{k}": place for name, d in low.builders.items() for k, place in d.numbers.items()}
    at_most = {
        f"{p.post}.{unsided(f'{p.name}_{p.wiring.fan_in}')}": (p.pre, int(low.synapses[p.name].recurrent))
        for p in low.graph.projections
        if p.wiring.fan_in
    }
    refractory = frozenset(f"{g.name}.{g.refractory}" for g in groups if g.refractory)
    return Template(shape, numbers, at_most, refractory, frozenset(_divisors(shape)) & numbers.keys())


def _divisors(shape: Shape) -> Iterator[str]:
    """``group.name`` of all by which differential equations divide."""
    for g in shape.groups:
        yield from (f"{g.name}.{name}" for v in g.variables if v.rhs for name in divisors(v.rhs))
    for s in shape.synapses:
        for name in (name for v in s.variables if v.rhs for name in divisors(v.rhs)):
            own, side = split(name)
            yield f"{s.pre if side == PRE else s.post}.{own}"


def _let_draw(low: Lowering, actions: tuple[Action, ...]) -> None:
    """Give the seed to every population whose actions draw random numbers."""
    for a in actions:
        if a.owner in low.builders and any(SEED.name in tx.names(s.value) for s in a.block):
            low.builders[a.owner].draws()


def _depth(low: Lowering, name: str) -> int:
    """Groups whose values are linked integrate before those that read them."""
    d = low.builders.get(name)
    return 1 + max((_depth(low, link.group) for link in d.links), default=0) if d else 0
