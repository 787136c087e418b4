"""The order in which code runs, in every step and at the four events of a sample, and which loops are fused.

Brian2 sorts objects by slot, order and name; that order is kept within a step and within an event.
"""

import copy
import re
from dataclasses import dataclass
from typing import Any

from brian2.core.clocks import Clock
from brian2.core.operations import NetworkOperation

from neurosearch.simulate.contracts import Unsupported

SUMMAND = "_synaptic_var"
"""Brian2's name for the value that a synapse adds to a sum."""

EVENTS = ("decision", "end", "begin", "frame")
"""Events that precede the step itself, in this order if several fall on one step."""


@dataclass(frozen=True)
class Schedule:
    """Names of code objects in running order.

    Attributes:
        base: the clock of every step.
        others: clocks of events; they are set to the same time.
        step: run every step.
        events: event → code objects that run then.
        ahead: those in ``step`` that compute many steps at once.
    """

    base: Any
    others: tuple[Any, ...]
    step: tuple[str, ...]
    events: dict[str, tuple[str, ...]]
    ahead: tuple[str, ...] = ()


def arrange(device: Any, network: Any) -> Schedule:
    """Sort a network's code objects into the step and the events; fuse state updates with thresholds."""
    step: list[str] = []
    events: dict[str, list[str]] = {name: [] for name in EVENTS}
    base, others = None, []
    for brian_object in network.sorted_objects:
        if isinstance(brian_object, NetworkOperation):
            raise Unsupported(f"{brian_object.name}: Python code during the run")
        clock = brian_object.clock
        event = device.event_clocks.get(clock.name)
        if event is not None and event not in EVENTS:
            raise Unsupported(f"clock {clock.name}: no event is called {event!r}")
        if event is None:
            base = _same_clock(base, clock)
        elif clock not in others:
            others.append(clock)
        if brian_object.active:
            names = [c.name for c in brian_object._code_objects if c.template_name != "synapses_push_spikes"]
            (step if event is None else events[event]).extend(names)
    if base is None:
        raise Unsupported("a network with no object that runs every step")
    ahead = [name for name in step if device.made[name].template_name == "ahead"]
    owners = [device.made[name].owner for name in ahead]
    step = [n for n in step if device.made[n].template_name != "threshold" or device.made[n].owner not in owners]
    step = _summed_together(device, _fused(device, step))
    return Schedule(base, tuple(others), tuple(step), {k: tuple(v) for k, v in events.items()}, tuple(ahead))


def _same_clock(base: Any, clock: Any) -> Any:
    if not hasattr(clock, "dt_"):
        raise Unsupported(f"clock {clock.name} has no fixed time step")
    if base is not None and clock.dt_ != base.dt_:
        raise Unsupported(f"clock {clock.name} is not an event clock and differs from {base.name} in dt")
    return base or clock


def _fused(device: Any, step: list[str]) -> list[str]:
    """Fuse each group's state update, ``each_step`` and threshold into one loop, where no result changes."""
    step = list(step)
    for threshold in [name for name in step if device.made[name].template_name == "threshold"]:
        owner = device.made[threshold].owner
        last = step.index(threshold)
        for update in [name for name in reversed(step[:last]) if _updates(device, name, owner)]:
            first, last = step.index(update), step.index(threshold)
            between = step[first + 1 : last]
            if not any(_conflict(device, update, name) for name in between):
                place = last
            elif not any(_conflict(device, threshold, name) for name in between):
                place = first
            else:
                device.notes.append(f"not fused: {owner.name}")
                break
            step[place] = threshold = _join(device, update, threshold)
            del step[first if place == last else last]
            device.notes.append(f"fused: {owner.name}")
    return step


def _summed_together(device: Any, step: list[str]) -> list[str]:
    """Merge consecutive sums over the same synapses into one loop that reads each synapse once."""
    out: list[list[str]] = []
    for name in step:
        before = out[-1] if out else []
        if before and all(_sums_alike(device, other, name) for other in before):
            before.append(name)
        else:
            out.append([name])
    return [names[0] if len(names) == 1 else _one_sum(device, names) for names in out]


def _sums_alike(device: Any, name: str, other: str) -> bool:
    """Whether both sum over the same synapses into the same neurons, and neither reads the other's sum."""
    a, b = device.made[name], device.made[other]
    if not a.template_name == b.template_name == "summed_variable" or a.owner is not b.owner:
        return False
    into_a, into_b = a.template_kwds["_target_var"], b.template_kwds["_target_var"]
    apart = into_a not in device.access[other][0] and into_b not in device.access[name][0]
    return apart and a.template_kwds["_index_var"] is b.template_kwds["_index_var"]


def _one_sum(device: Any, names: list[str]) -> str:
    """One code object from the texts of several sums."""
    made = [device.made[name] for name in names]
    lines = [re.sub(rf"\b{SUMMAND}\b", f"{SUMMAND}_{k}", m.abstract_code[None]) for k, m in enumerate(made)]
    indices = copy.copy(made[0].variable_indices)
    for m in made[1:]:
        indices.update(m.variable_indices)
    sums = [(m.template_kwds["_target_var"], f"{SUMMAND}_{k}") for k, m in enumerate(made)]
    device.notes.append(f"summed together: {len(names)} of {made[0].owner.name}")
    joined = device.code_object(
        made[0].owner,
        f"{made[0].owner.name}_sums*",
        {None: "\n".join(lines)},
        {name: variable for m in made for name, variable in m.variables.items()},
        "summed_variable",
        indices,
        template_kwds={**made[0].template_kwds, "_sums": sums},
        **made[0].rest,
    )
    return str(joined.name)


def _updates(device: Any, name: str, owner: Any) -> bool:
    made = device.made[name]
    if made.template_name != "stateupdate" or made.owner is not owner:
        return False
    if name.startswith(f"{owner.name}_each_step"):  # a loop of its own where neurons may be refractory
        shared = any(variable.scalar for variable in device.access[name][1])
        return "not_refractory" not in owner.variables and not shared
    return name.startswith(f"{owner.name}_stateupdater")


def _conflict(device: Any, moved: str, other: str) -> bool:
    """Whether one writes a variable that the other reads or writes (except clocks)."""
    reads, writes = device.access[moved]
    other_reads, other_writes = device.access[other]
    shared = (writes & (other_reads | other_writes)) | (other_writes & reads)
    return any(not isinstance(variable.owner, Clock) for variable in shared)


def _join(device: Any, update: str, threshold: str) -> str:
    """One code object from the texts of two."""
    a, b = device.made[update], device.made[threshold]
    indices = copy.copy(a.variable_indices)
    indices.update(b.variable_indices)
    joined = device.code_object(
        a.owner,
        f"{a.owner.name}_update_and_threshold*",
        {None: a.abstract_code[None] + "\n" + b.abstract_code[None]},
        {**a.variables, **b.variables},
        "stateupdate_threshold",
        indices,
        template_kwds=b.template_kwds,
        **a.rest,
    )
    return str(joined.name)
