"""Data tables in the cache, each written once and mapped into memory by the programs of all workers.

``streams/<digest>.<dtype>`` holds raw little-endian numbers; a ``.json`` file gives their size, shape and SHA-256.
"""

import contextlib
import fcntl
import hashlib
import json
import logging
import os
import time
from collections.abc import Callable, Iterable
from itertools import chain
from pathlib import Path

import numpy as np

from neurosearch.files.cache_folder import PRIVATE, refuse_foreign
from neurosearch.simulate import cache
from neurosearch.simulate.protocol import DTYPES, dtype_name

LIMIT = 4 * 10**9
"""Bytes that all data tables together may occupy; above this, the least recently used are removed."""
RECENT = 120.0
"""Seconds for which a table is kept after its last use: a worker may be about to open it."""

_LOG = logging.getLogger(__name__)
_MINUTE = 60.0
_INTACT: dict[Path, int] = {}  # tables whose content this process has verified → inode


def table_file(key: str, make: Callable[[], np.ndarray | Iterable[np.ndarray]], *, limit: int = LIMIT) -> Path:
    """The file of a data table, raw and little-endian, written once for all workers, which map it into memory.

    Args:
        key: identity of the content; equal keys, equal arrays.
        make: called if there is no intact file; returns the table, or an iterator over the parts of one too large for
            memory. The dtype determines the file's suffix (see ``protocol``).
        limit: bytes that all tables together may occupy.
    """
    digest = hashlib.sha256(key.encode()).hexdigest()
    found = _find(digest)
    if found is not None:
        return found
    with cache.lock(f"stream-{digest}"):
        found = _find(digest)
        if found is None:
            found = cache.made_in_temporary(lambda folder: _place(digest, make(), folder))
            _make_room(limit)
    return found


def open_table(key: str, make: Callable[[], np.ndarray | Iterable[np.ndarray]]) -> tuple[Path, int]:
    """The file, and a descriptor: as long as it is open, the table is not removed to free space."""
    while True:
        path = table_file(key, make)
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            continue  # it was removed between the two calls
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        if os.fstat(descriptor).st_nlink:
            return path, descriptor
        os.close(descriptor)


def _find(digest: str) -> Path | None:
    for dtype in DTYPES:
        path = cache.root() / "streams" / f"{digest}.{dtype}"
        note = path.with_name(path.name + ".json")
        if not path.exists():
            continue
        with contextlib.suppress(FileNotFoundError):  # removed meanwhile, so it is not intact
            for place in (path.parent, path):
                refuse_foreign(place)
        if not _intact(path, note):
            _LOG.warning("the data table %s in the cache is damaged; writing it again", path)
            return None
        if cache.age(path) > _MINUTE:
            with contextlib.suppress(OSError):  # tables in a read-only cache are never removed either
                os.utime(path)
        return path
    return None


def _intact(path: Path, note: Path) -> bool:
    """Check the size at each use; the content once per process, since hashing a large table is slow."""
    try:
        about = json.loads(note.read_bytes())
        status = path.stat()
        if status.st_size != about["size"]:
            return False
        if _INTACT.get(path) != status.st_ino:
            with path.open("rb") as file:
                if hashlib.file_digest(file, "sha256").hexdigest() != about["sha256"]:
                    return False
            _INTACT[path] = status.st_ino
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return True


def _place(digest: str, made: np.ndarray | Iterable[np.ndarray], folder: Path) -> Path:
    parts = iter([made] if isinstance(made, np.ndarray) else made)
    first = next(parts)
    dtype = dtype_name(first)
    home = cache.root() / "streams" / f"{digest}.{dtype}"
    note = home.with_name(home.name + ".json")
    with cache.writing(home):
        home.parent.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
        sha, size, rows = hashlib.sha256(), 0, 0
        with (folder / "table").open("wb") as file:
            for part in chain([first], parts):
                table = np.ascontiguousarray(part, DTYPES[dtype]).reshape(-1).view(np.uint8).data
                file.write(table)
                sha.update(table)
                size, rows = size + table.nbytes, rows + len(part)
        about = {"size": size, "sha256": sha.hexdigest(), "shape": [rows, *first.shape[1:]]}
        (folder / "note").write_text(json.dumps(about))
        for name in ("note", "table"):
            (folder / name).chmod(0o600)  # regardless of the umask: a table that others may write is refused
        (folder / "note").rename(note)
        (folder / "table").rename(home)
        _INTACT[home] = home.stat().st_ino
    return home


def _make_room(limit: int) -> None:
    """Remove the least recently used tables, none in use or recently used: a search may make one per trial."""
    tables = []
    for path in (cache.root() / "streams").iterdir():
        with contextlib.suppress(FileNotFoundError):  # another process evicts too
            if path.suffix != ".json":
                tables.append((path.stat().st_mtime, path.stat().st_size, path))
    total = sum(size for _, size, _ in tables)
    for used, size, path in sorted(tables):
        if total <= limit or time.time() - used < RECENT:
            break
        total -= size if _removed(path) else 0


def _removed(path: Path) -> bool:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return True
    try:
        if not cache.locked(descriptor):
            return False
        path.unlink(missing_ok=True)
        path.with_name(path.name + ".json").unlink(missing_ok=True)
        return True
    finally:
        os.close(descriptor)
