"""Which of nine men says "ae": 12 coefficients of linear prediction, 7 to 29 frames (Kudo, Toyama and Shimbo 1999)."""

from dataclasses import dataclass

from neurosearch.declare import quantity
from neurosearch.parts.tasks import _ts
from neurosearch.parts.tasks.base import Task, arrange
from neurosearch.record.stream import Stream


@dataclass(frozen=True)
class JapaneseVowels(Task):
    """270 utterances streamed, 370 held out, of unequal length; each channel scaled to 0 to 1 by the training part.

    Attributes:
        steps: of a frame.
        lead_in: of the 270 utterances.
        folder: of ``JapaneseVowels_TRAIN.ts`` and ``JapaneseVowels_TEST.ts``; empty takes those of the package aeon.
    """

    steps: int = quantity(5, low=1, high=1_000_000)
    lead_in: int = quantity(100, low=0)
    folder: str = ""

    def stream(self, seed: int) -> Stream:
        """The utterances in the seed's order."""
        files = _ts.locate("japanese_vowels", "JapaneseVowels", self.folder)
        return arrange(self, _ts.load("japanese_vowels", *files), seed)
