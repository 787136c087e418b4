"""A flag that stops work in threads, in other processes, and on machines that share the cache.

Executors cannot stop running calls (``Future.cancel`` affects only queued ones, and Dask's returns True for running
ones), so the work itself polls a flag. This one is a file that exists once the flag is set: it needs no lock,
connection or thread, and a signal handler can set it.
"""

import contextlib
import os
import secrets
import weakref
from pathlib import Path

from neurosearch.simulate import cache


class StopFlag:
    """Set once, never unset. Pickled, it is the same flag elsewhere; it fits `neurosearch.simulate.cancel.Cancel`."""

    def __init__(self, path: str = "") -> None:
        self._set = False
        self._path = path
        if not path:
            self._path = str(cache.root() / "stops" / f"{os.getpid()}-{secrets.token_hex(8)}")
            weakref.finalize(self, _remove, self._path, os.getpid())

    def __reduce__(self) -> tuple[type["StopFlag"], tuple[str]]:
        return StopFlag, (self._path,)

    def set(self) -> None:
        """Set the flag; if the file cannot be created, for this process only."""
        self._set = True
        with contextlib.suppress(OSError):
            os.makedirs(os.path.dirname(self._path), mode=0o700, exist_ok=True)
            Path(self._path).touch()

    def is_set(self) -> bool:
        """Whether it has been set by any process."""
        self._set = self._set or os.path.exists(self._path)
        return self._set


def _remove(path: str, owner: int) -> None:
    if os.getpid() == owner:  # not in a fork
        with contextlib.suppress(OSError):
            os.remove(path)
