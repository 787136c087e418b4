"""From what was recorded to what it is worth: the honest loop, predict, then score, then learn.

A decision is recorded before its label is shown to the network, so every score of a streamed sample is a score on
data not yet learned (prequential evaluation: Gama et al. 2013; with delay: Grzenda et al. 2019).
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from neurosearch.evaluate import accuracy, counts, health
from neurosearch.record import HELD_OUT, LEAD_IN, STREAM, Record, Score, Stream


def score(record: Record, stream: Stream, *, sizes: Mapping[str, int] | None = None, teaching_steps: int = 0) -> Score:
    """Every metric that the record can give.

    Args:
        record: what one run did.
        stream: what it was shown.
        sizes: neurons of each population that should neither be silent nor saturated: all but the inputs. Without
            it every recorded population is asked for silence and none for saturation.
        teaching_steps: steps of the teaching phase that follows the free steps of each sample.
    """
    streamed = np.flatnonzero(stream.phase == STREAM)
    done = streamed[streamed < record.completed]
    detail: dict[str, Any] = {
        "lead_in": int((stream.phase == LEAD_IN).sum()),
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
    right, curve = _decisions(record, stream)
    spikes = counts.per_sample(record.spikes, done)
    events = counts.per_sample(record.events, done)
    watched = {name: record.spikes[name][done] for name in (record.spikes if sizes is None else sizes)}
    steps = int(_sample_steps(stream)[done].sum()) + teaching_steps * len(done)
    activity = health.activity(watched, sizes or {}, steps)
    status, reason = record.status, record.reason
    if status == "ok":
        status, reason = health.diagnose(record.readout[done], watched, activity)
    metrics = right | counts.writes(record.arrays, len(done))
    if spikes:
        metrics["spikes"] = sum(spikes.values())
    if events:
        metrics["synaptic_operations"] = sum(events.values())
    detail |= {"spikes": spikes, "events": events, "activity": activity}
    return Score(status, metrics, curve, detail, reason)


def _decisions(record: Record, stream: Stream) -> tuple[dict[str, float], tuple[float, ...]]:
    """Accuracies and learning curve over the samples that have a label, whether they were reached or not."""
    right = accuracy.correct(record.readout, stream.labels)
    metrics: dict[str, float] = {}
    known = stream.labels >= 0
    in_stream, held_out = right[known & (stream.phase == STREAM)], right[known & (stream.phase == HELD_OUT)]
    if len(in_stream):
        metrics["accuracy"] = float(in_stream.mean())
        metrics["last_accuracy"] = float(in_stream[-accuracy.last_window(len(in_stream)) :].mean())
        metrics["samples_to_80"] = float(accuracy.samples_to_80(in_stream))
    if len(held_out):
        metrics["held_out_accuracy"] = float(held_out.mean())
    return metrics, accuracy.curve(in_stream) if len(in_stream) else ()


def _sample_steps(stream: Stream) -> np.ndarray:
    """[K] free steps of each sample."""
    ends = np.concatenate([[0], np.cumsum(stream.frame_steps, dtype=np.int64)])
    last_frame = np.cumsum(stream.sample_frames)
    return np.asarray(ends[last_frame] - ends[last_frame - stream.sample_frames])
