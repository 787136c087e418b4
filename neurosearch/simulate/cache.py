"""The build cache: finished programs by content, shared by all studies and workers of a user; `tables` adds the data.

Entries are made in a temporary folder under a lock and renamed into place, so none is ever seen half made; what a dead
process left is swept. ``builds/<digest>/{program,program.cpp,meta.json}``, ``streams/<digest>.<dtype>``, ``failed/``,
``locks/``, ``.tmp.<pid>.<host>-<random>/``. Programs that were not run for 90 days are removed.
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
"""Programs that nothing has run for so long are removed."""

_HOST = f"{zlib.crc32(platform.node().encode()):08x}"  # a home folder may be shared: a pid means something on one host
REMOVED_AT_MOST = 3
"""How often something is made again because the cache was removed: more is no coincidence."""

T = TypeVar("T")
_SWEPT: set[Path] = set()
_VERIFIED: dict[Path, tuple[int, ...]] = {}  # program → how its file looked when its bytes were found right


def root() -> Path:
    """The cache's folder, made if need be; the first call of a process sweeps what dead processes left."""
    path = own_cache_folder()
    if path not in _SWEPT:
        _SWEPT.add(path)
        sweep(path)
    return path


def sweep(path: Path) -> None:
    """Remove temporary folders whose process is gone (on another host: those older than a day)."""
    for folder in path.glob(".tmp.*"):
        pid, _, rest = folder.name.removeprefix(".tmp.").partition(".")
        dead = rest.startswith(_HOST) and pid.isdigit() and not _alive(int(pid))
        if dead or age(folder) > _DAY:
            shutil.rmtree(folder, ignore_errors=True)
    _forget(path)


def _forget(path: Path) -> None:
    """Remove programs that were not run for long; looks once a day, and leaves alone what cannot be removed."""
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
        if age(folder / "meta.json") > _FORGOTTEN:  # nobody took it up meanwhile
            _LOG.debug("%s was not run for long and is removed", folder)
            folder.rename(gone / "old")


def make_temporary() -> Path:
    """A new folder that is swept once this process is dead; its caller removes it."""
    path = root() / f".tmp.{os.getpid()}.{_HOST}-{secrets.token_hex(6)}"
    with writing(path):
        path.mkdir(mode=PRIVATE)
    return path


@contextlib.contextmanager
def temporary() -> Iterator[Path]:
    """A folder for the time of a ``with``."""
    path = make_temporary()
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def made_in_temporary(make: Callable[[Path], T]) -> T:
    """What ``make`` returns of a temporary folder; made again where somebody removes the cache meanwhile."""
    place = root()
    for _ in range(REMOVED_AT_MOST):
        with temporary() as folder:
            try:
                return make(folder)
            except (OSError, UserError) as error:
                cause = error if isinstance(error, OSError) else error.__cause__
                if folder.exists() or not isinstance(cause, FileNotFoundError):
                    raise
        _LOG.warning("the cache %s was removed while something was made in it, which is made again", place)
    raise UserError(
        f"the cache {place} was removed {REMOVED_AT_MOST} times while something was made in it; "
        f"stop what removes it, or set ${VARIABLE} to another folder"
    )


@contextlib.contextmanager
def lock(name: str, cancel: Cancel | None = None) -> Iterator[None]:
    """Hold the lock of an entry against all threads and processes; the kernel frees the locks of dead processes."""
    path = root() / "locks" / name
    descriptor = _lock(path, cancel)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)  # those who wait see that their file is gone and take a new one
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
            _LOG.debug("the lock %s went away between two looks; taking a new one", path)
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
    """Take the lock of an open file if nobody has it."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def find_build(digest: str) -> Path | None:
    """The program of a digest if it is there and its bytes are those that were built."""
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
                os.utime(folder / "meta.json")  # so that it is known to be in use
        program = path.read_bytes()
        if len(program) == meta["size"] and hashlib.sha256(program).hexdigest() == meta["sha256"]:
            _VERIFIED[path] = seen
            return path
    except (OSError, ValueError, KeyError, TypeError) as error:
        if not folder.exists():
            return None
        _LOG.debug("%s cannot be read: %s", folder, error)
    _LOG.warning("the build %s in the cache is damaged and is made again", folder)
    return None


def _looks(path: Path) -> tuple[int, ...]:
    """What changes when a file does: bytes that were verified need not be read again while this stays."""
    found = path.stat()
    return (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)


def place_build(digest: str, folder: Path, meta: dict[str, Any]) -> Path:
    """Move a temporary ``folder`` with ``program`` in it into place; the caller holds the digest's lock."""
    (folder / "program").chmod(PRIVATE)  # whatever the umask is: a program that others may write is refused
    program = (folder / "program").read_bytes()
    meta = {**meta, "digest": digest, "size": len(program), "sha256": hashlib.sha256(program).hexdigest()}
    home = root() / "builds" / digest
    with writing(home):
        (folder / "meta.json").write_text(json.dumps(meta, indent=1))
        replace_folder(folder, home)
    return home / "program"


def replace_folder(folder: Path, home: Path) -> None:
    """Rename a folder to ``home``, whatever stood there."""
    home.parent.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
    if home.exists():
        with temporary() as old:  # a folder with something in it cannot be renamed over
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
    """Seconds since a file was last changed; 0 when it is gone."""
    try:
        return time.time() - path.stat().st_mtime
    except FileNotFoundError:
        return 0.0
