"""A chip's weight memory: low-precision weights, written with nearest or stochastic rounding in the learning loop."""

from dataclasses import dataclass
from typing import Literal

from neurosearch.declare import Part, quantity
from neurosearch.errors import UserError


@dataclass(frozen=True)
class WeightMemory(Part):
    """Weights have ``2**bits`` equally spaced levels from ``-range`` to ``range`` (0 to ``range`` if a rule keeps them
    positive), and every write is rounded to one of them."""

    bits: int = quantity(4, low=1, high=16)
    range: float = quantity(1.0, low=1e-9, high=1e6)
    rounding: Literal["nearest", "stochastic"] = "nearest"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.rounding not in ("nearest", "stochastic"):
            raise UserError(f"memory.rounding = {self.rounding!r} does not exist; choose nearest or stochastic")
