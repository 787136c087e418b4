"""Base class of encoders, which turn the values of a sample into spikes or currents of the input neurons."""

from dataclasses import dataclass
from typing import Any, ClassVar

from neurosearch.declare import Text, part


@dataclass(frozen=True)
class Encoder(Text):
    """One input neuron per normalised value.

    Ports: ``drive``, the value shown in the current frame; ``elapsed``, steps since the sample began; random draws.

    Attributes:
        equations: state of an input neuron, lines ``x : 1`` (differential equations allowed).
        each_step: statements executed in every step, before the threshold.
        threshold: spike condition; empty for an encoder that injects current.
        reset: statements executed at a spike.
        at_sample: statements executed at the start of each sample.
        graded: for a current encoder, the expression that its projections carry, constant within a frame.
        normalisation: transformation of the raw values before encoding.
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
    """An encoder with spiking neurons, whose synapses can have short-term plasticity."""

    stp: Any = part("stp", None)
