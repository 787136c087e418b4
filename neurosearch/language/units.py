"""Dimensions of units and expressions, checked before any engine reads a text."""

import ast
from collections.abc import Mapping
from functools import lru_cache

from neurosearch.language import text as tx

Dimension = tuple[float, float, float, float]
"""Exponents of (metre, kilogram, second, ampere)."""

UNITS: Mapping[str, Dimension] = {
    "1": (0, 0, 0, 0), "second": (0, 0, 1, 0), "Hz": (0, 0, -1, 0), "hertz": (0, 0, -1, 0), "amp": (0, 0, 0, 1),
    "kg": (0, 1, 0, 0), "metre": (1, 0, 0, 0), "volt": (2, 1, -3, -1), "ohm": (2, 1, -3, -2),
    "siemens": (-2, -1, 3, 2), "farad": (-2, -1, 4, 2),
}  # fmt: skip
ONE, SECOND = UNITS["1"], UNITS["second"]
_SPELLING = {d: unit for unit, d in reversed(list(UNITS.items()))}


@lru_cache(maxsize=4096)
def dimension(unit: str, where: str) -> Dimension:
    """``volt/second**2`` → exponents."""
    node = tx.tree(tx.expression(unit, where))
    for name in tx.names(unit.strip()):
        if name not in UNITS:
            tx.unknown(where, unit, name, UNITS)

    def walk(n: ast.expr) -> Dimension:
        match n:
            case ast.Name(id=name):
                return UNITS[name]
            case ast.Constant():
                return ONE
            case ast.BinOp(left=a, op=ast.Mult(), right=b):
                return _times(walk(a), walk(b))
            case ast.BinOp(left=a, op=ast.Div(), right=b):
                return _times(walk(a), _power(walk(b), -1))
            case ast.BinOp(left=a, op=ast.Pow(), right=b) if (k := _exponent(b)) is not None:
                return _power(walk(a), k)
        tx.fail(where, unit, "not a unit")

    return walk(node)


def spell(d: Dimension) -> str:
    """Exponents → a unit's name, or the product of base units."""
    return _SPELLING.get(d) or " ".join(f"{u}^{p:g}" for u, p in zip(("m", "kg", "s", "A"), d, strict=True) if p)


def _times(a: Dimension, b: Dimension) -> Dimension:
    return (a[0] + b[0], a[1] + b[1], a[2] + b[2], a[3] + b[3])


def _power(a: Dimension, k: float) -> Dimension:
    return (a[0] * k, a[1] * k, a[2] * k, a[3] * k)


def _exponent(n: ast.expr) -> float | None:
    """The value of a numeric exponent, with its sign; ``None`` for any other expression."""
    match n:
        case ast.Constant(value=int() | float() as k):
            return k
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as k)):
            return -k
    return None


def of(source: str, env: Mapping[str, Dimension], where: str, shown: str) -> Dimension | None:
    """Dimension of an expression; ``None`` for a bare 0, which fits any unit. Errors name the offending part."""
    used = tx.names(source)
    for name in sorted(used):
        if name not in env:
            tx.unknown(where, shown, name, env)
    return _of(source, tuple((name, env[name]) for name in used), where, shown)


@lru_cache(maxsize=20_000)
def _of(source: str, used: tuple[tuple[str, Dimension], ...], where: str, shown: str) -> Dimension | None:
    env = dict(used)

    def same(a: ast.expr, b: ast.expr, n: ast.expr, what: str) -> Dimension | None:
        da, db = go(a), go(b)
        if da is None or db is None:
            return db if da is None else da
        if da != db:
            left, right = f"`{ast.unparse(a)}` [{spell(da)}]", f"`{ast.unparse(b)}` [{spell(db)}]"
            tx.fail(where, shown, f"{what} {left} and {right}")
        return da

    def call(name: str, args: list[ast.expr]) -> Dimension | None:
        if name == "clip":
            same(args[0], args[1], args[0], "can't clip")
            return same(args[0], args[2], args[0], "can't clip")
        if name == "abs":
            return go(args[0])
        if name == "sqrt":
            return _power(go(args[0]) or ONE, 0.5)
        for a in args:
            d = go(a)
            if d not in (ONE, None) and name not in ("sign", "int"):
                tx.fail(where, shown, f"`{name}` takes a plain number, but `{ast.unparse(a)}` is in {spell(d or ONE)}")
        return ONE

    def go(n: ast.expr) -> Dimension | None:
        match n:
            case ast.Name(id=name):
                return env[name]
            case ast.Constant(value=v):
                return None if v == 0 else ONE
            case ast.UnaryOp(operand=a):
                return go(a)
            case ast.BinOp(left=a, op=ast.Mult(), right=b):
                return _times(go(a) or ONE, go(b) or ONE)
            case ast.BinOp(left=a, op=ast.Div(), right=b):
                return _times(go(a) or ONE, _power(go(b) or ONE, -1))
            case ast.BinOp(left=a, op=ast.Pow(), right=b):
                base = go(a) or ONE
                if base == ONE:
                    return ONE
                exponent = _exponent(b)
                if exponent is None:
                    tx.fail(where, shown, f"`{ast.unparse(a)}` [{spell(base)}] needs a numeric power")
                return _power(base, exponent)
            case ast.BinOp(left=a, right=b):
                return same(a, b, n, "can't combine")
            case ast.Compare(left=a, comparators=[b]):
                same(a, b, n, "can't compare")
                return ONE
            case ast.BoolOp(values=values):
                for part in values:
                    go(part)
                return ONE
            case ast.Call(func=ast.Name(id=name), args=args):
                return call(name, args)
        raise AssertionError(ast.dump(n))

    return go(tx.tree(source))


def check_block(statements: tx.Block, env: Mapping[str, Dimension]) -> None:
    """Check every statement of a block; a new name takes the dimension of its assigned value."""
    known = dict(env)
    for s in statements:
        got = of(s.value, known, s.where, str(s))
        if s.target not in known:
            known[s.target] = got or ONE
        elif s.op in ("=", "+=", "-="):
            expect(known[s.target], got, s.where, str(s))
        elif got not in (ONE, None):
            tx.fail(s.where, str(s), f"`{s.op}` takes a plain number, got {spell(got or ONE)}")


def expect(want: Dimension, got: Dimension | None, where: str, shown: str) -> None:
    """Raise unless both sides have the same dimension."""
    if got is not None and got != want:
        tx.fail(where, shown, f"the left side is in {spell(want)}, the right side in {spell(got)}")
