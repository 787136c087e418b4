"""Edit a shape: functions that passes use to change one group, projection or action."""

from collections.abc import Callable
from dataclasses import replace

from neurosearch.language import text as tx
from neurosearch.plan import Action, Group, Shape, Synapses, Table

Change = Callable[[str, tx.Block], tx.Block]
"""(``on_pre``, ``on_post`` or ``on_sample``, its block) → the new block."""


def with_group(shape: Shape, group: Group) -> Shape:
    """The shape with the group of the same name replaced."""
    return replace(shape, groups=tuple(group if g.name == group.name else g for g in shape.groups))


def grown(shape: Shape, name: str, **more: tuple[object, ...]) -> Shape:
    """The shape with variables, parameters or statements added to a group, unless it has them already."""
    group = shape.group(name)
    longer = {k: tuple(dict.fromkeys([*getattr(group, k), *added])) for k, added in more.items()}
    return with_group(shape, replace(group, **longer))  # type: ignore[arg-type]


def with_synapses(shape: Shape, synapses: Synapses) -> Shape:
    """The shape with the synapses of the same name replaced."""
    return replace(shape, synapses=tuple(synapses if s.name == synapses.name else s for s in shape.synapses))


def with_blocks(shape: Shape, name: str, change: Change) -> Shape:
    """The shape with ``change`` applied to every block of the rule on the synapses of that name."""
    s = shape.projection(name)
    s = replace(s, on_pre=change("on_pre", s.on_pre), on_post=change("on_post", s.on_post))
    actions = tuple(
        replace(a, block=change("on_sample", a.block)) if a.kind == "synapses" and a.owner == name else a
        for a in shape.actions
    )
    return replace(with_synapses(shape, s), actions=actions)


def with_begin(shape: Shape, action: Action) -> Shape:
    """The shape with an action appended to those at a sample's start, unless it has it already."""
    if action in shape.actions:
        return shape
    last = max(n for n, a in enumerate(shape.actions) if a.moment in ("decision", "end", "begin"))
    return replace(shape, actions=(*shape.actions[: last + 1], action, *shape.actions[last + 1 :]))


def with_table(shape: Shape, table: Table) -> Shape:
    """The shape with a table that its actions read."""
    return shape if table in shape.tables else replace(shape, tables=(*shape.tables, table))
