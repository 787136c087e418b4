"""Baselines on a network's own input code: the spike counts of every input neuron in every sample."""

import dataclasses
import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from neurosearch import catalogue, config, trial
from neurosearch.baselines._linear import zero_means_nothing
from neurosearch.baselines.base import SLOW_SAMPLES, Baseline, beginning, cached, evaluate
from neurosearch.graph import Constant, Graph, Input, Population, Projection
from neurosearch.lower.lower import lower
from neurosearch.parts.neurons.li import Li
from neurosearch.parts.wiring.all_to_all import AllToAll
from neurosearch.record.goal import Values
from neurosearch.record.score import Score
from neurosearch.record.stream import Stream
from neurosearch.timeline import timeline
from neurosearch.trial import Prepared

SAMPLES = SLOW_SAMPLES
"""Samples of the stream that are encoded; more would take long, since every spike passes through a raster."""


LEARNERS = {False: ("online_softmax", "passive_aggressive"), True: ("nlms", "rls")}
"""Baselines on the input code, for tasks with classes (False) and with values to predict (True)."""


def run_baselines(configuration: Mapping[str, Any], seed: int, samples: int = SAMPLES) -> dict[str, Score]:
    """Scores of the linear baselines on the network's own input code; computed once and cached."""
    architecture, task, _ = trial.parts(configuration)
    stream = task.stream(seed)
    encoder = trial.graph_of(architecture, stream).input.encoder
    code = [config.to_dict(encoder), catalogue.source_digest(type(encoder)), _coding()]
    key = [stream.key, seed, samples, config.digest(dict(configuration)), code]
    streams: list[Stream] = []  # encoded when the first baseline needs it

    def run(baseline: Baseline) -> Score:
        if not streams:
            streams.append(encoded(configuration, seed, samples))
        return evaluate(baseline, streams[0])

    scores = {}
    for name in LEARNERS[isinstance(stream.goal, Values)]:
        cls = catalogue.find("baselines", name)
        baseline = cls()
        scores[name] = cached([*key, name, catalogue.source_digest(cls)], lambda baseline=baseline: run(baseline))  # type: ignore[misc]
    return scores


@functools.cache
def _coding() -> str:
    """Digest of the source files that turn a stream into spikes."""
    package = Path(__file__).parents[1]
    folders = (package / "parts" / kind for kind in ("encoders", "normalisations"))
    files = [*(file for folder in folders for file in sorted(folder.glob("*.py"))), package / "random.py"]
    files.append(Path(__file__))
    return config.digest([file.read_text(encoding="utf-8") for file in files])


def score(baseline: Baseline, configuration: Mapping[str, Any], seed: int, samples: int = SAMPLES) -> Score:
    """A baseline's score on the stream as this configuration's encoder represents it."""
    return evaluate(baseline, encoded(configuration, seed, samples))


def encoded(configuration: Mapping[str, Any], seed: int, samples: int = SAMPLES) -> Stream:
    """The start of the stream, one row per sample: spike counts of the input neurons, divided by the largest count.

    For a current encoder, mean currents instead. The spikes are those that the network of this seed receives, since the
    same input neurons draw the same random numbers.

    Where 0 means "nothing" in the task's own values, it does so in their code, which is then laid out as an image of
    one row; elsewhere a linear learner standardises the code as it does the values (`neurosearch.baselines._linear`).
    """
    prepared = trial.prepare(configuration, seed)
    stream = beginning(prepared.stream, samples)
    source = next(g for g in prepared.plan.shape.groups if g.name == prepared.plan.input)
    if source.threshold:
        rows = _spikes(prepared, stream, seed)
    else:
        rows = _currents(prepared, stream)
    top = float(rows.max()) or 1.0
    n = len(stream.phase)
    return dataclasses.replace(
        stream,
        values=(rows / top).astype(np.float32),
        shape=(1, rows.shape[1]) if zero_means_nothing(stream) else (rows.shape[1],),
        frame_row=np.arange(n, dtype=np.int32),
        frame_steps=np.add.reduceat(stream.frame_steps, np.cumsum(stream.sample_frames) - stream.sample_frames),
        sample_frames=np.ones(n, np.int32),
        key=config.digest([stream.key, dict(configuration), seed, n]),
    )


def _spikes(prepared: Prepared, stream: Stream, seed: int) -> np.ndarray:
    graph = prepared.graph
    encoder: Any = graph.input.encoder
    code = dataclasses.replace(encoder, stp=None) if getattr(encoder, "stp", None) is not None else encoder
    source = Input(graph.input.name, graph.input.size, code)
    nothing = Projection("nothing", source.name, "sink", AllToAll(), Constant(0.0))
    alone = Graph(source, (Population("sink", 1, Li()),), (nothing,), "sink", "v", graph.teaching_steps, graph.dt)
    only = dataclasses.replace(prepared, plan=lower(alone), stream=stream)
    n = len(stream.phase)
    record = trial.DEFAULT.run(trial.request(only, seed, raster=(0, n - 1)))
    spikes = record.raster[record.raster[:, 1] == record.populations.index(source.name)]
    line = timeline(stream, graph.teaching_steps)
    sample = np.searchsorted(line.boundaries, spikes[:, 0], side="right") - 1
    free = (sample < n) & (spikes[:, 0] < line.decisions[np.minimum(sample, n - 1)])
    counts = np.zeros((n, source.size), np.float32)
    np.add.at(counts, (sample[free], spikes[free, 2]), 1)
    return counts


def _currents(prepared: Prepared, stream: Stream) -> np.ndarray:
    shown = np.asarray(prepared.drive.table()[prepared.drive.order(stream.frame_row)], float)
    weighted = shown * stream.frame_steps[:, None]
    first = np.cumsum(stream.sample_frames) - stream.sample_frames
    steps = np.add.reduceat(stream.frame_steps, first)
    return np.asarray(np.add.reduceat(weighted, first) / steps[:, None])
