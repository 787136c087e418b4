"""What an encoder is: how the values of a sample become spikes or currents of the input neurons."""

from dataclasses import dataclass
from typing import Any, ClassVar

from neurosearch.declare import Text, part


@dataclass(frozen=True)
class Encoder(Text):
    """One input neuron per normalised value.

    Ports: ``drive``, the value shown in the present frame; ``elapsed``, steps since the sample began; draws.

    Attributes:
        equations: state of an input neuron, ``x : 1`` lines (differential equations allowed).
        each_step: statements in every step, before the threshold.
        threshold: condition for a spike; empty for an encoder that injects current.
        reset: statements at a spike.
        at_sample: statements at the start of each sample.
        graded: for a current encoder, the expression that its projections carry, held through a frame.
        normalisation: what is done to the raw values first.
    """

    texts: ClassVar = ("equations", "each_step", "threshold", "reset", "at_sample", "graded")
    equations: ClassVar = ""
    each_step: ClassVar = ""
    threshold: ClassVar = ""
    reset: ClassVar = ""
    at_sample: ClassVar = ""
    graded: ClassVar = ""

    normalisation: Any = part("normalisations", "raw")


@dataclass(frozen=True)
class SpikingEncoder(Encoder):
    """An encoder whose neurons spike, so that their synapses can have short-term plasticity."""

    stp: Any = part("stp", None)
