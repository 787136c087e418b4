"""Base class of neuron models: differential equations, threshold, reset, and the effect of a presynaptic spike."""

from dataclasses import dataclass
from typing import ClassVar

from neurosearch.declare import Text


@dataclass(frozen=True)
class Neuron(Text):
    """A neuron model in the rule language.

    Ports that the graph provides (0 where nothing is connected): ``current``, the sum of graded inputs and teaching
    current; ``theta``, the homeostatic shift of the threshold.

    Attributes:
        equations: lines ``dx/dt = ... : unit`` or ``x : unit``; ``(unless refractory)`` holds a variable constant.
        threshold: spike condition; empty for a non-spiking neuron.
        reset: statements executed at a spike.
        receive: effect of an arriving weight ``w`` (dimensionless); multiply by a unit here.
        each_step: statements executed in every step, after integration and before the threshold.
        at_sample: statements executed at the start of each sample.
        method: Brian2's integration method.
        refractory: name of the parameter that holds the refractory time, or empty.
        nir: name of the nearest NIR primitive, or empty.
        start: initial value of each variable, a number or the name of a parameter (default 0).
    """

    texts: ClassVar = (
        "equations", "threshold", "reset", "receive", "each_step", "at_sample", "method", "refractory", "nir", "start",
    )  # fmt: skip
    equations: ClassVar = ""
    threshold: ClassVar = ""
    reset: ClassVar = ""
    receive: ClassVar = "v += w"
    each_step: ClassVar = ""
    at_sample: ClassVar = ""
    method: ClassVar = "exponential_euler"
    refractory: ClassVar = ""
    nir: ClassVar = ""
    start: ClassVar[dict[str, str | float]] = {}
