"""The plan: a graph lowered to final names, groups and blocks; plain data that engines, digest, `show` and export read.

A plan has a *shape* (texts; hashed into the digest of a build) and *values* (sizes and numbers; handed to the finished
program). The order of one step, which every reader obeys, is ``docs/step.md``.
"""

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any, get_args, get_origin, get_type_hints

import numpy as np

from neurosearch.language.text import Block
from neurosearch.parts.wiring.base import checked_pairs
from neurosearch.random import stream_id

MOMENTS = ("decision", "end", "begin", "frame")
"""Events of a stream, in the order in which they happen when they fall on the same step."""


ROLES = ("state", "port", "table", "sum", "frame_constant", "scale", "measurement")
"""What a variable is for; see ``Variable.role``."""


@dataclass(frozen=True)
class Variable:
    """A value per neuron or synapse.

    Attributes:
        rhs: right side of its differential equation, or empty.
        shared: one value for the whole group.
        integer: takes integer values only.
        held: not integrated while its neuron is refractory.
        role: ``state`` of the model (including weights and traces); ``port``, kept for a neuron's texts (counts,
            teaching, onset of the sample); ``table``, the current row of a table; ``sum`` over synapses;
            ``frame_constant``, computed once a frame; ``scale``, the factor by which a decaying synaptic variable is
            stored multiplied; ``measurement``, read by nothing in the network.
        time_constant: for a ``scale``: the group's parameter that holds the time constant of the decay.
    """

    name: str
    unit: str = "1"
    rhs: str = ""
    shared: bool = False
    integer: bool = False
    held: bool = False
    role: str = "state"
    time_constant: str = ""


@dataclass(frozen=True)
class Parameter:
    """A number shared by a group.

    Attributes:
        seed: its value is the seed of the run, so the plan has no value for it.
    """

    name: str
    unit: str = "1"
    integer: bool = False
    seed: bool = False


SEED = Parameter("seed", integer=True, seed=True)
"""The seed of the run, for groups whose texts, or those of their incoming synapses, draw random numbers."""


@dataclass(frozen=True)
class Link:
    """A value of a one-neuron group that another group reads in the same step, after integration.

    Attributes:
        name: its name in the reading group.
        group, variable: the variable that is read.
        projection: the synapses that the link replaces, or empty.
    """

    name: str
    group: str
    variable: str
    projection: str = ""


@dataclass(frozen=True)
class Table:
    """Numbers that a stream presents row by row.

    Attributes:
        rows: ``frame`` (the input's values) or ``sample``: what each row belongs to.
        per_neuron: whether a row has a value for each neuron rather than one for all.
    """

    name: str
    rows: str = "sample"
    per_neuron: bool = False


@dataclass(frozen=True)
class Group:
    """A population in final names.

    Attributes:
        parameters: numbers shared by the group.
        links: values that it reads from other groups.
        each_step: statements after integration, before the threshold.
        threshold: condition, or empty.
        reset: the neuron's own statements at a spike.
        refractory: name of the parameter that holds the refractory time (seconds, a multiple of ``dt``), or empty.
        after_reset: statements at a spike, after ``reset``: short-term plasticity, traces, counters.
        can_skip: for neurons driven by the input alone: condition, at the start of a frame, that a neuron neither
            spikes nor changes before the next event; an engine may run the others for many steps at once. Empty:
            neurons are run step by step.
        only_spike_step: for neurons whose only spike before the next event is in a known step: its number.
        homeostasis_rate: name of the parameter that is 0 where homeostasis is off, or empty.
    """

    name: str
    variables: tuple[Variable, ...]
    parameters: tuple[Parameter, ...]
    links: tuple[Link, ...] = ()
    each_step: Block = ()
    threshold: str = ""
    reset: Block = ()
    method: str = "exponential_euler"
    refractory: str = ""
    after_reset: Block = ()
    can_skip: str = ""
    only_spike_step: str = ""
    homeostasis_rate: str = ""


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
        recurrent: pre and post are the same group; no neuron has a synapse onto itself.
        variables: per synapse.
        weight: parameter of the postsynaptic group that is the weight of all synapses; empty: each stores its ``w``, or
            they carry no weight.
        initial: text of the initial weight, or empty where no weight is stored.
        deliver: statements on the postsynaptic neuron at a presynaptic spike (only ``+=``).
        on_pre, on_post: the rule's, after all deliveries.
        plastic: whether a rule writes ``w``.
        lower_bound: parameter of the postsynaptic group: the rule's smallest weight; or empty.
    """

    name: str
    pre: str
    post: str
    condition: str = ""
    fan_in: tuple[str, ...] = ()
    recurrent: bool = False
    variables: tuple[Variable, ...] = ()
    weight: str = ""
    initial: str = ""
    deliver: Block = ()
    on_pre: Block = ()
    on_post: Block = ()
    sums: tuple[Sum, ...] = ()
    plastic: bool = False
    listed: bool = False
    lower_bound: str = ""

    @property
    def by_post(self) -> bool:
        """Whether synapses are ordered by postsynaptic neuron rather than by presynaptic neuron.

        The most frequent traversal must find its synapses contiguous in memory: from a spike to its targets, or, where
        a rule also acts at postsynaptic spikes or inputs are summed, along the many inputs of one neuron.
        """
        if self.fan_in:
            return not self.deliver
        return bool(self.on_post) and not (self.condition or self.listed or self.recurrent)


@dataclass(frozen=True)
class Action:
    """Something done at an event, in the order of the plan.

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
    """The part of a plan that is compiled.

    Attributes:
        dt: time step in seconds.
        tables: the tables that actions read, in the order of their first use.
        readout: the group whose variable ``decision`` is recorded.
    """

    dt: float
    groups: tuple[Group, ...]
    synapses: tuple[Synapses, ...]
    actions: tuple[Action, ...]
    tables: tuple[Table, ...]
    readout: str

    def group(self, name: str) -> Group:
        """The group of that name."""
        return next(g for g in self.groups if g.name == name)

    def projection(self, name: str) -> Synapses:
        """The synapses of that name."""
        return next(s for s in self.synapses if s.name == name)

    def table(self, name: str) -> Table:
        """The table of that name."""
        return next(t for t in self.tables if t.name == name)

    @cached_property
    def digest(self) -> str:
        """Hash of the canonical text of the shape."""
        return hashlib.sha256(json.dumps(to_plain(self), sort_keys=True).encode()).hexdigest()

    def __hash__(self) -> int:
        """Hash of the digest, which is computed once: results derived from a shape are cached by it across trials."""
        return hash(self.digest)


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

    def weight(self, projection: str) -> float | None:
        """The weight shared by a projection; ``None`` where each synapse stores its own or carries none."""
        s = self.shape.projection(projection)
        return self.values[f"{s.post}.{s.weight}"] if s.weight else None

    def pairs(self, projection: str, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """Pre- and postsynaptic neuron of each synapse, each [E] int64, in the order that every engine uses."""
        s = self.shape.projection(projection)
        n_pre, n_post = self.sizes[s.pre], self.sizes[s.post]
        wiring = self.wirings.get(projection)
        if wiring is None:
            i, j = np.divmod(np.arange(n_pre * n_post), n_post)
        else:
            pairs = checked_pairs if s.listed else type(wiring).pairs
            i, j = pairs(wiring, seed, stream_id(f"{projection}.wiring"), n_pre, n_post, s.recurrent)
        order = np.argsort(j if s.by_post else i, kind="stable")
        return i[order], j[order]


def to_plain(thing: Any) -> Any:
    """A plan's dataclasses → dicts and lists."""
    if isinstance(thing, tuple):
        return [to_plain(x) for x in thing]
    cls: Any = type(thing)  # mypy does not take a type for hashable
    names = _field_names(cls)
    return {name: to_plain(getattr(thing, name)) for name in names} if names else thing


@cache  # a plan has some hundred values of a dozen classes, and its digest is taken at every trial
def _field_names(cls: type) -> tuple[str, ...]:
    return tuple(f.name for f in dataclasses.fields(cls)) if dataclasses.is_dataclass(cls) else ()


def shape_from_plain(data: Mapping[str, Any]) -> Shape:
    """The inverse of ``to_plain`` for a shape."""

    def make(kind: Any, plain: Any) -> Any:
        if get_origin(kind) is tuple:
            return tuple(make(get_args(kind)[0], x) for x in plain)
        if not isinstance(plain, Mapping):
            return plain
        return kind(**{name: make(hint, plain[name]) for name, hint in get_type_hints(kind).items()})

    return make(Shape, data)
