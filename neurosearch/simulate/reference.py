"""The plan run step by step on arrays: the reference for every other engine, in the order of ``docs/step.md``.

Letters: N neurons of a group, E synapses of a projection.
"""

import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from neurosearch import random
from neurosearch.language import sides
from neurosearch.language import text as tx
from neurosearch.lower.integrate import step_text
from neurosearch.plan import Action, Group, Plan, Synapses
from neurosearch.record.rows import SparseRows
from neurosearch.timeline import Timeline

Array = np.ndarray


def _libm(f: Callable[[float], float]) -> Callable[[Any], Any]:
    """The C library's function element by element: NumPy's own may differ in the last bit."""
    many = np.vectorize(f, otypes=[float])
    return lambda x: many(x) if np.ndim(x) else f(float(x))


FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": lambda a, b: a / b, "%": np.mod,
    "**": lambda a, b: a * a if b == 2 else _power(a, b), "neg": operator.neg, "not": np.logical_not,
    "and": np.logical_and, "or": np.logical_or, "<": operator.lt, "<=": operator.le, ">": operator.gt,
    ">=": operator.ge, "==": operator.eq, "!=": operator.ne, "int": lambda a: np.asarray(a).astype(np.int64),
    "clip": lambda a, low, high: np.minimum(np.maximum(a, low), high), "abs": np.abs, "sign": np.sign,
    "floor": np.floor, "sqrt": np.sqrt, "exp": _libm(math.exp), "log": _libm(math.log), "tanh": _libm(math.tanh),
    "sin": _libm(math.sin), "cos": _libm(math.cos), "expm1": _libm(math.expm1), "draw": random.draw,
    "gauss": random.gauss, "draw4": random.draw4, "draw_lot": random.lot, "draw_odds": random.odds,
}  # fmt: skip


def _power(a: Any, b: Any) -> Any:
    return np.vectorize(math.pow, otypes=[float])(a, b) if np.ndim(a) or np.ndim(b) else math.pow(a, b)


@dataclass
class State:
    """Everything that changes. ``neurons[group][name]`` [N] or [1]; ``synapses[projection][name]`` [E]."""

    neurons: dict[str, dict[str, Array]] = field(default_factory=dict)
    synapses: dict[str, dict[str, Array]] = field(default_factory=dict)
    pairs: dict[str, tuple[Array, Array]] = field(default_factory=dict)
    by_pre: dict[str, Array] = field(default_factory=dict)
    last: dict[str, Array] = field(default_factory=dict)
    fired: dict[str, Array] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Result:
    """What the reference did: ``readout`` [K, O]; ``raster`` group → list of (step, neuron); the final state."""

    readout: Array
    raster: Mapping[str, Array]
    state: State


class Stepper:
    """One plan, one timeline, one seed. ``drive`` is [rows, inputs], whole or as ``SparseRows``."""

    def __init__(self, plan: Plan, line: Timeline, drive: Array | SparseRows, seed: int):
        self.plan, self.line, self.drive, self.seed = plan, line, drive, seed
        self.shape, self.dt = plan.shape, plan.shape.dt
        self.groups = {g.name: g for g in self.shape.groups}
        self.updates = {g.name: step_text(g) for g in self.shape.groups}
        self.decays = {s.name: step_text(s) for s in self.shape.synapses}
        self.ordered = sorted(self.shape.synapses, key=lambda s: s.name)  # Brian2 runs pathways by name
        self.n, self.row, self.sample = 0, 0, 0
        self.state = State()
        for g in self.shape.groups:
            self._start(g)
        for s in self.shape.synapses:
            self._connect(s)

    def run(self) -> Result:
        """Every step of the timeline."""
        line, readout = self.line, np.zeros((self.line.samples, self.plan.sizes[self.shape.readout]))
        raster: dict[str, list[Array]] = {name: [] for name in self.groups}
        frame_of, decision_of = (
            {int(s): f for f, s in enumerate(line.frames)},
            {int(s): k for k, s in enumerate(line.decisions)},
        )
        boundary_of = {int(s): k for k, s in enumerate(line.boundaries)}
        for n in range(line.steps):
            self.n = n
            if n in decision_of:
                self.sample = decision_of[n]
                self._event("decision")
                readout[self.sample] = self.state.neurons[self.shape.readout]["decision"]
            if n in boundary_of:
                if n > 0:
                    self._event("end")
                self.sample = min(boundary_of[n], line.samples - 1)
                self._event("begin")
            if n in frame_of:
                self.row = int(line.order[frame_of[n]])
                self._event("frame")
            self._step()
            for name, fired in self.state.fired.items():
                where = np.flatnonzero(fired)
                raster[name].append(np.column_stack([np.full(len(where), n), where]))
        return Result(readout, {k: np.concatenate(v) for k, v in raster.items()}, self.state)

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

    # -- what texts see

    def _neuron(self, g: Group, name: str) -> Any:
        """Value of a name on a group: [N], or one number."""
        found = self.state.neurons[g.name].get(name)
        if found is not None:
            return found
        for link in g.links:
            if link.name == name:
                return self.state.neurons[link.group][link.variable]
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
        out, own = tx.run(block, self._neuron_env(g, block), FUNCTIONS), self.state.neurons[g.name]
        frozen = {v.name for v in g.variables if v.held} if held else set()
        for name in {s.target for s in block} & own.keys():
            old = own[name]
            new = np.broadcast_to(np.asarray(out[name]), old.shape).astype(old.dtype)
            use = self._free(g) if name in frozen else mask
            own[name] = new.copy() if use is None else np.where(use, new, old)

    def _on_synapses(self, s: Synapses, block: tx.Block, keep: Any) -> None:
        if not block:
            return
        reads = frozenset(n for x in block for n in x.reads)
        out, own = tx.run(block, self._pair_env(s, reads, keep), FUNCTIONS), self.state.synapses[s.name]
        for name in {x.target for x in block} & own.keys():
            fresh = own[name].copy()
            fresh[keep] = out[name]
            own[name] = fresh

    def _free(self, g: Group) -> Array:
        if not g.refractory:
            return np.ones(self.plan.sizes[g.name], bool)
        steps = math.floor(self.plan.values[f"{g.name}.{g.refractory}"] / self.dt + 0.5)
        return self.n - self.state.last[g.name] >= steps

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

    # -- one step

    def _step(self) -> None:
        for s in self.ordered:
            self._sum(s, "step")
        for g in self.shape.groups:
            self._on_neurons(g, self.updates[g.name], held=True)
        for s in self.ordered:
            self._on_synapses(s, self.decays[s.name], slice(None))
        for g in self.shape.groups:
            self._on_neurons(g, g.each_step)
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
        fired = np.broadcast_to(above, self.state.fired[g.name].shape) & self._free(g)
        self.state.fired[g.name] = fired
        self.state.last[g.name] = np.where(fired, self.n, self.state.last[g.name])

    def _spikes(self, s: Synapses) -> None:
        """Deliveries with the weights from before this step, then the rule's ``on_pre``."""
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
            use = (
                self._free(self.groups[s.post])[j[keep]] & ~self.state.fired[s.post][j[keep]]
                if target in held
                else slice(None)
            )
            np.add.at(into, j[keep][use], amount[use])
            self.state.neurons[s.post][target] = into
        self._on_synapses(s, s.on_pre, keep)
