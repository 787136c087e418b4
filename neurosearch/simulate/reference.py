"""Run a plan step by step on arrays: the reference for every other engine, in the order of ``docs/step.md``.

Letters: N neurons of a group, E synapses of a projection.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from neurosearch.language import sides
from neurosearch.language import text as tx
from neurosearch.lower.integrate import step_text
from neurosearch.plan import Action, Group, Plan, Synapses
from neurosearch.record.rows import SparseRows
from neurosearch.simulate.reference_functions import FUNCTIONS as FUNCTIONS
from neurosearch.timeline import Timeline

Array = np.ndarray


@dataclass
class State:
    """All variables of a run. ``neurons[group][name]`` [N] or [1]; ``synapses[projection][name]`` [E]."""

    neurons: dict[str, dict[str, Array]] = field(default_factory=dict)
    synapses: dict[str, dict[str, Array]] = field(default_factory=dict)
    pairs: dict[str, tuple[Array, Array]] = field(default_factory=dict)
    by_pre: dict[str, Array] = field(default_factory=dict)
    last: dict[str, Array] = field(default_factory=dict)
    fired: dict[str, Array] = field(default_factory=dict)
    free: dict[str, Array] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Result:
    """Result of a run: ``readout`` [K, O]; ``raster`` group → [m, 2] (step, neuron); the final state."""

    readout: Array
    raster: Mapping[str, Array]
    state: State


class Stepper:
    """One plan, one timeline, one seed.

    Args:
        drive: [rows, inputs], whole or as ``SparseRows``; ``line.order`` names its rows.
        start: ``owner.variable`` → [N] or [E] values at the start, instead of the plan's.
    """

    def __init__(
        self, plan: Plan, line: Timeline, drive: Array | SparseRows, seed: int, start: Mapping[str, Array] = {}
    ) -> None:
        self.plan, self.line, self.drive, self.seed = plan, line, drive, seed
        self.shape, self.dt = plan.shape, plan.shape.dt
        self.groups = {g.name: g for g in self.shape.groups}
        self.updates = {g.name: step_text(g) for g in self.shape.groups}
        self.decays = {s.name: step_text(s) for s in self.shape.synapses}
        self.ordered = sorted(self.shape.synapses, key=lambda s: s.name)  # Brian2 runs pathways by name
        self.n, self.row, self.sample = 0, 0, 0
        self._decisions = {int(n): k for k, n in enumerate(line.decisions)}
        self._boundaries = {int(n): k for k, n in enumerate(line.boundaries)}
        self._frames = {int(n): f for f, n in enumerate(line.frames)}
        self.state = State()
        for g in self.shape.groups:
            self._start(g)
        self._replace(self.state.neurons, start)  # wiring and weights may depend on them
        for s in self.shape.synapses:
            self._connect(s)
        self._replace(self.state.synapses, start)

    def run(self) -> Result:
        """Run every step of the timeline."""
        readout, raster = [], {name: [np.zeros((0, 2), np.int64)] for name in self.groups}
        for n in range(self.line.steps):
            decided = self.decide(n)
            if decided is not None:
                readout.append(decided)
            self.enter(n)
            self.step()
            for name, fired in self.state.fired.items():
                where = np.flatnonzero(fired)
                raster[name].append(np.column_stack([np.full(len(where), n), where]))
        return Result(np.array(readout), {k: np.concatenate(v) for k, v in raster.items()}, self.state)

    def decide(self, n: int) -> Array | None:
        """Begin step n; returns [O] the read-out if a decision is due."""
        self.n = n
        if n not in self._decisions:
            return None
        self.sample = self._decisions[n]
        self._event("decision")
        return np.array(self.state.neurons[self.shape.readout]["decision"])

    def enter(self, n: int) -> tuple[bool, bool]:
        """Run the other events of step n; returns whether a sample ended and whether a frame began."""
        ended = n > 0 and n in self._boundaries
        if n in self._boundaries:
            if ended:
                self._event("end")
            self.sample = min(self._boundaries[n], self.line.samples - 1)
            self._event("begin")
        if n in self._frames:
            self.row = int(self.line.order[self._frames[n]])
            self._event("frame")
        return ended, n in self._frames

    # -- start

    def _start(self, g: Group) -> None:
        size = self.plan.sizes[g.name]
        values = self.plan.values
        self.state.neurons[g.name] = {
            v.name: np.full(
                1 if v.shared else size, values.get(f"{g.name}.{v.name}", 0), np.int64 if v.integer else float
            )
            for v in g.variables
        }
        self.state.last[g.name] = np.full(size, -(10**9))
        self.state.free[g.name] = np.ones(size, bool)
        self.state.fired[g.name] = np.zeros(size, bool)

    def _connect(self, s: Synapses) -> None:
        i, j = self.plan.pairs(s.name, self.seed)
        self.state.pairs[s.name] = (i, j)
        self.state.by_pre[s.name] = np.argsort(i, kind="stable")
        own = {v.name: np.zeros(len(i), np.int64 if v.integer else float) for v in s.variables}
        self.state.synapses[s.name] = own
        if s.initial:
            env = self._pair_env(s, tx.names(s.initial), slice(None))
            own["w"] = np.broadcast_to(tx.evaluate(tx.tree(s.initial), env, FUNCTIONS), i.shape).astype(float)

    def _replace(self, state: Mapping[str, dict[str, Array]], start: Mapping[str, Array]) -> None:
        for key, values in start.items():
            owner, _, name = key.partition(".")
            if owner in state:
                state[owner][name] = np.asarray(values).astype(state[owner][name].dtype)

    # -- values that texts can read

    def _neuron(self, g: Group, name: str) -> Any:
        """Value of a name on a group: [N], or one number."""
        found = self.state.neurons[g.name].get(name)
        if found is not None:
            return found
        for link in g.links:
            if link.name == name:
                return self.state.neurons[link.group][link.variable]
        if name == tx.FREE:
            return self.state.free[g.name]
        if name in ("step", "dt", "i", "seed"):
            return {"step": self.n, "dt": self.dt, "i": np.arange(self.plan.sizes[g.name]), "seed": self.seed}[name]
        return self.plan.values[f"{g.name}.{name}"]

    def _neuron_env(self, g: Group, block: tx.Block) -> dict[str, Any]:
        written = {s.target for s in block}
        reads = {n for s in block for n in s.reads}
        known = {v.name for v in g.variables} | {link.name for link in g.links} | {p.name for p in g.parameters}
        return {n: self._neuron(g, n) for n in reads if n in known or n not in written}

    def _pair_env(self, s: Synapses, reads: frozenset[str], keep: Any) -> dict[str, Any]:
        i, j = self.state.pairs[s.name]
        env: dict[str, Any] = {}
        for name in reads:
            if name in self.state.synapses[s.name]:
                env[name] = self.state.synapses[s.name][name][keep]
            elif name in ("i", "j", "step", "dt"):
                env[name] = {"i": i[keep], "j": j[keep], "step": self.n, "dt": self.dt}[name]
            else:
                variable, side = sides.split(name)
                if side:
                    group, index = (s.pre, i) if side == sides.PRE else (s.post, j)
                    value = self._neuron(self.groups[group], variable)
                    env[name] = value[index[keep]] if np.ndim(value) and len(value) > 1 else value
        return env

    # -- blocks

    def _on_neurons(self, g: Group, block: tx.Block, mask: Array | None = None, held: bool = False) -> None:
        if not block:
            return
        own, free = self.state.neurons[g.name], self.state.free[g.name]
        out = self._neuron_env(g, block)
        frozen = {v.name for v in g.variables if v.held} if held else set()
        for s in block:  # later statements read the unchanged value of a held variable
            out |= tx.run((s,), out, FUNCTIONS)
            if s.target in frozen:
                out[s.target] = np.where(free, out[s.target], own[s.target])
        for name in {s.target for s in block} & own.keys():
            old = own[name]
            new = np.broadcast_to(np.asarray(out[name]), old.shape).astype(old.dtype)
            own[name] = new.copy() if mask is None else np.where(mask, new, old)

    def _on_synapses(self, s: Synapses, block: tx.Block, keep: Any) -> None:
        if not block:
            return
        reads = frozenset(n for x in block for n in x.reads)
        out, own = tx.run(block, self._pair_env(s, reads, keep), FUNCTIONS), self.state.synapses[s.name]
        for name in {x.target for x in block} & own.keys():
            fresh = own[name].copy()
            fresh[keep] = out[name]
            own[name] = fresh

    def _release(self, g: Group) -> None:
        """Release neurons whose refractory time is over."""
        if g.refractory:
            steps = round(self.plan.values[f"{g.name}.{g.refractory}"] / self.dt)  # a plan holds multiples of dt
            self.state.free[g.name] = self.n - self.state.last[g.name] >= steps

    def _sum(self, s: Synapses, moment: str) -> None:
        for x in s.sums:
            if x.moment == moment:
                j = self.state.pairs[s.name][1]
                total = np.zeros(self.plan.sizes[s.post])
                value = tx.evaluate(
                    tx.tree(x.expression), self._pair_env(s, tx.names(x.expression), slice(None)), FUNCTIONS
                )
                np.add.at(total, j, np.broadcast_to(value, j.shape))
                self.state.neurons[s.post][x.target] = total

    def _event(self, moment: str) -> None:
        for a in self.shape.actions:
            if a.moment == moment:
                self._act(a)

    def _act(self, a: Action) -> None:
        if a.kind == "read":
            old = self.state.neurons[a.owner][a.variable]
            by_frame = self.shape.table(a.table).rows == "frame"
            row = self.drive[self.row] if by_frame else self.line.tables[a.table][self.sample]
            self.state.neurons[a.owner][a.variable] = np.broadcast_to(np.asarray(row, float), old.shape).copy()
        elif a.kind == "neurons":
            self._on_neurons(self.groups[a.owner], a.block)
        else:
            s = self.shape.projection(a.owner)
            if a.kind == "sum":
                self._sum(s, a.moment)
            else:
                self._on_synapses(s, a.block, slice(None))

    # -- the step itself

    def step(self) -> None:
        """Run step n, after its events."""
        for s in self.ordered:
            self._sum(s, "step")
        for g in self.shape.groups:
            self._release(g)
            self._on_neurons(g, self.updates[g.name], held=True)
        for s in self.ordered:
            self._on_synapses(s, self.decays[s.name], slice(None))
        for g in self.shape.groups:
            self._on_neurons(g, g.each_step, held=True)
        for g in self.shape.groups:
            self._threshold(g)
        for s in self.ordered:
            self._spikes(s)
        for s in self.ordered:
            if s.on_post:
                self._on_synapses(s, s.on_post, np.flatnonzero(self.state.fired[s.post][self.state.pairs[s.name][1]]))
        for g in self.shape.groups:
            if g.threshold:
                self._on_neurons(g, g.reset + g.after_reset, mask=self.state.fired[g.name])

    def _threshold(self, g: Group) -> None:
        if not g.threshold:
            return
        env = {n: self._neuron(g, n) for n in tx.names(g.threshold)}
        above = np.asarray(tx.evaluate(tx.tree(g.threshold), env, FUNCTIONS), bool)
        fired = np.broadcast_to(above, self.state.fired[g.name].shape) & self.state.free[g.name]
        self.state.fired[g.name] = fired
        if g.refractory:
            self.state.free[g.name] = self.state.free[g.name] & ~fired
        self.state.last[g.name] = np.where(fired, self.n, self.state.last[g.name])

    def _spikes(self, s: Synapses) -> None:
        """Deliver spikes with the weights from before this step, then run the rule's ``on_pre``."""
        if not (s.deliver or s.on_pre) or not self.groups[s.pre].threshold:
            return
        i, j = self.state.pairs[s.name]
        order = self.state.by_pre[s.name]
        keep = order[self.state.fired[s.pre][i[order]]]
        held = {v.name for v in self.groups[s.post].variables if v.held}
        for x in s.deliver:
            target, _ = sides.split(x.target)
            value = tx.evaluate(tx.tree(x.value), self._pair_env(s, tx.names(x.value), keep), FUNCTIONS)
            amount = np.broadcast_to(value, keep.shape)
            into = self.state.neurons[s.post][target].copy()
            use = self.state.free[s.post][j[keep]] if target in held else slice(None)
            np.add.at(into, j[keep][use], amount[use])
            self.state.neurons[s.post][target] = into
        self._on_synapses(s, s.on_pre, keep)
