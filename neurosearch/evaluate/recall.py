"""Metrics of a memory's recall: error, overlap, capacity, convergence time and costs."""

from dataclasses import replace

import numpy as np

from neurosearch.hardware import counts
from neurosearch.hardware.operations import Inventory
from neurosearch.record.goal import Recall
from neurosearch.record.metric import Metric
from neurosearch.record.record import Record
from neurosearch.record.score import Activity, Recalled, Score, Shown, Timing
from neurosearch.record.stream import STREAM, Stream

RECALL_ERROR = Metric(
    "recall_error", "minimize", "root mean square of recalled minus stored values (for phases: on the circle)"
)
OVERLAP = Metric(
    "overlap", "maximize", "correlation of recalled and stored values; for phases, the mean cosine of their difference"
)
CAPACITY = Metric(
    "capacity", "maximize", "patterns stored times the fraction of cues recalled with an error below the criterion"
)
STEPS_TO_CONVERGE = Metric(
    "steps_to_converge", "minimize", "steps until the error of recall is within 5 % of its final value"
)

SETTLED = 0.05
"""Fraction of the distance from first to last error within which recall counts as converged."""


def score(record: Record, stream: Stream, goal: Recall, inventory: Inventory | None = None) -> Score:
    """Every metric of a memory; none unless all cues were recalled.

    Args:
        goal: the stream's.
        inventory: what the network is made of: a synapse that carries graded values works in every step.
    """
    recalled = np.flatnonzero(goal.truth >= 0)
    first = recalled[goal.reset[recalled]]
    load = int((stream.phase == STREAM).sum())
    course = Recalled(load, len(first), dict(goal.references))
    shown = Shown(len(stream.phase), record.completed)
    timing = Timing(record.run_seconds, record.setup_seconds, record.wall_seconds)
    if record.status != "ok" or record.completed < len(stream.phase):
        status = record.status if record.status != "ok" else "stopped"
        return Score(status, {}, reason=record.reason, shown=shown, timing=timing, recalled=course)
    truth = np.asarray(stream.values[goal.truth[recalled]], float)
    shape = (len(first), -1, truth.shape[1])
    truth, told = truth.reshape(shape), record.readout[recalled].reshape(shape)
    away = difference(told, truth, goal.period)
    errors, curve = np.sqrt((away**2).mean(axis=2)), np.sqrt((away**2).mean(axis=(0, 2)))
    looks = np.cumsum(np.asarray(stream.frame_steps)[recalled].reshape(len(first), -1)[0]) - 1
    best = int(np.argmin(curve))
    share = float((errors[:, -1] < goal.criterion).mean())
    metrics = {
        RECALL_ERROR.name: float(curve[-1]),
        OVERLAP.name: overlap(told[:, -1], truth[:, -1], goal.period),
        CAPACITY.name: load * share,
        STEPS_TO_CONVERGE.name: float(looks[settled(curve)]),
    }
    error_at = {int(step): float(error) for step, error in zip(looks, curve, strict=True)}
    course = replace(course, error_at=error_at, best_error=float(curve[best]), best_steps=int(looks[best]), share=share)
    steps = int(looks[-1]) + 1
    spikes = {name: float(n[recalled].sum()) / len(first) for name, n in record.spikes.items()}
    operations = {name: float(n[recalled].sum()) / len(first) for name, n in record.events.items()}
    graded = (
        {}
        if inventory is None
        else {k: p for k, p in inventory.pathways.items() if p.carries == "values" and not p.zero}
    )
    operations |= {name: operations.get(name, 0.0) + p.synapses * steps for name, p in graded.items()}
    metrics |= {counts.SPIKES.name: sum(spikes.values()), counts.SYNAPTIC_OPERATIONS.name: sum(operations.values())}
    metrics |= counts.writes(record.arrays, load)
    activity = Activity(spikes, operations)
    return Score("ok", metrics, shown=shown, activity=activity, timing=timing, recalled=course)


def difference(told: np.ndarray, truth: np.ndarray, period: float) -> np.ndarray:
    """Recalled minus true values; for phases, the shorter way round the circle."""
    away = told - truth
    return (away + period / 2) % period - period / 2 if period else away


def overlap(told: np.ndarray, truth: np.ndarray, period: float) -> float:
    """Mean over cues of the correlation with the pattern, 0 if nothing varies; for phases, the mean cosine."""
    if period:
        return float(np.cos((told - truth) * 2 * np.pi / period).mean())
    a, b = (v - v.mean(axis=1, keepdims=True) for v in (told, truth))
    size = np.sqrt((a**2).sum(axis=1) * (b**2).sum(axis=1))
    return float(np.where(size > 0, (a * b).sum(axis=1) / np.where(size > 0, size, 1), 0.0).mean())


def settled(curve: np.ndarray) -> int:
    """Index of the first read-out from which the error [read-outs] stays near its last value."""
    near = SETTLED * abs(float(curve[0] - curve[-1])) + 1e-9
    far = np.flatnonzero(np.abs(curve - curve[-1]) > near)
    return 0 if not len(far) else int(far[-1]) + 1
