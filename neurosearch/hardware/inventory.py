"""Plan → what a chip would store and compute for it: populations, synapses, the work of their rules."""

import functools
from typing import Any

from neurosearch.hardware.operations import Inventory, Pathway
from neurosearch.hardware.weight_memory import WeightMemory
from neurosearch.language.text import FRAMEWISE
from neurosearch.plan import Group, Plan, Synapses

OURS = ("writes", "decision")
"""Variables that only measure: a chip would not store them."""


def inventory(plan: Plan, memory: WeightMemory | None = None) -> Inventory:
    """Everything that ``evaluate.hardware`` counts."""
    groups = {g.name: g for g in plan.shape.groups}
    return Inventory(
        sizes={name: plan.sizes[name] for name in groups},
        numbers={name: _numbers(g, plan.sizes[name]) for name, g in groups.items()},
        spiking=tuple(name for name, g in groups.items() if g.threshold and name != plan.input),
        pathways={s.name: _pathway(plan, s, memory) for s in plan.shape.synapses if _carries(s)} | _links(plan),
        dt=plan.shape.dt,
    )


def _numbers(group: Group, size: int) -> int:
    per_neuron = [v for v in group.variables if v.name not in OURS and not v.name.startswith(FRAMEWISE)]
    return sum(1 if v.shared else size for v in per_neuron) + len(group.parameters)


def _carries(s: Synapses) -> str:
    """What travels along these synapses; nothing along those that only sum over a group for a rule."""
    moments = {x.moment for x in s.sums}
    return "frames" if "frame" in moments else "values" if "step" in moments else "spikes" if s.deliver else ""


def _pathway(plan: Plan, s: Synapses, memory: WeightMemory | None) -> Pathway:
    n_pre, n_post = plan.sizes[s.pre], plan.sizes[s.post]
    swept = [a for a in plan.shape.actions if a.owner == s.name and a.kind == "synapses"]
    stored = bool(s.initial)
    constant = plan.values.get(f"{s.post}.{s.name}_weight") if not stored else None
    return Pathway(
        pre=s.pre,
        post=s.post,
        synapses=_count(plan.wirings.get(s.name), n_pre, n_post, s.recurrent),
        places=n_pre * n_post,
        zero=constant == 0,
        carries=_carries(s),
        numbers=sum(v.name not in ("w", *OURS) for v in s.variables),
        bits=0 if not stored else memory.bits if memory is not None and s.plastic else 32,
        plastic=s.plastic,
        on_pre=bool(s.on_pre),
        on_post=bool(s.on_post),
        sweeps=len(swept) + sum(x.moment == "decision" for x in s.sums),
    )


def _links(plan: Plan) -> dict[str, Pathway]:
    """Inhibition by one neuron's value is a link in the plan, without synapses of its own; it still is a pathway."""
    known = {s.name for s in plan.shape.synapses if _carries(s)}
    found: dict[str, Pathway] = {}
    for g in plan.shape.groups:
        for local, source, variable in g.links:
            name = local.removesuffix(f"_{variable}")
            if f"{g.name}.{name}_weight" in plan.values and name not in known:
                n = plan.sizes[g.name]
                zero = plan.values[f"{g.name}.{name}_weight"] == 0
                found[name] = Pathway(source, g.name, n, n * plan.sizes[source], zero, "values", bits=0)
    return found


@functools.lru_cache(maxsize=64)
def _count(wiring: Any, n_pre: int, n_post: int, recurrent: bool) -> int:
    """Synapses of a wiring; of one that draws them, as many as the seed 0 draws."""
    if wiring is None:
        return n_pre * n_post - (n_post if recurrent else 0)
    found: int = wiring.count(0, 0, n_pre, n_post, recurrent)
    return found
