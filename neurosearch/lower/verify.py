"""Verify that a plan is consistent: every name resolves, every owner exists, every number is given."""

from collections.abc import Container, Iterable, Iterator
from functools import lru_cache
from typing import Any

from neurosearch.errors import UserError
from neurosearch.language import text as tx
from neurosearch.language.sides import POST, PRE, SIDES, sided
from neurosearch.plan import MOMENTS, ROLES, Action, Group, Plan, Shape, Synapses

KINDS = ("neurons", "synapses", "read", "sum")
SUM_MOMENTS = ("step", "frame", "decision")
_NEURON = frozenset({"dt", "step", "i"})
"""Names that any text of a neuron may read besides the group's own."""
_SYNAPSE = frozenset({"dt", "step", "i", "j"})
_FUNCTIONS = tx.FUNCTIONS.keys() - {"uniform"} | tx.LOWERED

Problem = tuple[str, str]
"""(part of the plan, what is wrong with it)."""


class PlanError(UserError):
    """An inconsistent plan; the message names the pass that produced it, the part and the inconsistency."""


def verify(plan: Plan, after: str = "lowering") -> Plan:
    """Return the plan if it is consistent.

    Args:
        after: the step that produced the plan, for the message.

    Raises:
        PlanError: it is inconsistent.
    """
    problem = _of_shape(plan.shape) or next(_numbers(plan), None)
    if problem is not None:
        raise PlanError(f"the plan after {after} is inconsistent: {problem[0]}: {problem[1]}")
    return plan


@lru_cache(maxsize=256)
def _of_shape(shape: Shape) -> Problem | None:
    return next(_facts(shape), None)


def _facts(shape: Shape) -> Iterator[Problem]:
    yield from _names(shape)
    before: set[str] = set()
    for g in shape.groups:
        yield from _group(shape, g, before)
        before.add(g.name)
    for s in shape.synapses:
        yield from _synapses(shape, s)
    for n, a in enumerate(shape.actions):
        for problem in _action(shape, a):
            yield f"action {n} ({a.moment}, {a.kind} of {a.owner})", problem
    yield from _done_somewhere(shape)


def _names(shape: Shape) -> Iterator[Problem]:
    for name in _twice([*_all(shape.groups), *_all(shape.synapses)]):
        yield name, "the name is given twice"
    if not shape.dt > 0:
        yield "dt", f"{shape.dt} second is not positive"
    if shape.readout not in _names_of(shape.groups):
        yield "readout", f"there is no group {shape.readout}"
    elif "decision" not in _names_of(shape.group(shape.readout).variables):
        yield f"group {shape.readout}", "it is the readout, but has no variable `decision`"


def _group(shape: Shape, g: Group, before: Container[str]) -> Iterator[Problem]:
    part, parameters = f"group {g.name}", _names_of(g.parameters)
    for name in _twice([*_all(g.variables), *_all(g.parameters), *_all(g.links)]):
        yield part, f"`{name}` is declared twice"
    for v in g.variables:
        if v.role not in ROLES:
            yield part, f"`{v.name}` has the unknown role {v.role!r}"
        if (v.role == "scale") != bool(v.time_constant) or v.time_constant not in {"", *parameters}:
            yield part, f"`{v.name}` has no parameter {v.time_constant!r} as its time constant"
        if v.held and not g.refractory:
            yield part, f"`{v.name}` is held while refractory, but the group has no refractory time"
    for what in ("refractory", "homeostasis_rate"):
        if getattr(g, what) not in {"", *parameters}:
            yield part, f"{what} names `{getattr(g, what)}`, which is not a parameter"
    for link in g.links:
        if link.group not in before:
            yield part, f"`{link.name}` reads {link.group}, which does not integrate before it"
        elif link.variable not in _names_of(shape.group(link.group).variables):
            yield part, f"`{link.name}` reads {link.group}.{link.variable}, which does not exist"
        if link.projection not in {"", *_names_of(shape.synapses)}:
            yield part, f"`{link.name}` belongs to the projection {link.projection}, which does not exist"
    if (g.reset or g.after_reset) and not g.threshold:
        yield part, "it has a reset but no threshold"
    known = _neuron(g)
    for place in ("threshold", "can_skip", "only_spike_step"):
        yield from _text(f"{part}, {place}", getattr(g, place), known)
    for v in g.variables:
        yield from _text(f"{part}, equation of {v.name}", v.rhs, known)
    for place in ("each_step", "reset", "after_reset"):
        yield from _block(f"{part}, {place}", getattr(g, place), known, _names_of(g.variables))


def _synapses(shape: Shape, s: Synapses) -> Iterator[Problem]:
    part, groups = f"synapses {s.name}", _names_of(shape.groups)
    for side, name in ((PRE, s.pre), (POST, s.post)):
        if name not in groups:
            yield part, f"{side} is the group {name}, which does not exist"
            return
    pre, post = shape.group(s.pre), shape.group(s.post)
    own, parameters = _names_of(s.variables), _names_of(post.parameters)
    for name in _twice([v.name for v in s.variables]):
        yield part, f"`{name}` is declared twice"
    if sum(map(bool, (s.condition, s.fan_in, s.listed))) > 1:
        yield part, "its pairs are given in more than one way"
    if s.recurrent and s.pre != s.post:
        yield part, f"it is recurrent, but {s.pre} is not {s.post}"
    if bool(s.initial) != ("w" in own) or (s.weight and s.initial) or (s.plastic and not s.initial):
        yield part, "a stored weight `w` needs an initial value, a plastic one must be stored, and one for all must not"
    for what in ("weight", "lower_bound"):
        if getattr(s, what) not in {"", *parameters}:
            yield part, f"{what} names `{getattr(s, what)}`, which is not a parameter of {s.post}"
    for place, group in (("deliver", pre), ("on_pre", pre), ("on_post", post)):
        if getattr(s, place) and not group.threshold:
            yield part, f"{place} needs spikes, and {group.name} has no threshold"
    known = _SYNAPSE | own
    known |= {sided(n, side) for side, g in zip(SIDES, (pre, post), strict=True) for n in _neuron(g) - _NEURON}
    receivers = {sided(v.name, POST) for v in post.variables}
    for x in s.deliver:
        if x.op != "+=" or x.target not in receivers:
            yield f"{part}, deliver", f"`{x}` does not add to a variable of {s.post}"
        yield from _text(f"{part}, deliver", x.value, known)
    for place in ("condition", "initial"):
        yield from _text(f"{part}, {place}", getattr(s, place), known)
    for text in (*s.fan_in, *(v.rhs for v in s.variables)):
        yield from _text(part, text, known)
    for place in ("on_pre", "on_post"):
        yield from _block(f"{part}, {place}", getattr(s, place), known, own)
    for a in shape.actions:
        if a.kind == "synapses" and a.owner == s.name:
            yield from _block(f"{part}, at {a.moment}", a.block, known, own)
    for total in s.sums:
        if total.moment not in SUM_MOMENTS:
            yield part, f"the sum `{total.target}` has the unknown moment {total.moment!r}"
        if total.target not in _names_of(post.variables):
            yield part, f"the sum `{total.target}` is not a variable of {s.post}"
        yield from _text(f"{part}, sum {total.target}", total.expression, known)


def _action(shape: Shape, a: Action) -> Iterator[str]:
    if a.moment not in MOMENTS or a.kind not in KINDS:
        yield f"its moment must be one of {', '.join(MOMENTS)}, its kind one of {', '.join(KINDS)}"
    of_groups = a.kind in ("neurons", "read")
    if a.owner not in _names_of(shape.groups if of_groups else shape.synapses):
        yield f"its owner does not exist among the {'groups' if of_groups else 'synapses'}"
        return
    if a.kind == "neurons":
        group = shape.group(a.owner)
        yield from (problem for _, problem in _block("", a.block, _neuron(group), _names_of(group.variables)))
    elif a.kind == "sum":
        if not any(x.moment == a.moment for x in shape.projection(a.owner).sums):
            yield f"{a.owner} has no sum at that moment"
    elif a.kind == "read":
        variable = next((v for v in shape.group(a.owner).variables if v.name == a.variable), None)
        if variable is None or variable.role != "table":
            yield f"it reads into `{a.variable}`, which is not a variable with the role table"
        if a.table not in _names_of(shape.tables):
            yield f"the table {a.table} does not exist"
        elif variable is not None and variable.shared == shape.table(a.table).per_neuron:
            yield f"a row of {a.table} does not fit `{a.variable}`: one value for all neurons, or one for each"
        elif (a.moment == "frame") != (shape.table(a.table).rows == "frame"):
            yield f"a row of {a.table} does not change at this moment"


def _done_somewhere(shape: Shape) -> Iterator[Problem]:
    """Whatever a plan declares must be set by one of its actions."""
    summed = {(a.owner, a.moment) for a in shape.actions if a.kind == "sum"}
    for s in shape.synapses:
        for x in s.sums:
            if x.moment != "step" and (s.name, x.moment) not in summed:
                yield f"synapses {s.name}", f"no action sums `{x.target}` at its moment, {x.moment}"
    read = {(a.owner, a.variable) for a in shape.actions if a.kind == "read"}
    for g in shape.groups:
        for v in g.variables:
            if v.role == "table" and (g.name, v.name) not in read:
                yield f"group {g.name}", f"no action reads a table into `{v.name}`"
    for t in shape.tables:
        if t.name not in {a.table for a in shape.actions}:
            yield f"table {t.name}", "no action reads it"


def _numbers(plan: Plan) -> Iterator[Problem]:
    shape = plan.shape
    if plan.input not in _names_of(shape.groups):
        yield "input", f"there is no group {plan.input}"
    linked = {link.group for g in shape.groups for link in g.links}
    for g in shape.groups:
        size = plan.sizes.get(g.name, 0)
        if size < 1 or (size > 1 and g.name in linked):
            yield f"group {g.name}", f"its size is {size}, but must be {'1, as it is linked' if size else 'at least 1'}"
    needed, known = _keys(shape)
    for key in sorted(needed - plan.values.keys()):
        yield "values", f"the parameter {key} has none"
    for key in sorted(plan.values.keys() - known):
        yield "values", f"{key} is neither a parameter nor a variable of a group"
    for s in shape.synapses:
        if s.listed and s.name not in plan.wirings:
            yield f"synapses {s.name}", "its pairs are to be listed, but it has no wiring"


@lru_cache(maxsize=256)
def _keys(shape: Shape) -> tuple[frozenset[str], frozenset[str]]:
    """Names that must have a value, and names that may have one."""
    needed = frozenset(f"{g.name}.{p.name}" for g in shape.groups for p in g.parameters if not p.seed)
    return needed, needed | {f"{g.name}.{v.name}" for g in shape.groups for v in g.variables}


def _text(part: str, text: str, known: Container[str]) -> Iterator[Problem]:
    for name in sorted(tx.names(text)):
        if name not in known:
            yield part, f"`{name}` in `{text}` is not known there"
    for function in sorted(tx.calls(text) - _FUNCTIONS if text else ()):
        yield part, f"the function `{function}` in `{text}` does not exist"


def _block(part: str, block: tx.Block, known: frozenset[str], own: Container[str]) -> Iterator[Problem]:
    """Statements may write their own variables, or a local that a later statement reads."""
    local: frozenset[str] = frozenset()
    for n, s in enumerate(block):
        yield from _text(part, s.value, known | local)
        if s.op != "=" and s.target not in known | local:
            yield part, f"`{s}` changes `{s.target}`, which has no value there"
        if s.target not in own:
            if s.target in known:
                yield part, f"`{s}` writes `{s.target}`, which may only be read there"
            elif not any(s.target in later.reads for later in block[n + 1 :]):
                yield part, f"`{s}` writes `{s.target}`, which is neither a variable nor read later"
            local |= {s.target}


def _neuron(g: Group) -> frozenset[str]:
    """Names that a text of a group's neurons may read."""
    return _NEURON.union(_all(g.variables), _all(g.parameters), _all(g.links), {tx.FREE} if g.refractory else ())


def _all(things: Iterable[Any]) -> list[str]:
    return [x.name for x in things]


def _names_of(things: Iterable[Any]) -> frozenset[str]:
    return frozenset(x.name for x in things)


def _twice(names: list[str]) -> list[str]:
    return sorted({name for name in names if names.count(name) > 1})
