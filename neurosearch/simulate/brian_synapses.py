"""Synapses of a plan → Brian2 synapses: their variables, their reaction to spikes, and their connections."""

from collections.abc import Mapping
from typing import Any

from neurosearch.plan import Synapses as PlanSynapses
from neurosearch.simulate.brian_syntax import brian_names, brian_text, brian_unit


def synapses_of(s: PlanSynapses, groups: Mapping[str, Any], space: Mapping[str, Any]) -> Any:
    """A projection's synapses in Brian2; ``space`` holds the functions that its texts call."""
    from brian2 import Synapses

    lines = []
    for v in s.variables:
        unit = "integer" if v.integer else brian_unit(v.unit)
        lines.append(f"d{v.name}/dt = {brian_names(v.rhs)} : {unit} (clock-driven)" if v.rhs else f"{v.name} : {unit}")
    on_pre = "\n".join(filter(None, (brian_text(s.deliver), brian_text(s.on_pre))))
    out = Synapses(
        groups[s.pre],
        groups[s.post],
        "\n".join(lines) or None,
        on_pre=on_pre or None,
        on_post=brian_text(s.on_post) or None,
        method="exponential_euler",
        namespace=dict(space),
        name=s.name,
    )
    _connect(out, s)
    if s.initial:
        out.w = brian_text(s.initial)
    return out


def _connect(out: Any, s: PlanSynapses) -> None:
    if s.fan_in:
        seed, stream, k = s.fan_in
        apart = int(s.recurrent)
        if s.by_post:
            out.connect(i=f"pick({seed}, {stream}, j, m, {k}, N_pre, {apart}) for m in range({k})")
        else:
            table = f"{seed}, {stream}, {k}, N_pre, N_post, {apart}"
            out.connect(j=f"fan_target(i, m, {table}) for m in range(fan_out(i, {table}))")
    elif s.listed:
        out.connect(j=f"pairs_{s.name}_at(i, m) for m in range(pairs_{s.name}_count(i))")
    elif s.by_post:
        out.connect(i="m for m in range(N_pre)")
    else:
        conditions = [f"({s.condition})"] if s.condition else []
        conditions += ["i != j"] if s.recurrent else []
        out.connect(condition=" and ".join(conditions) or None)
