"""A metric: one number of a score, declared beside its formula in the file that computes it."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Metric:
    """What one number of a score is, and where it is better.

    Attributes:
        name: what studies, stored scores and reports call it.
        direction: ``maximize`` or ``minimize``.
        about: what it is and its unit, in a phrase.
        judges: on what it judges the network: ``stream``, samples that it learned from after it decided; ``held_out``,
            samples shown after the stream with learning off, which a search must never see; ``run``, no decisions of
            the stream, but what the run cost or did.
        instead: of a held-out metric, what a search may use in its place.
        label: its name in pictures; without it ``name`` with blanks.
    """

    name: str
    direction: Literal["maximize", "minimize"]
    about: str
    judges: Literal["run", "stream", "held_out"] = "run"
    instead: str = ""
    label: str = ""

    @property
    def title(self) -> str:
        """Its name in pictures."""
        return self.label or self.name.replace("_", " ")
