"""Order and interval: two patterns, one after the other; which came first, and how long the pause was, is the class."""

from dataclasses import dataclass

import numpy as np

from neurosearch.declare import quantity
from neurosearch.errors import UserError
from neurosearch.parts.tasks.base import ALL, Samples, Task, arrange, once, samples_of
from neurosearch.random import draw, permutation, stream_id
from neurosearch.record.stream import Stream

_STREAMED, _HELD_OUT = 2000, 500
_ONSETS, _PULSE, _TAIL = 3, 2, 2
"""Frames: possible onsets of the first pattern, length of a pattern, and what follows the longest sample."""


@dataclass(frozen=True)
class Interval(Task):
    """Four classes: pattern A before B or B before A, times a short or a long pause; each sample has its own noise.

    The patterns are the same for every seed, each of half the channels, drawn, so that they share about a quarter;
    onset, noise and order are fresh. Neither the channels that were active nor how many nor when the sample began
    tells the class: a network needs to remember through the pause, in membranes, synapses or recurrence.

    Attributes:
        steps: of a frame.
        samples: in the stream; 0 means 2,000.
        channels: inputs.
        short, long: pauses in frames.
        noise: probability that a channel is turned on or off in a frame of a pattern.
        background: value of every channel in the pauses.
    """

    steps: int = quantity(5, low=1, high=1_000_000)
    held_out: int = quantity(ALL, low=ALL)
    channels: int = quantity(40, low=4, high=10_000)
    short: int = quantity(2, low=1, high=1000)
    long: int = quantity(4, low=1, high=1000)
    noise: float = quantity(0.2, low=0, high=0.5)
    background: float = quantity(0.05, low=0, high=1)

    def stream(self, seed: int) -> Stream:
        """The samples of this seed, generated for it."""
        if self.short >= self.long:
            raise UserError(f"Interval.short = {self.short} is not shorter than long = {self.long}; make it shorter")
        n = self.samples or _STREAMED
        return arrange(self, _samples(seed, n, self.channels, self.short, self.long, self.noise, self.background), seed)


@once
def _samples(seed: int, n: int, channels: int, short: int, long: int, noise: float, background: float) -> Samples:
    total = n + _HELD_OUT
    labels = np.floor(4 * draw(seed, stream_id("task.interval.class"), 0, np.arange(total), 0)).astype(np.int32)
    onset = np.floor(_ONSETS * draw(seed, stream_id("task.interval.onset"), 0, np.arange(total), 0)).astype(int)
    frames = _ONSETS - 1 + 2 * _PULSE + long + _TAIL
    patterns = np.stack([permutation(k, "task.interval.pattern", channels) < channels // 2 for k in range(2)])
    shown = np.full((total, frames, channels), background, np.float32)
    sample = np.arange(total)
    for place in range(2):
        pattern = patterns[(labels // 2 + place) % 2]
        start = onset + place * (_PULSE + np.where(labels % 2, long, short))
        for frame in range(_PULSE):
            number = (np.arange(channels), 2 * place + frame)
            flip = draw(seed, stream_id("task.interval.noise"), number[1], sample[:, None], number[0]) < noise
            shown[sample, start + frame] = pattern ^ flip
    key = f"interval:{seed} {n} {channels} {short} {long} {noise} {background}"
    order = np.arange(total)
    values = shown.reshape(-1, channels)
    return samples_of(values, (channels,), labels, order[:n], order[n:], key, frames=frames, outputs=4)
