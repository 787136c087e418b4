"""Keywords that a class had in version 0.1, so that a user's file that gives them still runs."""

import functools
from collections.abc import Callable
from typing import Any, TypeVar

_Class = TypeVar("_Class", bound=type)


def accepts(translate: Callable[[tuple[Any, ...], dict[str, Any]], tuple[Any, ...]]) -> Callable[[_Class], _Class]:
    """A class whose arguments are translated before it sees them: by place (returned), and by name (in the mapping)."""

    def decorate(cls: _Class) -> _Class:
        made = cls.__init__  # type: ignore[misc]  # that of a dataclass

        @functools.wraps(made)
        def __init__(self: Any, *given: Any, **named: Any) -> None:
            made(self, *translate(given, named), **named)

        cls.__init__ = __init__  # type: ignore[misc]
        return cls

    return decorate


def recall_keywords(given: tuple[Any, ...], named: dict[str, Any]) -> tuple[Any, ...]:
    """``fresh`` is ``reset``."""
    if "fresh" in named:
        named["reset"] = named.pop("fresh")
    return given
