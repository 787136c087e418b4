"""The folder is the registry: a thing is found by its kind (a folder) and its name (a file); nothing is registered.

A user's own thing is named ``./file.py:Class``; the file is executed because the user named it.
"""

import ast
import functools
import hashlib
import importlib
import importlib.util
import re
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from neurosearch.errors import UserError
from neurosearch.spelling import suggestion

_PACKAGE = Path(__file__).resolve().parent
_SHIPPED_BESIDE = ("architectures", "studies")
"""Top-level folders of a checkout; a wheel carries them inside the package, with an underscore."""

_ROOMS = ("baselines",)
"""Kinds that are rooms of their own and not folders of ``parts``: nothing of a network is made of them."""

_RENAMED = {"storage": "storage_rules"}
"""Former name of a kind → its name; ``storage`` also is a database."""

_own: dict[type, tuple[str, str]] = {}
"""A user's class → (reference ``/path/file.py:Class``, digest of the text that was executed)."""

OWN_FILE = re.compile(r"^(?P<path>.+\.py):(?P<name>[A-Za-z_]\w*)$", re.DOTALL)
"""A reference to a class in the user's own file."""


def folder(kind: str) -> Path:
    """Where the files of a kind are."""
    kind = _RENAMED.get(kind, kind)
    if kind in _SHIPPED_BESIDE:
        inside = _PACKAGE / f"_{kind}"
        return inside if inside.is_dir() else _PACKAGE.parent / kind
    return _PACKAGE / kind if kind in _ROOMS else _PACKAGE / "parts" / kind


def kinds() -> list[str]:
    """Every kind that can be listed: the folders of ``parts``, baselines, and the two that ship beside the package."""
    parts = {path.parent.name for path in _PACKAGE.glob("parts/*/base.py")}
    return sorted(parts | {kind for kind in (*_ROOMS, *_SHIPPED_BESIDE) if folder(kind).is_dir()})


def names(kind: str) -> list[str]:
    """Names of a kind, read from the folder alone: no file is imported."""
    where = folder(kind)
    if not (kind.isidentifier() and where.is_dir()):
        raise UserError(f"there is no kind of thing called '{kind}'; {suggestion(kind, kinds())}")
    pattern = "*.yaml" if kind == "studies" else "*.py"
    return sorted(p.stem for p in where.glob(pattern) if not p.stem.startswith("_") and p.stem != "base")


def path(kind: str, name: str) -> Path:
    """The file of a name."""
    if name not in names(kind):
        raise UserError(f"there is no '{name}' in {kind}; {suggestion(name, names(kind))}")
    return folder(kind) / f"{name}{'.yaml' if kind == 'studies' else '.py'}"


_LOADING = threading.RLock()
"""One thread at a time: another must not see a module whose file is still being executed."""


def about(kind: str, name: str) -> str:
    """First sentence of the file's docstring (of a study: of its ``about``), read without importing it."""
    file = path(kind, name)
    text = file.read_text(encoding="utf-8")
    if kind == "studies":
        found = re.search(r"^about:\s*(?:[>|][+-]?\s*\n)?\s*(.+)$", text, re.MULTILINE)
        return found.group(1).strip() if found else ""
    return (ast.get_docstring(ast.parse(text)) or "").split("\n")[0]


def find(kind: str, name: str) -> type:
    """The one public class of a name's file, or the class of the user's own ``./file.py:Class``."""
    with _LOADING:
        return _find(kind, name)


def _find(kind: str, name: str) -> type:
    own = OWN_FILE.match(name)
    if not own:
        return _find_shipped(kind, name)
    file = Path(own["path"]).expanduser().resolve()
    try:
        state = file.stat()
    except OSError as error:
        raise UserError(f"{file} (for {own['name']}): {error.strerror}; give the path of a file of yours") from error
    cls = _find_own(file, own["name"], state.st_mtime_ns, state.st_size)
    _check_base(kind, cls, file)
    return cls


@functools.cache
def _find_shipped(kind: str, name: str) -> type:
    module = _import(kind, path(kind, name))
    wanted = name.replace("_", "")
    found = [cls for cls in _classes(module) if cls.__name__.lower() == wanted]
    if len(found) != 1:
        raise UserError(f"{module.__file__} must define one class named like the file ({wanted}, in CamelCase)")
    return found[0]


def name_of(thing: Any) -> str:
    """The name under which the class of an instance is found: what a study file would say."""
    cls = thing if isinstance(thing, type) else type(thing)
    if cls in _own:
        return _own[cls][0]
    return cls.__module__.rpartition(".")[2]


def source_digest(cls: type) -> str:
    """Digest of the text that defines a class: for a user's own file, the text as it was executed."""
    if cls in _own:
        return _own[cls][1]
    file = sys.modules[cls.__module__].__file__
    assert file is not None, f"{cls} has no file"
    return hashlib.sha256(Path(file).read_bytes()).hexdigest()


def absolute(reference: str, base: Path) -> str:
    """A reference to the user's own file, made independent of the working directory; other names are unchanged."""
    own = OWN_FILE.match(reference)
    if not own:
        return reference
    file = Path(own["path"]).expanduser()
    beside = base / file
    return f"{(beside if beside.exists() else file).resolve()}:{own['name']}"


def _import(kind: str, file: Path) -> ModuleType:
    if kind not in _SHIPPED_BESIDE:
        return importlib.import_module(f"{_module(kind)}.{file.stem}")
    name = f"neurosearch._{kind}.{file.stem}"
    return sys.modules[name] if name in sys.modules else _execute(name, file)


def _module(kind: str) -> str:
    """The package in which the things of a kind are modules."""
    kind = _RENAMED.get(kind, kind)
    return f"neurosearch.{kind}" if kind in _ROOMS else f"neurosearch.parts.{kind}"


def _execute(name: str, file: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None, f"{file} is not a Python file"
    assert spec.loader is not None, f"{file} has no loader"
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up while they are made
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _classes(module: ModuleType) -> Iterator[type]:
    for value in vars(module).values():
        if isinstance(value, type) and value.__module__ == module.__name__ and not value.__name__.startswith("_"):
            yield value


def _check_base(kind: str, cls: type, file: Path) -> None:
    """A user's own class must be of its kind: derived from the one that the kind's base file defines."""
    base = "neurosearch.architecture" if kind == "architectures" else f"{_module(kind)}.base"
    if kind and (kind == "architectures" or (folder(kind) / "base.py").is_file()):
        bases = [one for one in _classes(importlib.import_module(base)) if one in cls.__mro__]
        if not bases:
            raise UserError(f"{file}: {cls.__name__} is none of the {kind}; derive it from the class in {base}")


@functools.cache
def _find_own(file: Path, name: str, changed: int, size: int) -> type:
    del changed, size  # they are part of what is remembered: a file that changed is executed again
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    place = hashlib.sha256(str(file).encode()).hexdigest()[:8]
    module_name = f"neurosearch_own_{place}_{digest[:16]}"
    try:
        module = sys.modules[module_name] if module_name in sys.modules else _execute(module_name, file)
    except SyntaxError as error:
        raise UserError(f"{file}, line {error.lineno}: {error.msg}; fix the file") from error
    except UserError:
        raise
    except Exception as error:  # the user's code may raise anything, and it is theirs to fix
        raise UserError(f"{file} fails when it is read: {type(error).__name__}: {error}; fix the file") from error
    classes = {cls.__name__: cls for cls in _classes(module)}
    if name not in classes:
        raise UserError(f"{file} has no class '{name}'; {suggestion(name, classes)}")
    lacks = sorted(getattr(classes[name], "__abstractmethods__", ()))
    if lacks:
        raise UserError(f"{file}: {name} has no {', '.join(lacks)}; write {'it' if len(lacks) == 1 else 'them'}")
    _own[classes[name]] = (f"{file}:{name}", digest)
    return classes[name]


def is_own(cls: type) -> bool:
    """Whether a class comes from a file of the user's."""
    return cls in _own
