"""The rule language on whole NumPy arrays: for numbers about a text; simulations go through ``simulate.reference``."""

import operator
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from neurosearch.language import text as tx

FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": np.divide, "%": np.mod, "**": np.power,
    "neg": operator.neg, "<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal, "==": np.equal,
    "!=": np.not_equal, "and": np.logical_and, "or": np.logical_or, "not": np.logical_not, "exp": np.exp, "log": np.log,
    "sqrt": np.sqrt, "tanh": np.tanh, "sin": np.sin, "cos": np.cos, "abs": np.abs, "sign": np.sign, "floor": np.floor,
    "clip": np.clip, "int": lambda a: np.asarray(a).astype(np.int64),
}  # fmt: skip


def value(source: str, env: Mapping[str, Any]) -> Any:
    """Value of a checked expression without draws; ``env``: name → number or array, broadcast as NumPy does."""
    return tx.evaluate(tx.tree(source), env, FUNCTIONS)
