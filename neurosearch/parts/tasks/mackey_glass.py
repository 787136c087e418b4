"""Prediction of the Mackey-Glass delay equation: series, lengths and repeats of NeuroBench (Yik et al. 2025)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from neurosearch.declare import quantity
from neurosearch.parts.tasks import _series
from neurosearch.parts.tasks.base import ALL, Task, once
from neurosearch.record.stream import Stream

SERIES: Mapping[int, tuple[int, float]] = {
    17: (197, 0.7206597), 18: (138, 0.7744313), 19: (315, 0.7783468), 20: (131, 0.9225991), 21: (191, 0.9479431),
    22: (119, 0.5455960), 23: (106, 0.8622247), 24: (97, 0.3259660), 25: (98, 0.8297825), 26: (104, 1.0033490),
    27: (112, 0.6491406), 28: (119, 1.0957495), 29: (131, 0.9256179), 30: (139, 0.2713639),
}  # fmt: skip
"""tau → (Lyapunov time, constant past): NeuroBench's 14 series."""

POINTS, TRAINING, TEST, REPEATS = 75, 10, 10, 30
"""Points in a Lyapunov time; Lyapunov times of each part; repeats, each begun half a Lyapunov time later."""

BETA, GAMMA, POWER = 0.2, 0.1, 10
_SUBSTEPS = 10
"""Steps of the solver in a unit of time: twice as many move the first ten Lyapunov times by less than 1e-5."""


@dataclass(frozen=True)
class MackeyGlass(Task):
    """``dx/dt = 0.2 x(t - tau) / (1 + x(t - tau)^10) - 0.1 x``: predict the next of 75 points a Lyapunov time.

    750 points are streamed and learned, 750 held out; the seed is NeuroBench's repeat (modulo 30). The series come
    from a solver of our own with NeuroBench's parameters and constant past, not from its files: both solve the same
    equation, but chaos drives any two solvers apart, so they agree for some Lyapunov times and in their statistics.
    Unlike NeuroBench's leaderboard, where the model runs on from its own predictions, every prediction here sees the
    true past: a stream is known in advance, and scores are not comparable with the leaderboard's.

    Attributes:
        tau: delay, 17 to 30: which of the 14 series.
        history: values that a sample shows.
    """

    held_out: int = quantity(ALL, low=ALL)
    tau: int = quantity(17, low=17, high=30)
    history: int = quantity(16, low=1, high=200)

    def stream(self, seed: int) -> Stream:
        """The series from the seed's offset on."""
        past = np.full(self.history - 1, SERIES[self.tau][1])
        offset = round((seed % REPEATS) * 0.5 * POINTS)
        end = offset + self.history + (TRAINING + TEST) * POINTS
        part = np.concatenate([past, series(self.tau, _SUBSTEPS)])[offset:end]
        key = f"mackey_glass:{self.tau} {seed % REPEATS} {self.history}"
        return _series.next_value(self, part, TRAINING * POINTS, self.history, key)


@once
def series(tau: int, substeps: int) -> np.ndarray:
    """[points] the series of all repeats, from t = 0, by Runge-Kutta of order 4 with ``substeps`` steps a unit.

    Delayed values between steps are cubic Hermite interpolations of the solution and its slope, so the whole is of
    order 4. The constant past makes a kink at t = 0 that returns, smoother each time, after each delay; it falls on
    the grid.
    """
    lyapunov, past = SERIES[tau]
    n_points = round(((REPEATS - 1) * 0.5 + TRAINING + TEST) * POINTS) + 2
    times = np.arange(n_points) * lyapunov / POINTS
    x, slope = _solve(tau, past, substeps, int(np.ceil(times[-1])) + 1)
    left = np.minimum((times * substeps).astype(int), len(x) - 2)
    rises = slope / substeps
    return np.asarray(_between(x[left], x[left + 1], rises[left], rises[left + 1], times * substeps - left))


def _solve(tau: int, past: float, substeps: int, until: int) -> tuple[np.ndarray, np.ndarray]:
    """(x, dx/dt) [until * substeps + 1] on the grid."""
    h, back = 1 / substeps, tau * substeps
    n = until * substeps

    def rate(now: float, delayed: float) -> float:
        return BETA * delayed / (1 + delayed**POWER) - GAMMA * now

    x, slope = [past], [rate(past, past)]
    for k in range(n):
        j = k - back
        if j < 0:
            first = middle = last = past
        else:
            first, last = x[j], x[j + 1]
            middle = float(_between(first, last, h * slope[j], h * slope[j + 1], 0.5))
        now = x[k]
        a = rate(now, first)
        b = rate(now + h / 2 * a, middle)
        c = rate(now + h / 2 * b, middle)
        d = rate(now + h * c, last)
        x.append(now + h / 6 * (a + 2 * b + 2 * c + d))
        slope.append(rate(x[-1], last))
    return np.array(x), np.array(slope)


def _between(a: Any, b: Any, da: Any, db: Any, s: Any) -> Any:
    """Cubic Hermite interpolation at ``s`` in 0 to 1 of values and slopes at both ends (arrays too)."""
    return a + s * (da + s * (3 * (b - a) - 2 * da - db + s * (2 * (a - b) + da + db)))
