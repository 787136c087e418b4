"""Ctrl-C: the first stops the search cleanly, the second immediately."""

import os
import signal
import sys
import threading
from types import FrameType, TracebackType
from typing import Any

from neurosearch.search.executors.stop_flag import StopFlag


class Interrupt:
    """Handles SIGINT and SIGTERM within a ``with`` block; running simulations watch ``cancel``."""

    def __init__(self) -> None:
        self.cancel = StopFlag()
        self.asked = False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> "Interrupt":
        if threading.current_thread() is threading.main_thread():  # elsewhere Python allows no handlers
            for number in (signal.SIGINT, signal.SIGTERM):
                self._before[number] = signal.signal(number, self._caught)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before.clear()

    def _caught(self, number: int, frame: FrameType | None) -> None:
        if self.asked:
            os.write(sys.stderr.fileno(), b"\nstopped immediately; stored trials are safe\n")
            os._exit(130)  # simulations end by themselves when our end of their pipe closes
        self.asked = True
        self.cancel.set()
        os.write(sys.stderr.fileno(), b"\nstopping: finished trials are stored; press Ctrl-C again to end at once\n")
