"""How faithfully an export represents each element of a network, compared with the simulation."""

from collections.abc import Sequence
from dataclasses import dataclass

FAITHFUL, APPROXIMATE, UNSUPPORTED = "faithful", "approximate", "unsupported"

FAITHFULNESS = {
    FAITHFUL: "the target computes the same",
    APPROXIMATE: "the target computes something close; the note says what differs",
    UNSUPPORTED: "the target cannot express it; it is in the metadata, and the reader must implement it",
}
"""Each verdict and its meaning."""


@dataclass(frozen=True)
class Element:
    """One element of a network and its representation in a target.

    Attributes:
        name: of the population, projection or part.
        kind: what it is, for example ``neuron lif`` or ``rule stdp``.
        verdict: a key of ``FAITHFULNESS``.
        note: how it is represented, and what differs.
    """

    name: str
    kind: str
    verdict: str
    note: str = ""

    def __post_init__(self) -> None:
        if self.verdict not in FAITHFULNESS:
            raise ValueError(f"{self.name}: {self.verdict!r} is not one of {', '.join(FAITHFULNESS)}")


def table(elements: Sequence[Element]) -> str:
    """One line per element, in aligned columns."""
    rows = [(e.name, e.kind, e.verdict, e.note) for e in elements]
    widths = [max((len(row[n]) for row in rows), default=0) for n in range(3)]
    return "\n".join(
        "  ".join([*(cell.ljust(w) for cell, w in zip(row, widths, strict=False)), row[3]]).rstrip() for row in rows
    )
