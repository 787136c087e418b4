"""From a plan's shape to a compiled program: its digest, and one build shared by all users of that digest."""

import contextlib
import errno
import functools
import hashlib
import json
import logging
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from neurosearch.errors import UserError
from neurosearch.simulate import builder as builders
from neurosearch.simulate import cache, compiler
from neurosearch.simulate.cancel import Cancel
from neurosearch.simulate.macros import replaced_name

SOURCES = (
    "simulate", "parts/wiring", "random.py", "lower/integrate.py", "lower/brian_defaults.py", "plan.py", "language",
)  # fmt: skip
"""Files and folders of this package that determine a program's text: a change there changes the digest."""

COMPILE_WITHIN = 600.0  # seconds; a large structure takes two, so this leaves room for a busy machine
_SMOKE_WITHIN = 20.0  # seconds; a start takes milliseconds
_LOG = logging.getLogger(__name__)
_FAILED: dict[str, UserError] = {}  # digest → error of its build; another attempt in this process would fail alike


@dataclass(frozen=True)
class Program:
    """A compiled program.

    Attributes:
        path: the executable.
        digest: identity of the build: plan, compiler, flags, processor, versions.
        seconds: time to obtain it, including waiting.
        fresh: whether this call built it.
        compiler: its name and version.
    """

    path: str
    digest: str
    seconds: float
    fresh: bool
    compiler: str


def program(
    plan_digest: str,
    plan_shape: dict[str, Any] | Callable[[], dict[str, Any]],
    *,
    strict: bool = False,
    optimise: str = "-O3",
    cancel: Cancel | None = None,
    builder: builders.Builder | None = None,
) -> Program:
    """The program of a plan, from the cache or built now.

    Args:
        plan_digest: identity of ``plan_shape``.
        plan_shape: plain data, passed to the builder; or a function that returns it, called only for a build.
        strict: exact IEEE arithmetic (8 to 13 % slower).
        optimise: ``-O3``, or ``-O2`` for a quicker build of a slower program.
        cancel: when set, waiting, writing the text and compiling end with ``concurrent.futures.CancelledError``.
        builder: a builder to use instead of the process's shared one.

    Raises:
        builder.Unsupported: our device refuses the plan.
        UserError: no compiler, not enough disk space, an invalid plan, a text that does not compile.
    """
    began = time.perf_counter()
    cxx = compiler.find()
    flags = cxx.flags(strict, optimise)
    digest = full_digest(plan_digest, cxx, flags)
    path, fresh = cache.find_build(digest), False
    if path is None:
        with cache.lock(digest, cancel):
            path = cache.find_build(digest)
            if path is None:
                plan_shape = plan_shape() if callable(plan_shape) else plan_shape
                path, fresh = _built_once(digest, plan_shape, cxx, flags, builder or builders.shared(), cancel), True
    return Program(str(path), digest, time.perf_counter() - began, fresh, f"{cxx.name} ({cxx.version})")


def full_digest(plan_digest: str, cxx: compiler.Compiler, flags: Sequence[str]) -> str:
    """Hash of everything that can change a program's bytes or its results."""
    parts = {
        "plan": plan_digest,
        "compiler": [cxx.name, cxx.version],
        "flags": list(flags),
        "processor": cxx.cpu_features_digest,
        "package": _package_digest(),
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


@functools.cache
def _package_digest() -> str:
    """Hash of the code generators: our files, and the versions of Brian2 and SymPy (importing them takes a second)."""
    digest = hashlib.sha256()
    for name in ("brian2", "sympy"):
        with contextlib.suppress(metadata.PackageNotFoundError):  # the builder reports what is missing
            digest.update(f"{name} {metadata.version(name)}\n".encode())
    digest.update(f"numpy {np.__version__.split('.')[0]}\n".encode())
    package = Path(__file__).parents[1]
    for source in SOURCES:
        path = package / source
        files = sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]
        for file in files:
            if file.suffix != ".pyc":
                digest.update(f"{file.relative_to(package)}\n".encode() + hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def _built_once(
    digest: str,
    plan_shape: dict[str, Any],
    cxx: compiler.Compiler,
    flags: Sequence[str],
    builder: builders.Builder,
    cancel: Cancel | None,
) -> Path:
    """Build while holding the digest's lock; a failure caused by the text is remembered."""
    if digest in _FAILED:
        raise type(_FAILED[digest])(str(_FAILED[digest]))
    began = time.perf_counter()
    try:
        text = builder.text(plan_shape, strict="-ffast-math" not in flags, cancel=cancel)
        generated = time.perf_counter()
    except builders.Refused as error:
        _FAILED[digest] = error
        raise

    def built(folder: Path) -> Path:
        with cache.writing(folder):
            (folder / "program.cpp").write_text(text)
        _compile(digest, plan_shape, folder, cxx, flags, cancel)
        _smoke(folder / "program", digest)
        meta = {
            "compiler": [cxx.name, cxx.version],
            "flags": list(flags),
            "generate_seconds": round(generated - began, 3),
            "compile_seconds": round(time.perf_counter() - generated, 3),
        }
        return cache.place_build(digest, folder, meta)

    path = cache.made_in_temporary(built)
    _LOG.info("built %s in %.2f s", digest[:12], time.perf_counter() - began)
    return path


def _compile(
    digest: str,
    plan_shape: dict[str, Any],
    folder: Path,
    cxx: compiler.Compiler,
    flags: Sequence[str],
    cancel: Cancel | None,
) -> None:
    command = [cxx.path, *flags, str(folder / "program.cpp"), "-o", str(folder / "program")]
    code, complaint = _ended(command, {**os.environ, "LC_ALL": "C", "TMPDIR": str(folder)}, cancel)
    if code == 0 and (folder / "program").exists():
        return
    if not folder.exists():
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(folder))
    no_room = _no_room(complaint, folder)
    if no_room:
        raise UserError(
            f"not enough disk space to compile in {folder.parent}: {no_room}; "
            f"free some space there or set ${cache.VARIABLE} to another folder"
        )
    if code < 0 or "Killed" in complaint:
        raise UserError(
            f"{cxx.path} was killed while it compiled structure {digest[:12]} ({_first_error(complaint)}); "
            "if memory is short, use fewer workers"
        )
    taken = replaced_name(plan_shape, folder / "program.cpp", cxx.path)
    if taken is not None:
        _FAILED[digest] = UserError(f"{taken[0]}: `{taken[1]}` is a C++ macro; rename it")
        raise _FAILED[digest]
    kept = _kept(digest, folder, complaint)
    _FAILED[digest] = UserError(
        f"structure {digest[:12]} does not compile with {cxx.path} (exit {code}): "
        f"{_first_error(complaint.replace(str(folder), str(kept)))}; its program.cpp is kept in {kept}; "
        f"try another compiler with ${compiler.VARIABLE}, or report it with that folder"
    )
    raise _FAILED[digest]


def _ended(command: list[str], environment: dict[str, str], cancel: Cancel | None) -> tuple[int, str]:
    """Exit code and error output of a compiler, run in its own session so that all its processes can be killed."""
    deadline = time.monotonic() + COMPILE_WITHIN
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=environment,
            start_new_session=True,
            text=True,
            errors="replace",
        )
    except OSError as error:
        raise UserError(f"{command[0]} cannot be started: {error.strerror}; see ${compiler.VARIABLE}") from error
    with process:
        try:
            while True:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    _, complaint = process.communicate(timeout=0.1)
                    return process.returncode, complaint
                if cancel is not None and cancel.is_set():
                    raise CancelledError("stopped while compiling")
                if time.monotonic() > deadline:
                    raise UserError(f"{command[0]} did not finish within {COMPILE_WITHIN:.0f} s; use fewer workers")
        finally:
            if process.returncode is None:
                os.killpg(process.pid, signal.SIGKILL)


def _no_room(complaint: str, folder: Path) -> str:
    """The system's message if a compiler could not write its output, else empty."""
    sayings = ("No space left on device", "File size limit exceeded", "File too large", "Disk quota exceeded")
    said = [saying for saying in sayings if saying in complaint]
    if not said and shutil.disk_usage(folder).free == 0:
        said = [sayings[0]]
    return said[0] if said else ""


def _first_error(complaint: str) -> str:
    lines = [line.strip() for line in complaint.splitlines() if line.strip()]
    errors = [line for line in lines if "error:" in line]
    return (errors or lines or ["no error message"])[0]


def _kept(digest: str, folder: Path, complaint: str) -> Path:
    """Keep the text and error output of a failed build for debugging."""
    home = cache.root() / "failed" / digest
    with cache.writing(home):
        (folder / "errors.txt").write_text(complaint)
        cache.replace_folder(folder, home)
    return home


def _smoke(path: Path, digest: str) -> None:
    """Check that a program without input exits with 3 (missing argument) or 5 (closed pipe); else it is broken."""
    try:
        code = subprocess.run(
            [path], input=b"", capture_output=True, timeout=_SMOKE_WITHIN, start_new_session=True
        ).returncode
    except OSError as error:
        raise UserError(
            f"programs cannot be run in {path.parents[1]}: {error.strerror}; "
            f"set ${cache.VARIABLE} to a folder on a disk that allows execution (not mounted noexec)"
        ) from error
    except subprocess.TimeoutExpired as error:
        raise RuntimeError(f"the program of structure {digest[:12]} hangs without input") from error
    if code == -signal.SIGILL:
        raise UserError(
            f"this processor cannot run the code that {compiler.find().path} -march=native generated for it; "
            f"name another compiler in ${compiler.VARIABLE}"
        )
    if code not in (3, 5):
        raise RuntimeError(f"the program of structure {digest[:12]} exits with {code}, not 3 or 5, without input")
