"""Prediction of the Lorenz system (1963) from one of its three coordinates."""

from dataclasses import dataclass

import numpy as np

from neurosearch.declare import quantity
from neurosearch.parts.tasks import _series
from neurosearch.parts.tasks.base import ALL, Task, once
from neurosearch.record.stream import Stream

State = tuple[float, float, float]
SIGMA, RHO, BETA = 10.0, 28.0, 8 / 3
_H, _TRANSIENT, _TRAINING, _TEST = 0.005, 2000, 2000, 500
"""Time step of the solver, its steps before the series, samples of both parts."""


@dataclass(frozen=True)
class Lorenz(Task):
    """``x`` of the Lorenz system, scaled to 0 to 1 and seen every ``interval``; predict the next; y and z are hidden.

    2,000 points are streamed and 500 held out. The initial state is drawn by the seed.

    Attributes:
        interval: time between two points (the Lyapunov time is about 1.1).
        history: values that a sample shows.
    """

    held_out: int = quantity(ALL, low=ALL)
    interval: float = quantity(0.1, low=_H, high=1)
    history: int = quantity(8, low=1, high=200)

    def stream(self, seed: int) -> Stream:
        """The trajectory of this seed."""
        substeps = max(1, round(self.interval / _H))
        x = _x(seed, substeps, _TRAINING + _TEST + self.history)
        return _series.next_value(self, x, _TRAINING, self.history, f"lorenz:{seed} {substeps} {self.history}")


@once
def _x(seed: int, substeps: int, n: int) -> np.ndarray:
    x, y, z = (np.array([1.0, 1.0, 25.0]) + _series.drawn(seed, "lorenz", 3)).tolist()
    state, found = (x, y, z), np.empty(n)
    for _ in range(_TRANSIENT):
        state = step(state, _H)
    for k in range(n):
        for _ in range(substeps):
            state = step(state, _H)
        found[k] = state[0]
    return (found + 20) / 40  # the attractor's x stays within about -20 to 20


def step(state: State, h: float) -> State:
    """One step of Runge-Kutta of order 4, on plain numbers (of three, arrays are ten times slower)."""
    x, y, z = state
    ax, ay, az = _rate(x, y, z)
    bx, by, bz = _rate(x + h / 2 * ax, y + h / 2 * ay, z + h / 2 * az)
    cx, cy, cz = _rate(x + h / 2 * bx, y + h / 2 * by, z + h / 2 * bz)
    dx, dy, dz = _rate(x + h * cx, y + h * cy, z + h * cz)
    return (
        x + h / 6 * (ax + 2 * (bx + cx) + dx),
        y + h / 6 * (ay + 2 * (by + cy) + dy),
        z + h / 6 * (az + 2 * (bz + cz) + dz),
    )


def _rate(x: float, y: float, z: float) -> State:
    return SIGMA * (y - x), x * (RHO - z) - y, x * y - BETA * z
