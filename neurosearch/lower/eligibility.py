"""Plan → Plan: store a purely decaying synaptic variable ``x`` as ``x grow`` with ``grow = exp(elapsed/tau)``.

This gives the same values without computation per synapse and step: ``grow`` is one number per population and step, and
the stored value is scaled back to ``x`` at a sample's end.
"""

import ast
from dataclasses import dataclass, replace
from functools import lru_cache

from neurosearch.language import text as tx
from neurosearch.language.sides import POST, sided, split
from neurosearch.lower import edit
from neurosearch.lower.population_builder import ONSET
from neurosearch.plan import Action, Plan, Shape, Synapses, Variable


@dataclass(frozen=True)
class ScaleEligibility:
    """Remove the differential equation of synaptic variables that only decay and are only added to."""

    name: str = "scale_eligibility"

    def __call__(self, plan: Plan) -> Plan:
        """The plan with every such variable of a plastic projection scaled."""
        shape = _scaled_shape(plan.shape)
        scales = {f"{g.name}.{v.name}": 1.0 for g in shape.groups for v in g.variables if v.role == "scale"}
        return replace(plan, shape=shape, values={**plan.values, **scales})


@lru_cache(maxsize=256)
def _scaled_shape(shape: Shape) -> Shape:
    for s in shape.synapses:
        for v in s.variables:
            tau = _time_constant(v)
            if s.plastic and tau and _only_added(shape, s, v.name):
                shape = _scale(shape, s.name, v, tau)
    return shape


def _scale(shape: Shape, name: str, v: Variable, tau: str) -> Shape:
    grow = f"{name}_{v.name}_grow"

    def change(place: str, block: tx.Block) -> tx.Block:
        out = [_scaled(x, v.name, sided(grow, POST)) for x in block]
        if place == "on_sample":
            touched = [x for x in block if x.target == v.name]
            if not (touched and touched[-1].op == "=" and touched[-1].value == "0"):
                out.append(tx.Statement(v.name, "=", f"{v.name}/{sided(grow, POST)}", f"{name}.on_sample"))
        return tuple(out)

    s = shape.projection(name)
    kept = tuple(replace(x, rhs="") if x.name == v.name else x for x in s.variables)
    shape = edit.with_blocks(edit.with_synapses(shape, replace(s, variables=kept)), name, change)
    step = tx.Statement(grow, "=", f"exp((step - onset + 1)*dt/{tau})", f"{name}.eligibility")
    scale = Variable(grow, shared=True, role="scale", time_constant=tau)
    shape = edit.grown(shape, s.post, each_step=(step,), variables=(scale, ONSET))
    if any(a.owner == s.post and any(x.target == ONSET.name for x in a.block) for a in shape.actions):
        return shape
    return edit.with_begin(shape, Action("begin", "neurons", s.post, tx.block("onset = step", f"{s.post}.begin")))


def _time_constant(v: Variable) -> str:
    """The postsynaptic parameter ``tau`` if the variable obeys ``dx/dt = -x/tau``, otherwise empty."""
    match tx.tree(v.rhs) if v.rhs else None:
        case ast.BinOp(
            left=ast.UnaryOp(op=ast.USub(), operand=ast.Name(id=name)), op=ast.Div(), right=ast.Name(id=tau)
        ):
            bare, side = split(tau)
            return bare if name == v.name and side == POST else ""
    return ""


def _only_added(shape: Shape, s: Synapses, name: str) -> bool:
    """Whether online blocks only add to the variable, and a block at the sample's end can scale it back."""
    online = [x for x in (*s.on_pre, *s.on_post) if x.target == name]
    has_end = any(a.kind == "synapses" and a.owner == s.name for a in shape.actions)
    return has_end and all(x.op in ("+=", "-=") for x in online)


def _scaled(statement: tx.Statement, name: str, grow: str) -> tx.Statement:
    value = tx.rename(statement.value, {name: f"({name}/{grow})"})
    if statement.target == name and statement.op in ("=", "+=", "-=") and value != "0":
        value = f"({value})*{grow}"
    return replace(statement, value=value)
