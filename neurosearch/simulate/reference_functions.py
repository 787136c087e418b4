"""The functions and operators of the language on arrays, bit-identical to the C library."""

import math
import operator
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from neurosearch import random


def _libm(f: Callable[[float], float]) -> Callable[[Any], Any]:
    """The C library's function, element by element: NumPy's own may differ in the last bit."""
    many = np.vectorize(f, otypes=[float])
    return lambda x: many(x) if np.ndim(x) else f(float(x))


FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": lambda a, b: a / b, "%": np.mod,
    "**": lambda a, b: _power(a, b), "neg": operator.neg, "not": np.logical_not,
    "and": np.logical_and, "or": np.logical_or, "<": operator.lt, "<=": operator.le, ">": operator.gt,
    ">=": operator.ge, "==": operator.eq, "!=": operator.ne, "int": lambda a: np.asarray(a).astype(np.int64),
    "clip": lambda a, low, high: np.minimum(np.maximum(a, low), high), "abs": np.abs, "sign": np.sign,
    "floor": np.floor, "sqrt": np.sqrt, "exp": _libm(math.exp), "log": _libm(math.log), "tanh": _libm(math.tanh),
    "sin": _libm(math.sin), "cos": _libm(math.cos), "expm1": _libm(math.expm1), "draw": random.draw,
    "gauss": random.gauss, "draw4": random.draw4, "draw_lot": random.lot, "draw_odds": random.odds,
}  # fmt: skip


def _power(a: Any, b: Any) -> Any:
    if np.ndim(b) == 0 and b == 2:
        return a * a
    return np.vectorize(math.pow, otypes=[float])(a, b) if np.ndim(a) or np.ndim(b) else math.pow(a, b)
