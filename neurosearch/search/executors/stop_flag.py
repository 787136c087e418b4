"""A flag that tells work to stop, wherever it runs: in threads, in other processes, on machines that share the cache.

Executors cannot stop what runs (``Future.cancel`` reaches only what waits, and Dask's says True of what still runs), so
the work itself looks at a flag. This one is a file, which exists once the flag is set: no lock, no connection and no
thread to keep alive, and it can be set by a signal handler.
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
        """Tell everyone. Where the file cannot be made, this process alone knows."""
        self._set = True
        with contextlib.suppress(OSError):
            os.makedirs(os.path.dirname(self._path), mode=0o700, exist_ok=True)
            Path(self._path).touch()

    def is_set(self) -> bool:
        """Whether anyone has set it."""
        self._set = self._set or os.path.exists(self._path)
        return self._set


def _remove(path: str, owner: int) -> None:
    if os.getpid() == owner:  # not in a fork
        with contextlib.suppress(OSError):
            os.remove(path)
