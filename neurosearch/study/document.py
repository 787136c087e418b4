"""Files that users write: YAML with the numbers of YAML 1.2, or JSON; no repeated key passes unseen."""

import functools
import json
from pathlib import Path
from typing import Any

from neurosearch.errors import UserError

_NULL = r"^(?:~|null|Null|NULL|)$"
_BOOL = r"^(?:true|True|TRUE|false|False|FALSE)$"
_INT = r"^[-+]?[0-9]+$"
_FLOAT = r"^(?:[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$"


def load(path: str | Path) -> Any:
    """Read a YAML or JSON file; an error names file, line and what to do."""
    file = Path(path)
    try:
        text = file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UserError(f"{file}: {error.strerror}; give the path of a readable file") from error
    except UnicodeDecodeError as error:
        raise UserError(f"{file} is not UTF-8 text (byte {error.start}); save it as UTF-8") from error
    return loads(text, str(file))


def loads(text: str, where: str) -> Any:
    """Read YAML or JSON text; ``where`` names it in errors."""
    if where.endswith(".json"):
        return _loads_json(text, where)
    import yaml

    try:
        return yaml.load(text, Loader=_loader())
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f"{where}, line {mark.line + 1}, column {mark.column + 1}" if mark else where
        raise UserError(f"{place}: {error.problem or error.context}; fix the file") from error
    except yaml.YAMLError as error:  # a character that YAML forbids
        raise UserError(f"{where}: {' '.join(str(error).split())}; fix the file") from error
    except RecursionError as error:
        raise UserError(f"{where} is nested too deeply; fix the file") from error


def dump(data: Any) -> str:
    """Plain data as YAML that ``loads`` reads back unchanged."""
    import yaml

    return str(yaml.dump(data, Dumper=_dumper(), sort_keys=False, allow_unicode=True, width=120))


def _loads_json(text: str, where: str) -> Any:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        seen = dict(pairs)
        if len(seen) < len(pairs):
            twice = next(key for key, _ in pairs if [k for k, _ in pairs].count(key) > 1)
            raise UserError(f"{where}: the key '{twice}' is given twice; keep one")
        return seen

    try:
        return json.loads(text, object_pairs_hook=once)
    except json.JSONDecodeError as error:
        raise UserError(f"{where}, line {error.lineno}, column {error.colno}: {error.msg}; fix the file") from error
    except RecursionError as error:
        raise UserError(f"{where} is nested too deeply; fix the file") from error


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

        def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
            seen: dict[Any, int] = {}
            for key_node, _ in node.value:
                key, line = self.construct_object(key_node, deep=True), key_node.start_mark.line + 1
                if not isinstance(key, str):
                    raise yaml.constructor.ConstructorError(
                        None, None, f"the key {key_node.value!r} must be text; put it in quotes", key_node.start_mark
                    )
                if key in seen:
                    raise yaml.constructor.ConstructorError(
                        None, None, f"the key '{key}' is given twice (first in line {seen[key]})", key_node.start_mark
                    )
                seen[key] = line
            made: dict[Any, Any] = super().construct_mapping(node, deep)
            return made

        def flatten_mapping(self, node: Any) -> None:
            """YAML 1.2 has no merge key: ``<<`` is a key as any other."""

    _resolve(Loader)
    Loader.add_constructor("tag:yaml.org,2002:int", lambda loader, node: int(node.value))
    Loader.add_constructor("tag:yaml.org,2002:float", _number)
    return Loader


def _number(loader: Any, node: Any) -> float:
    return float(node.value.lower().replace(".inf", "inf").replace(".nan", "nan"))


@functools.cache
def _dumper() -> Any:
    import yaml

    class Dumper(yaml.SafeDumper):
        """SafeDumper that quotes exactly what the loader would not read back as text."""

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
