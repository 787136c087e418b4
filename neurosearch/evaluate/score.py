"""From what was recorded to what it is worth: the honest loop, predict, then score, then learn.

A decision is recorded before its label is shown to the network, so every score of a streamed sample is a score on
data not yet learned (prequential evaluation: Gama et al. 2013; with delay: Grzenda et al. 2019).
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from neurosearch.evaluate import accuracy, change, counts, health, latency, prediction, recall
from neurosearch.hardware import operations
from neurosearch.hardware.operations import Inventory
from neurosearch.record.record import Record
from neurosearch.record.score import Score
from neurosearch.record.stream import CUT, HELD_OUT, STREAM, WARM_UP, Stream


def score(
    record: Record,
    stream: Stream,
    *,
    sizes: Mapping[str, int] | None = None,
    teaching_steps: int = 0,
    inventory: Inventory | None = None,
) -> Score:
    """Every metric that the record can give.

    Args:
        record: what one run did.
        stream: what it was shown.
        sizes: neurons of each population that should neither be silent nor saturated: all but the inputs. Without
            it every recorded population is asked for silence and none for saturation.
        teaching_steps: steps of the teaching phase that follows the free steps of each sample.
        inventory: what the network is made of, for the scores of hardware.
    """
    if stream.recall is not None:
        return recall.score(record, stream, inventory)
    streamed = np.flatnonzero(stream.phase == STREAM)
    done = streamed[streamed < record.completed]
    detail: dict[str, Any] = {
        "lead_in": int((stream.phase == WARM_UP).sum()),
        "delay": stream.delay,
        "samples": len(streamed),
        "completed": record.completed,
        "run_seconds": record.run_seconds,
        "setup_seconds": record.setup_seconds,
        "wall_seconds": record.wall_seconds,
    }
    if not len(done):
        reason = record.reason or "the stream had not begun"
        return Score(record.status if record.status != "ok" else "stopped", {}, detail=detail, reason=reason)
    metrics, curve = _predictions(record, stream) if stream.targets is not None else _decisions(record, stream, detail)
    spikes = counts.per_sample(record.spikes, done)
    events = counts.per_sample(record.events, done)
    watched = {name: record.spikes[name][done] for name in (record.spikes if sizes is None else sizes)}
    steps = int(_sample_steps(stream)[done].sum()) + teaching_steps * len(done)
    activity = health.activity(watched, sizes or {}, steps)
    status, reason = record.status, record.reason
    if status == "ok":
        status, reason = health.diagnose(record.readout[done], watched, activity, values=stream.targets is not None)
    metrics |= counts.writes(record.arrays, len(done))
    if spikes:
        metrics["spikes"] = sum(spikes.values())
    if events:
        metrics["synaptic_operations"] = sum(events.values())
    if inventory is not None:
        frames = float(stream.sample_frames[done].mean())
        metrics |= _hardware(inventory, spikes, events, metrics.get("writes"), steps / len(done), frames)
    detail |= {"spikes": spikes, "events": events, "activity": activity}
    return Score(status, metrics, curve, detail, reason)


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


def _decisions(record: Record, stream: Stream, detail: dict[str, Any]) -> tuple[dict[str, float], tuple[float, ...]]:
    """Accuracies and learning curve over the samples that have a label, whether they were reached or not."""
    decided = accuracy.decisions(record.readout, len(stream.labels))
    right = (decided == stream.labels) & (stream.labels >= 0)
    metrics: dict[str, float] = {}
    known = stream.labels >= 0
    streamed = known & (stream.phase == STREAM)
    in_stream, held_out = right[streamed], right[known & (stream.phase == HELD_OUT)]
    if len(in_stream):
        metrics["accuracy"] = float(in_stream.mean())
        metrics["last_accuracy"] = float(in_stream[-accuracy.last_window(len(in_stream)) :].mean())
        metrics["samples_to_80"] = float(accuracy.samples_to_80(in_stream))
        metrics["fading_accuracy"] = accuracy.fading(in_stream)
        metrics["kappa"] = accuracy.kappa(decided[streamed], stream.labels[streamed])
    if len(held_out):
        metrics["held_out_accuracy"] = float(held_out.mean())
    if stream.session is not None and len(in_stream):
        metrics |= _changes(right, stream, stream.session, detail)
    cut = np.flatnonzero(stream.phase == CUT)
    if len(cut) and record.completed == len(stream.labels):
        metrics["decision_latency"] = float(latency.latencies(record.readout[cut], _sample_steps(stream)[cut]).mean())
    return metrics, accuracy.curve(in_stream) if len(in_stream) else ()


def _changes(right: np.ndarray, stream: Stream, session: np.ndarray, detail: dict[str, Any]) -> dict[str, float]:
    streamed = (stream.labels >= 0) & (stream.phase == STREAM)
    found = change.adaptation(right[streamed], session[streamed])
    metrics: dict[str, float] = {}
    if found:
        metrics["adaptation_time"] = float(np.mean([time for time, _ in found]))
        metrics["adaptation_depth"] = float(np.mean([depth for _, depth in found]))
        detail["changes"] = {str(n): {"time": time, "depth": depth} for n, (time, depth) in enumerate(found, 1)}
    return metrics | change.memory(change.remembered(right, stream.labels, stream.phase, session))


def _predictions(record: Record, stream: Stream) -> tuple[dict[str, float], tuple[float, ...]]:
    """Errors, and their course, over the samples with target values; one that was never reached predicted nothing."""
    assert stream.targets is not None, "the caller has looked"
    predicted = np.full(stream.targets.shape, np.nan)
    predicted[: record.completed] = record.readout[: record.completed]
    known = np.isfinite(stream.targets).all(axis=1)
    metrics: dict[str, float] = {}
    learned: tuple[float, ...] = ()
    for phase, prefix in ((STREAM, ""), (HELD_OUT, "held_out_")):
        mine = np.flatnonzero(known & (stream.phase == phase))
        if not len(mine):
            continue
        metrics[f"{prefix}smape"] = prediction.smape(predicted[mine], stream.targets[mine])
        if phase == STREAM:
            learned = prediction.curve(predicted[mine], stream.targets[mine], accuracy.CURVE)
        last = mine[-accuracy.last_window(len(mine)) :]
        errors = {f"{prefix}nrmse": mine} | ({"last_nrmse": last} if phase == STREAM else {})
        for name, samples in errors.items():
            error = prediction.nrmse(predicted[samples], stream.targets[samples])
            if error is not None:
                metrics[name] = error
    return metrics, learned


def _sample_steps(stream: Stream) -> np.ndarray:
    """[K] free steps of each sample."""
    ends = np.concatenate([[0], np.cumsum(stream.frame_steps, dtype=np.int64)])
    last_frame = np.cumsum(stream.sample_frames)
    return np.asarray(ends[last_frame] - ends[last_frame - stream.sample_frames])
