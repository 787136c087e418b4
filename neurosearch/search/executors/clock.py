"""The time source of a search, which tests replace by a simulated clock."""

import time
from collections.abc import Collection
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from typing import Any, Protocol


class Clock(Protocol):
    """Interface of a time source."""

    def seconds(self) -> float:
        """Seconds since a fixed moment; monotonic."""

    def date(self) -> float:
        """Seconds since 1970."""

    def wait(self, futures: Collection[Future[Any]], seconds: float) -> set[Future[Any]]:
        """Wait until one of the futures is done, or for so many seconds; returns those that are done."""


@dataclass(frozen=True)
class RealClock:
    """The machine's clock; in another process, the clock there."""

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
