"""The time source of a search, which a test replaces by a simulated one: the same driver then needs no real time."""

import time
from collections.abc import Collection
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from typing import Any, Protocol


class Clock(Protocol):
    """What a search knows of time."""

    def seconds(self) -> float:
        """Seconds from some fixed moment, never running backwards."""

    def date(self) -> float:
        """Seconds since 1970."""

    def wait(self, futures: Collection[Future[Any]], seconds: float) -> set[Future[Any]]:
        """Let time pass until one of the futures is done, or for so many seconds; those that are done."""


@dataclass(frozen=True)
class RealClock:
    """That of the machine; sent to another process it is the clock there."""

    def seconds(self) -> float:
        """See `Clock`."""
        return time.monotonic()

    def date(self) -> float:
        """See `Clock`."""
        return time.time()

    def wait(self, futures: Collection[Future[Any]], seconds: float) -> set[Future[Any]]:
        """See `Clock`."""
        return wait(futures, timeout=seconds, return_when=FIRST_COMPLETED).done


REAL = RealClock()
