"""A readable form of a plan: populations, projections, then events and steps in the order of ``docs/step.md``."""

from collections.abc import Iterable
from typing import Any

from neurosearch.language import sides
from neurosearch.language import text as tx
from neurosearch.plan import MOMENTS, Action, Group, Plan, Shape, Sum, Synapses, Variable, to_plain

_MOMENTS = {
    "decision": "at a sample's decision",
    "end": "at a sample's end",
    "begin": "at a sample's begin",
    "frame": "at a frame",
}
WIDTH = 100
"""Characters of a line of numbers: fits a terminal with the indentation."""

LEGEND = "x_pre, x_post: x of the neuron at either end of a synapse; draw(seed, stream, step, i, j): uniform in (0, 1)"

_ROLES = {
    "port": "kept by the network",
    "sum": "a sum over synapses",
    "frame_constant": "computed once a frame",
    "measurement": "only measures",
}


def plan_text(plan: Plan) -> str:
    """The whole plan."""
    shape = plan.shape
    sections = [
        ("populations", _blocks(_population(plan, g) for g in shape.groups)),
        ("projections", _blocks(_projection(plan, s) for s in shape.synapses)),
        *((_MOMENTS[m], _event(shape, m)) for m in MOMENTS),
        ("in each step (numbered as in docs/step.md)", _step(plan)),
    ]
    teaching = f"{plan.teaching_steps} teaching steps a sample, " if plan.teaching_steps else ""
    head = f"dt = {shape.dt:g} second, {teaching}decided by {shape.readout}"
    return "\n\n".join([head, *("\n".join([title.upper(), *lines]) for title, lines in sections if lines), LEGEND])


def plan_data(plan: Plan) -> dict[str, Any]:
    """The whole plan as plain data; ``digest`` identifies its shape."""
    return {
        "digest": plan.shape.digest,
        "input": plan.input,
        "teaching_steps": plan.teaching_steps,
        "sizes": dict(plan.sizes),
        "values": dict(plan.values),
        "shape": to_plain(plan.shape),
    }


def _blocks(blocks: Iterable[list[str]]) -> list[str]:
    """The headline of each block, and its other lines indented."""
    return [line for head, *lines in blocks for line in (f"  {head}", *_indented(lines, 4))]


def _indented(lines: Iterable[str], by: int) -> list[str]:
    return [" " * by + line for line in lines]


def _population(plan: Plan, g: Group) -> list[str]:
    size = plan.sizes[g.name]
    head = f"{g.name}: {size} neuron{'s' if size > 1 else ''}{' (the input)' if g.name == plan.input else ''}"
    numbers = [f"{p.name} = {_number(plan, f'{g.name}.{p.name}', p.unit)}" for p in g.parameters if not p.seed]
    numbers += [f"{p.name} = the run's" for p in g.parameters if p.seed]
    lines = [*_wrapped(numbers), *(_declared(plan, g, v) for v in g.variables)]
    lines += [f"{x.name} = {x.group}.{x.variable} (a link{_of(x.projection)})" for x in g.links]
    if g.refractory:
        lines.append(f"refractory for {g.refractory}")
    return [head, *lines]


def _of(projection: str) -> str:
    return f", in place of {projection}" if projection else ""


def _number(plan: Plan, key: str, unit: str) -> str:
    return f"{plan.values[key]:g}{'' if unit == '1' else ' ' + unit}"


def _wrapped(items: Iterable[str]) -> list[str]:
    """Items joined by commas, on lines of about ``WIDTH``."""
    lines: list[str] = []
    for item in items:
        if lines and len(lines[-1]) + len(item) < WIDTH:
            lines[-1] += f", {item}"
        else:
            lines = [*(f"{line.rstrip(',')}," for line in lines), item]
    return lines


def _declared(plan: Plan, g: Group, v: Variable) -> str:
    """``dv/dt = ... : 1``, or the name with its purpose; with the initial value if that is not 0."""
    notes = [] if v.role in ("state", "scale") else [_ROLES.get(v.role, "")]
    if v.role == "table":
        table = next(a.table for a in plan.shape.actions if a.owner == g.name and a.variable == v.name)
        notes = [f"from the stream, new at each {plan.shape.table(table).rows}"]
    if v.role == "scale":
        notes = [f"grows with {v.time_constant}"]
    if v.held:
        notes.append("not while refractory")
    if v.shared:
        notes.append("one for all neurons")
    start = plan.values.get(f"{g.name}.{v.name}", 0)
    notes += [f"starts at {start:g}"] if start else []
    return _variable(v) + (f"  ({', '.join(notes)})" if notes else "")


def _variable(v: Variable) -> str:
    unit = "integer" if v.integer else v.unit
    return f"d{v.name}/dt = {v.rhs} : {unit}" if v.rhs else f"{v.name} : {unit}"


def _projection(plan: Plan, s: Synapses) -> list[str]:
    lines = [_pairs(plan, s)]
    if s.weight:
        lines.append(f"weight = {plan.weight(s.name):g} for all ({s.post}.{s.weight})")
    lines += [_variable(v) + ("  (only measures)" if v.role == "measurement" else "") for v in s.variables]
    if s.initial:
        lines.append(f"w starts at {s.initial}")
    return [f"{s.name}: {s.pre} → {s.post}{', plastic' if s.plastic else ''}", *lines]


def _pairs(plan: Plan, s: Synapses) -> str:
    but = ", but none of a neuron onto itself" if s.recurrent else ""
    if s.condition:
        return f"a synapse from i to j where {s.condition}{but}"
    if s.fan_in:
        k, _ = sides.split(s.fan_in[-1])
        return f"{plan.values[f'{s.post}.{k}']:g} distinct inputs for each neuron{but}"
    return f"the pairs of the wiring {type(plan.wirings[s.name]).__name__}" if s.listed else f"every pair{but}"


def _event(shape: Shape, moment: str) -> list[str]:
    lines = []
    for number, a in enumerate((a for a in shape.actions if a.moment == moment), 1):
        first, *rest = _action(shape, a)
        lines += [f"  {number}. {a.owner}: {first}", *_indented(rest, 5 + len(a.owner) + 2)]
    return lines


def _action(shape: Shape, a: Action) -> list[str]:
    if a.kind == "read":
        return [f"{a.variable} = the next row of the table {a.table}"]
    if a.kind == "sum":
        s = shape.projection(a.owner)
        return [_sum(s, x) for x in s.sums if x.moment == a.moment]
    return [str(s) for s in a.block]


def _sum(s: Synapses, x: Sum) -> str:
    return f"{s.post}.{x.target} = sum over synapses of {x.expression}"


def _step(plan: Plan) -> list[str]:
    shape = plan.shape
    synapses = sorted(shape.synapses, key=lambda s: s.name)
    skipped = {g.name: g.can_skip for g in shape.groups if g.can_skip not in ("", "False")}
    parts = {
        "graded sums": [(s.name, [_sum(s, x)]) for s in synapses for x in s.sums if x.moment == "step"],
        "integration": _integration(shape),
        "each_step": [(g.name, _lines(g.each_step)) for g in shape.groups],
        "thresholds": [(g.name, [f"spikes where {g.threshold}"]) for g in shape.groups if g.threshold],
        "deliveries": [(s.name, _lines(s.deliver) + _lines(s.on_pre)) for s in synapses],
        "on_post": [(s.name, _lines(s.on_post)) for s in synapses],
        "resets": [(g.name, _lines(g.reset) + _lines(g.after_reset)) for g in shape.groups],
        "left out": [(name, [f"until the next event, neurons where {text}"]) for name, text in skipped.items()],
    }
    lines = []
    for number, (title, owners) in enumerate(((t, [o for o in p if o[1]]) for t, p in parts.items()), 1):
        if owners:
            lines.append(f"  {title}" if title == "left out" else f"  {number}. {title}")
            for name, (first, *rest) in owners:
                lines += [f"     {name}: {first}", *_indented(rest, 5 + len(name) + 2)]
    return lines


def _integration(shape: Shape) -> list[tuple[str, list[str]]]:
    found = []
    for g in shape.groups:
        moved = [v.name for v in g.variables if v.rhs]
        found += [(g.name, [f"{', '.join(moved)} by {g.method}"])] if moved else []
    for s in shape.synapses:
        moved = [v.name for v in s.variables if v.rhs]
        found += [(s.name, [f"{', '.join(moved)} on every synapse"])] if moved else []
    return found


def _lines(block: tx.Block) -> list[str]:
    return [str(s) for s in block]
