"""Progress of a running search on stderr: one line, live on a terminal, otherwise every few seconds."""

import sys
import time
from dataclasses import dataclass
from types import TracebackType
from typing import Any

PLAIN_SECONDS = 5.0
LIVE_SECONDS = 0.2


@dataclass(frozen=True)
class Status:
    """State of a search.

    Attributes:
        done, total: number of stored trials, and the target.
        fresh: trials completed in this launch.
        seconds: since the start of this launch.
        best: best first objective of a feasible trial.
        metric: its name.
        builds: structures compiled in this launch.
        failures: stored trials whose status is not ok.
        running: number of running simulations.
        duplicates: proposals that had been evaluated before.
    """

    done: int
    total: int
    fresh: int = 0
    seconds: float = 0.0
    best: float | None = None
    metric: str = "accuracy"
    builds: int = 0
    failures: int = 0
    running: int = 0
    duplicates: int = 0


def line(status: Status) -> str:
    """The state on one line of text."""
    rate = status.fresh / status.seconds * 60 if status.seconds > 0 else 0.0
    best = "none yet" if status.best is None else f"{status.best:.4g}"
    left = duration((status.total - status.done) / rate * 60) if rate > 0 else "?"
    parts = [
        f"{status.done}/{max(status.done, status.total)} trials",
        f"best {status.metric} {best}",
        f"{rate:.1f} trials/min",
        f"{status.builds} builds",
        f"{status.failures} failed",
        f"{left} left",
    ]
    return " · ".join(parts)


def duration(seconds: float) -> str:
    """Format seconds: ``45 s``, ``3 min 20 s``, ``2 h 05 min``."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    if seconds < 3600:
        return f"{seconds // 60:.0f} min {seconds % 60:.0f} s"
    return f"{seconds // 3600:.0f} h {seconds % 3600 // 60:02.0f} min"


class Progress:
    """Shows the latest status; ``quiet`` shows nothing."""

    def __init__(self, quiet: bool = False) -> None:
        self._quiet = quiet
        self._live: Any = None
        self._next = 0.0
        self._shown = ""

    def __enter__(self) -> "Progress":
        if not self._quiet and sys.stderr.isatty():
            from rich.console import Console
            from rich.live import Live

            self._live = Live(console=Console(stderr=True), auto_refresh=False, redirect_stdout=False)
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None

    def show(self, status: Status, last: bool = False) -> None:
        """Show a status if an update is due; always show the last one."""
        self.say(line(status), last)

    def say(self, text: str, last: bool = False) -> None:
        """Show any other line in the same way."""
        now = time.monotonic()
        if self._quiet or text == self._shown or (now < self._next and not last):
            return
        self._shown = text
        if self._live is not None:
            self._next = now + LIVE_SECONDS
            self._live.update(text, refresh=True)
        else:
            self._next = now + PLAIN_SECONDS
            print(text, file=sys.stderr, flush=True)
