"""Functions of the rule language that Brian2 does not have: counter-based draws and the wiring's choice of inputs."""

from typing import Any

import numpy as np
from brian2.core.functions import Function

from neurosearch import random
from neurosearch.wiring import fan_in


def functions() -> dict[str, Function]:
    """Name → Brian2 function, with a C++ and a NumPy implementation of the same bits."""
    draw = _function(random.draw, 5, "float")
    draw.implementations.add_implementation("cpp", random.CPP)
    gauss = _function(random.gauss, 5, "float")
    gauss.implementations.add_implementation("cpp", random.CPP_GAUSS, dependencies={"draw": draw})
    pick = _function(_pick, 6, "integer")
    pick.implementations.add_implementation("cpp", "#include <vector>\n" + fan_in.CPP, dependencies={"draw": draw})
    return {"draw": draw, "gauss": gauss, "pick": pick}


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


def _pick(seed: Any, stream: Any, j: Any, m: Any, k: Any, n: Any) -> np.ndarray:
    one = lambda x: int(np.ravel(x)[0])  # noqa: E731 - shared numbers arrive as arrays of one value
    j, m = np.broadcast_arrays(np.asarray(j), np.asarray(m))
    table = fan_in.chosen(one(seed), one(stream), int(j.max()) + 1 if j.size else 0, one(k), one(n))
    return table[j, m].astype(np.int32)
