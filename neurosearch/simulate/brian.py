"""Plan → Brian2 objects: the only place that knows how Brian2 expresses a plan. Numbers are bare SI floats."""

from collections.abc import Mapping
from typing import Any, Protocol

from neurosearch.language import text as tx
from neurosearch.lower.brian_defaults import import_brian2
from neurosearch.plan import MOMENTS, Action, Shape, Sum, shape_from_plain
from neurosearch.plan import Group as PlanGroup
from neurosearch.plan import Synapses as PlanSynapses
from neurosearch.simulate.brian_synapses import synapses_of
from neurosearch.simulate.brian_syntax import brian_names, brian_text, brian_unit


class Target(Protocol):
    """What differs between our device and Brian2's own."""

    def size(self, name: str) -> int:
        """Number of neurons to declare."""

    def clock(self, moment: str) -> Any:
        """The Brian2 clock of an event; ``None`` for the clock of every step."""

    def table(self, name: str) -> Any:
        """The Brian2 function that returns the current row of a table."""

    def pairs(self, synapses: PlanSynapses) -> tuple[Any, Any]:
        """Brian2 functions for listed synapses: the number of targets of neuron i, and its m-th target."""

    def ready(self, groups: Mapping[str, Any]) -> None:
        """Called when the groups exist, before synapses are created."""

    def ahead(self, group: PlanGroup) -> bool:
        """Whether the neurons of a group are simulated many steps at once."""


def program_text(plan: dict[str, Any], strict: bool) -> str:
    """The C++ text of a plan's shape (called in the builder process).

    Raises:
        Unsupported: the lean device refuses the plan.
    """
    brian2 = import_brian2()
    from neurosearch.simulate.device import fresh_device

    _arrange(brian2.prefs, not strict)
    shape = shape_from_plain(plan)
    device = fresh_device(strict)
    target = _Lean(device, shape)
    objects = build(shape, target)
    for group in shape.groups:
        device.runtime_size(objects[group.name])
        if group.name in linked(shape):
            device.single(objects[group.name])
        if group.threshold:
            device.count_spikes(objects[group.name])
    for s in shape.synapses:
        if s.deliver:
            device.count_events(objects[s.name], s.name)
        elif any(x.moment == "frame" for x in s.sums):
            device.count_graded(objects[s.name], _shown(shape, s.pre), s.name)
    device.readout(objects[shape.readout], "decision")
    return device.program(brian2.Network(*objects.values()))


def _arrange(prefs: Any, allowed: bool) -> None:
    """Allow or forbid Brian2 to rearrange arithmetic, which can change the last bit.

    Brian2 caches the statements of a text regardless of this preference, so the cache is cleared when it changes.
    """
    from brian2.codegen.translation import make_statements

    if prefs.codegen.loop_invariant_optimisations != allowed:
        prefs.codegen.loop_invariant_optimisations = allowed
        make_statements.__wrapped__._cache.clear()


class _Lean:
    """Our device: events have their own clocks, tables are arguments of the program."""

    def __init__(self, device: Any, shape: Shape):
        from brian2 import Clock

        self._device = device
        self._tables = {
            t.name: device.table(t.name, "f4" if t.rows == "frame" else "f8", t.rows, t.per_neuron)
            for t in shape.tables
        }
        self._clocks = {m: Clock(dt=_seconds(shape.dt), name=f"{m}_clock") for m in MOMENTS}
        device.event_clocks.update({f"{m}_clock": m for m in MOMENTS})

    def size(self, name: str) -> int:
        """See ``Target``: an arbitrary number, since the program receives the real one at start-up."""
        del name
        return 3

    def clock(self, moment: str) -> Any:
        """See ``Target``."""
        return self._clocks[moment]

    def table(self, name: str) -> Any:
        """See ``Target``."""
        return self._tables[name]

    def pairs(self, synapses: PlanSynapses) -> tuple[Any, Any]:
        """See ``Target``."""
        found: tuple[Any, Any] = self._device.pairs(synapses.name, synapses.pre)
        return found

    def ready(self, groups: Mapping[str, Any]) -> None:
        """See ``Target``: nothing to do, the program sets its own numbers."""

    def ahead(self, group: PlanGroup) -> bool:
        """See ``Target``: where the plan allows it."""
        return bool(group.can_skip)


def _shown(shape: Shape, group: str) -> str:
    """The variable of a group that receives a row of the data at each frame."""
    return next(a.variable for a in shape.actions if a.kind == "read" and a.owner == group and a.moment == "frame")


def _seconds(x: float) -> Any:
    from brian2 import Quantity

    return Quantity.with_dimensions(x, second=1)


def build(shape: Shape, target: Target) -> dict[str, Any]:
    """Brian2 objects by name; objects that run at events are named ``event_...``.

    The plan's numbers are not set here: they are arguments of the run.
    """
    import brian2

    from neurosearch.simulate.functions import functions

    brian2.defaultclock.dt = _seconds(shape.dt)
    space: dict[str, Any] = {**functions(), **{f"table_{t.name}": target.table(t.name) for t in shape.tables}}
    single = {g.name for g in shape.groups} & linked(shape)
    groups = {
        g.name: _group(g, order, 1 if g.name in single else target.size(g.name), space, target.ahead(g))
        for order, g in enumerate(shape.groups)
    }
    for g in shape.groups:
        for link in g.links:
            setattr(groups[g.name], link.name, brian2.linked_var(groups[link.group], link.variable))
    target.ready(groups)
    for s in shape.synapses:
        if s.listed:
            space[f"pairs_{s.name}_count"], space[f"pairs_{s.name}_at"] = target.pairs(s)
    synapses = {s.name: synapses_of(s, groups, space) for s in shape.synapses}
    extra = _actions(shape, target, {**groups, **synapses})
    by_name = sorted(shape.synapses, key=lambda s: s.name)
    sums = [(s, x) for s in by_name for x in s.sums if x.moment == "step"]
    for order, (s, x) in enumerate(sums, -len(sums)):
        extra[f"{s.name}_{x.target}"] = _sum(synapses[s.name], s, x, None, "groups", order)
    for order, g in enumerate(shape.groups, 1000):
        if target.ahead(g):
            extra[f"{g.name}_ahead"] = _ahead(groups[g.name], g)
        elif g.each_step:
            name = f"{g.name}_each_step"
            runner = _runner(groups[g.name], brian_text(g.each_step), None, "groups", order, name, held=True)
            extra[name] = runner
    return {**groups, **synapses, **extra}


def linked(shape: Shape) -> set[str]:
    """One-neuron groups whose values other groups read."""
    return {link.group for g in shape.groups for link in g.links}


def _group(g: PlanGroup, order: int, size: int, space: Mapping[str, Any], ahead: bool) -> Any:
    from brian2 import NeuronGroup

    lines = []
    for v in g.variables:
        flags = [f for f, on in (("shared", v.shared), ("unless refractory", v.held)) if on]
        unit = "integer" if v.integer else brian_unit(v.unit)
        left = f"d{v.name}/dt = {brian_names(v.rhs)}" if v.rhs else v.name
        lines.append(f"{left} : {unit}" + (f" ({', '.join(flags)})" if flags else ""))
    for p in g.parameters:
        lines.append(f"{p.name} : {'integer' if p.integer else brian_unit(p.unit)} (shared, constant)")
    lines += [f"{link.name} : 1 (linked)" for link in g.links]
    lines += ["unused : 1 (shared, constant)"] if not lines else []
    return NeuronGroup(
        size,
        "\n".join(lines),
        threshold=brian_text(g.threshold) or None,
        reset=brian_text(g.after_reset if ahead else g.reset + g.after_reset) if g.threshold else None,
        method=g.method if any(v.rhs for v in g.variables) else "euler",
        refractory=g.refractory or False,
        namespace=dict(space),
        name=g.name,
        order=order,
    )


def _actions(shape: Shape, target: Target, objects: Mapping[str, Any]) -> dict[str, Any]:
    """One Brian2 object per action, on the clock of its event, in the order of the plan."""
    out: dict[str, Any] = {}
    synapses = {s.name: s for s in shape.synapses}
    for order, a in enumerate(shape.actions):
        name = f"event_{order}_{a.moment}"
        if a.kind == "sum":
            for x in synapses[a.owner].sums:
                if x.moment == a.moment:
                    key = f"{name}_{x.target}"
                    clock = target.clock(a.moment)
                    out[key] = _sum(objects[a.owner], synapses[a.owner], x, clock, "before_groups", order, key)
            continue
        block = _read(shape, a) if a.kind == "read" else a.block
        out[name] = _runner(objects[a.owner], brian_text(block), target.clock(a.moment), "before_groups", order, name)
    return out


def _read(shape: Shape, a: Action) -> tx.Block:
    row = f"table_{a.table}(t, i)" if shape.table(a.table).per_neuron else f"table_{a.table}(t)"
    return (tx.Statement(a.variable, "=", row, a.owner),)


def _ahead(group: Any, g: PlanGroup) -> Any:
    """All steps of a group that depends on its input alone, scheduled in place of its threshold."""
    from brian2.groups.group import CodeRunner

    steps = f"{brian_text(g.each_step)}\n_cond = {brian_text(g.threshold)}"
    code = {"idle": f"_idle = {brian_text(g.can_skip)}", "steps": steps, "reset": brian_text(g.reset)}
    code |= {"moment": f"_moment = {brian_text(g.only_spike_step)}"} if g.only_spike_step else {}
    return CodeRunner(group, "ahead", code=code, name=f"{g.name}_ahead", when="thresholds")


def _runner(group: Any, code: str, clock: Any, when: str, order: int, name: str, held: bool = False) -> Any:
    """Statements on a whole group; ``(unless refractory)`` variables are protected only if ``held``."""
    from brian2.groups.group import CodeRunner

    refractory = ["not_refractory"] if "not_refractory" in group.variables and not held else None
    return CodeRunner(
        group,
        "stateupdate",
        code=code,
        name=name,
        clock=clock or group.clock,
        when=when,
        order=order,
        override_conditional_write=refractory,
    )


def _sum(synapses: Any, s: PlanSynapses, x: Sum, clock: Any, when: str, order: int, name: str = "") -> Any:
    """A sum over the synapses of each postsynaptic neuron, at any moment."""
    from brian2.groups.group import CodeRunner

    target = f"{x.target}_post"
    return CodeRunner(
        synapses,
        "summed_variable",
        code=f"_synaptic_var = {brian_text(x.expression)}",
        needed_variables=[target, "N_post", "_synaptic_post"],
        clock=clock or synapses.target.clock,
        when=when,
        order=order,
        name=name or f"{s.name}_sum_{x.target}",
        template_kwds={
            "_target_var": synapses.variables[target],
            "_target_size_name": "N_post",
            "_index_var": synapses.variables["_synaptic_post"],
            "_target_start": 0,
            "_target_stop": -1,
        },
    )
