"""Standing, walking, running or badminton: 6 channels from a wrist, 100 frames (UEA archive)."""

from dataclasses import dataclass

from neurosearch.declare import quantity
from neurosearch.parts.tasks import _ts
from neurosearch.parts.tasks.base import Task, arrange
from neurosearch.record.stream import Stream


@dataclass(frozen=True)
class BasicMotions(Task):
    """40 recordings streamed, 40 held out, 10 of each class; values 0 to 1, each channel scaled by the training part.

    Attributes:
        steps: of a frame.
        lead_in: of the 40 recordings.
        folder: of ``BasicMotions_TRAIN.ts`` and ``BasicMotions_TEST.ts``; empty takes those of the package aeon.
    """

    steps: int = quantity(2, low=1, high=1_000_000)
    lead_in: int = quantity(20, low=0)
    folder: str = ""

    def stream(self, seed: int) -> Stream:
        """The recordings in the seed's order."""
        files = _ts.locate("basic_motions", "BasicMotions", self.folder)
        return arrange(self, _ts.load("basic_motions", *files), seed)
