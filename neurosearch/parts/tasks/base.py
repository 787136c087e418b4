"""What a task is: a stream of labelled samples that a network sees once, in an order drawn from the seed.

Letters: N samples that exist, K samples shown, F frames shown, C channels.
"""

import abc
import dataclasses
import functools
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from neurosearch.declare import Part, quantity
from neurosearch.errors import UserError
from neurosearch.random import permutation
from neurosearch.record.goal import Classes
from neurosearch.record.rows import SparseRows, digest
from neurosearch.record.stream import HELD_OUT, STREAM, WARM_UP, Stream

ALL = -1
"""Value of ``Task.held_out`` that means every held-out sample there is."""

_Load = TypeVar("_Load", bound=Callable[..., Any])


@dataclass(frozen=True)
class Streams(Part, abc.ABC):
    """Whatever gives a stream for every seed: a task, or a change of another one (whose settings are then its own)."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if "stream" in vars(cls) and not cls.__module__.startswith("neurosearch."):
            cls.stream = _identified(cls.stream)  # type: ignore[method-assign, assignment]

    @abc.abstractmethod
    def stream(self, seed: int) -> Stream:
        """The stream of this seed: same seed, same stream; equal ``Stream.key``, equal ``Stream.values``."""


def _identified(own: Callable[[Any, int], Stream]) -> Callable[[Any, int], Stream]:
    """A stream of a user's own class: its errors are reported, and its content is part of its key.

    Two tasks may give the same key by mistake, and one task other values after an edit.
    """

    @functools.wraps(own)
    def stream(self: Any, seed: int) -> Stream:
        called = f"{type(self).__name__}.stream"
        try:
            made = own(self, seed)
        except UserError:
            raise
        except Exception as error:  # the user's code may raise anything, and it is theirs to fix
            raise UserError(f"{called} fails: {type(error).__name__}: {error}; fix the file") from error
        if not isinstance(made, Stream):
            raise UserError(f"{called} returned {made!r}; return a Stream, such as `arrange(...)` makes")
        if isinstance(made.values, np.ndarray) and not np.isfinite(made.values).all():
            raise UserError(f"{called}: its values hold NaN or infinite numbers; remove them")
        return dataclasses.replace(made, key=f"{made.key} {digest(*made.arrays)[:24]}")

    return stream


@dataclass(frozen=True)
class Task(Streams):
    """Settings that every task has; a task adds where its samples come from.

    Attributes:
        steps: time steps of a frame; a sample of one frame (an image) has this many free steps.
        samples: samples in the stream, drawn by the seed from the training part; 0 means all of them.
        lead_in: the first samples of the stream, shown once before it without label, learning or score.
        held_out: samples appended after the stream and scored with learning off; -1 means all, 0 none.
        delay: samples between the end of a sample and the arrival of its label.
    """

    steps: int = quantity(32, low=1, high=1_000_000)
    samples: int = quantity(0, low=0)
    lead_in: int = quantity(200, low=0)
    held_out: int = quantity(ALL, low=ALL)
    delay: int = quantity(0, low=0)


@dataclass(frozen=True, eq=False)
class Samples:
    """All labelled samples of a task, before any seed has chosen and ordered them.

    Attributes:
        values: [rows, C] float32, raw channel values, or ``SparseRows`` of recorded events; read only.
        shape: layout of the channels.
        rows: [N + 1] int64, sample i shows rows ``rows[i]`` to ``rows[i + 1] - 1``, a frame each.
        labels: [N] int32, class of a sample.
        training: [n] indices of the samples a stream may draw from.
        held_out: [m] indices of the samples that never are in a stream, in the fixed order in which they are shown.
        outputs: number of classes.
        key: identity of ``values``.
        row_steps: [rows] steps that each row is shown; ``None``: the task's ``steps``.
    """

    values: np.ndarray | SparseRows
    shape: tuple[int, ...]
    rows: np.ndarray
    labels: np.ndarray
    training: np.ndarray
    held_out: np.ndarray
    outputs: int
    key: str
    row_steps: np.ndarray | None = None


def once(load: _Load, keep: int = 32) -> _Load:
    """Remember what ``load`` returned, so that all streams of a process, in all threads, share one array of values.

    The last ``keep`` of them, of which files have few and generators one a seed.
    """
    lock, remembered = threading.Lock(), functools.lru_cache(maxsize=keep)(load)

    @functools.wraps(load)
    def locked(*settings: Any) -> Any:
        with lock:  # two threads that both find nothing would each load their own copy
            return remembered(*settings)

    return locked  # type: ignore[return-value]


def samples_of(
    values: np.ndarray,
    shape: tuple[int, ...],
    labels: np.ndarray,
    training: np.ndarray,
    held_out: np.ndarray,
    key: str,
    *,
    frames: int = 1,
    outputs: int = 0,
) -> Samples:
    """Samples of ``frames`` consecutive rows each; ``outputs`` 0 counts the classes by the largest label."""
    values = np.ascontiguousarray(values, np.float32)
    values.flags.writeable = False  # shared by every stream of the process
    rows = np.arange(len(labels) + 1, dtype=np.int64) * frames
    classes = outputs or int(labels.max()) + 1
    return Samples(values, shape, rows, labels.astype(np.int32), training, held_out, classes, key)


def fixed_split(n: int, held_out: int) -> tuple[np.ndarray, np.ndarray]:
    """Split ``range(n)`` into (training, held out), equal for every seed, for data that come without a test part."""
    order = permutation(0, "task.held_out", n)
    return np.sort(order[held_out:]), order[:held_out]


def arrange(task: Task, data: Samples, seed: int, *, drawn: bool = True) -> Stream:
    """Choose and order the samples by the seed: lead-in, then stream, then held out.

    Subset and order are one permutation of the training part, so a shorter stream is the beginning of a longer one;
    without ``drawn`` the samples keep their order.
    """
    n_stream = task.samples or len(data.training)
    n_held_out = len(data.held_out) if task.held_out == ALL else task.held_out
    _check(task, "samples", n_stream, len(data.training), "of its training part", "0 for all of them")
    _check(task, "held_out", n_held_out, len(data.held_out), "held out", "-1 for all of them")
    check_delay(task, task.delay, n_stream)
    only = int(data.labels[data.training[0]])
    if data.outputs > 1 and (data.labels[data.training] == only).all():
        raise UserError(
            f"{type(task).__name__}: its training part holds the class {only} alone, so there is nothing to learn; "
            f"give two classes or more"
        )
    order = _order(seed, len(data.training)) if drawn else np.arange(len(data.training))
    streamed = data.training[order[:n_stream]]
    lead_in = streamed[: task.lead_in]
    shown = np.concatenate([lead_in, streamed, data.held_out[:n_held_out]])
    phase = np.repeat(np.array([WARM_UP, STREAM, HELD_OUT], np.int8), [len(lead_in), n_stream, n_held_out])
    frames = np.diff(data.rows)[shown]
    row = consecutive(data.rows[shown], frames)
    steps = np.full(len(row), task.steps, np.int32) if data.row_steps is None else data.row_steps[row]
    return Stream(
        values=data.values,
        shape=data.shape,
        frame_row=row.astype(np.int32),
        frame_steps=steps.astype(np.int32, copy=False),
        sample_frames=frames.astype(np.int32),
        goal=Classes(np.where(phase == WARM_UP, -1, data.labels[shown]).astype(np.int32)),
        phase=phase,
        outputs=data.outputs,
        key=data.key,
        delay=task.delay,
    )


def consecutive(first: np.ndarray, count: np.ndarray) -> np.ndarray:
    """[sum of ``count``] int64: for each n, ``first[n]``, ``first[n] + 1``, ..., ``count[n]`` of them."""
    within = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    return np.asarray(np.repeat(first, count) + within)


def check_delay(task: Streams, delay: int, n_stream: int) -> None:
    """Refuse a delay after which no label would come."""
    if delay >= n_stream:
        raise UserError(
            f"{type(task).__name__}.delay = {delay} is not shorter than the stream of {n_stream} samples, "
            f"so no label would ever arrive; give at most {n_stream - 1}"
        )


def _check(task: Task, field: str, asked: int, available: int, part: str, otherwise: str) -> None:
    if asked > available:
        name = type(task).__name__
        raise UserError(
            f"{name}.{field} = {asked}, but {name} has {available} samples {part}; "
            f"give at most {available}, or {otherwise}"
        )


@functools.lru_cache(maxsize=64)
def _order(seed: int, n: int) -> np.ndarray:
    return permutation(seed, "task.order", n)
