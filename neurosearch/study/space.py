"""Search spaces: typed dimensions, read from a study file and sampled so that only existing paths are drawn."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

from neurosearch.config import finite
from neurosearch.errors import UserError
from neurosearch.spelling import as_number, quoted, shortened, suggestion

Value = float | int | str | bool

MOST_STEPS = 10**9
"""Most steps of a range: samplers draw 53 bits, so a finer grid could not be resolved."""

MOST_INTEGERS = 2**53
"""Largest width of an integer range; samplers draw integers as floats, which are exact only up to this size."""


@dataclass(frozen=True)
class Float:
    """A real number in [low, high]; ``log`` samples its logarithm uniformly, ``step`` puts it on a grid from low."""

    low: float
    high: float
    log: bool = False
    step: float | None = None

    def snap(self, value: float) -> float:
        """The nearest value of the dimension; on a grid, the shortest decimal: 0.3, not 3 * 0.1."""
        if self.step is not None:
            low, step = Decimal(repr(self.low)), Decimal(repr(self.step))
            value = float(low + step * round((value - self.low) / self.step))
        return float(min(max(value, self.low), self.high))


@dataclass(frozen=True)
class Int:
    """An integer in [low, high]; ``log`` samples its logarithm uniformly, ``step`` puts it on a grid from low."""

    low: int
    high: int
    log: bool = False
    step: int = 1

    def snap(self, value: float) -> int:
        """The nearest value of the dimension."""
        return int(min(max(self.low + self.step * round((value - self.low) / self.step), self.low), self.high))


@dataclass(frozen=True)
class Choice:
    """One of several values: names of parts, or values of a field."""

    options: tuple[Value, ...]


Dimension = Float | Int | Choice


Under = tuple[tuple[str, Value], ...]
"""The choices on which a group of paths depends: (path, option) pairs, outermost first."""


class Draw(Protocol):
    """The source of values: a sampler, a random generator, or a stored trial."""

    def suggest(self, under: Under, group: Mapping[str, Dimension]) -> Mapping[str, Value]:
        """One value for each path of a group that depends on the same choices."""
        ...


def sample(
    space: Mapping[str, Dimension], exists: Callable[[str, Mapping[str, Value]], bool], draw: Draw
) -> dict[str, Value]:
    """Draw every path that exists, outermost choices first.

    Paths that depend on the same set of choices are drawn together, and separately from the same paths under other
    choices: the learning rate of one rule says nothing about that of another.

    Args:
        space: path → dimension.
        exists: whether a path exists under the choices made so far.
        draw: source of values.
    """
    chosen: dict[str, Value] = {}
    waiting = {path: [other for other in _above(path) if other in space] for path in space}
    while waiting:
        ready = {path: above for path, above in waiting.items() if not any(other in waiting for other in above)}
        groups: dict[Under, dict[str, Dimension]] = {}
        for path, above in ready.items():
            del waiting[path]
            if exists(path, chosen):
                under = tuple((other, chosen[other]) for other in above if other in chosen)
                groups.setdefault(under, {})[path] = space[path]
        for under, group in groups.items():
            chosen |= draw.suggest(under, group)
    return {path: chosen[path] for path in space if path in chosen}


def single(dimension: Dimension) -> Value | None:
    """The value of a dimension that has only one, otherwise ``None``."""
    if isinstance(dimension, Choice):
        return dimension.options[0] if len(dimension.options) == 1 else None
    return dimension.low if dimension.low == dimension.high else None


def _above(path: str) -> list[str]:
    steps = path.split(".")
    return [".".join(steps[:n]) for n in range(1, len(steps))]


def is_under(path: str, other: str) -> bool:
    """Whether a path is a field, at any depth, of the other path."""
    return path != other and path.startswith(other + ".")


def parse(data: Any, where: str, path: str) -> Dimension | Value:
    """A dimension from ``{float: [low, high], log: true}``, ``{int: ...}``, ``{choice: [...]}``; else a fixed value."""
    if isinstance(data, str | int | float | bool):
        return data
    at = f"{where}: space.{shortened(path, 200)}"
    forms = ("float", "int", "choice")
    if not isinstance(data, Mapping) or len([form for form in forms if form in data]) != 1:
        raise UserError(
            f"{at} = {quoted(data)} must be a value, {{float: [low, high]}}, {{int: [low, high]}} or {{choice: [a, b]}}"
        )
    form = next(form for form in forms if form in data)
    allowed = (form,) if form == "choice" else (form, "log", "step")
    for key in data:
        if key not in allowed:
            raise UserError(f"{at}: {quoted(key)} does not belong to a {form}; {suggestion(key, allowed)}")
    if form == "choice":
        return _choice(data["choice"], at)
    return _range(form, data, at)


def _choice(options: Any, at: str) -> Choice:
    if not isinstance(options, list) or not options:
        raise UserError(f"{at}.choice = {quoted(options)} must be a list of at least one option")
    for option in options:
        if not isinstance(option, str | int | float | bool):
            raise UserError(f"{at}.choice: the option {quoted(option)} must be a name or a number")
    seen: list[tuple[type, Value]] = []
    for option in options:
        if (type(option), option) in seen:
            raise UserError(f"{at}.choice: the option {quoted(option)} is given twice; keep one")
        seen.append((type(option), option))
    return Choice(tuple(options))


def _range(form: str, data: Mapping[str, Any], at: str) -> Float | Int:
    number = int if form == "int" else (int, float)
    bounds = data[form]
    if not isinstance(bounds, list) or len(bounds) != 2:
        raise UserError(f"{at}.{form} = {quoted(bounds)} must be [low, high]")
    for bound in bounds:
        if isinstance(bound, bool) or not isinstance(bound, number) or not finite(bound):
            wanted = "an integer" if form == "int" else "a number"
            raise UserError(f"{at}.{form} = {quoted(bounds)}: {quoted(bound)} is not {wanted}{as_number(bound)}")
    low, high = bounds
    log, step = data.get("log", False), data.get("step")
    if not isinstance(log, bool):
        raise UserError(f"{at}.log = {quoted(log)} must be true or false")
    if low > high:
        raise UserError(f"{at}.{form} = {quoted(bounds)} is upside down; write [{high}, {low}]")
    if not finite(high - low) or (form == "int" and high - low > MOST_INTEGERS):
        raise UserError(f"{at}.{form} = {quoted(bounds)} is too wide to be searched; give a smaller range")
    if log and low <= 0:
        raise UserError(f"{at}.{form} = {quoted(bounds)} with log: true must begin above 0; raise {low} or drop log")
    if step is not None:
        _check_step(step, low, high, number, form, at)
    if form == "int":
        return Int(low, high, log, 1 if step is None else step)
    return Float(float(low), float(high), log, None if step is None else float(step))


def _check_step(step: Any, low: float, high: float, number: Any, form: str, at: str) -> None:
    if isinstance(step, bool) or not isinstance(step, number) or not finite(step) or step <= 0:
        raise UserError(f"{at}.step = {quoted(step)} must be {'an integer' if form == 'int' else 'a number'} above 0")
    steps = (high - low) / step
    if steps > MOST_STEPS or not (low == high or (low + step > low and high - step < high)):
        parts = f"{steps:.3g} steps" if steps > MOST_STEPS else "steps that are no different numbers"
        raise UserError(
            f"{at}.step = {quoted(step)} divides [{low}, {high}] into {parts}; give at most {MOST_STEPS:,} steps, or "
            f"leave step out"
        )
    if high > low and steps < 1:
        raise UserError(f"{at}.step = {quoted(step)} is larger than the range [{low}, {high}]; give a smaller one")
    if abs(steps - round(steps)) > 1e-9 * max(1.0, steps):
        reached = low + step * math.floor(steps)
        raise UserError(
            f"{at}.step = {quoted(step)} does not fit [{low}, {high}]: the last value would be {reached:g}; "
            f"write [{low}, {reached:g}] or another step"
        )


def text(dimension: Dimension | Value) -> str:
    """The dimension on one line: ``float [0.001, 0.1] log``."""
    if isinstance(dimension, Choice):
        return f"choice [{', '.join(map(str, dimension.options))}]"
    if isinstance(dimension, Float | Int):
        step = dimension.step if dimension.step not in (None, 1) or isinstance(dimension, Float) else None
        form = type(dimension).__name__.lower()
        return (
            f"{form} [{dimension.low:g}, {dimension.high:g}]"
            + " log" * dimension.log
            + (f" step {step:g}" if step else "")
        )
    return str(dimension)


def to_data(dimension: Dimension | Value) -> Any:
    """The dimension in the form of a study file."""
    if isinstance(dimension, Choice):
        return {"choice": list(dimension.options)}
    if isinstance(dimension, Float | Int):
        data: dict[str, Any] = {type(dimension).__name__.lower(): [dimension.low, dimension.high]}
        if dimension.log:
            data["log"] = True
        if dimension.step not in (None, 1) or (isinstance(dimension, Float) and dimension.step is not None):
            data["step"] = dimension.step
        return data
    return dimension
