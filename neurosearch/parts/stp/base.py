"""What short-term plasticity is: state on the presynaptic neuron that scales what its spikes release."""

from dataclasses import dataclass
from typing import ClassVar

from neurosearch.declare import Text


@dataclass(frozen=True)
class ShortTerm(Text):
    """Short-term plasticity of a projection, one state per presynaptic neuron.

    Attributes:
        equations: state per presynaptic neuron.
        release: factor on the weight at a spike, from values before ``on_spike``.
        on_spike: statements at a spike, after delivery.
        start: initial values by name (0 where absent).
    """

    texts: ClassVar = ("equations", "release", "on_spike", "start")
    equations: ClassVar = ""
    release: ClassVar = "1"
    on_spike: ClassVar = ""
    start: ClassVar[dict[str, float]] = {}
