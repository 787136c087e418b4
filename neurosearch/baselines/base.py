"""Base class of baselines: simple learners that see the same stream as a network and are scored by the same rules."""

import abc
import dataclasses
import functools
import json
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from neurosearch import catalogue, config
from neurosearch.declare import Part
from neurosearch.evaluate.score import score
from neurosearch.files.cache_folder import PRIVATE, own_cache_folder
from neurosearch.parts.tasks.base import Streams
from neurosearch.record.goal import Classes, Recall, Values
from neurosearch.record.record import Record
from neurosearch.record.rows import SparseRows
from neurosearch.record.score import Score
from neurosearch.record.stored import score_from_json, score_to_json
from neurosearch.record.stream import STREAM, Stream

SLOW_SAMPLES = 5000
"""Samples of the stream that an optional baseline sees: at up to 20 ms per sample, at most 100 s."""


@dataclass(frozen=True)
class Baseline(Part, abc.ABC):
    """A learner scored like a network: predict, score, learn when the label arrives.

    Attributes:
        predicts: whether it learns and predicts values rather than classes.
        linear: whether it is linear in its input, the least that a network has to beat.
        on_request: whether it is optional, because it is slow or needs another package.
    """

    predicts: ClassVar[bool] = False
    linear: ClassVar[bool] = False
    on_request: ClassVar[bool] = False

    @abc.abstractmethod
    def readout(self, stream: Stream) -> np.ndarray:
        """[K, O] decision variables of each sample, computed only from labels that arrived before it."""


def visible_labels(stream: Stream) -> np.ndarray:
    """[K] class of each sample that the learner gets to see, -1 for none."""
    match stream.goal:
        case Classes(visible_labels=labels) | Recall(labels=labels):
            return labels
        case Values(visible=visible):
            return np.where(visible, 0, -1)


def predicted_values(stream: Stream) -> np.ndarray:
    """[K, O] values to predict; the stream must have them."""
    assert isinstance(stream.goal, Values), "the task has values to predict"
    return stream.goal.targets


def label_source(stream: Stream) -> np.ndarray:
    """[K] index of the sample whose label or value arrives after the decision of sample k; -1: none, or no stream."""
    known = visible_labels(stream) >= 0
    if isinstance(stream.goal, Values):
        known &= stream.goal.known
    streamed = np.flatnonzero(stream.phase == STREAM)
    source = np.full(len(stream.phase), -1)
    earlier = streamed[: len(streamed) - stream.delay]
    source[streamed[stream.delay :]] = np.where(known[earlier], earlier, -1)
    return source


def inputs(stream: Stream) -> np.ndarray:
    """[K, n + 1] concatenated frames of each sample (their mean if samples differ in length), then a 1 for the bias.

    For recorded events, the event count of each channel.
    """
    frames = stream.sample_frames
    if isinstance(stream.values, SparseRows):
        rows = np.split(stream.frame_row, np.cumsum(frames)[:-1])
        x = np.stack([stream.values.totals(r) for r in rows]).astype(np.float32)
    elif (frames == frames[0]).all():
        x = stream.values[stream.frame_row].reshape(len(frames), -1)
    else:
        x = np.add.reduceat(stream.values[stream.frame_row], np.cumsum(frames) - frames) / frames[:, None]
    return np.concatenate([x, np.ones((len(x), 1), x.dtype)], axis=1)


def evaluate(baseline: Baseline, stream: Stream) -> Score:
    """The baseline's score on a stream: accuracies or errors only, since it has no spikes and no steps."""
    n = len(stream.phase)
    nothing = np.zeros((0, 3), np.int32)
    found = score(Record("ok", n, n, baseline.readout(stream), {}, {}, {}, nothing), stream)
    metrics = {name: value for name, value in found.metrics.items() if name != "decision_latency"}
    return dataclasses.replace(found, metrics=metrics)


def names(predicts: bool = False, everything: bool = False) -> list[str]:
    """Names of the baselines for tasks with classes or, if ``predicts``, with values to predict.

    Args:
        everything: include the optional ones.
    """
    classes = {name: catalogue.find("baselines", name) for name in catalogue.names("baselines")}
    return [n for n, cls in classes.items() if cls.predicts == predicts and (everything or not cls.on_request)]  # type: ignore[attr-defined]


def run_baselines(task: Streams, seed: int, everything: bool = False) -> dict[str, Score]:
    """Score of each baseline on the stream that a network of this seed sees; computed once and cached.

    Args:
        everything: include the optional ones, on the first ``SLOW_SAMPLES`` samples of the stream.
    """
    stream = task.stream(seed)  # its key, since equal settings may have other data: a file may have changed
    applicable = names(isinstance(stream.goal, Values), everything)
    return {name: _remembered(name, task, seed, stream.key) for name in applicable}


def beginning(stream: Stream, n: int) -> Stream:
    """The stream truncated after the first n samples of its STREAM phase."""
    streamed = np.flatnonzero(stream.phase == STREAM)
    if len(streamed) <= n:
        return stream
    k = int(streamed[n])
    frames = int(stream.sample_frames[:k].sum())
    return dataclasses.replace(
        stream,
        frame_row=stream.frame_row[:frames],
        frame_steps=stream.frame_steps[:frames],
        sample_frames=stream.sample_frames[:k],
        goal=stream.goal.take(np.arange(k)),
        phase=stream.phase[:k],
        session=stream.session[:k],
    )


@functools.lru_cache(maxsize=256)
def _remembered(name: str, task: Streams, seed: int, key: str) -> Score:
    cls = catalogue.find("baselines", name)

    def run() -> Score:
        baseline, stream = cls(), task.stream(seed)
        return evaluate(baseline, beginning(stream, SLOW_SAMPLES) if baseline.on_request else stream)

    of_task = [key, seed, catalogue.name_of(task), config.to_dict(task), catalogue.source_digest(type(task))]
    return cached([*of_task, name, catalogue.source_digest(cls)], run)


def cached(key: list[Any], make: Callable[[], Score]) -> Score:
    """The score that ``make`` returns for this key, from the cache if any process computed it with today's scoring."""
    file = _folder() / f"{config.digest([*key, _scoring()])}.json"
    known = _read(file)
    if known is None:
        known = make()
        _write(file, known)
    return known


def _folder() -> Path:
    return own_cache_folder() / "baselines"


@functools.cache
def _scoring() -> str:
    """Digest of the source files that produce streams and scores: a change of any of them invalidates the cache."""
    package = Path(__file__).parents[1]
    files = sorted(
        file for room in ("baselines", "evaluate", "record", "parts/tasks") for file in (package / room).glob("*.py")
    )
    return config.digest([file.read_text(encoding="utf-8") for file in files])


def _read(file: Path) -> Score | None:
    try:
        return score_from_json(json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError):  # not there, or damaged: it is computed (again)
        return None


def _write(file: Path, found: Score) -> None:
    """Kept for other processes where there is room; a score is never lost because it cannot be kept."""
    try:
        file.parent.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=file.parent, delete=False, encoding="utf-8") as part:
            json.dump(score_to_json(found), part)
        os.replace(part.name, file)
    except OSError:
        return
