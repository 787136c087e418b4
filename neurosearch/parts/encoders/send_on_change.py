"""Delta code: a spike whenever a value has risen by a fixed amount since the last one (send-on-delta, Miskowicz 2006).

A rise and a fall are two channels, as in event cameras (Lichtsteiner et al. 2008): the normalisation ``mirrored`` gives
every value a mirror image, whose rises are the value's falls.
"""

from dataclasses import dataclass
from typing import Any

from neurosearch.declare import part, quantity
from neurosearch.parts.encoders.base import SpikingEncoder


@dataclass(frozen=True)
class SendOnChange(SpikingEncoder):
    """``sent`` follows the value in strides of ``change``, at most one a step; each stride upwards is a spike.

    A value and its mirror image keep the same distance to what they have sent, so the two neurons of a channel never
    disagree. At a sample's end ``sent`` shrinks to ``keep`` of itself; with 0 a sample begins with spikes that tell
    its first values. Steady values send nothing.
    """

    change: float = quantity(0.1, low=1e-3, high=1)
    keep: float = quantity(0.0, low=0, high=1)
    normalisation: Any = part("normalisations", "mirrored")

    equations = """sent : 1
                   rise : 1"""
    each_step = """rise = int(drive - sent > change)
                   sent += change*(rise - int(sent - drive > change))"""
    threshold = "rise > 0.5"
    at_sample = "sent = keep*sent"
