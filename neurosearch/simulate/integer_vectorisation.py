"""Find neuron steps that use only integers, so that a SIMD register can hold several neurons at once."""

import ast
from collections.abc import Collection, Iterable
from typing import Any

import numpy as np

CONDITION = "_cond"
"""The variable of the statements that is true where a neuron spikes."""

_COMPARISONS = (ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE)
_ARITHMETIC = (ast.Add, ast.Sub, ast.Mult)


def computes_whole(statements: Iterable[Any], numbers: Collection[str]) -> bool:
    """Whether all of Brian2's statements are sums, products and comparisons of 32-bit integers.

    Args:
        statements: the neurons' statements, in order.
        numbers: names of the 32-bit variables, of neurons or shared.
    """
    known = set(numbers)
    for s in statements:
        expression = ast.parse(str(s.expr), mode="eval").body
        if s.var == CONDITION and s.op in ("=", ":="):
            if not _truth(expression, known):
                return False
        elif s.op in ("=", ":=", "+=", "-=", "*=") and np.dtype(s.dtype) == np.int32 and _number(expression, known):
            known.add(s.var)
        else:
            return False
    return True


def _number(node: ast.expr, known: Collection[str]) -> bool:
    match node:
        case ast.Constant(value=value):
            return type(value) is int and abs(value) < 2**31
        case ast.Name(id=name):
            return name in known
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return _number(operand, known)
        case ast.BinOp(left=left, op=op, right=right):
            return isinstance(op, _ARITHMETIC) and _number(left, known) and _number(right, known)
        case ast.Call(func=ast.Name(id="draw_lot"), args=[*shared, ast.Name(id="i")]):
            return all(isinstance(x, ast.Name | ast.Constant) for x in shared)
    return False


def _truth(node: ast.expr, known: Collection[str]) -> bool:
    match node:
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            return isinstance(op, _COMPARISONS) and _number(left, known) and _number(right, known)
        case ast.BoolOp(values=values):
            return all(_truth(value, known) for value in values)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return _truth(operand, known)
    return False
