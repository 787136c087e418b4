"""The token by which a run is told to stop."""

from concurrent.futures import CancelledError
from typing import Protocol

LOOK = 0.05
"""Seconds between two looks at a token by whatever waits."""


class Cancel(Protocol):
    """Says whether to stop; whatever takes long looks at it about every 50 ms. A ``threading.Event`` is one."""

    def is_set(self) -> bool:
        """Whether to stop; once true, always true."""


def check(cancel: Cancel | None, when: str) -> None:
    """Raise ``concurrent.futures.CancelledError`` if the token is set; ``when`` ends its sentence."""
    if cancel is not None and cancel.is_set():
        raise CancelledError(f"stopped {when}")
