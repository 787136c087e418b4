"""One trial: configuration → graph → plan → record → score."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from neurosearch import catalogue, config
from neurosearch.errors import UserError
from neurosearch.evaluate.average import average
from neurosearch.evaluate.score import score
from neurosearch.graph import Graph
from neurosearch.hardware.inventory import inventory
from neurosearch.hardware.weight_memory import WeightMemory
from neurosearch.lower.lower import lower
from neurosearch.plan import Plan
from neurosearch.record.goal import Values
from neurosearch.record.record import Record
from neurosearch.record.rows import digest
from neurosearch.record.score import Provenance, Score
from neurosearch.record.stream import Stream
from neurosearch.simulate.automatic import Automatic
from neurosearch.simulate.cancel import Cancel
from neurosearch.simulate.drive import Drive, drive
from neurosearch.simulate.engine import DEFAULT_LIMITS, Engine
from neurosearch.simulate.engine import Limits as Limits
from neurosearch.simulate.request import SEEDS as SEEDS
from neurosearch.simulate.request import Request, check_seed
from neurosearch.timeline import timeline

DEFAULT: Engine = Automatic()
"""The engine of a trial that names none."""


@dataclass(frozen=True, eq=False)
class Prepared:
    """A configuration that is ready to run: its graph, plan and stream, and the inputs, made when a run needs them."""

    graph: Graph
    plan: Plan
    stream: Stream
    drive: Drive
    memory: WeightMemory | None = None


def run_trial(
    configuration: Mapping[str, Any],
    seeds: Sequence[int],
    cancel: Cancel | None = None,
    limits: Limits = DEFAULT_LIMITS,
    engine: Engine = DEFAULT,
) -> Score:
    """Evaluate a configuration: the mean score of its networks, one for each seed.

    Args:
        configuration: plain data with ``architecture``, ``task`` and optionally ``memory``.
        seeds: seeds of wiring, initial weights, spikes and order of the stream.
        cancel: set it to stop within a step; the score then has status ``stopped``.
        limits: of each network's run.
        engine: what runs the plan.
    """
    if not seeds:
        raise UserError("there is no seed to run a network with; give one at least, such as 0")
    scores, build_seconds, run_seconds, builds, data = [], 0.0, 0.0, 0, ""
    for seed in seeds:
        prepared = prepare(configuration, seed)
        data = data or content(prepared.stream)
        began = time.perf_counter()
        record = engine.run(request(prepared, seed), limits, cancel)
        build_seconds += record.build.seconds
        run_seconds += time.perf_counter() - began - record.build.seconds
        builds += record.build.fresh
        scores.append(scored(prepared, record))
        if record.status == "stopped":
            break
    mean = scores[0] if len(scores) == 1 else average(scores)
    made = record.build
    return replace(
        mean,
        timing=replace(mean.timing, build=build_seconds, simulate=run_seconds),
        provenance=Provenance(data, made.digest, made.compiler, builds),
    )


def prepare(configuration: Mapping[str, Any], seed: int) -> Prepared:
    """Everything of a trial but the simulation."""
    check_seed(seed)
    architecture, task, memory = parts(configuration)
    stream = task.stream(seed)
    graph = graph_of(architecture, stream)
    plan = lower(graph, memory)
    _check_step(stream, plan)
    return Prepared(graph, plan, stream, drive(stream, graph.input.encoder.normalisation), memory)


def request(
    prepared: Prepared,
    seed: int,
    *,
    learning: bool = True,
    probes: Sequence[str] = (),
    raster: tuple[int, int] | None = None,
    start: Mapping[str, np.ndarray] | None = None,
) -> Request:
    """What an engine is asked to do: see `Request`. ``learning`` False is the same network without plasticity."""
    plan = prepared.plan
    line = timeline(prepared.stream, plan.teaching_steps, learning)
    counters = [f"{s.name}.writes" for s in plan.shape.synapses if s.plastic]
    return Request(plan, line, prepared.drive, seed, (*counters, *probes), raster, start or {})


def scored(prepared: Prepared, record: Record) -> Score:
    """The score of a record of this configuration."""
    plan = prepared.plan
    spiking = {g.name for g in plan.shape.groups if g.threshold} - {plan.input}
    sizes = {name: plan.sizes[name] for name in record.spikes if name in spiking}
    made_of = inventory(plan, prepared.memory)
    return score(record, prepared.stream, sizes=sizes, teaching_steps=plan.teaching_steps, inventory=made_of)


def parts(configuration: Mapping[str, Any]) -> tuple[Any, Any, WeightMemory | None]:
    """The architecture, the task and the weight memory of a configuration."""
    for name in ("architecture", "task"):
        if configuration.get(name) is None:
            raise UserError(f"the configuration names no {name}; give one")
    architecture = config.build_part("architectures", configuration["architecture"], path="architecture")
    task = config.build_part("tasks", configuration["task"], path="task")
    memory = configuration.get("memory")
    return architecture, task, config.build(WeightMemory, memory, path="memory") if memory else None


def graph_of(architecture: Any, stream: Stream) -> Graph:
    """What an architecture declares for a stream; a mistake in a class of the user's is theirs to fix."""
    try:
        made = architecture.graph(stream.shape, stream.outputs)
    except UserError:
        raise
    except Exception as error:
        if not catalogue.is_own(type(architecture)):
            raise
        called = f"{type(architecture).__name__}.graph"
        raise UserError(f"{called} fails: {type(error).__name__}: {error}; fix the file") from error
    if not isinstance(made, Graph):
        raise UserError(f"{type(architecture).__name__}.graph returned {made!r}; return a Graph")
    inputs = made.input.encoder.normalisation.inputs(stream.shape)
    if made.input.size != inputs:
        raise UserError(
            f"{type(architecture).__name__}.graph has {made.input.size} input neurons, but its input's encoder "
            f"{made.input.encoder.owner} has {inputs} values for samples of shape {stream.shape}; give "
            "Input(name, encoder.normalisation.inputs(shape), encoder)"
        )
    return made


def _check_step(stream: Stream, plan: Plan) -> None:
    if stream.step and abs(stream.step - plan.shape.dt) > 1e-9 * plan.shape.dt:
        raise UserError(
            f"task.step = {stream.step:g} second, but the architecture's dt = {plan.shape.dt:g} second; "
            f"make them equal, so that recorded times stay what they are"
        )


@dataclass(frozen=True)
class Evaluation:
    """`run_trial` with its settings, as a value: it can be sent to another process."""

    limits: Limits = DEFAULT_LIMITS
    engine: Engine = DEFAULT

    def __call__(self, configuration: Mapping[str, Any], seeds: Sequence[int], cancel: Cancel | None = None) -> Score:
        """See `run_trial`."""
        return run_trial(configuration, seeds, cancel, self.limits, self.engine)


_VALUES: dict[str, str] = {}  # key of a stream → digest of its values; read once in a process


def content(stream: Stream) -> str:
    """Digest of a stream's values, labels and targets: what stays when the same data come from another file."""
    if stream.key not in _VALUES:
        _VALUES[stream.key] = digest(*stream.arrays)
    goal = stream.goal
    told = [goal.labels, goal.targets] if isinstance(goal, Values) else [goal.labels]
    return config.digest([_VALUES[stream.key], digest(*told)])[:24]


def limited(seconds: float | None, memory_gb: float | None) -> Limits:
    """The limits a study gives; where it gives none, our own."""
    own = DEFAULT_LIMITS
    memory = own.memory_bytes if memory_gb is None else int(memory_gb * 1e9)
    return Limits(own.seconds if seconds is None else seconds, memory)
