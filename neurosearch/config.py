"""Configurations: trees of frozen dataclasses ⇄ plain data, addressed by dotted paths such as ``rule.eta``.

In data a nested dataclass is a mapping of its fields; a part (a component from the catalogue) is its ``name`` or
``{name: {field: value}}``; null (in files also ``off``) leaves an optional field empty.
"""

import dataclasses
import hashlib
import json
import math
import types
import typing
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from neurosearch import catalogue
from neurosearch.errors import UserError
from neurosearch.spelling import as_number, quoted, shortened, suggestion

OFF = "off"
_MOST = 2**63
"""Integers below this fit into 64 bits."""
Data = dict[str, Any]


_fields: dict[type, Mapping[str, "Field"]] = {}
"""Cached fields of each class: reading type hints is slow."""


@dataclasses.dataclass(frozen=True)
class Field:
    """The values that a path accepts.

    Attributes:
        name: name of the dataclass field.
        form: ``number``, ``integer``, ``flag``, ``text``, ``choice``, ``part``, ``nested``, ``list`` or ``any``.
        unit, low, high: of a number.
        default: default value in data form; ``dataclasses.MISSING`` if it must be given.
        kind: of a part, its catalogue folder.
        cls: of a nested field, its dataclass.
        options: of a choice, its values.
        optional: whether it may be ``off``.
    """

    name: str
    form: str
    unit: str = "1"
    low: float | None = None
    high: float | None = None
    default: Any = None
    kind: str = ""
    cls: type | None = None
    options: tuple[Any, ...] = ()
    optional: bool = False

    @property
    def wanted(self) -> str:
        """The expected value, for the end of an error message."""
        off = " or off" if self.optional else ""
        if self.form in ("number", "integer"):
            unit = "" if self.unit == "1" else f" ({self.unit})"
            word = "an integer" if self.form == "integer" else "a number"
            low, high = self.low, self.high
            if low is None and high is None:
                return f"{word}{unit}{off}"
            if low is None or high is None:
                return f"{word} {f'of at most {high:g}' if low is None else f'of at least {low:g}'}{unit}{off}"
            return f"{word} in [{low:g}, {high:g}]{unit}{off}"
        if self.form == "choice":
            return f"one of {', '.join(map(str, self.options))}{off}"
        if self.form == "part":
            return f"one of the {self.kind}: {', '.join(catalogue.names(self.kind))}{off}"
        forms = {"flag": "true or false", "text": "text", "nested": "a mapping of its fields", "list": "a list"}
        return forms.get(self.form, "a value") + off


def fields(cls: type) -> Mapping[str, Field]:
    """The fields of a configuration's dataclass, by name."""
    if cls not in _fields:
        hints = typing.get_type_hints(cls)
        _fields[cls] = {f.name: _field(f, hints[f.name]) for f in dataclasses.fields(cls) if f.init}
    return _fields[cls]


def to_dict(instance: Any) -> Data:
    """Fields of an instance as plain data that ``build`` accepts; parts as ``{name: {...}}``."""
    return {name: _to_data(field, getattr(instance, name)) for name, field in fields(type(instance)).items()}


def build(cls: type, data: Any, where: str = "", path: str = "") -> Any:
    """Create an instance from plain data; every error names ``where`` (a file), the path and the value."""
    if not isinstance(data, Mapping):
        raise _error(where, path, f"= {quoted(data)} must be a mapping of the fields of {cls.__name__}")
    known = fields(cls)
    for name in data:
        if name not in known:
            raise _error(where, _join(path, name), f"does not exist in {cls.__name__}; {suggestion(name, known)}")
    given = {name: _from_data(known[name], value, where, _join(path, name)) for name, value in data.items()}
    missing = [name for name, field in known.items() if field.default is dataclasses.MISSING and name not in given]
    if missing:
        raise _error(where, _join(path, missing[0]), f"of {cls.__name__} must be given: {known[missing[0]].wanted}")
    try:
        return cls(**given)
    except UserError as error:  # from a check of the class itself, which does not know the file
        raise _error(where, path, f": {error}") from error


def build_part(kind: str, data: Any, where: str = "", path: str = "") -> Any:
    """Create a component of the catalogue from ``name`` or ``{name: {field: value}}``."""

    name, settings = split_part(data, where, path)
    try:
        cls = catalogue.find(kind, name)
    except UserError as error:
        raise _error(
            where, path, f"= {shortened(name if name.isprintable() else ascii(name), 300)}: {error}"
        ) from error
    if not dataclasses.is_dataclass(cls):
        raise _error(where, path, f"= {name}: {cls.__name__} must be a frozen dataclass")
    return build(cls, settings, where, path)


def split_part(data: Any, where: str = "", path: str = "") -> tuple[str, Data]:
    """``name`` or ``{name: {...}}`` → (name, settings)."""
    if isinstance(data, str):
        return data, {}
    if isinstance(data, Mapping) and len(data) == 1:
        (name, settings), *_ = data.items()
        if isinstance(settings, Mapping) or settings is None:
            return name, dict(settings or {})
    raise _error(
        where, path, f"= {quoted(data)} must be a name, or one name with its settings: {{name: {{field: value}}}}"
    )


def replace(instance: Any, changes: Mapping[str, Any], where: str = "") -> Any:
    """A copy with new values at the given dotted paths; a newly chosen part starts from its defaults."""
    data = to_dict(instance)
    for path in sorted(changes, key=lambda path: path.count(".")):  # a choice precedes the fields of the chosen part
        _put(type(instance), data, path.split("."), changes[path], where, path)
    return build(type(instance), data, where)


def paths(instance: Any) -> dict[str, tuple[Field, Any]]:
    """Every path that exists in this instance → (field, value in data form), parts before their fields."""
    return {path: (field, _short(field, value)) for path, field, value in _walk(instance, "")}


def describe(cls: type) -> dict[str, Field]:
    """Every path that may exist for any choice; a path under a choice is written ``rule[stdp].eta``."""
    return dict(_describe(cls, "", ()))


def digest(data: Any) -> str:
    """SHA-256 of plain data in one canonical form: equal data, equal digest."""
    text = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def coerce(field: Field, value: Any, where: str, path: str) -> Any:
    """Check a plain value against its field: 3 becomes 3.0 where a number is expected, nothing else is converted."""
    if field.form in ("number", "integer"):
        return _coerce_number(field, value, where, path)
    fits = {
        "flag": isinstance(value, bool),
        "text": isinstance(value, str),
        "choice": any(value == option and type(value) is type(option) for option in field.options),
        "list": isinstance(value, list | tuple),
    }
    if fits.get(field.form, True):
        return tuple(value) if field.form == "list" else value
    if field.form == "choice":
        raise _error(where, path, f"= {quoted(value)} does not exist; {suggestion(value, map(str, field.options))}")
    raise _error(where, path, f"= {quoted(value)} must be {field.wanted}")


def finite(number: float) -> bool:
    """Whether a number is one that a float can hold."""
    try:
        return math.isfinite(number)
    except OverflowError:
        return False


def _coerce_number(field: Field, value: Any, where: str, path: str) -> float | int:
    fits = isinstance(value, int | float) and not isinstance(value, bool) and finite(value)
    if fits and field.form == "integer" and abs(value) >= _MOST:
        raise _error(where, path, f"= {quoted(value)} is too large; it must be {field.wanted}, below 2^63")
    fits = fits and (field.form == "number" or value == int(value))
    fits = fits and (field.low is None or value >= field.low) and (field.high is None or value <= field.high)
    if not fits:
        raise _error(where, path, f"= {quoted(value)} must be {field.wanted}{as_number(value)}")
    return int(value) if field.form == "integer" else float(value)


def _field(f: "dataclasses.Field[Any]", hint: Any) -> Field:
    meta = f.metadata
    if "part" in meta:
        default = meta["default"]
        return Field(f.name, "part", kind=meta["part"], default=default, optional=default is None or _may_be_none(hint))
    default = f.default if f.default_factory is dataclasses.MISSING else f.default_factory()
    optional, hint = _may_be_none(hint) and hint is not Any, _without_none(hint)
    form, extra = _form(hint)
    made = Field(
        f.name, form, meta.get("unit", "1"), meta.get("low"), meta.get("high"), default, optional=optional, **extra
    )
    if default is dataclasses.MISSING:
        return made
    return dataclasses.replace(made, default=_to_data(made, default))


def _form(hint: Any) -> tuple[str, dict[str, Any]]:
    plain = {float: "number", int: "integer", bool: "flag", str: "text"}
    if hint in plain:
        return plain[hint], {}
    if typing.get_origin(hint) is Literal:
        return "choice", {"options": typing.get_args(hint)}
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return "nested", {"cls": hint}
    if typing.get_origin(hint) in (tuple, list):
        return "list", {}
    return "any", {}


def _may_be_none(hint: Any) -> bool:
    return typing.get_origin(hint) in (typing.Union, types.UnionType) and type(None) in typing.get_args(hint)


def _without_none(hint: Any) -> Any:
    if not _may_be_none(hint):
        return hint
    rest = [arg for arg in typing.get_args(hint) if arg is not type(None)]
    return rest[0] if len(rest) == 1 else Any


def _to_data(field: Field, value: Any) -> Any:
    if value is None and field.form != "any":
        return None
    if field.form == "part":
        return {catalogue.name_of(value): to_dict(value)}
    if field.form == "nested":
        return to_dict(value)
    return list(value) if isinstance(value, tuple) else value


def _from_data(field: Field, value: Any, where: str, path: str) -> Any:
    if value is None or (value == OFF and field.form not in ("text", "choice", "any")):
        if field.optional or field.form == "any":
            return None
        raise _error(where, path, f"= off, but it cannot be empty: it must be {field.wanted}")
    if field.form == "part":
        return build_part(field.kind, value, where, path)
    if field.form == "nested":
        assert field.cls is not None
        if isinstance(value, field.cls):
            return value
        return build(field.cls, {} if value == "on" else value, where, path)
    if value == OFF and field.optional and value not in field.options:
        return None
    return coerce(field, value, where, path)


def _walk(instance: Any, prefix: str) -> Iterator[tuple[str, Field, Any]]:
    for name, field in fields(type(instance)).items():
        value, path = getattr(instance, name), _join(prefix, name)
        yield path, field, value
        if field.form in ("part", "nested") and value is not None:
            yield from _walk(value, path)


def _describe(cls: type, prefix: str, above: tuple[type, ...]) -> Iterator[tuple[str, Field]]:

    for name, field in fields(cls).items():
        path = _join(prefix, name)
        yield path, field
        if field.form == "nested" and field.cls is not None:
            yield from _describe(field.cls, path, above)
        elif field.form == "part":
            for choice in catalogue.names(field.kind):
                chosen = catalogue.find(field.kind, choice)
                if chosen not in above:  # a part that may contain another of its own kind is described once
                    yield from _describe(chosen, f"{path}[{choice}]", (*above, chosen))


def _put(cls: type, data: Data, steps: list[str], value: Any, where: str, path: str) -> None:
    known = fields(cls)
    if steps[0] not in known:
        raise _error(where, path, f"does not exist in {cls.__name__}; {suggestion(steps[0], known)}")
    field, present = known[steps[0]], data[steps[0]]
    if len(steps) == 1:
        if field.form == "part" and isinstance(value, str) and isinstance(present, Mapping) and value in present:
            return  # already chosen: its settings are kept
        if field.form == "nested" and value == "on" and isinstance(present, Mapping):
            return
        named = field.form == "part" and isinstance(value, str) and value != OFF
        data[steps[0]] = {value: {}} if named else value
        return
    below, inner = _below(field, present, where, path)
    if below is None or steps[1] not in fields(below):
        raise _error(where, path, _absent(field, present, steps[1], below))
    if field.form == "nested" and present == "on":  # chosen in the same call
        inner = data[steps[0]] = {}
    _put(below, _filled(below, inner), steps[1:], value, where, path)


def _filled(cls: type, data: Data) -> Data:
    """Give every field a value in place, so that paths can be followed into parts that were just chosen."""
    for name, field in fields(cls).items():
        if name not in data and field.default is not dataclasses.MISSING:
            default = field.default
            if field.form == "part" and default:
                catalogue.allow(default)  # a default in the user's class counts as named by the user
            data[name] = {default: {}} if field.form == "part" and default else json.loads(json.dumps(default))
    return data


def _below(field: Field, present: Any, where: str, path: str) -> tuple[type | None, Data]:
    if field.form == "nested":
        return None if present in (None, OFF) else field.cls, present
    if field.form != "part" or present in (None, OFF):
        return None, {}

    name = split_part(present, where, path)[0]
    return catalogue.find(field.kind, name), present[name]


def _absent(field: Field, present: Any, name: str, below: type | None) -> str:
    """Why a path does not exist: it belongs to another choice, or to none."""
    if field.form not in ("part", "nested"):
        return f"does not exist: {field.name} has no fields, it is {field.wanted}"
    if field.form == "nested":
        return f"does not exist while {field.name} is off" if below is None else (
            f"does not exist in {below.__name__}; {suggestion(name, fields(below))}"
        )  # fmt: skip

    owners = [other for other in catalogue.names(field.kind) if name in fields(catalogue.find(field.kind, other))]
    chosen = split_part(present)[0] if present else OFF
    if owners:
        return f"does not exist for {field.name} = {chosen}; it belongs to {', '.join(owners)}"
    return f"does not exist for {field.name} = {chosen}; {suggestion(name, fields(below) if below else ())}"


def _short(field: Field, value: Any) -> Any:
    """Value of a path on one line: only the name for a part, ``on`` for a nested dataclass."""
    if value is None and field.form != "any":
        return OFF
    if field.form == "part":
        return catalogue.name_of(value)
    return "on" if field.form == "nested" else _to_data(field, value)


def _join(prefix: str, name: object) -> str:
    return f"{prefix}.{name}" if prefix else str(name)


def _error(where: str, path: str, what: str) -> UserError:
    path = shortened(path, 300)
    subject = f"{path} {what}" if path and not what.startswith(":") else f"{path}{what}".removeprefix(": ")
    return UserError(f"{where}: {subject}" if where else subject)
