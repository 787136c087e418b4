"""The rule language on NumPy arrays, to evaluate single expressions; simulations use ``simulate.reference``."""

import ast
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


_PRIMES = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53)
"""Their square roots and fractions of them are not related by simple formulas, so that a 0 is no coincidence."""


def undefined(source: str) -> str:
    """The part of a checked expression without draws that never has a value (``1/(a - a)``, ``log(-1)``), or empty."""
    for node in ast.walk(tx.tree(source)):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div) and _always_zero(ast.unparse(node.right)):
            return ast.unparse(node)
        if isinstance(node, ast.expr) and not tx.names(ast.unparse(node)):
            with np.errstate(all="ignore"):
                if not np.all(np.isfinite(value(ast.unparse(node), {}))):
                    return ast.unparse(node)
    return ""


def _always_zero(source: str) -> bool:
    names = sorted(tx.names(source))
    for shift in (0.0, 0.25):
        env = {n: (_PRIMES[k % len(_PRIMES)] + shift) ** 0.5 + k // len(_PRIMES) for k, n in enumerate(names)}
        with np.errstate(all="ignore"):
            if value(source, env) != 0:
                return False
    return True


def value(source: str, env: Mapping[str, Any]) -> Any:
    """Value of a checked expression without draws; ``env``: name → number or array, broadcast by NumPy's rules."""
    return tx.evaluate(tx.tree(source), env, FUNCTIONS)
