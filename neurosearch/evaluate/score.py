"""Compute the metrics of a record, prequentially: predict, then score, then learn.

A decision is recorded before its label is visible to the network, so every streamed sample is scored before it is
learned (prequential evaluation: Gama et al. 2013; with delay: Grzenda et al. 2019).
"""

from collections.abc import Mapping

import numpy as np

from neurosearch.evaluate import accuracy, change, health, latency, prediction, recall
from neurosearch.hardware import counts, operations
from neurosearch.hardware.operations import Inventory
from neurosearch.record.goal import Classes, Recall, Values
from neurosearch.record.record import Record
from neurosearch.record.score import Activity, Change, Score, Shown, Timing
from neurosearch.record.stream import CUT, HELD_OUT, STREAM, WARM_UP, Stream


def score(
    record: Record,
    stream: Stream,
    *,
    sizes: Mapping[str, int] | None = None,
    teaching_steps: int = 0,
    inventory: Inventory | None = None,
) -> Score:
    """Every metric that can be computed from the record.

    Args:
        record: of one run.
        stream: its input.
        sizes: neurons of each population that should neither be silent nor saturated: all but the inputs. Without
            it every recorded population is asked for silence and none for saturation.
        teaching_steps: steps of the teaching phase that follows the free steps of each sample.
        inventory: what the network is made of, for the scores of hardware.
    """
    goal = stream.goal
    if isinstance(goal, Recall):
        return recall.score(record, stream, goal, inventory)
    streamed = np.flatnonzero(stream.phase == STREAM)
    done = streamed[streamed < record.completed]
    chance = accuracy.chance(stream.labels[streamed]) if stream.targets is None else 0.0
    shown = Shown(len(streamed), record.completed, int((stream.phase == WARM_UP).sum()), stream.delay, chance)
    timing = Timing(record.run_seconds, record.setup_seconds, record.wall_seconds)
    if not len(done):
        reason = record.reason or "the stream had not begun"
        status = record.status if record.status != "ok" else "stopped"
        return Score(status, {}, reason=reason, shown=shown, timing=timing)
    changes: tuple[Change, ...] = ()
    match goal:
        case Values():
            metrics, curve = _predictions(record, stream, goal)
        case Classes(labels=labels):
            metrics, curve, changes = _decisions(record, stream, labels)
    spikes = counts.per_sample(record.spikes, done)
    events = counts.per_sample(record.events, done)
    watched = {name: record.spikes[name][done] for name in (record.spikes if sizes is None else sizes)}
    steps = int(_sample_steps(stream)[done].sum()) + teaching_steps * len(done)
    shares = health.activity(watched, sizes or {}, steps)
    status, reason = record.status, record.reason
    if status == "ok":
        status, reason = health.diagnose(record.readout[done], watched, shares, values=isinstance(goal, Values))
    metrics |= counts.writes(record.arrays, len(done))
    metrics |= counts.totals(spikes, events)
    if inventory is not None:
        frames = float(stream.sample_frames[done].mean())
        metrics |= _hardware(
            inventory, spikes, events, metrics.get(counts.WEIGHT_WRITES.name), steps / len(done), frames
        )
    return Score(status, metrics, curve, reason, shown, Activity(spikes, events, shares), timing, changes=changes)


def _hardware(
    inventory: Inventory,
    spikes: Mapping[str, float],
    events: Mapping[str, float],
    writes: float | None,
    steps: float,
    frames: float,
) -> dict[str, float]:
    return (
        operations.static(inventory)
        | operations.activity(inventory, spikes, events, steps, frames)
        | operations.learning(inventory, spikes, events, writes, steps)
    )


def _decisions(
    record: Record, stream: Stream, labels: np.ndarray
) -> tuple[dict[str, float], tuple[float, ...], tuple[Change, ...]]:
    """Accuracies, learning curve and adaptation over all labelled samples, whether the run reached them or not."""
    decided = accuracy.decisions(record.readout, len(labels))
    known = labels >= 0
    right = (decided == labels) & known
    streamed, held_out = known & (stream.phase == STREAM), known & (stream.phase == HELD_OUT)
    metrics = accuracy.of_stream(decided[streamed], labels[streamed]) if streamed.any() else {}
    if held_out.any():
        metrics[accuracy.HELD_OUT_ACCURACY.name] = float(right[held_out].mean())
    changes: tuple[Change, ...] = ()
    if stream.changes and streamed.any():
        changes = tuple(change.adaptation(right[streamed], stream.session[streamed]))
        metrics |= change.adapted(changes)
        metrics |= change.memory(change.remembered(right, labels, stream.phase, stream.session))
    cut = np.flatnonzero(stream.phase == CUT)
    if len(cut) and record.completed == len(labels):
        steps = latency.latencies(record.readout[cut], _sample_steps(stream)[cut])
        metrics[latency.DECISION_LATENCY.name] = float(steps.mean())
    return metrics, accuracy.curve(right[streamed]) if streamed.any() else (), changes


def _predictions(record: Record, stream: Stream, goal: Values) -> tuple[dict[str, float], tuple[float, ...]]:
    """Errors and their learning curve over the samples with target values; unreached samples predict nothing."""
    predicted = np.full(goal.targets.shape, np.nan)
    predicted[: record.completed] = record.readout[: record.completed]
    known, targets = goal.known, goal.targets
    streamed, held_out = known & (stream.phase == STREAM), known & (stream.phase == HELD_OUT)
    metrics = prediction.of_stream(predicted[streamed], targets[streamed]) if streamed.any() else {}
    if held_out.any():
        metrics |= prediction.of_held_out(predicted[held_out], targets[held_out])
    learned = (predicted[streamed], targets[streamed])
    return metrics, prediction.curve(*learned, accuracy.CURVE) if streamed.any() else ()


def _sample_steps(stream: Stream) -> np.ndarray:
    """[K] free steps of each sample."""
    ends = np.concatenate([[0], np.cumsum(stream.frame_steps, dtype=np.int64)])
    last_frame = np.cumsum(stream.sample_frames)
    return np.asarray(ends[last_frame] - ends[last_frame - stream.sample_frames])
