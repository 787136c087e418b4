"""Prediction of an oscillator that is seen in one coordinate, through noise, while its frequency drifts unseen."""

from dataclasses import dataclass

import numpy as np

from neurosearch.declare import quantity
from neurosearch.parts.tasks import _series
from neurosearch.parts.tasks.base import ALL, Task, once
from neurosearch.random import gauss, stream_id
from neurosearch.record.stream import Stream

_TRAINING, _TEST = 2000, 500


@dataclass(frozen=True)
class HiddenOscillator(Task):
    """``x = 0.5 + 0.4 cos(phase) + noise``; the phase grows by 2 pi / period a point, and the period wanders.

    Phase and period are the hidden state: at a given x the next one may be above or below. 2,000 points are streamed
    and 500 held out, of a realisation of the seed. The best possible NRMSE is above 0: noise cannot be foreseen.

    Attributes:
        period: points in a turn, at first and on average.
        wander: standard deviation of the change of the logarithm of the period from point to point; it returns with
            a time constant of 100 points. 0 keeps it constant.
        noise: standard deviation of what is added to x.
        history: values that a sample shows.
    """

    held_out: int = quantity(ALL, low=ALL)
    period: float = quantity(12.0, low=3, high=1000)
    wander: float = quantity(0.02, low=0, high=1)
    noise: float = quantity(0.02, low=0, high=1)
    history: int = quantity(8, low=1, high=200)

    def stream(self, seed: int) -> Stream:
        """The realisation of this seed."""
        n = _TRAINING + _TEST + self.history
        x = _x(seed, n, self.period, self.wander, self.noise)
        key = f"hidden_oscillator:{seed} {self.period} {self.wander} {self.noise} {self.history}"
        return _series.next_value(self, x, _TRAINING, self.history, key)


@once
def _x(seed: int, n: int, period: float, wander: float, noise: float) -> np.ndarray:
    kick = wander * gauss(seed, stream_id("task.oscillator.wander"), 0, np.arange(n), 0)
    deviation = np.zeros(n)
    for k in range(1, n):
        deviation[k] = 0.99 * deviation[k - 1] + kick[k]
    start = 2 * np.pi * _series.drawn(seed, "oscillator.phase", 1)[0]
    phase = start + np.cumsum(2 * np.pi / (period * np.exp(deviation)))
    seen = 0.5 + 0.4 * np.cos(phase) + noise * gauss(seed, stream_id("task.oscillator.noise"), 0, np.arange(n), 0)
    return np.asarray(seen)
