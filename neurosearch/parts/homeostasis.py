"""Homeostatic thresholds: each neuron's threshold moves until it is active in a target fraction of the samples."""

from dataclasses import dataclass
from typing import ClassVar

from neurosearch.declare import Text, quantity


@dataclass(frozen=True)
class Homeostasis(Text):
    """During the unlabelled lead-in ``theta += rate (active - sparsity)`` at each sample's end, then frozen.

    ``rate`` 0 switches it off without a new build.
    """

    rate: float = quantity(0.1, low=0, high=100)
    sparsity: float = quantity(0.1, low=0, high=1)
    floor: float = quantity(-0.9, high=0)

    texts: ClassVar = ("at_sample",)
    at_sample = "theta = clip(theta + lead*rate*(int(count > 0) - sparsity), floor, 1000)"
