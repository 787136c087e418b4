"""Errors of predicted values: sMAPE as defined by NeuroBench, and the normalised root mean square error."""

import numpy as np

from neurosearch.evaluate.accuracy import last_window
from neurosearch.record.metric import Metric

SMAPE = Metric(
    "smape", "minimize", "symmetric mean absolute error of predicted values, per cent, prequential", "stream"
)
NRMSE = Metric(
    "nrmse", "minimize", "root mean square error over the standard deviation of the targets, prequential", "stream"
)
LAST_NRMSE = Metric("last_nrmse", "minimize", "the same in the last window of the stream", "stream")
HELD_OUT_SMAPE = Metric("held_out_smape", "minimize", "smape on held-out samples, learning off", "held_out", "smape")
HELD_OUT_NRMSE = Metric("held_out_nrmse", "minimize", "nrmse on held-out samples, learning off", "held_out", "nrmse")


def of_stream(predicted: np.ndarray, target: np.ndarray) -> dict[str, float]:
    """Metrics of the predictions [n, O] for the samples of the stream that have a target, n at least 1."""
    last = slice(-last_window(len(target)), None)
    found = {SMAPE.name: smape(predicted, target)}
    errors = {NRMSE.name: nrmse(predicted, target), LAST_NRMSE.name: nrmse(predicted[last], target[last])}
    return found | {name: error for name, error in errors.items() if error is not None}


def of_held_out(predicted: np.ndarray, target: np.ndarray) -> dict[str, float]:
    """The same for held-out samples."""
    error = nrmse(predicted, target)
    found = {HELD_OUT_SMAPE.name: smape(predicted, target)}
    return found if error is None else found | {HELD_OUT_NRMSE.name: error}


def smape(predicted: np.ndarray, target: np.ndarray) -> float:
    """``200 mean(|p - y| / (|p| + |y|))`` in per cent, 0 to 200; predictions that are not finite count 200."""
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        term = np.abs(predicted - target) / (np.abs(predicted) + np.abs(target))
    term = np.where((predicted == 0) & (target == 0), 0.0, term)
    return float(200 * np.where(np.isfinite(predicted), term, 1.0).mean())


def nrmse(predicted: np.ndarray, target: np.ndarray) -> float | None:
    """Root mean square error over the standard deviation of the targets: 1 is no better than their mean.

    ``None`` if a prediction is not finite or the targets do not vary.
    """
    spread = float(target.std())
    if not np.isfinite(predicted).all() or spread == 0:
        return None
    return float(np.sqrt(((predicted - target) ** 2).mean())) / spread


def curve(predicted: np.ndarray, target: np.ndarray, windows: int) -> tuple[float, ...]:
    """Root mean square error in (nearly) equal consecutive windows, over the deviation of all targets; see `nrmse`."""
    spread = float(target.std())
    if not np.isfinite(predicted).all() or spread == 0:
        return ()
    parts = np.array_split(((predicted - target) ** 2).mean(axis=1), min(windows, len(target)))
    return tuple(float(np.sqrt(part.mean())) / spread for part in parts)


def constant(readout: np.ndarray) -> bool:
    """Whether the read-out [k, O] is the same for every sample, so that nothing was predicted."""
    return bool((readout == readout[:1]).all())
