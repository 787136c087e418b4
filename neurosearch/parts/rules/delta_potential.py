"""Delta rule on the potential: least mean squares on the summed synaptic input (Widrow & Hoff 1960)."""

from dataclasses import dataclass

from neurosearch.declare import quantity
from neurosearch.parts.rules.base import Rule


@dataclass(frozen=True)
class DeltaPotential(Rule):
    """``dw = eta (target - received_post) count_pre`` at the sample's end; 0 for errors within ``dead_zone``.

    With ``normalise`` 1 the update is divided by the sum of squared presynaptic counts (normalised LMS). The learning
    rate decays as ``eta/(1 + slowing n)`` with the number n of labelled samples seen (Robbins & Monro 1951).
    """

    eta: float = quantity(0.1, low=0, high=1000)
    dead_zone: float = quantity(0.0, low=0, high=1)
    normalise: float = quantity(1.0, low=0, high=1)
    slowing: float = quantity(0.0, low=0, high=1)
    w_min: float = quantity(-1.0)
    w_max: float = quantity(1.0)

    post = """error : 1
              seen : 1
              power : sum of count**2 over pre"""
    post_decision = """error = labelled*(target - received)
                       error = eta*error*int(abs(error) > dead_zone)/(1 - normalise + normalise*clip(power, 1, 1e12))
                       error = error/(1 + slowing*seen)
                       seen += labelled"""
    on_sample = "w = clip(w + error_post*count_pre, w_min, w_max)"
    readout = "received"
    spiking = False
