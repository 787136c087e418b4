"""Read files that users write: YAML with YAML 1.2 numbers, or JSON; repeated keys are errors.

The result is plain data, finite and of bounded size, that every later step can handle.
"""

import functools
import json
from pathlib import Path
from typing import Any

from neurosearch.errors import UserError
from neurosearch.files import paths
from neurosearch.spelling import quoted, shortened

_NULL = r"^(?:~|null|Null|NULL|)$"
_BOOL = r"^(?:true|True|TRUE|false|False|FALSE)$"
_INT = r"^[-+]?[0-9]+$"
_FLOAT = r"^(?:[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$"


def load(path: str | Path) -> Any:
    """Read a YAML or JSON file; an error names file, line and what to do."""
    file = Path(path)
    content = paths.content(file, "give the path of a readable file")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(f"{file} is not UTF-8 text (byte {error.start}); save it as UTF-8") from error
    return loads(text, str(file))


def loads(text: str, where: str) -> Any:
    """Read YAML or JSON text; ``where`` names it in errors."""
    data = _loads_json(text, where) if where.endswith(".json") else _loads_yaml(text, where)
    _check(data, where)
    return data


def _loads_yaml(text: str, where: str) -> Any:
    import yaml

    try:
        return yaml.load(text, Loader=_loader())
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f"{where}, line {mark.line + 1}, column {mark.column + 1}" if mark else where
        raise UserError(f"{place}: {shortened(error.problem or error.context or '', 200)}; fix the file") from error
    except RecursionError as error:
        raise UserError(f"{where} is nested too deeply; fix the file") from error
    except Exception as error:  # a character that YAML forbids, an escape of none, a version of 5,000 digits
        raise UserError(f"{where}: {shortened(' '.join(str(error).split()), 200)}; fix the file") from error


_DEEPEST = 100
"""Most levels of nesting; a configuration has some ten."""
_MOST = 1_000_000
"""Most values of a document, with aliases expanded: a few lines can define billions."""
_LARGEST = 1023
"""Most bits of an integer: a larger one does not fit a float either."""


def _check(data: Any, where: str) -> None:
    """Refuse plain data that cannot be handled: self-referential, huge, or with text that no file can hold."""
    left = _MOST

    def walk(value: Any, path: str, depth: int) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise UserError(f"{where} holds more than {_MOST:,} values; use aliases (*name) less, or a smaller file")
        if depth > _DEEPEST:
            raise UserError(
                f"{where}: {shortened(path, 60)} is nested deeper than {_DEEPEST} levels, or contains itself; "
                f"fix the file"
            )
        if isinstance(value, dict):
            for key, inner in value.items():
                walk(key, path, depth)
                walk(inner, f"{path}.{key}" if path else str(key), depth + 1)
        elif isinstance(value, list):
            for inner in value:
                walk(inner, path, depth + 1)
        elif isinstance(value, str):
            _check_text(value, path, where)
        elif isinstance(value, int) and value.bit_length() > _LARGEST:
            raise UserError(f"{where}: {shortened(path, 60)} = {quoted(value, 40)} is larger than 1e308; give a number")

    walk(data, "", 0)


def _check_text(value: str, path: str, where: str) -> None:
    if value.isascii():
        return
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise UserError(
            f"{where}: {shortened(ascii(path), 60)} = {shortened(ascii(value), 80)} holds half a character (a lone "
            f"surrogate); write the whole one"
        ) from error


def dump(data: Any) -> str:
    """Plain data as YAML that ``loads`` reads back unchanged."""
    import yaml

    return str(yaml.dump(data, Dumper=_dumper(), sort_keys=False, allow_unicode=True, width=120))


def _loads_json(text: str, where: str) -> Any:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        seen = dict(pairs)
        if len(seen) < len(pairs):
            twice = next(key for key, _ in pairs if [k for k, _ in pairs].count(key) > 1)
            raise UserError(f"{where}: the key {quoted(twice)} is given twice; keep one")
        return seen

    try:
        return json.loads(text, object_pairs_hook=once)
    except json.JSONDecodeError as error:
        raise UserError(f"{where}, line {error.lineno}, column {error.colno}: {error.msg}; fix the file") from error
    except RecursionError as error:
        raise UserError(f"{where} is nested too deeply; fix the file") from error
    except ValueError as error:  # Python reads no integer of more than 4,300 digits
        raise UserError(f"{where}: {' '.join(str(error).split(';')[0].split())}; give smaller numbers") from error


def _resolve(cls: Any) -> None:
    import re

    cls.yaml_implicit_resolvers = {}
    for tag, pattern, first in (
        ("null", _NULL, ["~", "n", "N", ""]),
        ("bool", _BOOL, list("tTfF")),
        ("int", _INT, list("-+0123456789")),
        ("float", _FLOAT, list("-+.0123456789")),
    ):
        cls.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(pattern), first)


@functools.cache
def _loader() -> Any:
    import yaml

    class Loader(yaml.SafeLoader):
        """SafeLoader with YAML 1.2 scalars and without repeated keys."""

        def construct_object(self, node: Any, deep: bool = False) -> Any:
            try:
                return super().construct_object(node, deep)
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                wanted = node.tag.rpartition(":")[2]
                raise yaml.constructor.ConstructorError(
                    None, None, f"{quoted(node.value)} cannot be read as {wanted}", node.start_mark
                ) from error

        def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
            if not isinstance(node, yaml.MappingNode):
                raise yaml.constructor.ConstructorError(None, None, "a mapping is expected here", node.start_mark)
            seen: dict[Any, int] = {}
            for key_node, _ in node.value:
                key, line = self.construct_object(key_node, deep=True), key_node.start_mark.line + 1
                if not isinstance(key, str):
                    raise yaml.constructor.ConstructorError(
                        None,
                        None,
                        f"the key {quoted(_written(key_node, key))} must be text; put it in quotes",
                        key_node.start_mark,
                    )
                if key in seen:
                    raise yaml.constructor.ConstructorError(
                        None,
                        None,
                        f"the key {quoted(key)} is given twice (first in line {seen[key]})",
                        key_node.start_mark,
                    )
                seen[key] = line
            made: dict[Any, Any] = super().construct_mapping(node, deep)
            return made

        def flatten_mapping(self, node: Any) -> None:
            """YAML 1.2 has no merge key: ``<<`` is an ordinary key."""

    _resolve(Loader)
    plain = ("null", "bool", "int", "float", "str", "seq", "map")
    kept = [f"tag:yaml.org,2002:{kind}" for kind in plain] + [None]  # no dates, sets and bytes; None refuses the others
    Loader.yaml_constructors = {tag: Loader.yaml_constructors[tag] for tag in kept}
    Loader.add_constructor("tag:yaml.org,2002:int", lambda loader, node: int(node.value))
    Loader.add_constructor("tag:yaml.org,2002:float", _number)
    return Loader


def _written(node: Any, key: Any) -> Any:
    return node.value if isinstance(node.value, str) else key


def _number(loader: Any, node: Any) -> float:
    return float(node.value.lower().replace(".inf", "inf").replace(".nan", "nan"))


@functools.cache
def _dumper() -> Any:
    import yaml

    class Dumper(yaml.SafeDumper):
        """SafeDumper that quotes exactly the texts that the loader would not read back as text."""

        def ignore_aliases(self, data: Any) -> bool:
            return True

    _resolve(Dumper)
    Dumper.add_representer(float, _represent_float)
    Dumper.add_representer(str, _represent_text)
    Dumper.add_representer(tuple, lambda dumper, value: dumper.represent_list(list(value)))
    return Dumper


def _represent_text(dumper: Any, value: str) -> Any:
    breaks = any(mark in value for mark in "\r\x85\u2028\u2029")  # PyYAML folds these unless they are escaped
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style='"' if breaks else None)


def _represent_float(dumper: Any, value: float) -> Any:
    special = {"inf": ".inf", "-inf": "-.inf", "nan": ".nan"}
    return dumper.represent_scalar("tag:yaml.org,2002:float", special.get(repr(value), repr(value)))
