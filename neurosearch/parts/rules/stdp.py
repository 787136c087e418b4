"""Pair-based spike-timing-dependent plasticity (Song, Miller & Abbott 2000, eqs. 3-4) with two optional refinements."""

from dataclasses import dataclass

from neurosearch.declare import quantity
from neurosearch.parts.rules.base import Rule


@dataclass(frozen=True)
class Stdp(Rule):
    """Pre-before-post pairs potentiate, post-before-pre pairs depress; traces ``x`` and ``y`` jump by 1 and decay.

    ``dw = eta (x - offset)`` at a postsynaptic spike, ``dw = -eta depression y`` at a presynaptic spike.
    ``offset`` > 0 also depresses synapses whose presynaptic neuron was silent (Diehl & Cook 2015, eq. 3); ``soft`` = 1
    scales updates by the distance to the bounds (van Rossum, Bi & Turrigiano 2000). Coincident pairs count as neither.
    Traces within ``dead_zone`` (of ``offset``, of 0) change nothing. With ``normalise`` 1 updates are divided by the
    sum of squared presynaptic counts at the last decision.
    """

    eta: float = quantity(0.01, low=0, high=1000)
    depression: float = quantity(0.1, low=0, high=10)
    offset: float = quantity(0.0, low=0, high=10)
    soft: float = quantity(0.0, low=0, high=1)
    dead_zone: float = quantity(0.0, low=0, high=100)
    normalise: float = quantity(0.0, low=0, high=1)
    tau_plus: float = quantity(20e-3, "second", low=1e-4, high=10)
    tau_minus: float = quantity(20e-3, "second", low=1e-4, high=10)
    w_min: float = quantity(0.0)
    w_max: float = quantity(1.0)

    pre = "dx/dt = -x/tau_plus : 1"
    pre_spike = "x += 1"
    post = """dy/dt = -y/tau_minus : 1
              slower : 1
              power : sum of count**2 over pre"""
    post_spike = "y += 1"
    post_decision = "slower = normalise*(1 - 1/clip(power, 1, 1e12))"
    on_pre = """change = eta*(1 - slower_post)*depression*y_post*int(y_post > dead_zone)
                w = clip(w - change*(1 - soft + soft*(w - w_min)), w_min, w_max)"""
    on_post = """change = eta*(1 - slower_post)*(x_pre - offset)*int(abs(x_pre - offset) > dead_zone)
                 w = clip(w + change*(1 - soft + soft*(w_max - w)), w_min, w_max)"""
    teacher = True
    readout = "received"
