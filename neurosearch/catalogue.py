"""The folder is the registry: a component is found by its kind (a folder) and its name (a file).

A user's own class is named ``./file.py:Class``; the file is executed because the user named it. Data never run code:
within ``only_named`` (every command) a file is executed only after ``allow``, which is called for names in the command
line and in study files, and for a found network whose recorded digest matches the file's text.
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
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from neurosearch.errors import UserError
from neurosearch.files import paths
from neurosearch.spelling import quoted, suggestion

_PACKAGE = Path(__file__).resolve().parent
_SHIPPED_BESIDE = ("architectures", "studies")
"""Top-level folders of a checkout; a wheel contains them inside the package, with an underscore."""

_ROOMS = ("baselines",)
"""Kinds with a top-level package instead of a folder in ``parts``: they are not components of a network."""

_RENAMED = {"storage": "storage_rules"}
"""Former name of a kind → its name; ``storage`` also means a database."""

_own: dict[type, tuple[str, str]] = {}
"""A user's class → (reference ``/path/file.py:Class``, digest of the text that was executed)."""

_ANY = ""
"""Used in place of a digest: any text of the file."""

_allowed: dict[Path, set[str]] = {}
"""A user's own file → digests of the texts that may be executed; used only within ``only_named``."""

_restricted = False
"""Whether only allowed files are executed. A Python program that imports this package names its own files."""

OWN_FILE = re.compile(r"^(?P<path>.+\.py):(?P<name>[A-Za-z_]\w*)$", re.DOTALL)
"""A reference to a class in the user's own file."""


def folder(kind: str) -> Path:
    """The folder with the files of a kind."""
    kind = _RENAMED.get(kind, kind)
    if kind in _SHIPPED_BESIDE:
        inside = _PACKAGE / f"_{kind}"
        return inside if inside.is_dir() else _PACKAGE.parent / kind
    return _PACKAGE / kind if kind in _ROOMS else _PACKAGE / "parts" / kind


def kinds() -> list[str]:
    """Every kind that can be listed: the folders of ``parts``, baselines, architectures and studies."""
    parts = {path.parent.name for path in _PACKAGE.glob("parts/*/base.py")}
    return sorted(parts | {kind for kind in (*_ROOMS, *_SHIPPED_BESIDE) if folder(kind).is_dir()})


def names(kind: str) -> list[str]:
    """Names of a kind, read from the folder alone: no file is imported."""
    where = folder(kind)
    if not (kind.isidentifier() and where.is_dir()):
        raise UserError(f"there is no kind called '{kind}'; {suggestion(kind, kinds())}")
    pattern = "*.yaml" if kind == "studies" else "*.py"
    return sorted(p.stem for p in where.glob(pattern) if not p.stem.startswith("_") and p.stem != "base")


def path(kind: str, name: str) -> Path:
    """The file of a name."""
    if name not in names(kind):
        raise UserError(f"there is no {quoted(name)} in {kind}; {suggestion(name, names(kind))}")
    return folder(kind) / f"{name}{'.yaml' if kind == 'studies' else '.py'}"


_LOADING = threading.RLock()
"""Held while a file is loaded: another thread must not see a module whose file is still being executed."""


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
    file = paths.located(own["path"])
    cls = _find_own(file, own["name"], _text_of(file, own["name"]))
    _check_base(kind, cls, file)
    return cls


def _text_of(file: Path, name: str) -> bytes:
    return paths.content(file, "give the path of an existing file", f"(for {name})")


@functools.cache
def _find_shipped(kind: str, name: str) -> type:
    module = _import(kind, path(kind, name))
    wanted = name.replace("_", "")
    found = [cls for cls in _classes(module) if cls.__name__.lower() == wanted]
    if len(found) != 1:
        raise UserError(f"{module.__file__} must define one class named like the file ({wanted}, in CamelCase)")
    return found[0]


@contextmanager
def only_named() -> Iterator[None]:
    """Execute only those files of the user that are passed to ``allow`` in the meantime."""
    global _restricted
    before, known = _restricted, dict(_allowed)
    _restricted = True
    _allowed.clear()
    try:
        yield
    finally:
        _restricted = before
        _allowed.clear()
        _allowed.update(known)


def allow(reference: str, digest: str = _ANY) -> bool:
    """Permit a file ``./file.py:Class`` to be executed: the user named it, or data recorded the digest of its text.

    Returns:
        Whether it was not yet permitted.
    """
    own = OWN_FILE.match(reference)
    if not own:
        return False
    texts = _allowed.setdefault(paths.located(own["path"]), set())
    new = not texts & {_ANY, digest}
    texts.add(digest)
    return new


def is_named(reference: str) -> bool:
    """Whether the user named this file ``./file.py:Class``, so that any text of it may be executed."""
    own = OWN_FILE.match(reference)
    return own is not None and _ANY in _allowed.get(paths.located(own["path"]), set())


def check_allowed(reference: str) -> None:
    """Refuse a file ``./file.py:Class`` that may not be executed here, before its name is sent to another process."""
    own = OWN_FILE.match(reference)
    if own and _restricted:
        _check_allowed(paths.located(own["path"]), text_digest(reference))


def text_digest(reference: str) -> str:
    """Digest of the text of a user's own file ``./file.py:Class``, without executing it."""
    own = OWN_FILE.match(reference)
    assert own, f"{reference} names no file"
    return hashlib.sha256(_text_of(paths.located(own["path"]), own["name"])).hexdigest()


def name_of(thing: Any) -> str:
    """The name of an instance's class, as written in a study file."""
    cls = thing if isinstance(thing, type) else type(thing)
    if cls in _own:
        return _own[cls][0]
    return cls.__module__.rpartition(".")[2]


def source_digest(cls: type) -> str:
    """Digest of the text that defines a class: for a user's own file, the executed text."""
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
    beside = paths.located(own["path"], base)
    return f"{beside if beside.is_file() else paths.located(own['path'])}:{own['name']}"


def _import(kind: str, file: Path) -> ModuleType:
    if kind not in _SHIPPED_BESIDE:
        return importlib.import_module(f"{_module(kind)}.{file.stem}")
    name = f"neurosearch._{kind}.{file.stem}"
    return sys.modules[name] if name in sys.modules else _execute(name, file)


def _module(kind: str) -> str:
    """The package that contains the modules of a kind."""
    kind = _RENAMED.get(kind, kind)
    return f"neurosearch.{kind}" if kind in _ROOMS else f"neurosearch.parts.{kind}"


def _execute(name: str, file: Path, text: bytes | None = None) -> ModuleType:
    """Run a file as a module; with ``text``, run exactly that text and no cached bytecode."""
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None, f"{file} is not a Python file"
    assert spec.loader is not None, f"{file} has no loader"
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # a dataclass looks up its module while it is created
    try:
        if text is None:
            spec.loader.exec_module(module)
        else:
            exec(compile(text, str(file), "exec", dont_inherit=True), vars(module))
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _classes(module: ModuleType) -> Iterator[type]:
    for value in vars(module).values():
        if isinstance(value, type) and value.__module__ == module.__name__ and not value.__name__.startswith("_"):
            yield value


def _check_base(kind: str, cls: type, file: Path) -> None:
    """Check that a user's own class is derived from the base class of its kind."""
    base = "neurosearch.architecture" if kind == "architectures" else f"{_module(kind)}.base"
    if kind and (kind == "architectures" or (folder(kind) / "base.py").is_file()):
        bases = [one for one in _classes(importlib.import_module(base)) if one in cls.__mro__]
        if not bases:
            raise UserError(f"{file}: {cls.__name__} is not one of the {kind}; derive it from the class in {base}")


def _find_own(file: Path, name: str, text: bytes) -> type:
    digest = hashlib.sha256(text).hexdigest()
    _check_allowed(file, digest)
    if (file, name, digest) not in _found:
        _found[file, name, digest] = _own_class(file, name, text, digest)
    return _found[file, name, digest]


_found: dict[tuple[Path, str, str], type] = {}
"""(file, class, digest of the text) → the class; a changed file is executed again."""


def _check_allowed(file: Path, digest: str) -> None:
    if not _restricted:
        return
    allowed = _allowed.get(file, set())
    if not allowed:
        raise UserError(
            f"only stored data name {file}, so it was not executed; name it in the study or on the command line"
        )
    if _ANY not in allowed and digest not in allowed:
        raise UserError(f"{file} was changed while it was read; run the command again")


def _own_class(file: Path, name: str, text: bytes, digest: str) -> type:
    global _restricted
    place = hashlib.sha256(str(file).encode()).hexdigest()[:8]
    module_name = f"neurosearch_own_{place}_{digest[:16]}"
    restricted, _restricted = _restricted, False  # files that the user's code names count as named by the user
    try:
        module = sys.modules[module_name] if module_name in sys.modules else _execute(module_name, file, text)
    except SyntaxError as error:
        raise UserError(f"{file}, line {error.lineno}: {error.msg}; fix the file") from error
    except UserError:
        raise
    except (Exception, SystemExit) as error:  # the user's code may raise anything
        raise UserError(f"{file} fails when it is read: {type(error).__name__}: {error}; fix the file") from error
    finally:
        _restricted = restricted
    classes = {cls.__name__: cls for cls in _classes(module)}
    if name not in classes:
        raise UserError(f"{file} has no class '{name}'; {suggestion(name, classes)}")
    lacks = sorted(getattr(classes[name], "__abstractmethods__", ()))
    if lacks:
        raise UserError(f"{file}: {name} has no {', '.join(lacks)}; write {'it' if len(lacks) == 1 else 'them'}")
    _own[classes[name]] = (f"{file}:{name}", digest)
    return classes[name]


def is_own(cls: type) -> bool:
    """Whether a class comes from a user's own file."""
    return cls in _own
