"""Streams made out of another stream: its samples in other places, phases and sessions, its inputs transformed."""

import dataclasses
import functools
import hashlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from neurosearch.errors import UserError
from neurosearch.parts.tasks.base import Streams, consecutive, once
from neurosearch.record.goal import Classes, Recall, Values
from neurosearch.record.rows import SparseRows
from neurosearch.record.stream import CUT, HELD_OUT, PROBE, STREAM, WARM_UP, Stream


def chosen(stream: Stream, samples: np.ndarray, phase: np.ndarray, session: np.ndarray | None = None) -> Stream:
    """A stream that shows these samples of another one (indices, in this order, repeats allowed) in these phases."""
    ends = np.cumsum(stream.sample_frames, dtype=np.int64)
    frames = stream.sample_frames[samples]
    frame = consecutive(ends[samples] - frames, frames)
    return dataclasses.replace(
        stream,
        frame_row=stream.frame_row[frame],
        frame_steps=stream.frame_steps[frame],
        sample_frames=frames,
        goal=stream.goal.take(samples),
        phase=phase.astype(np.int8),
        session=stream.session[samples] if session is None else session,
    )


def classes_of(task: Streams, stream: Stream) -> Classes:
    """The goal of a stream that a task makes change; refused where it changes already or has no classes."""
    name = type(task).__name__
    goal = not_memory(task, stream)
    if stream.changes:
        raise UserError(f"{name}.inner changes by itself already; put one change inside {name}, not two")
    if (stream.phase == CUT).any():
        raise UserError(f"{name}.inner cuts samples short, which would be lost; put cut_short around the change")
    if isinstance(goal, Values):
        raise UserError(f"{name}.inner predicts values and has no classes; give a classification task")
    return goal


def not_memory(task: Streams, stream: Stream) -> Classes | Values:
    """The goal of a stream; a recall of patterns is refused."""
    if isinstance(stream.goal, Recall):
        name = type(task).__name__
        raise UserError(f"{name}.inner is a recall of stored patterns, which has no labels; give another task")
    return stream.goal


def with_probes(
    stream: Stream, session: np.ndarray, held_session: np.ndarray, probes: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(samples, phase, session) of a stream in sessions, after each of which what was learned so far is probed.

    Args:
        stream: whose WARM_UP, STREAM and HELD_OUT samples are shown in their own order.
        session: [streamed] session of each STREAM sample, never falling.
        held_session: [held out] session in which each HELD_OUT sample is shown at the end.
        probes: held-out samples of each session seen so far that are shown after each session but the last.
    """
    lead, streamed, held = (np.flatnonzero(stream.phase == p) for p in (WARM_UP, STREAM, HELD_OUT))
    parts: list[tuple[np.ndarray, int, np.ndarray]] = [(lead, WARM_UP, np.zeros(len(lead), int))]
    last = int(session.max())
    for now in range(last + 1):
        mine = streamed[session == now]
        parts.append((mine, STREAM, np.full(len(mine), now)))
        for past in range(now + 1 if now < last else 0):
            seen = held[held_session == past][:probes]
            parts.append((seen, PROBE, np.full(len(seen), past)))
    parts.append((held, HELD_OUT, held_session))
    return joined(parts)


def joined(parts: Sequence[tuple[np.ndarray, int, np.ndarray]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(samples, phase, session) of parts shown one after the other."""
    samples = np.concatenate([samples for samples, _, _ in parts]).astype(np.int64)
    phase = np.concatenate([np.full(len(samples), phase, np.int8) for samples, phase, _ in parts])
    return samples, phase, np.concatenate([session for _, _, session in parts]).astype(np.int32)


def transformed(
    stream: Stream,
    variant: np.ndarray,
    change: Callable[[np.ndarray, int], np.ndarray],
    key: Sequence[Any],
    of_events: Callable[[np.ndarray, np.ndarray, int], np.ndarray] | None = None,
) -> Stream:
    """The stream with the inputs of each sample changed according to its variant [K]; variant 0 is unchanged.

    Only rows that are shown are kept, once for each variant in which they are shown.

    Args:
        change: (rows [n, C], variant) → rows [n, C].
        key: whatever ``change`` depends on.
        of_events: the same of recorded events, for changes that they can have too: (channels [n], numbers of the
            events [n], variant) → channels [n], -1 where an event is left out.
    """
    if isinstance(stream.values, SparseRows) and of_events is None:
        raise UserError("recorded events cannot be turned; give a task of images, or choose another change")
    of_frame = np.repeat(variant.astype(np.int64), stream.sample_frames)
    wanted, place = np.unique(of_frame * len(stream.values) + stream.frame_row, return_inverse=True)
    sha = hashlib.sha256(repr((stream.key, list(key))).encode())
    sha.update(wanted.tobytes())
    name = f"{stream.key.split(':')[0]} changed:{sha.hexdigest()[:24]}"
    if isinstance(stream.values, SparseRows):
        assert of_events is not None, "refused above"
        values: np.ndarray | SparseRows = _changed(stream.values, wanted, of_events)
    else:
        values = _table(_Wanted(name, stream.values, wanted, change))
    return dataclasses.replace(stream, values=values, frame_row=place.astype(np.int32), key=name)


def _changed(
    events: SparseRows, wanted: np.ndarray, of_events: Callable[[np.ndarray, np.ndarray, int], np.ndarray]
) -> SparseRows:
    """Rows of events in variants."""
    variant, row = np.divmod(wanted, len(events))
    count = np.diff(events.offsets)[row]
    number = consecutive(events.offsets[row], count)
    units = events.units[number].astype(np.int64)
    of_event, in_row = np.repeat(variant, count), np.repeat(np.arange(len(row)), count)
    for one in np.unique(variant[variant > 0]):
        mine = of_event == one
        units[mine] = of_events(units[mine], number[mine], int(one))
    left = units >= 0
    units, in_row = units[left], in_row[left]
    units = units[np.lexsort((units, in_row))].astype(events.units.dtype)
    offsets = np.concatenate([[0], np.cumsum(np.bincount(in_row, minlength=len(row)), dtype=np.int64)])
    for array in (offsets, units):
        array.flags.writeable = False
    return SparseRows(offsets, units, events.columns)


@dataclasses.dataclass(frozen=True, eq=False)
class _Wanted:
    """Rows of a table in variants, known by name."""

    name: str
    values: np.ndarray
    rows: np.ndarray
    change: Callable[[np.ndarray, int], np.ndarray]

    def __hash__(self) -> int:
        return hash(self.name)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Wanted) and self.name == other.name


@functools.partial(once, keep=4)
def _table(wanted: _Wanted) -> np.ndarray:
    variant, row = np.divmod(wanted.rows, len(wanted.values))
    table = np.empty((len(row), wanted.values.shape[1]), np.float32)
    for one in np.unique(variant):
        rows = wanted.values[row[variant == one]]
        table[variant == one] = wanted.change(rows, int(one)) if one else rows
    table.flags.writeable = False
    return table
