"""The input of a run, as files that all runs of all workers map into memory without copying.

Letters: r rows of the table, F frames, C channels, I inputs.
"""

import os
import weakref
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from neurosearch import config
from neurosearch.errors import UserError
from neurosearch.parts.normalisations.base import Causal
from neurosearch.parts.normalisations.raw import Raw
from neurosearch.record.rows import SparseRows, digest
from neurosearch.record.stream import STREAM, WARM_UP, Stream
from neurosearch.simulate import tables

PART = 1024
"""Rows normalised and written at once: enough to amortise the Python loop, few enough to hold in memory."""


@dataclass(frozen=True, eq=False)
class Drive:
    """The drive table of a stream; its files are made in the cache when a run first needs them.

    Attributes:
        values: the task's values.
        normalisation: turns them into inputs, row by row; ``None`` leaves them unchanged.
        shape: layout of the channels.
        key: identity of the table: equal keys, equal tables.
        used: [r] rows of ``values`` in the table, ascending, or ``None``: all. For a causal normalisation: the row that
            each frame shows, because its inputs depend on earlier frames; the table then has one row per frame.
        columns: I.
        counted: [F] bool, for a causal normalisation the frames that it takes into account.
    """

    values: np.ndarray | SparseRows
    normalisation: Any
    shape: tuple[int, ...]
    key: str
    used: np.ndarray | None
    columns: int
    counted: np.ndarray | None = None

    @cached_property
    def files(self) -> Mapping[str, tuple[str, str]]:
        """The program's key → (dtype, path) of a file, which stays in the cache as long as this object exists."""
        if isinstance(self.values, SparseRows):
            offsets = self._file(f"{self.key} offsets", self._offsets)
            units = self._file(f"{self.key} units", self._units)
            return {"drive.offsets": ("i8", offsets), "drive.units": ("i4", units)}
        return {"table.drive": ("f4", self._file(self.key, self._inputs))}

    def _file(self, key: str, make: Callable[[], Iterator[np.ndarray]]) -> str:
        path, descriptor = tables.open_table(key, make)
        weakref.finalize(self, os.close, descriptor)
        return str(path)

    def table(self) -> np.ndarray:
        """[r, I] the file of a dense table, mapped into memory."""
        return np.memmap(self.files["table.drive"][1], np.float32, "r").reshape(-1, self.columns)

    def rows(self) -> np.ndarray | SparseRows:
        """[r, I] the table of values or of recorded events."""
        return self.values if isinstance(self.values, SparseRows) else self.table()

    def order(self, frame_row: np.ndarray) -> np.ndarray:
        """[F] int32, the row of the table for each frame.

        Args:
            frame_row: [F] the row of ``values`` for each frame, of the whole stream or of its beginning.
        """
        if self.counted is not None:
            return np.arange(len(frame_row), dtype=np.int32)
        return np.asarray(frame_row if self._place is None else self._place[frame_row], np.int32)

    @cached_property
    def _place(self) -> np.ndarray | None:
        if self.used is None:
            return None
        place = np.full(len(self.values), -1, np.int32)
        place[self.used] = np.arange(len(self.used))
        return place

    def _inputs(self) -> Iterator[np.ndarray]:
        if self.counted is not None:
            return self.normalisation.over(self._frames(), self.shape)
        return self._rows()

    def _frames(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        assert self.used is not None, "a causal normalisation has both"
        assert self.counted is not None, "a causal normalisation has both"
        for start in range(0, len(self.used), PART):
            part = slice(start, start + PART)
            yield self.values[self.used[part]], self.counted[part]

    def _rows(self) -> Iterator[np.ndarray]:
        n = len(self.values) if self.used is None else len(self.used)
        for start in range(0, n, PART):
            rows = slice(start, start + PART) if self.used is None else self.used[start : start + PART]
            made = self.values[rows]
            if self.normalisation is not None:
                made = self.normalisation.apply(made, self.shape)
            yield np.asarray(made, np.float32)

    def _offsets(self) -> Iterator[np.ndarray]:
        assert isinstance(self.values, SparseRows)
        yield self.values.offsets.astype(np.int64, copy=False)

    def _units(self) -> Iterator[np.ndarray]:
        assert isinstance(self.values, SparseRows)
        for start in range(0, len(self.values.units), PART * 1024):
            yield self.values.units[start : start + PART * 1024].astype(np.int32)


def drive(stream: Stream, normalisation: Any) -> Drive:
    """The drive table of a stream, with only the rows that it shows if these are less than half of the task's.

    Raises:
        UserError: recorded events are to be normalised.
    """
    name = type(normalisation).__name__
    columns = normalisation.inputs(stream.shape)
    if isinstance(stream.values, SparseRows):
        if not isinstance(normalisation, Raw):
            raise UserError(
                f"the normalisation {name} needs values, but this task provides recorded events; "
                f"set the encoder's normalisation to raw"
            )
        return Drive(stream.values, None, stream.shape, stream.key, None, columns)
    identity = [stream.key, config.to_dict(normalisation), name]
    if isinstance(normalisation, Causal):
        counted = np.repeat((stream.phase == WARM_UP) | (stream.phase == STREAM), stream.sample_frames)
        key = config.digest([*identity, digest(stream.frame_row, counted)])
        return Drive(stream.values, normalisation, stream.shape, key, stream.frame_row, columns, counted)
    shown = np.zeros(len(stream.values), bool)
    shown[stream.frame_row] = True
    used = np.flatnonzero(shown) if 2 * shown.sum() < len(shown) else None
    if used is not None:
        identity.append(config.digest(np.packbits(shown).tobytes().hex()))
    return Drive(stream.values, normalisation, stream.shape, config.digest(identity), used, columns)


def as_they_are(stream: Stream) -> Drive:
    """The drive table of a stream whose values are used as inputs without change."""
    return Drive(stream.values, None, stream.shape, stream.key, None, stream.values.shape[1])
