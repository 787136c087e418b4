"""Declarations: frozen dataclasses whose fields are SI numbers with a unit and a range, or parts."""

import dataclasses
import functools
import inspect
import typing
from typing import Any

from neurosearch import catalogue
from neurosearch.errors import UserError
from neurosearch.spelling import suggestion


def quantity(default: Any, unit: str = "1", low: float | None = None, high: float | None = None) -> Any:
    """A number field in SI units.

    Args:
        default: value when the user gives none.
        unit: text such as ``"second"``, ``"Hz"``, ``"1"``.
        low, high: inclusive range; ``None`` leaves that side open.
    """
    return dataclasses.field(default=default, metadata={"unit": unit, "low": low, "high": high})


def part(kind: str, default: str | None = None) -> Any:
    """A field that holds one thing of a catalogue folder, for example ``part("rules", "stdp")``.

    With ``default`` ``None`` the field may be empty (``off`` in a study).
    """
    metadata = {"part": kind, "default": default}
    return dataclasses.field(default_factory=lambda: _make(kind, default), metadata=metadata)


def _make(kind: str, name: str | None) -> Any:
    if name is None:
        return None
    catalogue.allow(name)  # what a class of the user's names, the user named
    return catalogue.find(kind, name)()


@dataclasses.dataclass(frozen=True)
class Part:
    """Base of everything a configuration is made of; checks each number against its field's range."""

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            low, high = field.metadata.get("low"), field.metadata.get("high")
            value = getattr(self, field.name)
            if (low is None and high is None) or not isinstance(value, int | float):
                continue
            if not (
                value >= (-float("inf") if low is None else low) and value <= (float("inf") if high is None else high)
            ):
                unit = field.metadata["unit"]
                raise UserError(
                    f"{type(self).__name__}.{field.name} = {value} is outside "
                    f"[{'-inf' if low is None else low}, {'inf' if high is None else high}]"
                    f"{'' if unit == '1' else ' ' + unit}; give a value inside this range"
                )


@dataclasses.dataclass(frozen=True)
class Text(Part):
    """A part that speaks the rule language: its texts are class attributes, its fields are parameters."""

    def __init_subclass__(cls) -> None:
        for base in cls.__mro__[1:]:
            for name in getattr(base, "texts", ()):
                if name in inspect.get_annotations(cls):
                    raise UserError(
                        f"{cls.__name__}.{name} is a text, not a parameter: write `{name} = ...` without an annotation"
                    )

        cls._check_places()

    @classmethod
    def _check_places(cls) -> None:
        """Refuse a misspelt attribute, a rule text that is not a string, and a parameter without annotation."""
        texts = [name for base in cls.__mro__ for name in base.__dict__.get("texts", ())]
        for name, value in vars(cls).items():
            if name.startswith("_") or name in inspect.get_annotations(cls) or callable(value):
                continue
            if isinstance(value, property | functools.cached_property | classmethod | staticmethod):
                continue
            if isinstance(value, dataclasses.Field):
                raise UserError(f"{cls.__name__}.{name} lacks its type: write `{name}: float = quantity(...)`")
            known = next((vars(base)[name] for base in cls.__mro__[1:] if name in vars(base)), None)
            if name in texts and isinstance(known, str | bool) and type(value) is not type(known):
                said = "a text" if isinstance(known, str) else "True or False"
                raise UserError(f"{cls.__name__}.{name} = {value!r} must be {said}")
            if known is None and texts and name not in texts and isinstance(value, str | bool | int | float | dict):
                raise UserError(f"{cls.__name__}.{name} is not a place for a text; {suggestion(name, texts)}")

    texts: typing.ClassVar[tuple[str, ...]] = ()

    @property
    def owner(self) -> str:
        """Name for messages, for example ``Stdp``."""
        return type(self).__name__

    @property
    def values(self) -> dict[str, float]:
        """Parameters of the texts: every number field, in SI units."""
        return {f.name: float(getattr(self, f.name)) for f in dataclasses.fields(self) if "unit" in f.metadata}

    @property
    def units(self) -> dict[str, str]:
        """Unit of each parameter."""
        return _units(typing.cast(typing.Hashable, type(self)))


@functools.lru_cache(maxsize=1024)
def _units(part_type: Any) -> dict[str, str]:
    return {f.name: f.metadata["unit"] for f in dataclasses.fields(part_type) if "unit" in f.metadata}
