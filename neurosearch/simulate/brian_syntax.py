"""The rule language in Brian2's syntax: texts and units."""

import ast
from dataclasses import replace
from functools import lru_cache

from neurosearch.language import text as tx
from neurosearch.language import units

_NAMES = {"step": "t_in_timesteps"}


def brian_text(block: tx.Block | str) -> str:
    """A text in Brian2's syntax."""
    if isinstance(block, str):
        return _divided(brian_names(block))
    return tx.text(tuple(replace(s, value=_divided(s.value)) for s in _apart(tx.rename_block(block, _NAMES))))


def brian_names(source: str) -> str:
    """An expression with Brian2's names, as used in an equation."""
    return tx.rename(source, _NAMES)


def brian_unit(unit: str) -> str:
    """Brian2's unit of a quantity: a power of the second, with volt, ampere and metre as plain numbers.

    Dimensions are already checked on the text itself; here only time must remain, for ``d/dt``. Volt, ampere and metre
    can all be dimensionless at once, since a kilogram then is a cubic second.
    """
    _, kilogram, second, _ = units.dimension(unit, "unit")
    power = second + 3 * kilogram
    return "1" if power == 0 else f"second**{power:g}" if power != 1 else "second"


def _apart(block: tx.Block) -> tx.Block:
    """``x = f(x)`` as two statements: Brian2 would rewrite it as ``x *= ...``, which can change the last bit.

    And ``x = y`` as a product: in NumPy, both names would refer to the same array.
    """
    out: list[tx.Statement] = []
    for s in block:
        if s.op == "=" and s.value in tx.names(s.value):
            s = replace(s, value=f"1.0*{s.value}")
        if s.op == "=" and s.target in tx.names(s.value):
            out.append(replace(s, target=f"{s.target}_next"))
            s = replace(s, value=f"{s.target}_next")
        out.append(s)
    return tuple(out)


@lru_cache(maxsize=20_000)
def _divided(source: str) -> str:
    """Make every quotient one of doubles: Brian2's C++ divides two integers in single precision."""
    return ast.unparse(_Quotients().visit(ast.parse(source, mode="eval").body)) if "/" in source else source


class _Quotients(ast.NodeTransformer):
    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        self.generic_visit(node)
        if isinstance(node.op, ast.Div) and not isinstance(getattr(node.left, "value", None), float):
            node.left = ast.BinOp(ast.Constant(1.0), ast.Mult(), node.left)
        return node
