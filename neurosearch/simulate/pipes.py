"""Messages through pipes to another process, with a deadline and cancellation."""

import os
import select
import time

from neurosearch.simulate.cancel import LOOK, Cancel, check


def read(descriptor: int, size: int, deadline: float | None = None) -> bytes:
    """Exactly ``size`` bytes; ConnectionError if the other side closed the pipe."""
    parts = []
    while size:
        if deadline is not None and not ready(descriptor, max(0.0, deadline - time.monotonic())):
            raise TimeoutError
        part = os.read(descriptor, min(size, 1 << 20))
        if not part:
            raise ConnectionError("the pipe is closed")
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def write(descriptor: int, data: bytes) -> None:
    """Write all of ``data``."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def ready(descriptor: int, seconds: float) -> bool:
    """Whether data arrive, or the other side closes the pipe, within ``seconds``."""
    poll = select.poll()  # select() cannot handle descriptors above 1023
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(seconds * 1000))


def until_readable(descriptor: int, deadline: float, cancel: Cancel | None) -> None:
    """Wait for the start of an answer; CancelledError if ``cancel`` is set first."""
    while not ready(descriptor, LOOK):
        check(cancel, "before the program was written")
        if time.monotonic() > deadline:
            raise TimeoutError
