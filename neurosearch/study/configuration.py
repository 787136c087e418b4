"""The configuration of one evaluation as one tree, and the paths of it that a search space may name."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from neurosearch import config
from neurosearch.declare import part
from neurosearch.errors import UserError
from neurosearch.hardware.weight_memory import WeightMemory
from neurosearch.spelling import quoted, shortened, suggestion
from neurosearch.study.space import Choice, Dimension, Float, Int, Value

Given = Mapping[str, Dimension | Value]
"""Path → dimension or fixed value, as given in a study's space."""


@dataclass(frozen=True)
class Configuration:
    """Everything one evaluation needs; a path that starts with none of these names belongs to the architecture."""

    architecture: Any = part("architectures")
    task: Any = part("tasks")
    memory: WeightMemory | None = None


def full_path(path: str) -> str:
    """A path from the root: ``rule.eta`` → ``architecture.rule.eta``."""
    first = path.split(".")[0]
    return path if first in config.fields(Configuration) else f"architecture.{path}"


def written_path(path: str, all_paths: Collection[str]) -> str:
    """The canonical form of a path in a space: prefixed with the architecture only if that is itself a choice."""
    return full_path(path) if "architecture" in all_paths else path.removeprefix("architecture.")


def check_path(path: str, given: Given, root: Configuration, where: str) -> None:
    """Raise unless the path exists under some choice of the space and its values are allowed wherever it exists."""
    for field in _reach(path, given, root, where):
        _check_values(given[path], field, where, f"space.{path}")


def _reach(path: str, given: Given, root: Configuration, where: str) -> list[config.Field]:
    """The fields that a path can refer to, over all choices on which it depends."""
    steps = full_path(path).split(".")
    above: list[tuple[type, Any]] = [(Configuration, root)]
    for n, step in enumerate(steps):
        here = [(config.fields(cls)[step], instance) for cls, instance in above if step in config.fields(cls)]
        if not here:
            known = [name for cls, _ in above for name in config.fields(cls)]
            known += ["task", "memory"] if n == 1 and "architecture" not in path else []
            classes = " or ".join(dict.fromkeys(cls.__name__ for cls, _ in above)) or f"{steps[n - 1]}, which is off"
            at = f"{where}: space.{shortened(path, 200)}"
            raise UserError(f"{at}: {quoted(step)} does not exist in {classes}; {suggestion(step, known)}")
        if n == len(steps) - 1:
            break
        prefix = written_path(".".join(steps[: n + 1]), given)
        chosen = given.get(prefix)
        above = [pair for field, inst in here for pair in _inside(field, inst, chosen, where, f"space.{prefix}")]
    return [field for field, _ in here]


def _inside(field: config.Field, instance: Any, chosen: Any, where: str, path: str) -> list[tuple[type, Any]]:
    """Possible values of a field: the options of its choice in the space, otherwise its present value."""
    present = getattr(instance, field.name)
    if field.form == "nested":
        assert field.cls is not None, "a nested field has a class"
        may_be_there = present is not None or isinstance(chosen, Choice) or chosen == "on"
        return [(field.cls, present if present is not None else field.cls())] if may_be_there else []
    if field.form != "part":
        return []
    if not isinstance(chosen, Choice | str):
        return [] if present is None else [(type(present), present)]
    options = chosen.options if isinstance(chosen, Choice) else (chosen,)
    made = [config.build_part(field.kind, option, where, path) for option in options if option != config.OFF]
    return [(type(one), present if type(present) is type(one) else one) for one in made]


def _check_values(given: Dimension | Value, field: config.Field, where: str, path: str) -> None:
    if isinstance(given, Float | Int):
        if field.form not in ("number", "integer"):
            raise UserError(f"{where}: {path} is a range, but {field.name} is {field.wanted}; write {{choice: [...]}}")
        if field.form == "integer" and isinstance(given, Float):
            raise UserError(f"{where}: {path}: {field.name} is {field.wanted}; write int instead of float")
        for bound in (given.low, given.high):
            config.coerce(field, bound, where, path)
        return
    for option in given.options if isinstance(given, Choice) else (given,):
        if option == config.OFF and field.optional:
            continue
        if field.form == "part" and option != config.OFF:
            config.build_part(field.kind, option, where, path)
        elif field.form == "nested" and option not in ("on", config.OFF):
            raise UserError(f"{where}: {path} = {quoted(option)}: {field.name} is a group of fields; choose on or off")
        elif option == config.OFF and field.form in ("part", "nested"):
            raise UserError(f"{where}: {path} = off, but it cannot be empty: it must be {field.wanted}")
        elif field.form not in ("part", "nested"):
            config.coerce(field, option, where, path)
