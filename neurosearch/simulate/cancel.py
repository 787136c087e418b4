"""The token that tells a run to stop."""

from concurrent.futures import CancelledError
from typing import Protocol

LOOK = 0.05
"""Seconds between two checks of a token while waiting: short for a person, and negligible work."""


class Cancel(Protocol):
    """Tells whether to stop; long operations check it about every 50 ms. A ``threading.Event`` is one."""

    def is_set(self) -> bool:
        """Whether to stop; once true, always true."""


def check(cancel: Cancel | None, when: str) -> None:
    """Raise ``concurrent.futures.CancelledError`` if the token is set; its message ends with ``when``."""
    if cancel is not None and cancel.is_set():
        raise CancelledError(f"stopped {when}")
