"""What a linear learner sees: images and recorded events as they are, other values standardised by what came before.

A signal has no natural zero: its channels may all lie around 0.5, and then the part that all samples share drowns what
tells them apart, whatever the rate of a learner that takes one step a sample.
"""

import numpy as np

from neurosearch.baselines.base import inputs
from neurosearch.record.rows import SparseRows
from neurosearch.record.stream import STREAM, WARM_UP, Stream

FARTHEST = 3.0
"""Deviations from the mean beyond which a value counts as this far: the first few samples tell a deviation badly."""


def zero_means_nothing(stream: Stream) -> bool:
    """Whether 0 stands for nothing there: in images (two dimensions of channels) and in recorded events."""
    return isinstance(stream.values, SparseRows) or len(stream.shape) == 2


def seen(stream: Stream) -> np.ndarray:
    """[K, n + 1] what a linear learner sees of each sample, then a 1.

    Where 0 means nothing, the input as it is. Else each value less its running mean, over its running standard
    deviation, at most ``FARTHEST`` off 0. Mean and deviation (Welford 1962) are those of the samples before this one,
    lead-in included; samples that are shown with learning off do not change them. Before two samples all is 0.
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
    """[K] estimate of E|x|² of what is ``seen`` that is available when each sample's label arrives.

    Of raw input the mean over the lead-in, or, without one, over the samples so far. Of standardised values it is
    their number and 1, by their making; those that never changed so far are not counted.
    """
    if not zero_means_nothing(stream):
        changed = np.maximum.accumulate(x != 0, axis=0).sum(axis=1)
        return np.where(changed > 1, changed, x.shape[1]).astype(float)
    square = np.einsum("kc,kc->k", x, x, dtype=np.float64)
    lead_in = stream.phase == WARM_UP
    if lead_in.any():
        return np.full(len(x), square[lead_in].mean())
    return np.asarray(np.cumsum(square) / np.arange(1, len(x) + 1))
