"""Plan → Plan: compute what an encoder derives from the shown values alone once per frame, not in every step.

``max_rate*drive*dt`` changes only when ``drive`` does (loop-invariant code motion). A condition such as
``uniform(0) < max_rate*drive*dt`` then compares integers in every step, since a draw is one of 2^23 values: exactly the
same spikes, in a quarter of the time.
"""

import ast
from dataclasses import dataclass, field, replace
from functools import lru_cache

from neurosearch.language import text as tx
from neurosearch.language import units
from neurosearch.language.declarations import whole
from neurosearch.language.units import ONE, SECOND, Dimension
from neurosearch.lower import edit
from neurosearch.plan import Action, Group, Plan, Shape, Variable

_LARGEST = 2**20
"""Bound on factors and summands of integers, so that results fit into 32 bits with a margin."""


@dataclass(frozen=True)
class HoistFrameConstants:
    """Move what depends only on shown values and constants out of the steps of the input group."""

    name: str = "hoist_frame_constants"

    def __call__(self, plan: Plan) -> Plan:
        """The plan with such values computed at each frame."""
        return replace(plan, shape=_hoisted(plan.shape, plan.input))


@lru_cache(maxsize=256)
def _hoisted(shape: Shape, source: str) -> Shape:
    group = shape.group(source)
    shown = {
        a.variable: n
        for n, a in enumerate(shape.actions)
        if a.kind == "read" and a.owner == source and shape.table(a.table).rows == "frame"
    }
    if not shown:
        return shape
    search = _Search(frozenset(shown), {**dict.fromkeys(shown, ONE), "dt": SECOND, **_parameters(group)})
    steps = tuple(replace(s, value=search.without(s.value)) for s in group.each_step)
    threshold = search.without(group.threshold) if group.threshold else ""
    if not search.found:
        return shape
    variables = (*group.variables, *search.variables)
    changed = replace(group, each_step=steps, threshold=threshold, variables=variables)
    block = tuple(tx.Statement(name, "=", text, f"{group.name}.frame") for text, name in search.found.items())
    after = max(shown.values()) + 1
    actions = (*shape.actions[:after], Action("frame", "neurons", group.name, block), *shape.actions[after:])
    return replace(edit.with_group(shape, changed), actions=actions)


def _parameters(group: Group) -> dict[str, Dimension]:
    return {p.name: units.dimension(p.unit, group.name) for p in group.parameters if not p.integer}


@dataclass
class _Search(ast.NodeTransformer):
    """Replaces the largest parts of expressions that are constant through a frame.

    Attributes:
        shown: names of the values shown.
        constant: name → dimension of what changes only between frames.
        found: expression → the variable that holds its value.
    """

    shown: frozenset[str]
    constant: dict[str, Dimension]
    found: dict[str, str] = field(default_factory=dict)
    variables: list[Variable] = field(default_factory=list)

    def without(self, source: str) -> str:
        """The text with such parts replaced."""
        return ast.unparse(self.visit(ast.parse(source, mode="eval").body))

    def visit_Compare(self, node: ast.Compare) -> ast.expr:
        """A draw below a probability that is constant through a frame, or a comparison like any other."""
        match node:
            case ast.Compare(
                left=ast.Call(func=ast.Name(id="draw4"), args=keys),
                ops=[ast.Lt()],
                comparators=[chance],
            ) if self._constant(chance):
                odds = self._hold(f"draw_odds({ast.unparse(chance)})", integer=True)
                return ast.parse(f"draw_lot({', '.join(map(ast.unparse, keys))}) < {odds}", mode="eval").body
        return self.generic_visit(node)  # type: ignore[return-value]

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        """Arithmetic."""
        return self._held(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.expr:
        """A negation; ``not`` stays where it is."""
        return self.generic_visit(node) if isinstance(node.op, ast.Not) else self._held(node)  # type: ignore[return-value]

    def visit_Call(self, node: ast.Call) -> ast.expr:
        """A function's value."""
        return self._held(node)

    def _held(self, node: ast.expr) -> ast.expr:
        source = ast.unparse(node)
        if self.shown & tx.names(source) and self._constant(node):
            return ast.Name(self._hold(source, whole(source, ()) and _small(node)), ast.Load())
        return self.generic_visit(node)  # type: ignore[return-value]

    def _constant(self, node: ast.expr) -> bool:
        """Whether the value is a plain number that changes only between frames."""
        source = ast.unparse(node)
        if not tx.names(source) <= self.constant.keys() or tx.calls(source) & tx.DRAWS:
            return False
        return units.of(source, self.constant, "frame", source) in (ONE, None)

    def _hold(self, source: str, integer: bool = False) -> str:
        if source not in self.found:
            self.found[source] = f"{tx.FRAMEWISE}{len(self.found)}"
            self.variables.append(Variable(self.found[source], integer=integer, role="frame_constant"))
        return self.found[source]


def _small(node: ast.expr) -> bool:
    """Whether no constant outside of ``int(...)`` is large."""
    match node:
        case ast.Constant(value=int() as value):
            return abs(value) <= _LARGEST
        case ast.BinOp(left=a, right=b):
            return _small(a) and _small(b)
        case ast.UnaryOp(operand=a):
            return _small(a)
    return True
