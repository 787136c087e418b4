"""Names of a plan that the C++ preprocessor replaces: macros of the headers that a program includes.

They depend on the compiler and its C library, so the compiler lists them, and only after a text failed to compile.
"""

import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

_DEFINED = re.compile(r"^#define (\w+)", re.MULTILINE)
_WITHIN = 60.0  # seconds; it takes a tenth of one


def replaced_name(shape: Mapping[str, Any], program: Path, cxx_path: str) -> tuple[str, str] | None:
    """The first (owner, name) of a plan's shape that is a macro where ``program`` is compiled, or ``None``."""
    command = [cxx_path, "-dM", "-E", "-std=c++17", str(program)]
    try:
        said = subprocess.run(command, capture_output=True, text=True, timeout=_WITHIN, errors="replace").stdout
    except (OSError, subprocess.TimeoutExpired):  # then only the compiler's own error can be reported
        return None
    macros = set(_DEFINED.findall(said))
    return next(((owner, name) for owner, name in _names(shape) if name in macros), None)


def _names(shape: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(population or projection, name) of all names that a program declares or assigns."""
    for owner in (*shape.get("groups", ()), *shape.get("synapses", ())):
        yield from ((owner["name"], name) for name in _named(owner))
    for action in shape.get("actions", ()):
        yield from ((action["owner"], name) for name in _named(action))


def _named(data: Any) -> Iterator[str]:
    for key, value in data.items() if isinstance(data, Mapping) else ((None, x) for x in data):
        if isinstance(value, Mapping | list | tuple):
            yield from _named(value)
        elif key in ("name", "target"):
            yield value
