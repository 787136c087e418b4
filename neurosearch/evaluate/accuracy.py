"""Correct and wrong decisions, and the metrics of learning computed from them.

A decision is the first arg-max of a sample's read-out, as in the running program. A sample counts as wrong if its
read-out is equal for all outputs or not finite (a silent network decides nothing and must not be credited with class
0), or if the run ended before it (a diverging network must not look good on the few samples before it diverged).
"""

import numpy as np

from neurosearch.record.metric import Metric

ACCURACY = Metric(
    "accuracy", "maximize", "fraction of correct decisions on the stream: predict, score, then learn", "stream",
    label="prequential accuracy",
)  # fmt: skip
LAST_ACCURACY = Metric(
    "last_accuracy", "maximize", "the same in the last window of the stream", "stream",
    label="accuracy in the last window",
)  # fmt: skip
SAMPLES_TO_80 = Metric(
    "samples_to_80", "minimize", "samples until 80 % of the last window's accuracy is first reached", "stream",
    label="samples until 80 % of the final accuracy",
)  # fmt: skip
FADING_ACCURACY = Metric(
    "fading_accuracy", "maximize", "prequential accuracy at the stream's end, older samples counting less", "stream"
)
KAPPA = Metric("kappa", "maximize", "Cohen's kappa: prequential agreement beyond chance, for skewed streams", "stream")
UNDECIDED = Metric(
    "undecided", "minimize", "share of the stream's samples without a decision, which count as wrong", "stream"
)
HELD_OUT_ACCURACY = Metric(
    "held_out_accuracy", "maximize", "accuracy on held-out samples, learning off, after the stream", "held_out",
    instead="accuracy", label="held-out accuracy",
)  # fmt: skip

LAST = 500
"""Samples in the last window; a quarter of the stream when that is less."""
CURVE = 20
"""Number of windows of the learning curve."""
REACHED = 100
"""Samples over which ``samples_to_80`` averages; never more than the last window."""

FADING = 0.995
"""Weight of a sample relative to the next one in the fading accuracy: an effective window of 1/(1 - 0.995) = 200."""


def of_stream(decided: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """Metrics of the decisions [n] on the labelled samples [n] of the stream, n at least 1."""
    right = decided == labels
    return {
        ACCURACY.name: float(right.mean()),
        LAST_ACCURACY.name: float(right[-last_window(len(right)) :].mean()),
        SAMPLES_TO_80.name: float(samples_to_80(right)),
        FADING_ACCURACY.name: fading(right),
        KAPPA.name: kappa(decided, labels),
        UNDECIDED.name: float((decided < 0).mean()),
    }


def chance(labels: np.ndarray) -> float:
    """Share of the most frequent class among labels [n]: what always naming it would score; 0 of no labels."""
    known = labels[labels >= 0]
    return float(np.bincount(known).max() / len(known)) if len(known) else 0.0


def undecided(readout: np.ndarray) -> np.ndarray:
    """[k] bool: whether the read-out [k, O] is not finite or equal for all outputs."""
    finite, equal = np.isfinite(readout).all(axis=1), (readout == readout[:, :1]).all(axis=1)
    return np.asarray(~finite | equal)


def correct(readout: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """[K] bool: whether decisions of a read-out [k, O] match labels [K]; samples k and later were never run."""
    return np.asarray((decisions(readout, len(labels)) == labels) & (labels >= 0))


def decisions(readout: np.ndarray, samples: int) -> np.ndarray:
    """[samples] predicted class; -1 if nothing was decided or the sample was never run."""
    decided = np.full(samples, -1)
    if len(readout):
        decided[: len(readout)] = np.where(undecided(readout), -1, np.argmax(readout, axis=1))
    return decided


def last_window(n: int) -> int:
    """Number of samples in the last window of n streamed samples."""
    return max(1, min(LAST, n // 4))


def samples_to_80(right: np.ndarray) -> int:
    """Samples seen when a trailing window first reaches 80 % of the last window's accuracy.

    The trailing window has ``REACHED`` samples, or the length of the last window if that is shorter. The total number
    of samples if it never does, or if the final accuracy is 0.
    """
    n = len(right)
    goal = 0.8 * right[n - last_window(n) :].mean()
    width = min(REACHED, last_window(n))
    total = np.concatenate([[0], np.cumsum(right)])
    reached = np.flatnonzero(total[width:] - total[:-width] >= goal * width - 1e-9)
    return int(reached[0]) + width if goal > 0 and len(reached) else n


def fading(right: np.ndarray) -> float:
    """Prequential accuracy with each sample weighted ``FADING`` times the next one (Gama et al. 2013)."""
    weight = FADING ** np.arange(len(right) - 1, -1, -1.0)
    return float((weight * right).sum() / weight.sum())


def kappa(decided: np.ndarray, labels: np.ndarray) -> float:
    """Cohen's kappa of decisions [n] (-1: none) and labels [n]; 0 if chance agreement is 1."""
    agreed = float((decided == labels).mean())
    classes = int(max(decided.max(), labels.max())) + 2  # the first is "no decision"
    shares = [np.bincount(values + 1, minlength=classes) / len(labels) for values in (decided, labels)]
    chance = float((shares[0] * shares[1])[1:].sum())
    return (agreed - chance) / (1 - chance) if chance < 1 else 0.0


def curve(right: np.ndarray) -> tuple[float, ...]:
    """Accuracy in ``CURVE`` (nearly) equal consecutive windows; fewer for a very short stream."""
    n = min(CURVE, len(right))
    sizes = [len(right) // n + (k < len(right) % n) for k in range(n)]
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    return tuple((np.add.reduceat(right.astype(np.int64), starts) / sizes).tolist())
