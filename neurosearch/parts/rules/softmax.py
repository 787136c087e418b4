"""Cross-entropy gradient of a softmax over the output potentials: local logistic regression (Bridle 1990)."""

from dataclasses import dataclass

from neurosearch.declare import quantity
from neurosearch.parts.rules.base import Rule


@dataclass(frozen=True)
class Softmax(Rule):
    """``dw = eta (target - p_post) count_pre`` with ``p = exp(gain received) / sum over the outputs``.

    0 for errors within ``dead_zone``; with ``normalise`` 1 divided by the sum of squared presynaptic counts. The
    learning rate decays as ``eta/(1 + slowing n)`` with the number n of labelled samples seen (Robbins & Monro 1951).
    """

    eta: float = quantity(1.0, low=0, high=1000)
    gain: float = quantity(1.0, low=0, high=1000)
    dead_zone: float = quantity(0.0, low=0, high=1)
    normalise: float = quantity(1.0, low=0, high=1)
    slowing: float = quantity(0.0, low=0, high=1)
    w_min: float = quantity(-10.0)
    w_max: float = quantity(10.0)

    post = """z : 1
              error : 1
              seen : 1
              total : sum of z over group
              power : sum of count**2 over pre"""
    post_decision = """z = exp(clip(gain*received, -100, 100))
                       error = labelled*(target - z/total)
                       error = eta*error*int(abs(error) > dead_zone)/(1 - normalise + normalise*clip(power, 1, 1e12))
                       error = error/(1 + slowing*seen)
                       seen += labelled"""
    on_sample = "w = clip(w + error_post*count_pre, w_min, w_max)"
    readout = "received"
    spiking = False
