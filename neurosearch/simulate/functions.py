"""Functions of the rule language that Brian2 lacks: counter-based draws and the wiring's choice of inputs."""

from typing import Any

import numpy as np
from brian2.core.functions import Function

from neurosearch import random
from neurosearch.parts.wiring import fan_in


def functions() -> dict[str, Function]:
    """Name → Brian2 function, with bit-identical C++ and NumPy implementations."""
    draw = _function(random.draw, 5, "float")
    draw.implementations.add_implementation("cpp", random.CPP)
    gauss = _function(random.gauss, 5, "float")
    gauss.implementations.add_implementation("cpp", random.CPP_GAUSS, dependencies={"draw": draw})
    draw4, lot = _function(random.draw4, 4, "float"), _function(random.lot, 4, "integer")
    odds = _function(random.odds, 1, "integer")
    for function in (draw4, lot, odds):
        function.implementations.add_implementation("cpp", random.CPP_LOTS, dependencies={"draw": draw})
    pick = _function(_pick, 7, "integer")
    fan_out = _function(_fan_out, 7, "integer")
    fan_target = _function(_fan_target, 8, "integer")
    for function in (pick, fan_out, fan_target):  # they share one text, which the program contains once
        function.implementations.add_implementation(
            "cpp", "#include <vector>\n" + fan_in.CPP, dependencies={"draw": draw}
        )
    wired = {"pick": pick, "fan_out": fan_out, "fan_target": fan_target}
    return {"draw": draw, "gauss": gauss, "draw4": draw4, "draw_lot": lot, "draw_odds": odds, **wired}


def listed(first: np.ndarray, target: np.ndarray) -> tuple[Function, Function]:
    """Functions of given pairs: number of targets of neuron i (``target[first[i] : first[i + 1]]``), and the m-th."""

    def count(i: Any) -> np.ndarray:
        return np.diff(first)[np.asarray(i)].astype(np.int32)

    def at(i: Any, m: Any) -> np.ndarray:
        return target[first[np.asarray(i)] + np.asarray(m)]

    return _function(count, 1, "integer"), _function(at, 2, "integer")


def _function(python: Any, arguments: int, kind: str) -> Function:
    function = Function(
        python,
        arg_units=[1] * arguments,
        return_unit=1,
        arg_types=["any"] * arguments,
        return_type=kind,
        stateless=True,
    )
    function.implementations.add_implementation("numpy", python)
    return function


def _one(x: Any) -> int:
    """A shared number, which Brian2 passes as a one-element array."""
    return int(np.ravel(x)[0])


def _table(seed: Any, stream: Any, k: Any, n: Any, n_post: Any, apart: Any) -> tuple[np.ndarray, np.ndarray]:
    """[n + 1] offsets, and the targets of all presynaptic neurons."""
    picked = fan_in.chosen(_one(seed), _one(stream), _one(n_post), _one(k), _one(n), bool(_one(apart)))
    order = np.argsort(picked.ravel(), kind="stable")
    offset = np.concatenate([[0], np.cumsum(np.bincount(picked.ravel(), minlength=_one(n)))])
    return offset, order // _one(k)


def _fan_out(i: Any, seed: Any, stream: Any, k: Any, n: Any, n_post: Any, apart: Any) -> np.ndarray:
    return np.diff(_table(seed, stream, k, n, n_post, apart)[0])[np.asarray(i)].astype(np.int32)


def _fan_target(i: Any, m: Any, seed: Any, stream: Any, k: Any, n: Any, n_post: Any, apart: Any) -> np.ndarray:
    offset, target = _table(seed, stream, k, n, n_post, apart)
    return target[offset[np.asarray(i)] + np.asarray(m)].astype(np.int32)


def _pick(seed: Any, stream: Any, j: Any, m: Any, k: Any, n: Any, apart: Any) -> np.ndarray:
    j, m = np.broadcast_arrays(np.asarray(j), np.asarray(m))
    n_post = int(j.max()) + 1 if j.size else 0
    table = fan_in.chosen(_one(seed), _one(stream), n_post, _one(k), _one(n), bool(_one(apart)))
    return table[j, m].astype(np.int32)
