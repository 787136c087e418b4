"""Plan → inventory of what a chip would store and compute: populations, synapses, the work of their rules."""

import functools
from typing import Any

from neurosearch.hardware.operations import Inventory, Pathway
from neurosearch.hardware.weight_memory import WeightMemory
from neurosearch.plan import Group, Plan, Synapses

OURS = ("measurement", "frame_constant")
"""Roles of variables that a chip would not store: they only measure, or save computation in the simulation."""


def inventory(plan: Plan, memory: WeightMemory | None = None) -> Inventory:
    """The inventory of a plan."""
    groups = {g.name: g for g in plan.shape.groups}
    return Inventory(
        sizes={name: plan.sizes[name] for name in groups},
        numbers={name: _numbers(g, plan.sizes[name]) for name, g in groups.items()},
        spiking=tuple(name for name, g in groups.items() if g.threshold and name != plan.input),
        pathways={s.name: _pathway(plan, s, memory) for s in plan.shape.synapses if _carries(s)} | _links(plan),
        dt=plan.shape.dt,
    )


def _numbers(group: Group, size: int) -> int:
    stored = [v for v in group.variables if v.role not in OURS]
    return sum(1 if v.shared else size for v in stored) + len(group.parameters)


def _carries(s: Synapses) -> str:
    """The kind of signal that these synapses carry; empty for those that only sum over a group for a rule."""
    moments = {x.moment for x in s.sums}
    return "frames" if "frame" in moments else "values" if "step" in moments else "spikes" if s.deliver else ""


def _pathway(plan: Plan, s: Synapses, memory: WeightMemory | None) -> Pathway:
    n_pre, n_post = plan.sizes[s.pre], plan.sizes[s.post]
    swept = [a for a in plan.shape.actions if a.owner == s.name and a.kind == "synapses"]
    stored = bool(s.initial)
    return Pathway(
        pre=s.pre,
        post=s.post,
        synapses=_count(plan.wirings.get(s.name), n_pre, n_post, s.recurrent),
        places=n_pre * n_post,
        zero=plan.weight(s.name) == 0,
        carries=_carries(s),
        numbers=sum(v.role not in OURS for v in s.variables) - stored,
        bits=0 if not stored else memory.bits if memory is not None and s.plastic else 32,
        plastic=s.plastic,
        on_pre=bool(s.on_pre),
        on_post=bool(s.on_post),
        sweeps=len(swept) + sum(x.moment == "decision" for x in s.sums),
    )


def _links(plan: Plan) -> dict[str, Pathway]:
    """Inhibition by the value of one neuron is a link without synapses in the plan, but counts as a pathway."""
    found: dict[str, Pathway] = {}
    for g in plan.shape.groups:
        for link in g.links:
            weight = plan.weight(link.projection) if link.projection else None
            if weight is not None and not _carries(plan.shape.projection(link.projection)):
                n, places = plan.sizes[g.name], plan.sizes[g.name] * plan.sizes[link.group]
                found[link.projection] = Pathway(link.group, g.name, n, places, weight == 0, "values", bits=0)
    return found


@functools.lru_cache(maxsize=64)
def _count(wiring: Any, n_pre: int, n_post: int, recurrent: bool) -> int:
    """Number of synapses of a wiring; for a random one, the number drawn with seed 0."""
    if wiring is None:
        return n_pre * n_post - (n_post if recurrent else 0)
    found: int = wiring.count(0, 0, n_pre, n_post, recurrent)
    return found
