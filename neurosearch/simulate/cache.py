"""The build cache: finished programs by content, shared by all studies and workers of a user; `tables` adds the data.

Entries are made in a temporary folder under a lock and renamed into place, so an incomplete one is never visible; the
leftovers of dead processes are removed. ``builds/<digest>/{program,program.cpp,meta.json}``,
``streams/<digest>.<dtype>``, ``failed/``, ``locks/``, ``.tmp.<pid>.<host>-<random>/``. Programs unused for 90 days are
removed.
"""

import contextlib
import fcntl
import hashlib
import json
import logging
import os
import platform
import secrets
import shutil
import time
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from pathlib import Path
from typing import Any, TypeVar

from neurosearch.errors import UserError
from neurosearch.files.cache_folder import PRIVATE, own_cache_folder, refuse_foreign
from neurosearch.files.cache_folder import VARIABLE as VARIABLE
from neurosearch.files.cache_folder import writing as writing
from neurosearch.simulate.cancel import Cancel

_LOG = logging.getLogger(__name__)
_DAY = 86400.0
_FORGOTTEN = 90 * _DAY
"""Programs unused for this long are removed: long enough to return to a study, short enough to bound the cache."""

_HOST = f"{zlib.crc32(platform.node().encode()):08x}"  # hosts may share a home folder; a pid is valid on one host only
REMOVED_AT_MOST = 3
"""Attempts to make an entry while the cache keeps being removed: a third removal is no coincidence."""

T = TypeVar("T")
_SWEPT: set[Path] = set()
_VERIFIED: dict[Path, tuple[int, ...]] = {}  # program → `_looks` of its file when its bytes were verified


def root() -> Path:
    """The cache's folder, created if needed; a process's first call removes the leftovers of dead processes."""
    path = own_cache_folder()
    if path not in _SWEPT:
        _SWEPT.add(path)
        sweep(path)
    return path


def sweep(path: Path) -> None:
    """Remove temporary folders of dead processes (of another host: those older than a day)."""
    for folder in path.glob(".tmp.*"):
        pid, _, rest = folder.name.removeprefix(".tmp.").partition(".")
        dead = rest.startswith(_HOST) and pid.isdigit() and not _alive(int(pid))
        if dead or age(folder) > _DAY:
            shutil.rmtree(folder, ignore_errors=True)
    _forget(path)


def _forget(path: Path) -> None:
    """Remove long unused programs; checks once a day, and ignores what cannot be removed."""
    looked = path / ".looked"
    if looked.exists() and age(looked) < _DAY:
        return
    with contextlib.suppress(OSError):
        looked.touch()
        for folder in (path / "builds").glob("*"):
            if age(folder / "meta.json") > _FORGOTTEN:
                _remove(folder)


def _remove(folder: Path) -> None:
    with lock(folder.name), temporary() as gone:
        if age(folder / "meta.json") > _FORGOTTEN:  # still unused now that the lock is held
            _LOG.debug("removing %s, unused for a long time", folder)
            folder.rename(gone / "old")


def make_temporary() -> Path:
    """A new folder, which its caller removes; if this process dies first, a sweep does."""
    path = root() / f".tmp.{os.getpid()}.{_HOST}-{secrets.token_hex(6)}"
    with writing(path):
        path.mkdir(mode=PRIVATE)
    return path


@contextlib.contextmanager
def temporary() -> Iterator[Path]:
    """A folder that exists for the duration of a ``with``."""
    path = make_temporary()
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def made_in_temporary(make: Callable[[Path], T]) -> T:
    """The result of ``make`` in a temporary folder; repeated if the cache is removed meanwhile."""
    place = root()
    for _ in range(REMOVED_AT_MOST):
        with temporary() as folder:
            try:
                return make(folder)
            except (OSError, UserError) as error:
                cause = error if isinstance(error, OSError) else error.__cause__
                if folder.exists() or not isinstance(cause, FileNotFoundError):
                    raise
        _LOG.warning("the cache %s was removed while an entry was being written; writing it again", place)
    raise UserError(
        f"the cache {place} was removed {REMOVED_AT_MOST} times while an entry was being written; "
        f"stop the program that removes it, or set ${VARIABLE} to another folder"
    )


@contextlib.contextmanager
def lock(name: str, cancel: Cancel | None = None) -> Iterator[None]:
    """Hold an entry's lock, exclusive across threads and processes; the kernel releases locks of dead processes."""
    path = root() / "locks" / name
    descriptor = _lock(path, cancel)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)  # waiting processes see that their file is gone and take a new one
        os.close(descriptor)


def _lock(path: Path, cancel: Cancel | None) -> int:
    while True:
        with writing(path):
            descriptor = _opened(path)
        try:
            while not locked(descriptor):
                if cancel is not None and cancel.is_set():
                    raise CancelledError("stopped while another worker was building")
                time.sleep(0.01)
            if path.exists() and os.path.samestat(path.stat(), os.fstat(descriptor)):
                return descriptor
        except FileNotFoundError:
            _LOG.debug("the lock %s disappeared while waiting; taking a new one", path)
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


def _opened(path: Path) -> int:
    while True:
        path.parent.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
        with contextlib.suppress(FileNotFoundError):  # the folder was removed between the two lines
            return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def locked(descriptor: int) -> bool:
    """Take the lock of an open file if it is free."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def find_build(digest: str) -> Path | None:
    """The program of a digest if it exists and its bytes are those that were built."""
    folder = root() / "builds" / digest
    path = folder / "program"
    try:
        seen = _looks(path)
        if _VERIFIED.get(path) == seen:
            return path
        for place in (folder.parent, folder, path):
            refuse_foreign(place)
        meta = json.loads((folder / "meta.json").read_bytes())
        if age(folder / "meta.json") > _DAY:
            with contextlib.suppress(OSError):
                os.utime(folder / "meta.json")  # mark it as in use
        program = path.read_bytes()
        if len(program) == meta["size"] and hashlib.sha256(program).hexdigest() == meta["sha256"]:
            _VERIFIED[path] = seen
            return path
    except (OSError, ValueError, KeyError, TypeError) as error:
        if not folder.exists():
            return None
        _LOG.debug("%s cannot be read: %s", folder, error)
    _LOG.warning("the build %s in the cache is damaged; building it again", folder)
    return None


def _looks(path: Path) -> tuple[int, ...]:
    """Values that change when a file does: verified bytes need not be read again while they stay the same."""
    found = path.stat()
    return (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)


def place_build(digest: str, folder: Path, meta: dict[str, Any]) -> Path:
    """Move a temporary ``folder`` that contains ``program`` into place; the caller holds the digest's lock."""
    (folder / "program").chmod(PRIVATE)  # regardless of the umask: a program that others may write is refused
    program = (folder / "program").read_bytes()
    meta = {**meta, "digest": digest, "size": len(program), "sha256": hashlib.sha256(program).hexdigest()}
    home = root() / "builds" / digest
    with writing(home):
        (folder / "meta.json").write_text(json.dumps(meta, indent=1))
        replace_folder(folder, home)
    return home / "program"


def replace_folder(folder: Path, home: Path) -> None:
    """Rename a folder to ``home``, replacing an existing one."""
    home.parent.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
    if home.exists():
        with temporary() as old:  # a rename cannot replace a folder that is not empty
            home.rename(old / "old")
    folder.rename(home)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def age(path: Path) -> float:
    """Seconds since a file was last changed; 0 if it does not exist."""
    try:
        return time.time() - path.stat().st_mtime
    except FileNotFoundError:
        return 0.0
