"""The protocol between this package and its compiled programs.

In: lines ``key=number``, ``key:dtype:count`` followed by raw little-endian bytes, ``key@dtype@path``, finally ``go``.
Out: progress lines ``p done scored correct``, finally ``r`` with a JSON header, then the arrays that it announces.
"""

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

DTYPES = {"f8": "<f8", "f4": "<f4", "i8": "<i8", "i4": "<i4", "u1": "|u1"}
"""Number types in this protocol and in file names → NumPy's."""

CHUNK = 1 << 20
"""Bytes read or written at once, and the requested size of a pipe: Linux's limit for unprivileged processes."""

_LINE = 1 << 24  # bytes; well above the header, which is the longest line

Progress = Callable[[int, int, int], None]
"""Called with the numbers of samples done, scored and correct."""


@dataclass(frozen=True, eq=False)
class Arguments:
    """A program's arguments; names are those of its plan.

    Attributes:
        scalars: key → number.
        arrays: key → array, sent through the pipe.
        files: key → (dtype, path) of raw tables that the program maps into memory.
        probes: arrays to return at the end, ``owner.variable``.
        raster: first and last sample whose spikes are returned.
        report: number of samples between two progress lines, 0 for none.
        samples: number of samples of the run; a record with fewer is never ok.
    """

    scalars: Mapping[str, float | int] = field(default_factory=dict)
    arrays: Mapping[str, np.ndarray] = field(default_factory=dict)
    files: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    probes: tuple[str, ...] = ()
    raster: tuple[int, int] | None = None
    report: int = 0
    samples: int = 0


def question(arguments: Arguments, memory_limit: int | None) -> bytes:
    """The complete standard input of a program."""
    lines = [] if memory_limit is None else [f"memory={int(memory_limit)}\n"]  # first, so that it bounds the rest
    lines += [f"{key}={_number(value)}\n" for key, value in arguments.scalars.items()]
    lines += [f"{key}@{dtype}@{os.path.abspath(path)}\n" for key, (dtype, path) in arguments.files.items()]
    lines += [f"probe={name}\n" for name in arguments.probes]
    lines.append(f"report={arguments.report}\n")
    if arguments.raster is not None:
        lines.append(f"raster={arguments.raster[0]}:{arguments.raster[1]}\n")
    parts: list[bytes | memoryview] = ["".join(lines).encode()]
    for key, array in arguments.arrays.items():
        dtype = dtype_name(array)
        parts.append(f"{key}:{dtype}:{array.size}\n".encode())
        parts.append(np.ascontiguousarray(array, DTYPES[dtype]).reshape(-1).view(np.uint8).data)
    return b"".join([*parts, b"go\n"])


def _number(value: float | int) -> str:
    """Decimal digits that parse to exactly the same number."""
    return str(int(value)) if isinstance(value, int | np.integer | np.bool_) else repr(float(value))


class Answer:
    """The output of a program so far: progress lines, then a header, then the arrays that it announces."""

    def __init__(self, on_progress: Progress | None) -> None:
        self.header: dict[str, Any] | None = None
        self.arrays: dict[str, np.ndarray] = {}
        self.progress = 0  # samples done, by the last progress line
        self.fault = ""
        self.complaint = b""
        self._on_progress = on_progress
        self._line = b""
        self._open: list[memoryview] = []  # arrays, or what is left of them, still to be filled in order

    @property
    def complete(self) -> bool:
        """Whether the header and all its arrays have arrived."""
        return self.header is not None and not self._open

    def read(self, descriptor: int) -> bool:
        """Read the data available in the pipe; False at its end."""
        if self._open:
            taken = os.readv(descriptor, self._open[:512])
            self._filled(taken)
            return taken > 0
        chunk = os.read(descriptor, CHUNK)
        if self.header is None and not self.fault:
            self._lines(self._line + chunk)
        elif chunk:
            self.fault = self.fault or "the program wrote more than it announced"
        return bool(chunk)

    def _lines(self, text: bytes) -> None:
        at = 0
        while (end := text.find(b"\n", at)) >= 0:
            line, at = text[at:end], end + 1
            if line.startswith(b"p "):
                self._progressed(line)
            elif line.startswith(b"r "):
                self._announced(line[2:], text[at:])
                return
            else:
                self.fault = f"the program wrote {line[:80]!r}, which is neither progress nor result"
                return
        self._line = text[at:]
        if len(self._line) > _LINE:
            self.fault = "the program wrote a line without end"

    def _progressed(self, line: bytes) -> None:
        try:
            done, scored, correct = map(int, line.split()[1:])
        except ValueError:
            self.fault = f"the program wrote {line[:80]!r}, which is not a progress line"
            return
        self.progress = done
        if self._on_progress is not None:
            self._on_progress(done, scored, correct)

    def _announced(self, line: bytes, rest: bytes) -> None:
        """Allocate the arrays of a header, to be filled directly from the pipe."""
        try:
            header = json.loads(line)
            for name, dtype, *shape in header["arrays"]:
                self.arrays[name] = np.empty(shape, DTYPES[dtype])
        except (ValueError, KeyError, TypeError, MemoryError) as error:
            self.fault = f"the header of the program's result cannot be read: {error}"
            return
        self.header = header
        self._open = [array.reshape(-1).view(np.uint8).data for array in self.arrays.values() if array.size]
        at = 0
        while at < len(rest):
            if not self._open:
                self.fault = "the program wrote more than it announced"
                return
            size = min(len(self._open[0]), len(rest) - at)
            self._open[0][:size] = rest[at : at + size]
            at += size
            self._filled(size)

    def _filled(self, size: int) -> None:
        while size:
            first = min(size, len(self._open[0]))
            self._open[0] = self._open[0][first:]
            size -= first
            if not self._open[0]:
                del self._open[0]


def dtype_name(array: np.ndarray) -> str:
    """The protocol's name for an array's number type, for example ``f8``."""
    if array.dtype == bool:
        return "u1"
    name = f"{array.dtype.kind}{array.dtype.itemsize}"
    if name not in DTYPES:
        raise TypeError(f"an array of {array.dtype} cannot be passed to a program, only {', '.join(DTYPES)}")
    return name
