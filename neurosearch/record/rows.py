"""Rows of zeros and ones kept as their ones, and the identity of arrays."""

import hashlib
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class SparseRows:
    """[rows, C] zeros and ones, kept as the channels that are one: recorded events, where nearly everything is zero.

    Attributes:
        offsets: [rows + 1] int64; row r is 1 at ``units[offsets[r] : offsets[r + 1]]``.
        units: [n] channels, of any integer type.
        columns: C.
    """

    offsets: np.ndarray
    units: np.ndarray
    columns: int

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, C), as of an array."""
        return len(self), self.columns

    def __getitem__(self, rows: int | slice | np.ndarray) -> np.ndarray:
        """[C] one row, or [r, C] several, float32, as of an array."""
        if isinstance(rows, int | np.integer):
            return self.dense(np.array([rows]))[0]
        return self.dense(np.arange(len(self))[rows])

    def dense(self, rows: np.ndarray) -> np.ndarray:
        """[r, C] float32 of the rows with these numbers, 0 to rows - 1."""
        out = np.zeros((len(rows), self.columns), np.float32)
        lengths = self.offsets[rows + 1] - self.offsets[rows]
        out[np.repeat(np.arange(len(rows)), lengths), self._events(rows, lengths)] = 1
        return out

    def totals(self, rows: np.ndarray) -> np.ndarray:
        """[C] how many of these rows are 1 in each channel."""
        lengths = self.offsets[rows + 1] - self.offsets[rows]
        return np.bincount(self._events(rows, lengths), minlength=self.columns)

    def _events(self, rows: np.ndarray, lengths: np.ndarray) -> np.ndarray:
        """Units of these rows, one row after another."""
        before = np.cumsum(lengths) - lengths
        return np.asarray(self.units[np.repeat(self.offsets[rows] - before, lengths) + np.arange(lengths.sum())])


def digest(*arrays: np.ndarray) -> str:
    """SHA-256 of the types, shapes and values of arrays."""
    sha = hashlib.sha256()
    for array in arrays:
        sha.update(f"{array.dtype.str}{array.shape}".encode())
        sha.update(np.ascontiguousarray(array).data)
    return sha.hexdigest()
