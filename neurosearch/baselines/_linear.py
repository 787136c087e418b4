"""Inputs of the linear baselines: images and recorded events unchanged, other values standardised by past samples.

A signal has no natural zero: its channels may all lie around 0.5, and the component common to all samples then masks
what distinguishes them, at any learning rate of a learner that takes one step per sample.
"""

import numpy as np

from neurosearch.baselines.base import inputs
from neurosearch.record.rows import SparseRows
from neurosearch.record.stream import STREAM, WARM_UP, Stream

FARTHEST = 3.0
"""Standard deviations at which values are clipped: the first few samples estimate the deviation badly."""


def zero_means_nothing(stream: Stream) -> bool:
    """Whether 0 means "nothing": in images (two dimensions of channels) and in recorded events."""
    return isinstance(stream.values, SparseRows) or len(stream.shape) == 2


def seen(stream: Stream) -> np.ndarray:
    """[K, n + 1] input of a linear learner for each sample, followed by a 1 for the bias.

    Where 0 means nothing, the unchanged input. Otherwise each value minus its running mean, divided by its running
    standard deviation and clipped to ±``FARTHEST``. Mean and deviation (Welford 1962) are those of the preceding
    samples, lead-in included; samples shown with learning off do not change them. All 0 until two samples were seen.
    """
    x = inputs(stream)
    if zero_means_nothing(stream):
        return x
    x = x.astype(float)
    n, mean, square = 0, np.zeros(x.shape[1] - 1), np.zeros(x.shape[1] - 1)
    learning = np.isin(stream.phase, (WARM_UP, STREAM))
    for k, raw in enumerate(x[:, :-1].copy()):
        off = raw - mean
        if n < 2:
            x[k, :-1] = 0
        else:
            deviation = np.sqrt(square / n)
            x[k, :-1] = np.clip(off / np.where(deviation > 0, deviation, 1), -FARTHEST, FARTHEST)
        if learning[k]:
            n += 1
            mean += off / n
            square += off * (raw - mean)
    return x


def mean_square(x: np.ndarray, stream: Stream) -> np.ndarray:
    """[K] estimate of E|x|² of ``seen``, from what is known when each sample's label arrives.

    For raw input, the mean over the lead-in or, without one, over the samples so far. For standardised values, the
    number of values plus 1, since each has variance 1; values that have not changed so far are not counted.
    """
    if not zero_means_nothing(stream):
        changed = np.maximum.accumulate(x != 0, axis=0).sum(axis=1)
        return np.where(changed > 1, changed, x.shape[1]).astype(float)
    square = np.einsum("kc,kc->k", x, x, dtype=np.float64)
    lead_in = stream.phase == WARM_UP
    if lead_in.any():
        return np.full(len(x), square[lead_in].mean())
    return np.asarray(np.cumsum(square) / np.arange(1, len(x) + 1))
