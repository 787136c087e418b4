"""What a neuron model is: differential equations, a threshold, a reset, and what an arriving weight does."""

from dataclasses import dataclass
from typing import ClassVar

from neurosearch.declare import Text


@dataclass(frozen=True)
class Neuron(Text):
    """A neuron model in the rule language.

    Ports the graph fills (0 where nothing is connected): ``current``, the sum of graded inputs and teaching;
    ``theta``, the homeostatic shift of the threshold.

    Attributes:
        equations: ``dx/dt = ... : unit`` or ``x : unit`` lines; ``(unless refractory)`` holds a variable.
        threshold: condition for a spike; empty for a neuron that does not spike.
        reset: statements at a spike.
        receive: what an arriving weight ``w`` (a plain number) does; the place where it meets a unit.
        each_step: statements in every step, after integration and before the threshold.
        at_sample: statements at the start of each sample.
        method: Brian2's integration method.
        refractory: name of the parameter that holds the refractory time, or empty.
        nir: name of the nearest NIR primitive, or empty.
        start: initial values by variable, a number or the name of a parameter (0 where absent).
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
