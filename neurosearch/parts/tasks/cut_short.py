"""Any other task with held-out samples shown again, cut short more and more, for the latency of decisions."""

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np

from neurosearch.declare import part, quantity
from neurosearch.errors import UserError
from neurosearch.parts.tasks import _transforms
from neurosearch.parts.tasks.base import Streams
from neurosearch.record.goal import Values
from neurosearch.record.stream import CUT, HELD_OUT, Stream


@dataclass(frozen=True)
class CutShort(Streams):
    """After the held-out part, some of it again at 1/parts, 2/parts, ... of its free steps, with learning off.

    ``decision_latency`` is the number of steps from which on the decision stays, to the next cut above.

    Attributes:
        inner: a classification task with a held-out part.
        cuts: how many lengths, the full one among them.
        samples: held-out samples that are cut.
    """

    inner: Any = part("tasks", "digits")
    cuts: int = quantity(8, low=2, high=10_000)
    samples: int = quantity(100, low=1)

    def stream(self, seed: int) -> Stream:
        """The inner stream, then the cut samples, each from short to full."""
        stream: Stream = self.inner.stream(seed)
        goal = _transforms.not_memory(self, stream)
        held = np.flatnonzero(stream.phase == HELD_OUT)[: self.samples]
        if not len(held) or isinstance(goal, Values):
            raise UserError("CutShort.inner holds no labelled samples out, so nothing can be cut; set its held_out")
        whole = np.arange(len(stream.phase))
        again = np.repeat(held, self.cuts)
        phase = np.concatenate([stream.phase, np.full(len(again), CUT, np.int8)])
        long = _transforms.chosen(stream, np.concatenate([whole, again]), phase)
        part = np.tile(np.arange(1, self.cuts + 1), len(held))
        return _shortened(long, np.concatenate([np.full(len(whole), self.cuts), part]) / self.cuts)


def _shortened(stream: Stream, keep: np.ndarray) -> Stream:
    """Each sample [K] for that part of its steps, rounded up; repeated lengths of one sample are left out."""
    sample = np.repeat(np.arange(len(keep)), stream.sample_frames)
    begin = np.cumsum(stream.frame_steps, dtype=np.int64) - stream.frame_steps
    first = np.cumsum(stream.sample_frames) - stream.sample_frames
    since = begin - begin[first][sample]  # steps of the sample before each frame
    total = np.add.reduceat(stream.frame_steps.astype(np.int64), first)
    wanted = np.ceil(total * keep - 1e-9).astype(np.int64)
    steps = np.clip(wanted[sample] - since, 0, stream.frame_steps)
    shown = np.flatnonzero(steps > 0)
    repeated = (stream.phase == CUT) & np.concatenate([[False], (np.diff(wanted) == 0) & (keep[1:] > keep[:-1])])
    shown = shown[~repeated[sample[shown]]]
    frames = np.bincount(sample[shown], minlength=len(keep))
    cut = dataclasses.replace(
        stream,
        frame_row=stream.frame_row[shown],
        frame_steps=steps[shown].astype(np.int32),
        sample_frames=frames.astype(np.int32),
    )
    kept = np.flatnonzero(~repeated)
    return dataclasses.replace(
        cut,
        sample_frames=cut.sample_frames[kept],
        goal=stream.goal.take(kept),
        phase=stream.phase[kept],
        session=stream.session[kept],
    )
