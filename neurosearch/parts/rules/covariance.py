"""Covariance rule (Sejnowski 1977): product of pre- and postsynaptic deviations from their running means."""

from dataclasses import dataclass

from neurosearch.declare import quantity
from neurosearch.parts.rules.base import Rule


@dataclass(frozen=True)
class Covariance(Rule):
    """``dw = eta (count_pre - mean_pre) (count_post - mean_post)`` at the end of each labelled sample.

    Means are exponential averages over samples with rate ``rate``. Each sample also removes the fraction ``decay`` of
    the weight, so that it settles at the covariance instead of at its bound. A postsynaptic deviation within
    ``dead_zone`` changes nothing; with ``normalise`` 1 changes are divided by the sum of squared presynaptic counts.
    """

    eta: float = quantity(1e-3, low=0, high=1000)
    rate: float = quantity(0.01, low=0, high=1)
    decay: float = quantity(0.0, low=0, high=1)
    dead_zone: float = quantity(0.0, low=0, high=100)
    normalise: float = quantity(0.0, low=0, high=1)
    w_min: float = quantity(-1.0)
    w_max: float = quantity(1.0)

    pre = "mean : 1"
    post = """mean : 1
              change : 1
              power : sum of count**2 over pre"""
    pre_sample = "mean += rate*(count - mean)"
    post_sample = "mean += rate*(count - mean)"
    post_decision = "change = labelled*eta/(1 - normalise + normalise*clip(power, 1, 1e12))"
    on_sample = """apart = (count_post - mean_post)*int(abs(count_post - mean_post) > dead_zone)
                   w = clip(w*(1 - decay) + change_post*(count_pre - mean_pre)*apart, w_min, w_max)"""
    teacher = True
    readout = "received"
