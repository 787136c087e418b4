"""Confidence interval of a mean over seeds (Student's t)."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Interval:
    """mean ± half; ``half`` is infinite for a single value, whose spread is unknown."""

    mean: float
    half: float
    n: int

    @property
    def low(self) -> float:
        """Lower end."""
        return self.mean - self.half

    @property
    def high(self) -> float:
        """Upper end."""
        return self.mean + self.half


def interval(values: Sequence[float], level: float = 0.95) -> Interval:
    """Interval that contains the true mean of normally distributed values with probability ``level``."""
    n = len(values)
    if n == 0 or not 0 < level < 1:
        raise ValueError(f"an interval needs at least one value and a level between 0 and 1, not {n} and {level}")
    mean = statistics.fmean(values)
    if n == 1:
        return Interval(mean, math.inf, 1)
    return Interval(mean, t_quantile(level, n - 1) * statistics.stdev(values) / math.sqrt(n), n)


def t_quantile(level: float, freedom: int) -> float:
    """The t with P(|T| <= t) = level, by bisection."""
    low, high = 0.0, 1.0
    while t_within(high, freedom) < level and high < 1e300:
        low, high = high, 2 * high
    for _ in range(64):  # each step halves the error, and a double has 53 bits
        middle = (low + high) / 2
        low, high = (middle, high) if t_within(middle, freedom) < level else (low, middle)
    return high


def t_within(t: float, freedom: int) -> float:
    """P(|T| <= t) for an integer number of degrees of freedom (Abramowitz & Stegun 1964, 26.7.3 and 26.7.4)."""
    angle = math.atan(t / math.sqrt(freedom))
    cosine2 = math.cos(angle) ** 2
    if freedom % 2:
        total, term = 0.0, math.cos(angle)
        for k in range(1, freedom, 2):
            total += term
            term *= cosine2 * (k + 1) / (k + 2)
        return 2 / math.pi * (angle + math.sin(angle) * total)
    total, term = 0.0, 1.0
    for k in range(0, freedom, 2):
        total += term
        term *= cosine2 * (k + 1) / (k + 2)
    return math.sin(angle) * total
