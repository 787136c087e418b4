"""Plan → Plan: input neurons that need nothing but what they are shown may be run for many steps at once.

Nothing in a network acts back on its input. So a text that reads only what stays as it is until the next frame or
sample, the neuron's own variables, draws and the time can be run ahead; and which neurons will neither spike nor change
until then follows from the text: those that one step leaves as they are, whatever is drawn and whenever it is.
"""

import ast
from dataclasses import replace

from neurosearch import text as tx
from neurosearch.plan import Group, Plan

NEVER = "False"
"""The condition of neurons of which none is known to stay idle."""

_STEADY = frozenset({"drive", "dt", "step", "i", "onset", "seed", "lead", "learn", "fresh"})
_DRAWS = frozenset({"draw", "draw4", "draw_lot", "gauss"})
_ELAPSED = "int(step - onset)"


def run_ahead(plan: Plan) -> Plan:
    """Say of the input group when its neurons are idle, where they may be run ahead."""
    group = plan.shape.group(plan.input)
    idle = _idle(group)
    ahead = replace(group, idle=idle, moment=_moment(group) if idle else "")
    groups = tuple(ahead if g is group else g for g in plan.shape.groups)
    return replace(plan, shape=replace(plan.shape, groups=groups))


def _idle(group: Group) -> str:
    own = {s.target for s in (*group.each_step, *group.reset)}
    variables = {v.name: v for v in group.variables}
    held = {name for name in variables if name.startswith(tx.FRAMEWISE)}
    steady = own | held | _STEADY | {name for name, _ in group.parameters}
    read = tx.names(group.threshold) | {n for s in (*group.each_step, *group.reset) for n in s.reads}
    shared = any(name in variables and (variables[name].shared or variables[name].rhs) for name in own)
    if not group.threshold or not read <= steady or shared or group.refractory or group.links:
        return ""
    now: dict[str, str] = {}  # name → what it is after the statements so far, of what it was before the step
    for s in group.each_step:
        value = tx.rename(s.value, now)
        before = now.get(s.target, s.target)
        now[s.target] = f"({value})" if s.op == "=" else f"({before} {s.op[0]} ({value}))"
    changes = [f"{value} == {name}" for name, value in now.items() if name in variables]
    spike = _possible(tx.tree(tx.rename(group.threshold, now)))
    if spike is None or any(_varies(tx.tree(x)) for x in changes):
        return NEVER
    return " and ".join([*(f"({x})" for x in changes), f"not ({spike})"])


def _moment(group: Group) -> str:
    """The step of a neuron's only spike, where nothing but the time decides; empty where that is not so."""
    whole = {v.name for v in group.variables if v.integer}
    match tx.tree(group.threshold):
        case ast.Compare(left=left, ops=[ast.Eq()], comparators=[right]) if ast.unparse(left) == _ELAPSED:
            when = ast.unparse(right)
            if not (group.each_step or group.reset or _varies(right)) and tx.whole(when, whole):
                return f"onset + {when}"
    return ""


def _varies(node: ast.expr) -> bool:
    """Whether a value may differ from step to step while the neuron stays as it is."""
    source = ast.unparse(node)
    return bool(tx.calls(source) & _DRAWS) or "step" in tx.names(source)


def _possible(node: ast.expr) -> str | None:
    """When a condition can be true in some step, whatever is drawn; ``None``: nothing is known."""
    if not _varies(node):
        return ast.unparse(node)
    match node:
        case ast.BoolOp(op=op, values=values):
            parts = [_possible(value) for value in values]
            if None in parts:
                return None
            return f" {'and' if isinstance(op, ast.And) else 'or'} ".join(f"({x})" for x in parts)
        case ast.Compare(left=left, ops=[op], comparators=[right]) if not _varies(right):
            limit, elapsed = ast.unparse(right), ast.unparse(left) == _ELAPSED
            draw = isinstance(left, ast.Call) and ast.unparse(left.func) in _DRAWS - {"gauss"}
            match op:
                case ast.Lt() if draw or elapsed:
                    return f"0 < {limit}"  # neither a draw nor the time since the sample began is below 0
                case ast.Eq() if elapsed:
                    return f"0 <= {limit}"
    return None
