"""Right and wrong decisions, and what a stream of them says about learning.

A decision is the first arg-max of a sample's readout, as in the running program. A sample counts as wrong when its
readout is equal for all outputs or not finite (a silent network decides nothing and must not earn class 0), and when
the run ended before it (a diverging network must not look good on the few samples it survived).
"""

import numpy as np

from neurosearch.record.metric import Metric

ACCURACY = Metric(
    "accuracy", "maximize", "share of right decisions on the stream: predict, score, then learn", "stream",
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
"""Windows of the learning curve."""
REACHED = 100
"""Samples over which ``samples_to_80`` averages; never more than the last window."""

FADING = 0.995
"""What a sample counts of the next one in the fading accuracy: about the last 200 samples matter."""


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
    """[k] bool: the readout [k, O] is not finite or does not differ between outputs."""
    finite, equal = np.isfinite(readout).all(axis=1), (readout == readout[:, :1]).all(axis=1)
    return np.asarray(~finite | equal)


def correct(readout: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """[K] bool: right decisions of a readout [k, O] for labels [K], where samples k and later were never run."""
    return np.asarray((decisions(readout, len(labels)) == labels) & (labels >= 0))


def decisions(readout: np.ndarray, samples: int) -> np.ndarray:
    """[samples] decided class; -1 where nothing was decided or the sample was never run."""
    decided = np.full(samples, -1)
    if len(readout):
        decided[: len(readout)] = np.where(undecided(readout), -1, np.argmax(readout, axis=1))
    return decided


def last_window(n: int) -> int:
    """How many of n streamed samples are in the last window."""
    return max(1, min(LAST, n // 4))


def samples_to_80(right: np.ndarray) -> int:
    """Samples seen when a trailing window first reaches 80 % of the last window's accuracy.

    The trailing window is ``REACHED`` samples, or the last window where that is shorter. All samples where it never
    does; a network that ends with nothing right has not reached anything.
    """
    n = len(right)
    goal = 0.8 * right[n - last_window(n) :].mean()
    width = min(REACHED, last_window(n))
    total = np.concatenate([[0], np.cumsum(right)])
    reached = np.flatnonzero(total[width:] - total[:-width] >= goal * width - 1e-9)
    return int(reached[0]) + width if goal > 0 and len(reached) else n


def fading(right: np.ndarray) -> float:
    """Prequential accuracy in which each sample counts ``FADING`` times the one after it (Gama et al. 2013)."""
    weight = FADING ** np.arange(len(right) - 1, -1, -1.0)
    return float((weight * right).sum() / weight.sum())


def kappa(decided: np.ndarray, labels: np.ndarray) -> float:
    """Cohen's kappa of decisions [n] (-1: none) with labels [n]; 0 where chance alone agrees always."""
    agreed = float((decided == labels).mean())
    classes = int(max(decided.max(), labels.max())) + 2  # the first stands for no decision
    shares = [np.bincount(values + 1, minlength=classes) / len(labels) for values in (decided, labels)]
    chance = float((shares[0] * shares[1])[1:].sum())
    return (agreed - chance) / (1 - chance) if chance < 1 else 0.0


def curve(right: np.ndarray) -> tuple[float, ...]:
    """Accuracy in ``CURVE`` (nearly) equal consecutive windows; fewer for a very short stream."""
    n = min(CURVE, len(right))
    sizes = [len(right) // n + (k < len(right) % n) for k in range(n)]
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    return tuple((np.add.reduceat(right.astype(np.int64), starts) / sizes).tolist())
