"""The rule language: short texts of statements, parsed to a whitelisted syntax tree that any engine can read.

It is a common subset of Brian2's and Python's syntax: assignments to one name, arithmetic, comparisons, and a few
functions. It is never executed as Python; each engine walks the tree.
"""

import ast
import difflib
import keyword
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, NoReturn

from neurosearch.errors import UserError
from neurosearch.language.reserved import CPP

FUNCTIONS = {
    "exp": 1, "log": 1, "sqrt": 1, "tanh": 1, "sin": 1, "cos": 1, "abs": 1, "sign": 1, "floor": 1, "int": 1, "clip": 3,
    "uniform": 1, "gauss": 1,
}  # fmt: skip
"""Function → number of arguments; ``uniform(n)`` and ``gauss(n)`` are counter-based random draws."""

LOWERED = frozenset({"draw", "draw4", "draw_lot", "draw_odds", "pick", "fan_out", "fan_target"})
"""Functions that lowering inserts into texts; users' texts may not call them."""

FRAMEWISE = "framewise_"
"""Prefix of the variables that lowering adds to hold a value for a whole frame."""

DRAWS = frozenset({"draw", "draw4", "draw_lot", "gauss"})
"""Functions in lowered texts whose value is a random draw."""

ELAPSED = "step - onset"
"""The expression that replaces ``elapsed`` in lowered texts."""

FREE = "not_refractory"
"""Brian2's name, used in a plan's texts, for the flag that a neuron is not refractory."""

RESERVED = CPP | FUNCTIONS.keys() | LOWERED
"""Names that no variable may use, because C++ or the language reserves them."""

DEEPEST = 100
"""Greatest depth of a syntax tree: engines walk it recursively, and Python allows about 1,000 nested calls."""

TOO_DEEP = f"more than about {DEEPEST} operations within each other or in a row; write several statements"
SHOWN = 300
"""Characters of a text that a message quotes."""

HIDDEN_STATE = ("rand", "randn", "poisson")
BINARY = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "**", ast.Mod: "%"}
COMPARE = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!="}
_UPDATES = (ast.Add, ast.Sub, ast.Mult, ast.Div)
_OTHER = (
    ast.Name, ast.Load, ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.Constant, ast.And, ast.Or, ast.Not,
    ast.USub, ast.UAdd,
)  # fmt: skip


class RuleError(UserError):
    """An error in a declared text; the message names owner, block, statement and symbol."""


@dataclass(frozen=True)
class Statement:
    """One assignment.

    Attributes:
        target: the name assigned to.
        op: ``=``, ``+=``, ``-=``, ``*=`` or ``/=``.
        value: text of the right side, in canonical spelling.
        where: owner and block, for messages, for example ``stdp.on_pre``.
    """

    target: str
    op: str
    value: str
    where: str

    def __str__(self) -> str:
        return f"{self.target} {self.op} {self.value}"

    @property
    def reads(self) -> frozenset[str]:
        """Names that the statement reads, including its target if it updates it."""
        return names(self.value) | ({self.target} if self.op != "=" else frozenset())


Block = tuple[Statement, ...]


def check_name(name: str, where: str, source: str) -> None:
    """Refuse a variable name that some engine cannot use."""
    if name in RESERVED or name.startswith(FRAMEWISE):
        fail(where, source, f"`{name}` is reserved in C++ or in the rule language; rename the variable")
    if not name.isascii() or keyword.iskeyword(name):
        fail(where, source, f"`{name}` is not valid in every engine; use ASCII letters and digits, no Python keyword")


def fail(where: str, source: str, problem: str) -> NoReturn:
    """Raise a RuleError that quotes the statement, or its beginning."""
    shown = source if len(source) <= SHOWN else f"{source[:SHOWN]} ..."
    raise RuleError(f"{where}: {problem}, in `{shown}`")


def refuse_draws(where: str, source: str, shown: str = "") -> None:
    """Refuse draws in a text that is not executed as statements of one step."""
    drawn = sorted(calls(source) & {"uniform", "gauss"}) if source else []
    if drawn:
        fail(where, shown or source, f"`{drawn[0]}` can't be drawn here; draw in each_step and read the variable here")


def unknown(where: str, source: str, symbol: str, known: Iterable[str]) -> NoReturn:
    """Raise for an undeclared symbol and suggest the closest known one."""
    table = sorted(known)
    if symbol == "xi":
        fail(where, source, "`xi` is not a symbol of the language; add noise in each_step, with `gauss(0)`")
    near = difflib.get_close_matches(symbol, table, 1)
    hint = f"; did you mean `{near[0]}`?" if near else ""
    fail(where, source, f"unknown symbol `{symbol}`{hint} (known here: {', '.join(table)})")


@lru_cache(maxsize=20_000)
def tree(source: str) -> ast.expr:
    """The syntax tree of an already checked text."""
    return ast.parse(source, mode="eval").body


@lru_cache(maxsize=20_000)
def expression(source: str, where: str) -> str:
    """Check an expression and return it in canonical spelling."""
    source = source.strip()
    return ast.unparse(_check(_parse(source, where).body, where, source, FUNCTIONS))


def _parse(source: str, where: str, mode: str = "eval") -> Any:
    try:
        parsed = ast.parse(source, mode=mode)
    except SyntaxError as error:
        fail(where, source, f"syntax error ({error.msg})")
    except (RecursionError, MemoryError):
        fail(where, source, TOO_DEEP)
    below: list[ast.AST] = [parsed]
    for _ in range(DEEPEST):
        below = [child for node in below for child in ast.iter_child_nodes(node)]
        if not below:
            return parsed
    fail(where, source, TOO_DEEP)


def block(source: str, where: str) -> Block:
    """Lines (or statements joined by ``;``) → statements, checked."""
    return _block(source, where)


@lru_cache(maxsize=4096)
def _block(source: str, where: str) -> Block:
    out = []
    for line in source.replace(";", "\n").splitlines():
        line = line.split("#")[0].strip()
        if line:
            out.append(_statement(line, where))
    return tuple(out)


def _statement(line: str, where: str) -> Statement:
    match _parse(line, where, "exec").body:
        case [ast.Assign(targets=[ast.Name(id=target)], value=value)]:
            op = "="
        case [ast.AugAssign(target=ast.Name(id=target), op=kind, value=value)] if isinstance(kind, _UPDATES):
            op = BINARY[type(kind)] + "="
        case _:
            fail(where, line, "a statement assigns one name: `name = ...` or `name += ...`")
    check_name(target, where, line)
    return Statement(target, op, ast.unparse(_check(value, where, line, FUNCTIONS)), where)


def _check(node: ast.expr, where: str, source: str, functions: Mapping[str, int]) -> ast.expr:
    for n in ast.walk(node):
        if isinstance(n, ast.Call):
            _check_call(n, where, source, functions)
        elif isinstance(n, ast.Compare) and len(n.ops) > 1:
            fail(where, source, "write a chained comparison as two, joined by `and`")
        elif isinstance(n, ast.Constant) and type(n.value) not in (int, float, bool):
            fail(where, source, f"`{n.value!r}` is not a number")
        elif not isinstance(n, (*_OTHER, *BINARY, *COMPARE)):
            fail(where, source, f"{type(n).__name__} is not part of the rule language")
        elif isinstance(n, ast.Name) and n.id in ("t", *HIDDEN_STATE):
            fail(where, source, f"`{n.id}` is not a symbol of the language; time enters by `elapsed` or `step`")
    return node


def _check_call(n: ast.Call, where: str, source: str, functions: Mapping[str, int]) -> None:
    name = n.func.id if isinstance(n.func, ast.Name) else ast.unparse(n.func)
    n.func.ctx = ast.Load()  # type: ignore[attr-defined]
    if name in HIDDEN_STATE:
        fail(where, source, f"`{name}()` has hidden state, so engines can't agree; use uniform(0), gauss(1), ...")
    if name not in functions:
        unknown(where, source, name, functions)
    if len(n.args) != functions[name] or n.keywords:
        fail(where, source, f"`{name}` takes {functions[name]} argument(s), got {len(n.args)}")
    if name in ("uniform", "gauss") and not (isinstance(n.args[0], ast.Constant) and type(n.args[0].value) is int):
        fail(where, source, f"`{name}` takes an integer that distinguishes its draws, such as {name}(0)")


def text(statements: Block) -> str:
    """A block as lines."""
    return "\n".join(map(str, statements))


@lru_cache(maxsize=20_000)
def names(source: str) -> frozenset[str]:
    """Names that an expression reads, without functions; none for an empty text."""
    if not source:
        return frozenset()
    root = tree(source)
    called = {id(n.func) for n in ast.walk(root) if isinstance(n, ast.Call)}
    return frozenset(n.id for n in ast.walk(root) if isinstance(n, ast.Name) and id(n) not in called)


def calls(source: str) -> frozenset[str]:
    """Functions that an expression calls."""
    return frozenset(
        n.func.id for n in ast.walk(tree(source)) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)
    )


class _Rename(ast.NodeTransformer):
    def __init__(self, table: Mapping[str, str], draws: "Draws | None"):
        self.table, self.draws = table, draws

    def visit_Call(self, node: ast.Call) -> ast.expr:
        match node:
            case ast.Call(func=ast.Name(id=function), args=[ast.Constant(value=int() as n)]) if self.draws:
                if function in ("uniform", "gauss"):
                    return ast.parse(self.draws(function, n), mode="eval").body
        return ast.Call(node.func, [self.visit(a) for a in node.args], [])

    def visit_Name(self, node: ast.Name) -> ast.expr:
        new = self.table.get(node.id)
        return node if new is None else ast.parse(new, mode="eval").body


Draws = Callable[[str, int], str]
"""``(function, n)`` → the text for ``uniform(n)`` or ``gauss(n)``; hashable, so that results can be cached."""


def rename(source: str, table: Mapping[str, str], draws: Draws | None = None) -> str:
    """Replace names by names or expressions, and draws by the texts that ``draws`` returns."""
    touched = names(source) & table.keys()
    if not source or not (touched or draws):
        return source
    return _renamed(source, tuple(sorted((name, table[name]) for name in touched)), draws)


@lru_cache(maxsize=20_000)
def _renamed(source: str, table: tuple[tuple[str, str], ...], draws: Draws | None) -> str:
    return ast.unparse(_Rename(dict(table), draws).visit(ast.parse(source, mode="eval").body))


def rename_block(statements: Block, table: Mapping[str, str], draws: Draws | None = None) -> Block:
    """Rename in a block, as ``rename`` does in an expression; targets are renamed too."""
    return tuple(
        replace(s, target=table.get(s.target, s.target), value=rename(s.value, table, draws)) for s in statements
    )


def evaluate(node: ast.expr, env: Mapping[str, Any], fn: Mapping[str, Callable[..., Any]]) -> Any:
    """Evaluate an expression. ``env``: name → value; ``fn``: operator or function → callable."""
    match node:
        case ast.Name(id=name):
            return env[name]
        case ast.Constant(value=value):
            return value
        case ast.BinOp(left=a, op=op, right=b):
            return fn[BINARY[type(op)]](evaluate(a, env, fn), evaluate(b, env, fn))
        case ast.UnaryOp(op=ast.USub(), operand=a):
            return fn["neg"](evaluate(a, env, fn))
        case ast.UnaryOp(op=ast.Not(), operand=a):
            return fn["not"](evaluate(a, env, fn))
        case ast.UnaryOp(operand=a):
            return evaluate(a, env, fn)
        case ast.Compare(left=a, ops=[op], comparators=[b]):
            return fn[COMPARE[type(op)]](evaluate(a, env, fn), evaluate(b, env, fn))
        case ast.BoolOp(op=op, values=[first, *rest]):
            value = evaluate(first, env, fn)
            for other in rest:
                value = fn["and" if isinstance(op, ast.And) else "or"](value, evaluate(other, env, fn))
            return value
        case ast.Call(func=ast.Name(id=name), args=args):
            return fn[name](*(evaluate(a, env, fn) for a in args))
    raise AssertionError(ast.dump(node))


def run(statements: Block, env: Mapping[str, Any], fn: Mapping[str, Callable[..., Any]]) -> dict[str, Any]:
    """Run a block and return the environment after it. Assignments create new values; nothing changes in place."""
    out = dict(env)
    for s in statements:
        value = evaluate(tree(s.value), out, fn)
        out[s.target] = value if s.op == "=" else fn[s.op[0]](out[s.target], value)
    return out
