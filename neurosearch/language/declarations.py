"""Variable declarations: ``dx/dt = ... : unit``, ``x : unit``, ``x : integer``, ``x : sum of ... over post``."""

import ast
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from neurosearch.language import text as tx

_LINE = re.compile(
    r"^(?:d(?P<ode>\w+)/dt\s*=\s*(?P<rhs>[^:]+)|(?P<plain>\w+))\s*:\s*(?P<unit>[^(]+?)\s*(?:\((?P<flag>[\w ]+)\))?$"
)
_SUM = re.compile(r"^(?P<name>\w+)\s*:\s*sum of (?P<expression>.+) over (?P<over>\w+)$")
TAKEN = {
    "w", "writes", "i", "j", "t", "dt", "N", "e", "step", "elapsed", "onset", "seed", "lastspike", "not_refractory",
    "refractory",
}  # fmt: skip
"""Names that a neuron's own variables may not use."""


@dataclass(frozen=True)
class Line:
    """One declared variable. ``over`` and ``rhs`` together make a reduction."""

    name: str
    unit: str = "1"
    rhs: str = ""
    held: bool = False
    over: str = ""
    integer: bool = False


@lru_cache(maxsize=1024)
def lines(source: str, where: str) -> tuple[Line, ...]:
    """Parse and check a declaration."""
    out: list[Line] = []
    for raw in source.splitlines():
        line = raw.split("#")[0].strip()
        if line:
            out.append(_line(line, where))
    names = [x.name for x in out]
    for name in names:
        tx.check_name(name, where, name)
        if names.count(name) > 1:
            tx.fail(where, name, f"`{name}` is declared {names.count(name)} times")
        if name.endswith(("_pre", "_post")) or name.startswith("_"):
            tx.fail(where, name, f"`{name}`: names may not start with _ or end in _pre or _post")
    return tuple(out)


def _line(line: str, where: str) -> Line:
    if m := _SUM.match(line):
        if m["over"] not in ("post", "pre", "group"):
            tx.fail(where, line, f"a sum runs over `post`, `pre` or `group`, not `{m['over']}`")
        return Line(m["name"], rhs=tx.expression(m["expression"], where), over=m["over"])
    m = _LINE.match(line)
    if re.match(r"\w+\s*=[^=]", line):
        problem = "expected `x : unit`: it is declared without a value; assign it in a place for statements"
        tx.fail(where, line, f"{problem}, or write the expression where it is read")
    if not m:
        tx.fail(where, line, "expected `dx/dt = ... : unit`, `x : unit` or `x : sum of ... over post`")
    if m["flag"] not in (None, "unless refractory"):
        tx.fail(where, line, f"unknown flag `({m['flag']})`; the only one is `(unless refractory)`")
    rhs = tx.expression(m["rhs"], where) if m["rhs"] else ""
    if m["flag"] and not rhs:
        tx.fail(where, line, "`(unless refractory)` is for differential equations; each_step can read `refractory`")
    unit = m["unit"].strip()
    if unit == "integer" and m["ode"]:
        tx.fail(where, line, "an integer cannot follow a differential equation")
    integer = unit == "integer"
    return Line(m["ode"] or m["plain"], "1" if integer else unit, rhs, held=m["flag"] is not None, integer=integer)


def whole(source: str, known: Iterable[str]) -> bool:
    """Whether an expression is an integer by its form: ``int(...)``, integers, ``known`` names, and ``+ - *``."""
    names_of_wholes = frozenset(known)

    def go(node: ast.expr) -> bool:
        match node:
            case ast.Name(id=name):
                return name in names_of_wholes
            case ast.Constant(value=value):
                return type(value) is int
            case ast.Call(func=ast.Name(id="int" | "draw_lot" | "draw_odds")):
                return True
            case ast.UnaryOp(op=ast.USub(), operand=a):
                return go(a)
            case ast.BinOp(left=a, op=ast.Add() | ast.Sub() | ast.Mult(), right=b):
                return go(a) and go(b)
        return False

    return go(tx.tree(source))


def divisors(source: str) -> set[str]:
    """The names by which an expression divides."""
    nodes = (node for node in ast.walk(tx.tree(source)) if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div))
    return {node.right.id for node in nodes if isinstance(node.right, ast.Name)}


def linear(source: str, name: str) -> bool:
    """Whether an expression is linear in a name by its form; other names count as constants."""

    def degree(node: ast.expr) -> float:
        match node:
            case ast.Name(id=found):
                return found == name
            case ast.UnaryOp(op=ast.USub() | ast.UAdd(), operand=a):
                return degree(a)
            case ast.BinOp(left=a, op=ast.Add() | ast.Sub(), right=b):
                return max(degree(a), degree(b))
            case ast.BinOp(left=a, op=ast.Mult(), right=b):
                return degree(a) + degree(b)
            case ast.BinOp(left=a, op=ast.Div(), right=b) if degree(b) == 0:
                return degree(a)
            case ast.BinOp(left=a, op=ast.Pow(), right=ast.Constant(value=1)):
                return degree(a)
        return math.inf if name in tx.names(ast.unparse(node)) else 0

    return degree(tx.tree(source)) <= 1
