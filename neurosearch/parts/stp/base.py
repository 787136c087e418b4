"""Base class of short-term plasticity: presynaptic state that scales the weight of each spike."""

from dataclasses import dataclass
from typing import ClassVar

from neurosearch.declare import Text


@dataclass(frozen=True)
class ShortTerm(Text):
    """Short-term plasticity of a projection, one state per presynaptic neuron.

    Attributes:
        equations: state of a presynaptic neuron.
        release: factor on the weight at a spike, computed before ``on_spike``.
        on_spike: statements executed at a spike, after delivery.
        start: initial value of each variable (default 0).
    """

    texts: ClassVar = ("equations", "release", "on_spike", "start")
    equations: ClassVar = ""
    release: ClassVar = "1"
    on_spike: ClassVar = ""
    start: ClassVar[dict[str, float]] = {}
