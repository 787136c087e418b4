"""The token by which a run is told to stop."""

from typing import Protocol


class Cancel(Protocol):
    """Says whether to stop; whatever takes long looks at it about every 50 ms. A ``threading.Event`` is one."""

    def is_set(self) -> bool:
        """Whether to stop; once true, always true."""
