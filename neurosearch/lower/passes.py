"""Plan → Plan: eligibility in its cheap form, a chip's weight memory, the learning gate, and the count of writes."""

import ast
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from neurosearch.hardware.weight_memory import WeightMemory
from neurosearch.language import text as tx
from neurosearch.lower.hoist import hoist_frame_constants
from neurosearch.lower.run_ahead import run_ahead
from neurosearch.plan import Action, Group, Plan, Synapses, Variable
from neurosearch.random import stream_id

if TYPE_CHECKING:
    from neurosearch.graph import Graph


def finish(plan: Plan, graph: "Graph", memory: WeightMemory | None = None, cheap: bool = True) -> Plan:
    """Apply every pass. ``cheap`` False keeps the textbook form of eligibility and of encoders."""
    if cheap:
        plan = run_ahead(hoist_frame_constants(plan))
    for s in plan.shape.synapses:
        if s.plastic:
            if cheap:
                plan = _scale(plan, s.name)
            if memory is not None:
                plan = _store(plan, s.name, graph, memory)
            plan = _gate(plan, s.name)
    return plan


def _edit(plan: Plan, name: str, change, **fields):  # type: ignore[no-untyped-def]
    """A plan whose blocks of synapses ``name`` went through ``change(place, block)``, with further fields replaced."""
    synapses = []
    for s in plan.shape.synapses:
        if s.name == name:
            s = replace(s, on_pre=change("on_pre", s.on_pre), on_post=change("on_post", s.on_post), **fields)
        synapses.append(s)
    actions = tuple(
        replace(a, block=change("on_sample", a.block)) if a.kind == "synapses" and a.owner == name else a
        for a in plan.shape.actions
    )
    return replace(plan, shape=replace(plan.shape, synapses=tuple(synapses), actions=actions))


def _add_to_group(plan: Plan, name: str, **changes) -> Plan:  # type: ignore[no-untyped-def]
    def grow(g: Group) -> Group:
        more: dict[str, Any] = {k: tuple(dict.fromkeys([*getattr(g, k), *v])) for k, v in changes.items()}
        return replace(g, **more)

    groups = tuple(grow(g) if g.name == name else g for g in plan.shape.groups)
    return replace(plan, shape=replace(plan.shape, groups=groups))


def _find(plan: Plan, name: str) -> Synapses:
    return next(s for s in plan.shape.synapses if s.name == name)


def _gate(plan: Plan, name: str) -> Plan:
    """Weights change only while ``learn`` is 1, and every change is counted on its synapse."""

    def change(place: str, block: tx.Block) -> tx.Block:
        if not any(s.target == "w" for s in block):
            return block
        where = block[0].where
        before = tx.block("w_new = 1.0*w", where)  # a copy: in NumPy a bare name would be the same array
        after = tx.block("w_new = learn_post*w_new + (1 - learn_post)*w\nwrites += int(w_new != w)\nw = w_new", where)
        return before + tx.rename_block(block, {"w": "w_new"}) + after

    s = _find(plan, name)
    plan = _edit(plan, name, change, variables=(*s.variables, Variable("writes", integer=True)))
    gated = _add_to_group(plan, s.post, variables=[Variable("learn", shared=True)])
    gate = Action("begin", "read", s.post, variable="learn", table="learn")
    if gate in gated.shape.actions:
        return gated
    actions = list(gated.shape.actions)
    last = max(n for n, a in enumerate(actions) if a.moment in ("decision", "end", "begin"))
    actions.insert(last + 1, gate)
    return replace(gated, shape=replace(gated.shape, actions=tuple(actions)))


def _store(plan: Plan, name: str, graph: "Graph", memory: WeightMemory) -> Plan:
    """Every write is rounded to a level of the memory; initial weights too.

    Engines differ in the last bit, so a tie must not hang on it: the level is snapped to 2^-20 first (updates below
    2^-21 of a level are lost).
    """
    s, rule = _find(plan, name), next(p.rule for p in graph.projections if p.name == name)
    low = 0.0 if rule is not None and getattr(rule, "w_min", -1.0) >= 0 else -memory.range
    top = 2**memory.bits - 1
    p = f"{name}_memory"
    numbers = {f"{p}_low": low, f"{p}_lsb": (memory.range - low) / top, f"{p}_top": float(top),
               f"{p}_stochastic": float(memory.rounding == "stochastic")}  # fmt: skip

    def rounded(value: str, half: str) -> str:
        level = f"floor(({value} - {p}_low_post)/{p}_lsb_post*1048576 + 0.5)/1048576"
        return f"{p}_low_post + {p}_lsb_post*clip(floor({level} + {half}), 0, {p}_top_post)"

    def change(place: str, block: tx.Block) -> tx.Block:
        if not any(x.target == "w" for x in block):
            return block
        draw = f"draw(seed_post, {stream_id(f'{name}.memory.{place}')}, step, i, j)"
        half = f"(0.5 + {p}_stochastic_post*({draw} - 0.5))"
        lines = tx.Statement("w", "=", rounded("w", half), block[0].where + " in memory")
        return (*block, lines)

    plan = _edit(plan, name, change, initial=rounded(f"({s.initial})", "0.5"))
    plan = _add_to_group(plan, s.post, parameters=[*((k, "1") for k in numbers), ("seed", "integer")])
    return replace(plan, values={**plan.values, **{f"{s.post}.{k}": v for k, v in numbers.items()}})


def _scale(plan: Plan, name: str) -> Plan:
    """Store a purely decaying synaptic variable ``x`` as ``x grow`` with ``grow = exp(elapsed/tau)``.

    The same values without work per synapse and step: ``grow`` is one number per population and step, and a sample's
    end brings the storage back to ``x``.
    """
    s = _find(plan, name)
    for v in s.variables:
        tau = _pure_decay(v)
        if tau is None or not _only_added(plan, s, v.name):
            continue
        grow = f"{name}_{v.name}_grow"

        def change(place: str, block: tx.Block, v: Variable = v, grow: str = grow) -> tx.Block:
            out = [_scaled(x, v.name, f"{grow}_post") for x in block]
            if place == "on_sample":
                touched = [x for x in block if x.target == v.name]
                if not (touched and touched[-1].op == "=" and touched[-1].value == "0"):
                    out.append(tx.Statement(v.name, "=", f"{v.name}/{grow}_post", f"{name}.on_sample"))
            return tuple(out)

        variables = tuple(replace(x, rhs="") if x.name == v.name else x for x in s.variables)
        plan = _edit(plan, name, change, variables=variables)
        tau_here = tau.removesuffix("_post")
        step = tx.Statement(grow, "=", f"exp((step - onset + 1)*dt/{tau_here})", f"{name}.eligibility")
        plan = _add_to_group(
            plan,
            s.post,
            each_step=[step],
            variables=[Variable(grow, shared=True), Variable("onset", shared=True, integer=True)],
        )
        plan = replace(plan, values={**plan.values, f"{s.post}.{grow}": 1.0})
        plan = _with_onset(plan, s.post)
        s = _find(plan, name)
    return plan


def _with_onset(plan: Plan, group: str) -> Plan:
    actions = list(plan.shape.actions)
    if any(a.owner == group and any(x.target == "onset" for x in a.block) for a in actions):
        return plan
    last = max(n for n, a in enumerate(actions) if a.moment in ("decision", "end", "begin"))
    actions.insert(last + 1, Action("begin", "neurons", group, tx.block("onset = step", f"{group}.begin")))
    return replace(plan, shape=replace(plan.shape, actions=tuple(actions)))


def _pure_decay(v: Variable) -> str | None:
    """``tau`` where the variable obeys ``dx/dt = -x/tau``."""
    match tx.tree(v.rhs) if v.rhs else None:
        case ast.BinOp(
            left=ast.UnaryOp(op=ast.USub(), operand=ast.Name(id=name)), op=ast.Div(), right=ast.Name(id=tau)
        ):
            return tau if name == v.name and tau.endswith("_post") else None
    return None


def _only_added(plan: Plan, s: Synapses, name: str) -> bool:
    """Online blocks only add to the variable, and it has a block at the sample's end that can bring it back."""
    online = [x for x in (*s.on_pre, *s.on_post) if x.target == name]
    has_end = any(a.kind == "synapses" and a.owner == s.name for a in plan.shape.actions)
    return has_end and all(x.op in ("+=", "-=") for x in online)


def _scaled(statement: tx.Statement, name: str, grow: str) -> tx.Statement:
    value = tx.rename(statement.value, {name: f"({name}/{grow})"})
    if statement.target == name and statement.op in ("=", "+=", "-=") and value != "0":
        value = f"({value})*{grow}"
    return replace(statement, value=value)
