"""Delta code: a spike whenever a value has risen by a fixed amount since the last one (send-on-delta, Miskowicz 2006).

Rises and falls have separate channels, as in event cameras (Lichtsteiner et al. 2008): the normalisation ``mirrored``
adds a mirror image of every value, which rises when the value falls.
"""

from dataclasses import dataclass
from typing import Any

from neurosearch.declare import part, quantity
from neurosearch.parts.encoders.base import SpikingEncoder


@dataclass(frozen=True)
class SendOnChange(SpikingEncoder):
    """``sent`` follows the value in increments of ``change``, at most one per step; each upward increment is a spike.

    A value and its mirror image stay equally far from their ``sent``, so the two neurons of a channel stay consistent.
    At a sample's start ``sent`` is multiplied by ``keep``; with 0, a sample begins with spikes that encode its first
    values. Constant values cause no spikes.
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
