"""Stream → timeline: the step of each frame, decision and sample boundary, and what becomes visible then."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from neurosearch.record.goal import Classes, Recall, Values
from neurosearch.record.stream import HELD_OUT, STREAM, WARM_UP, Stream


@dataclass(frozen=True, eq=False)
class Timeline:
    """A stream in steps.

    Attributes:
        boundaries: [K + 1] int64, first step of each sample, and the step after the last.
        decisions: [K] int64, step at which a sample's free phase ends.
        frames: [F] int64, first step of each frame.
        order: [F] int32, row of the drive table that a frame shows.
        labels: [K] int32, class that a decision is scored against; -1 if it is not scored.
        tables: one row per sample: ``learn``, ``lead``, ``fresh``, ``labelled`` [K] float64, ``target`` [K, O] float64.
    """

    boundaries: np.ndarray
    decisions: np.ndarray
    frames: np.ndarray
    order: np.ndarray
    labels: np.ndarray
    tables: Mapping[str, np.ndarray]

    @property
    def samples(self) -> int:
        """K."""
        return len(self.decisions)

    @property
    def steps(self) -> int:
        """Steps of the run: one more than the samples have, so that the last one learns."""
        return int(self.boundaries[-1]) + 1


def timeline(stream: Stream, teaching_steps: int = 0, learning: bool = True) -> Timeline:
    """Lay a stream out in steps; ``learning`` False switches plasticity off for the whole of it.

    The last frame of a sample lasts through its teaching phase. With a label delay d, the target of sample k is what
    is told of sample k - d of the stream: its label, or its real values.
    """
    steps = np.asarray(stream.frame_steps, np.int64)
    last_frame = np.cumsum(stream.sample_frames) - 1
    free = np.add.reduceat(steps, np.concatenate([[0], last_frame[:-1] + 1]))
    shown = steps.copy()
    shown[last_frame] += teaching_steps
    frames = np.concatenate([[0], np.cumsum(shown)[:-1]])
    boundaries = np.concatenate([[0], np.cumsum(free + teaching_steps)])
    phase, labels = np.asarray(stream.phase), np.asarray(stream.labels, np.int32)
    target, labelled = _told(stream)
    tables = {
        "learn": (phase == STREAM) * float(learning),
        "lead": (phase == WARM_UP).astype(float),
        "fresh": stream.goal.reset.astype(float) if isinstance(stream.goal, Recall) else np.ones(len(phase)),
        "labelled": labelled.astype(float),
        "target": target,
    }
    shown_labels = np.where((phase == STREAM) | (phase == HELD_OUT), labels, -1).astype(np.int32)
    return Timeline(
        boundaries, boundaries[:-1] + free, frames, np.asarray(stream.frame_row, np.int32), shown_labels, tables
    )


def _told(stream: Stream) -> tuple[np.ndarray, np.ndarray]:
    """(target [K, O], labelled [K]) of each sample, from the sample whose label arrives with it."""
    scored = np.flatnonzero(stream.phase == STREAM)
    source = np.full(len(stream.phase), -1)
    source[scored[stream.delay :]] = scored[: len(scored) - stream.delay]
    match stream.goal:
        case Values(targets=targets, visible=visible) as goal:
            known = (source >= 0) & (goal.known & visible)[source]
            return np.where(known[:, None], targets[source], 0.0).astype(float), known
        case Classes(visible_labels=labels) | Recall(labels=labels):
            told = np.where(source >= 0, labels[source], -1)
            target, known = np.zeros((len(labels), stream.outputs)), told >= 0
            target[known, told[known]] = 1.0
            return target, known
