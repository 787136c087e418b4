"""Delta rule on traces that outlast a sample, for delayed labels (Widrow & Hoff 1960; Sutton & Barto 1981)."""

from dataclasses import dataclass

from neurosearch.declare import quantity
from neurosearch.parts.rules.base import Rule


@dataclass(frozen=True)
class DeltaTrace(Rule):
    """``dw = eta (target - trace_post) trace_pre`` when a label arrives; 0 for errors within ``dead_zone``.

    A trace is ``now`` times the value of this sample plus the values of earlier samples, weighted 1, ``carry``,
    ``carry``², ... from the latest back; the value is ``count`` of a presynaptic and ``received`` of a postsynaptic
    neuron. With ``now`` 0 and ``carry`` 0 it is `delta_potential` for labels that are one sample late; a larger
    ``carry`` reaches further back, but mixes samples. With ``normalise`` 1 the update is divided by the sum of squared
    traces. The learning rate decays as ``eta/(1 + slowing n)`` with the number n of labels seen (Robbins & Monro 1951).
    """

    eta: float = quantity(0.1, low=0, high=1000)
    now: float = quantity(0.0, low=0, high=1)
    carry: float = quantity(0.0, low=0, high=1)
    dead_zone: float = quantity(0.0, low=0, high=1)
    normalise: float = quantity(1.0, low=0, high=1)
    slowing: float = quantity(0.0, low=0, high=1)
    w_min: float = quantity(-1.0)
    w_max: float = quantity(1.0)

    pre = """past : 1
             trace : 1"""
    post = """past : 1
              error : 1
              seen : 1
              power : sum of trace**2 over pre"""
    pre_decision = "trace = now*count + past"
    post_decision = """error = labelled*(target - now*received - past)
                       error = eta*error*int(abs(error) > dead_zone)/(1 - normalise + normalise*clip(power, 1, 1e12))
                       error = error/(1 + slowing*seen)
                       seen += labelled"""
    on_sample = "w = clip(w + error_post*trace_pre, w_min, w_max)"
    pre_sample = "past = carry*past + count"
    post_sample = "past = carry*past + received"
    readout = "received"
    spiking = False
