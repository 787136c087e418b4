"""The corridor: a configuration → a graph → a plan → a program → a record → a score."""

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
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
from neurosearch.plan import Plan, to_plain
from neurosearch.record.record import Record
from neurosearch.record.rows import digest
from neurosearch.record.score import Score
from neurosearch.record.stream import Stream
from neurosearch.simulate import build, builder, run, stock
from neurosearch.simulate.drive import Drive, drive
from neurosearch.simulate.request import request
from neurosearch.timeline import timeline

Progress = Callable[[int, int, int], None]

SEEDS = 2**31
"""How many seeds there are."""


@dataclass(frozen=True)
class Limits:
    """What one simulation may use; ``None``: no limit. Unless a study says otherwise, an hour and 8 GB."""

    seconds: float | None = 3600.0
    memory_bytes: int | None = 8_000_000_000


def limited(seconds: float | None, memory_gb: float | None) -> Limits:
    """The limits a study gives; where it gives none, our own."""
    own = Limits()
    memory = own.memory_bytes if memory_gb is None else int(memory_gb * 1e9)
    return Limits(own.seconds if seconds is None else seconds, memory)


@dataclass(frozen=True, eq=False)
class Prepared:
    """A configuration that is ready to run: its plan, its stream and the inputs, made when a run asks for them."""

    plan: Plan
    stream: Stream
    drive: Drive
    memory: WeightMemory | None = None


def run_trial(
    configuration: Mapping[str, Any],
    seeds: Sequence[int],
    cancel: threading.Event | None = None,
    limits: Limits = Limits(),
    on_progress: Progress | None = None,
) -> Score:
    """Evaluate a configuration: the mean score of its networks, one for each seed.

    Args:
        configuration: plain data with ``architecture``, ``task`` and optionally ``memory``.
        seeds: seeds of wiring, initial weights, spikes and order of the stream.
        cancel: set it to stop within a step; the score then has status ``stopped``.
    """
    scores, seconds, fresh, data = [], {"build": 0.0, "simulate": 0.0}, 0, ""
    for seed in seeds:
        prepared = prepare(configuration, seed)
        data = data or content(prepared.stream)
        began = time.perf_counter()
        engine = compiled(prepared.plan, cancel)
        built = time.perf_counter()
        record = simulate(prepared, engine, seed, cancel=cancel, limits=limits, on_progress=on_progress)
        seconds["build"] += built - began
        seconds["simulate"] += time.perf_counter() - built
        fresh += engine.fresh
        scores.append(scored(prepared, record))
        if record.status == "stopped":
            break
    mean = scores[0] if len(scores) == 1 else average(scores)
    detail = {
        **mean.detail,
        "seconds": seconds,
        "build_fresh": fresh,
        "data": data,
        "program": engine.digest,
        "compiler": engine.compiler,
    }
    return replace(mean, detail=detail)


_VALUES: dict[str, str] = {}  # key of a stream → digest of its values; read once in a process


def content(stream: Stream) -> str:
    """Digest of a stream's values, labels and targets: what stays when the same data come from another file."""
    if stream.key not in _VALUES:
        _VALUES[stream.key] = digest(*stream.arrays)
    told = [stream.labels] if stream.targets is None else [stream.labels, stream.targets]
    return config.digest([_VALUES[stream.key], digest(*told)])[:24]


def prepare(configuration: Mapping[str, Any], seed: int) -> Prepared:
    """Everything of a trial but the simulation."""
    if not 0 <= seed < SEEDS:
        raise UserError(f"seed = {seed} is outside 0 to {SEEDS - 1}; give a seed in this range")
    architecture, task, memory = parts(configuration)
    stream = task.stream(seed)
    plan = lower(_graph(architecture, stream), memory)
    _check_step(stream, plan)
    return Prepared(plan, stream, drive(stream, architecture_encoder(architecture).normalisation), memory)


def parts(configuration: Mapping[str, Any]) -> tuple[Any, Any, WeightMemory | None]:
    """The architecture, the task and the weight memory of a configuration."""
    architecture = config.build_part("architectures", configuration["architecture"], path="architecture")
    task = config.build_part("tasks", configuration["task"], path="task")
    memory = configuration.get("memory")
    return architecture, task, config.build(WeightMemory, memory, path="memory") if memory else None


def _graph(architecture: Any, stream: Stream) -> Graph:
    """What an architecture declares; a mistake in a class of the user's is theirs to fix."""
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
    return made


def architecture_encoder(architecture: Any) -> Any:
    """The encoder of an architecture, found through its graph's input for a shape that every encoder accepts."""
    return architecture.encoder


def _check_step(stream: Stream, plan: Plan) -> None:
    if stream.step and abs(stream.step - plan.shape.dt) > 1e-9 * plan.shape.dt:
        raise UserError(
            f"task.step = {stream.step:g} second, but the architecture's dt = {plan.shape.dt:g} second; "
            f"make them equal, so that recorded times stay what they are"
        )


@dataclass(frozen=True)
class Fallback:
    """Brian2's own device in place of a compiled program, and why. Slow, and right."""

    reason: str
    digest: str = ""
    fresh: bool = False

    @property
    def compiler(self) -> str:
        """What stands where a compiler's name would."""
        return f"none, Brian2's own device: {self.reason}"


def compiled(plan: Plan, cancel: threading.Event | None = None) -> build.Program | Fallback:
    """The program of a plan, built if nobody did before; the fallback where our device refuses the plan."""
    try:
        return build.program(plan.shape.digest, lambda: to_plain(plan.shape), cancel=cancel)
    except builder.Unsupported as refusal:
        if str(refusal) not in _SAID:
            _SAID.add(str(refusal))
            _LOG.warning("Brian2's own device runs this structure, about 100 times slower: %s", refusal)
        return Fallback(str(refusal), plan.shape.digest)


_SAID: set[str] = set()
_LOG = logging.getLogger(__name__)


def simulate(
    prepared: Prepared,
    engine: build.Program | Fallback,
    seed: int,
    *,
    learning: bool = True,
    probes: Sequence[str] = (),
    raster: tuple[int, int] | None = None,
    weights: dict[str, np.ndarray] | None = None,
    cancel: threading.Event | None = None,
    limits: Limits = Limits(),
    on_progress: Progress | None = None,
) -> Record:
    """Run a prepared configuration once. ``learning`` False is the same network without plasticity."""
    plan = prepared.plan
    line = timeline(prepared.stream, plan.teaching_steps, learning)
    counters = [f"{s.name}.writes" for s in plan.shape.synapses if s.plastic]
    asked = request(
        plan, line, prepared.drive, seed, probes=[*counters, *probes], raster=raster, weights=weights,
        report=max(1, line.samples // 100) if on_progress else 0,
    )  # fmt: skip
    if isinstance(engine, Fallback):
        return stock.run(to_plain(plan.shape), asked, time_limit=limits.seconds, cancel=cancel)
    return run.run(
        engine.path,
        asked,
        time_limit=limits.seconds,
        memory_limit=limits.memory_bytes,
        on_progress=on_progress,
        cancel=cancel,
    )


def scored(prepared: Prepared, record: Record) -> Score:
    """The score of a record of this configuration."""
    plan = prepared.plan
    spiking = {g.name for g in plan.shape.groups if g.threshold} - {plan.input}
    sizes = {name: plan.sizes[name] for name in record.spikes if name in spiking}
    made_of = inventory(plan, prepared.memory)
    return score(record, prepared.stream, sizes=sizes, teaching_steps=plan.teaching_steps, inventory=made_of)
