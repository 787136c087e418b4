"""The plan: a graph lowered to final names, groups and blocks; plain data that engines, digest, `show` and export read.

A plan has a *shape* (texts; hashed into the digest of a build) and *values* (sizes and numbers; handed to the finished
program). The order of one step, which every reader obeys, is ``docs/step.md``.
"""

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np

from neurosearch.language.text import Block, Statement
from neurosearch.parts.wiring.base import checked_pairs
from neurosearch.random import stream_id

MOMENTS = ("decision", "end", "begin", "frame")
"""Events of a stream, in the order in which they happen when they fall on the same step."""


@dataclass(frozen=True)
class Variable:
    """A value per neuron or synapse.

    Attributes:
        rhs: right side of its differential equation, or empty.
        shared: one value for the whole group.
        integer: takes integer values only.
        held: not integrated while its neuron is refractory.
    """

    name: str
    unit: str = "1"
    rhs: str = ""
    shared: bool = False
    integer: bool = False
    held: bool = False


@dataclass(frozen=True)
class Group:
    """A population in final names.

    Attributes:
        parameters: (name, unit) of numbers shared by the group.
        links: (name here, group, variable there): a value of a one-neuron group, as of this step after its integration.
        each_step: statements after integration, before the threshold.
        threshold: condition, or empty.
        reset: statements at a spike, the neuron's own.
        refractory: name of the parameter that holds the refractory time, or empty.
        after_reset: statements at a spike, after its own: short-term plasticity, traces, counters.
        can_skip: of neurons that need nothing but what they are shown: when, at the start of a frame, a neuron neither
            spikes nor changes before the next event; an engine may run the others for many steps at once. Empty:
            neurons are run step by step.
        only_spike_step: of neurons that spike in one known step until the next event: its number.
    """

    name: str
    variables: tuple[Variable, ...]
    parameters: tuple[tuple[str, str], ...]
    links: tuple[tuple[str, str, str], ...] = ()
    each_step: Block = ()
    threshold: str = ""
    reset: Block = ()
    method: str = "exponential_euler"
    refractory: str = ""
    after_reset: Block = ()
    can_skip: str = ""
    only_spike_step: str = ""


@dataclass(frozen=True)
class Sum:
    """``target`` of each postsynaptic neuron becomes the sum of ``expression`` over its synapses.

    ``moment`` is ``step`` (before integration, from the values of the previous step), ``frame`` or ``decision``.
    """

    target: str
    expression: str
    moment: str


@dataclass(frozen=True)
class Synapses:
    """A projection in final names.

    Attributes:
        condition: text over i, j and draws, or empty.
        fan_in: ``pick`` arguments (seed, stream, k) as texts, or empty.
        listed: the pairs are arguments of the run (``_pairs.NAME``). None of the three: all pairs.
        recurrent: pre and post are one group; no synapse of a neuron onto itself.
        variables: per synapse.
        initial: text of the initial weight, or empty when nothing is stored.
        deliver: statements on the postsynaptic neuron at a presynaptic spike (only ``+=``).
        on_pre, on_post: the rule's, after all deliveries.
        plastic: whether a rule writes ``w``.
    """

    name: str
    pre: str
    post: str
    condition: str = ""
    fan_in: tuple[str, ...] = ()
    recurrent: bool = False
    variables: tuple[Variable, ...] = ()
    initial: str = ""
    deliver: Block = ()
    on_pre: Block = ()
    on_post: Block = ()
    sums: tuple[Sum, ...] = ()
    plastic: bool = False
    listed: bool = False

    @property
    def by_post(self) -> bool:
        """Whether synapses are numbered postsynaptic neuron by postsynaptic neuron, else by presynaptic neuron.

        The walk that is taken most must find its synapses side by side: from a spike to its targets, or, where a rule
        also acts at postsynaptic spikes, along the many inputs of one neuron, or when inputs are summed.
        """
        if self.fan_in:
            return not self.deliver
        return bool(self.on_post) and not (self.condition or self.listed or self.recurrent)


@dataclass(frozen=True)
class Action:
    """Something done at a moment, in the order of the plan.

    Attributes:
        kind: ``neurons`` or ``synapses`` (run ``block`` on ``owner``), ``read`` (``variable`` of ``owner`` takes the
            current row of ``table``), ``sum`` (the sums of synapses ``owner`` that belong to this moment).
    """

    moment: str
    kind: str
    owner: str
    block: Block = ()
    variable: str = ""
    table: str = ""


@dataclass(frozen=True)
class Shape:
    """Everything that is compiled."""

    dt: float
    groups: tuple[Group, ...]
    synapses: tuple[Synapses, ...]
    actions: tuple[Action, ...]
    readout: str

    def group(self, name: str) -> Group:
        """The group of that name."""
        return next(g for g in self.groups if g.name == name)

    @property
    def digest(self) -> str:
        """Hash of the canonical text of the shape."""
        return _digest(self)


@dataclass(frozen=True)
class Plan:
    """A shape with its numbers.

    Attributes:
        sizes: group → number of neurons.
        values: ``group.parameter`` or ``group.variable`` → number in SI units, set before the run.
        input: name of the input group.
        teaching_steps: steps of teaching at the end of each sample.
    """

    shape: Shape
    sizes: Mapping[str, int]
    values: Mapping[str, float]
    input: str
    teaching_steps: int = 0
    wirings: Mapping[str, Any] = field(default_factory=dict)

    def pairs(self, projection: str, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """Pre- and postsynaptic neuron of each synapse, each [E] int64, in the order of every engine's numbers."""
        s = next(s for s in self.shape.synapses if s.name == projection)
        n_pre, n_post = self.sizes[s.pre], self.sizes[s.post]
        wiring = self.wirings.get(projection)
        if wiring is None:
            i, j = np.divmod(np.arange(n_pre * n_post), n_post)
        else:
            pairs = checked_pairs if s.listed else type(wiring).pairs
            i, j = pairs(wiring, seed, stream_id(f"{projection}.wiring"), n_pre, n_post, s.recurrent)
        order = np.argsort(j if s.by_post else i, kind="stable")
        return i[order], j[order]


@lru_cache(maxsize=512)
def _digest(shape: Shape) -> str:
    """Kept, since the trials of a study ask for the same few shapes again and again."""
    return hashlib.sha256(json.dumps(to_plain(shape), sort_keys=True).encode()).hexdigest()


def to_plain(thing: Any) -> Any:
    """A plan's dataclasses → dicts and lists."""
    if dataclasses.is_dataclass(thing) and not isinstance(thing, type):
        return {f.name: to_plain(getattr(thing, f.name)) for f in dataclasses.fields(thing)}
    return [to_plain(x) for x in thing] if isinstance(thing, tuple) else thing


def shape_from_plain(data: Mapping[str, Any]) -> Shape:
    """The inverse of ``to_plain`` for a shape."""

    def block(items: list[dict[str, str]]) -> Block:
        return tuple(Statement(**s) for s in items)

    def variables(items: list[dict[str, Any]]) -> tuple[Variable, ...]:
        return tuple(Variable(**v) for v in items)

    def group(g: dict[str, Any]) -> Group:
        texts = {k: block(g[k]) for k in ("each_step", "reset", "after_reset")}
        pairs = {k: tuple(tuple(x) for x in g[k]) for k in ("parameters", "links")}
        return Group(**{**g, **texts, **pairs, "variables": variables(g["variables"])})

    def synapses(s: dict[str, Any]) -> Synapses:
        texts = {k: block(s[k]) for k in ("deliver", "on_pre", "on_post")}
        sums = tuple(Sum(**x) for x in s["sums"])
        return Synapses(
            **{**s, **texts, "variables": variables(s["variables"]), "fan_in": tuple(s["fan_in"]), "sums": sums}
        )

    return Shape(
        dt=data["dt"],
        groups=tuple(group(g) for g in data["groups"]),
        synapses=tuple(synapses(s) for s in data["synapses"]),
        actions=tuple(Action(**{**a, "block": block(a["block"])}) for a in data["actions"]),
        readout=data["readout"],
    )
