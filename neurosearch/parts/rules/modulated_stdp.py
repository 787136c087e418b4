"""Three-factor rule: STDP builds an eligibility trace; the error of the output neuron turns it into a weight update.

Izhikevich (2007), eqs. 1-2; Fremaux & Gerstner (2016), eqs. 7-8, with one modulator per output neuron.
"""

from dataclasses import dataclass

from neurosearch.declare import quantity
from neurosearch.parts.rules.base import Rule


@dataclass(frozen=True)
class ModulatedStdp(Rule):
    """``de/dt = -e/tau_eligibility``; spike pairs add to ``e``; ``dw = eta m e`` at the sample's end.

    The modulator is ``m = amplitude target - count`` at the decision, 0 within ``dead_zone``. Each presynaptic spike
    alone adds ``presynaptic`` to the eligibility trace. With ``normalise`` 1 the update is divided by the sum of
    squared presynaptic counts.
    """

    eta: float = quantity(0.01, low=0, high=1000)
    amplitude: float = quantity(5.0, low=0, high=1000)
    dead_zone: float = quantity(0.0, low=0, high=100)
    normalise: float = quantity(1.0, low=0, high=1)
    presynaptic: float = quantity(0.0, low=-10, high=10)
    potentiation: float = quantity(1.0, low=0, high=10)
    depression: float = quantity(0.1, low=0, high=10)
    tau_plus: float = quantity(20e-3, "second", low=1e-4, high=10)
    tau_minus: float = quantity(20e-3, "second", low=1e-4, high=10)
    tau_eligibility: float = quantity(0.2, "second", low=1e-2, high=100)
    w_min: float = quantity(-1.0)
    w_max: float = quantity(1.0)

    pre = "dx/dt = -x/tau_plus : 1"
    pre_spike = "x += 1"
    post = """dy/dt = -y/tau_minus : 1
              m : 1
              power : sum of count**2 over pre"""
    post_spike = "y += 1"
    synapse = "de/dt = -e/tau_eligibility : 1"
    on_pre = "e += presynaptic - depression*y_post"
    on_post = "e += potentiation*x_pre"
    post_decision = """m = labelled*(amplitude*target - count)
                       m = eta*m*int(abs(m) > dead_zone)/(1 - normalise + normalise*clip(power, 1, 1e12))"""
    on_sample = "w = clip(w + m_post*e, w_min, w_max); e = 0"
