"""Keywords that a class had in version 0.1, so that a user's file that gives them still runs."""

import functools
from collections.abc import Callable
from typing import Any, TypeVar

_Class = TypeVar("_Class", bound=type)


def accepts(translate: Callable[[dict[str, Any]], dict[str, Any]]) -> Callable[[_Class], _Class]:
    """A class whose keywords are translated before it sees them."""

    def decorate(cls: _Class) -> _Class:
        made = cls.__init__  # type: ignore[misc]  # that of a dataclass

        @functools.wraps(made)
        def __init__(self: Any, *given: Any, **named: Any) -> None:
            made(self, *given, **translate(named))

        cls.__init__ = __init__  # type: ignore[misc]
        return cls

    return decorate


def recall_keywords(named: dict[str, Any]) -> dict[str, Any]:
    """``fresh`` is ``reset``."""
    if "fresh" in named:
        named["reset"] = named.pop("fresh")
    return named
