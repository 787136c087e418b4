"""Plan → Plan: run input neurons that depend only on the shown values for many steps at once.

Nothing in a network acts back on its input. A text that reads only values that are constant until the next frame or
sample, the neuron's own variables, draws and the time can therefore be run ahead of the network, provided that no other
text reads those variables meanwhile. The text also determines which neurons will neither spike nor change until then:
those that one step leaves unchanged, for any draw and at any time.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from neurosearch.language import text as tx
from neurosearch.language.sides import split
from neurosearch.lower import edit
from neurosearch.plan import Group, Plan, Shape

NEVER = "False"
"""Skip condition of neurons of which none is known to stay idle."""

_MAY_READ = frozenset({"dt", "step", "i", "onset"})
"""Values known ahead of time, besides own variables, parameters and rows of tables, which change at events."""

_LONGEST = 2000
"""Longest condition in characters: it grows by a factor with each statement that reads earlier ones."""


@dataclass(frozen=True)
class RunAhead:
    """Add the skip condition to an input group that can be run ahead."""

    name: str = "run_ahead"

    def __call__(self, plan: Plan) -> Plan:
        """The plan with the condition under which an input neuron can be skipped."""
        return replace(plan, shape=_ahead(plan.shape, plan.input))


@lru_cache(maxsize=256)
def _ahead(shape: Shape, source: str) -> Shape:
    group = shape.group(source)
    own = frozenset(s.target for s in (*group.each_step, *group.reset))
    if not _alone(group, own) or own & _read_elsewhere(shape, group):
        return shape
    return edit.with_group(shape, replace(group, can_skip=_can_skip(group), only_spike_step=_only_spike_step(group)))


def _alone(group: Group, own: frozenset[str]) -> bool:
    """Whether a neuron's steps depend only on what is known ahead of time."""
    variables = {v.name: v for v in group.variables}
    shown = {v.name for v in group.variables if v.role in ("table", "frame_constant")}
    known = own | shown | _MAY_READ | {p.name for p in group.parameters}
    texts = [group.threshold, *(s.value for s in (*group.each_step, *group.reset))]
    read = {name for text in texts for name in tx.names(text)}
    flowing = any(variables[n].shared or variables[n].rhs for n in own & variables.keys())
    flowing = flowing or any(variables[n].rhs for n in read & variables.keys())
    # A remainder of integers stops the program where it divides by 0, and a reset run ahead is run by all neurons.
    remainder = any("%" in s.value or s.op == "%=" for s in group.reset)
    return bool(group.threshold) and read <= known and not (flowing or remainder or group.refractory or group.links)


def _read_elsewhere(shape: Shape, group: Group) -> frozenset[str]:
    """Variables of the group that others may read between its frames: equations, traces, decisions, synapses, links."""

    def texts() -> Iterator[str]:
        yield from (v.rhs for v in group.variables)
        yield from (s.value for s in group.after_reset)
        for a in shape.actions:
            if a.moment == "decision":
                yield from (s.value for s in a.block)
        for synapses in shape.synapses:
            yield from (s.value for s in (*synapses.deliver, *synapses.on_pre, *synapses.on_post))
            yield from (v.rhs for v in synapses.variables)
            yield from (x.expression for x in synapses.sums if x.moment != "frame")

    read = {name for text in texts() for name in tx.names(text)}
    linked = {link.variable for g in shape.groups for link in g.links if link.group == group.name}
    return frozenset({split(name)[0] for name in read} | read | linked)


def _can_skip(group: Group) -> str:
    """Condition at the start of a frame under which a neuron neither spikes nor changes."""
    variables = {v.name for v in group.variables}
    now: dict[str, str] = {}  # name → its value after the statements so far, in terms of values before the step
    for s in group.each_step:
        value = tx.rename(s.value, now)
        before = now.get(s.target, s.target)
        now[s.target] = f"({value})" if s.op == "=" else f"({before} {s.op[0]} ({value}))"
        if len(now[s.target]) > _LONGEST:
            return NEVER
    spikes = tx.rename(group.threshold, now)
    changes = [f"{value} == {name}" for name, value in now.items() if name in variables]
    if len(spikes) > _LONGEST or any(_varies(tx.tree(x)) or "/" in x for x in changes) or (now and "/" in spikes):
        return NEVER  # 0 and -0 compare equal but have different quotients
    possible = _possible(tx.tree(spikes))
    if possible is None:
        return NEVER
    return " and ".join([*(f"({x})" for x in changes), f"not ({possible})"])


def _only_spike_step(group: Group) -> str:
    """The step of a neuron's only spike, if it depends on time alone; otherwise empty."""
    whole = {v.name for v in group.variables if v.integer}
    match tx.tree(group.threshold):
        case ast.Compare(left=left, ops=[ast.Eq()], comparators=[ast.Name(id=when)]):
            if ast.unparse(left) == tx.ELAPSED and when in whole and not (group.each_step or group.reset):
                return f"onset + {when}"
    return ""


def _varies(node: ast.expr) -> bool:
    """Whether a value may vary between steps while the neuron's state does not."""
    source = ast.unparse(node)
    return bool(tx.calls(source) & tx.DRAWS) or "step" in tx.names(source)


def _possible(node: ast.expr) -> str | None:
    """A necessary condition for ``condition`` to be true in some step, for any draw; ``None`` if unknown."""
    if not _varies(node):
        return ast.unparse(node)
    match node:
        case ast.BoolOp(op=ast.And(), values=values):
            known = [part for value in values if (part := _possible(value)) is not None]
            return " and ".join(f"({part})" for part in known) or None
        case ast.BoolOp(values=values):
            parts = [_possible(value) for value in values]
            return None if None in parts else " or ".join(f"({part})" for part in parts)
        case ast.Compare(left=left, ops=[op], comparators=[right]) if not _varies(right):
            limit, elapsed = ast.unparse(right), ast.unparse(left) == tx.ELAPSED
            draw = isinstance(left, ast.Call) and ast.unparse(left.func) in tx.DRAWS - {"gauss"}
            match op:
                case ast.Lt() if draw or elapsed:
                    return f"0 < {limit}"  # neither a draw nor the time since the sample began is below 0
                case ast.Eq() if elapsed:
                    return f"0 <= {limit}"
    return None
