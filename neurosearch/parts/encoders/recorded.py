"""Recorded events, replayed: one spike in the step of each event."""

from dataclasses import dataclass

from neurosearch.parts.encoders.base import Encoder


@dataclass(frozen=True)
class Recorded(Encoder):
    """Spikes in every step whose ``drive`` exceeds 0.5; it is 1 where a recording has an event, 0 elsewhere."""

    threshold = "drive > 0.5"
