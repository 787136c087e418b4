"""Recorded events: a spike in the step of each event, nothing else."""

from dataclasses import dataclass

from neurosearch.parts.encoders.base import Encoder


@dataclass(frozen=True)
class Recorded(Encoder):
    """A spike in every step whose drive is above one half: 1 where a recording has an event, 0 elsewhere."""

    threshold = "drive > 0.5"
