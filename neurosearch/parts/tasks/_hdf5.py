"""Reads event recordings in the HDF5 layout of the Spiking Heidelberg Digits (Cramer et al. 2020).

``spikes/times`` [N] lists of seconds, ``spikes/units`` [N] lists of channels, ``labels`` [N] classes, and in ``extra``
whatever else is known; of that only ``keys``, the names of the classes, is read.
"""

import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from neurosearch.errors import UserError

_LAYOUT = "give a file in the layout of the Spiking Heidelberg Digits: spikes/times, spikes/units and labels"
_INVALID = "not a valid HDF5 file, truncated or corrupt"
_SECONDS, _BYTES_A_SECOND = 20.0, 1e6
"""A file that takes longer is taken for damaged; a slow disk is twenty times as fast."""
_AT_ONCE = 256
"""Recordings read at once: one by one is slow, all together may be large."""

_Convert = TypeVar("_Convert", bound=Callable[[np.ndarray, np.ndarray, str], Any])


def read(path: Path, channels: int, convert: _Convert) -> tuple[list[Any], np.ndarray, int, _Convert]:
    """All recordings of a file, converted one by one, so that the raw events are never all in memory.

    A process of its own reads: over damaged bytes the HDF5 library may crash, or never come back.

    Args:
        path: the file.
        channels: above the largest unit that may occur.
        convert: (times [n] float64 seconds, units [n] int64, name for messages) → what is kept of a recording.

    Returns:
        What was made, labels [N] int32, how many classes ``extra/keys`` names (0: it is not there), and ``convert`` as
        it is afterwards, with what it has noted.
    """
    limit = _SECONDS + path.stat().st_size / _BYTES_A_SECOND
    try:
        ended = subprocess.run(
            [sys.executable, "-P", "-m", __name__],
            input=pickle.dumps((path, channels, convert)),
            capture_output=True,
            timeout=limit,
            check=False,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(folder for folder in sys.path if folder)},
            start_new_session=True,  # Ctrl-C belongs to the parent
        )
    except subprocess.TimeoutExpired as error:
        raise UserError(f"{path} is {_INVALID} (reading it does not end); download it again") from error
    if ended.returncode < 0:
        raise UserError(f"{path} is {_INVALID} (HDF5 ends by signal {-ended.returncode}); download it again")
    if ended.returncode != 0:
        raise RuntimeError(ended.stderr.decode(errors="replace"))
    made: tuple[list[Any], np.ndarray, int, _Convert] | str = pickle.loads(ended.stdout)
    if isinstance(made, str):
        raise UserError(made)
    return made


def _serve() -> None:
    """What the process does: one request from stdin, one answer, or the sentence of an error, to stdout."""
    path, channels, convert = pickle.loads(sys.stdin.buffer.read())
    try:
        answer: Any = (*_opened(path, channels, convert), convert)
    except UserError as error:
        answer = str(error)
    sys.stdout.buffer.write(pickle.dumps(answer))


def _opened(path: Path, channels: int, convert: Callable[..., Any]) -> tuple[list[Any], np.ndarray, int]:
    import h5py  # here, because importing it takes a quarter of a second

    try:
        with path.open("rb") as start:
            if start.read(2) == b"\x1f\x8b":
                raise UserError(f"{path} is packed by gzip; unpack it with gunzip and name the file that comes out")
        with h5py.File(path, "r") as file:
            return _read(path, file, channels, convert)
    except UserError:
        raise
    except Exception as error:  # HDF5 stumbles in many ways over bytes that it has not written
        reason = " ".join(str(error).strip("'\"").split())[:200] or type(error).__name__
        raise UserError(f"{path} is {_INVALID} ({reason}); download it again") from error


def _read(path: Path, file: Any, channels: int, convert: Callable[..., Any]) -> tuple[list[Any], np.ndarray, int]:
    times, units = _lists(path, file, "spikes/times", "f"), _lists(path, file, "spikes/units", "iu")
    labels = _dataset(path, file, "labels")
    if labels.dtype.kind not in "iu" or labels.ndim != 1:
        raise UserError(
            f"{path}: labels has the type {labels.dtype}, shape {labels.shape}; give one integer (no NaN) for each "
            f"recording, [n]"
        )
    n = len(labels)
    if not len(times) == len(units) == n:
        raise UserError(
            f"{path}: spikes/times has {len(times)} recordings, spikes/units {len(units)} and labels {n}; "
            f"make the three equal"
        )
    if n == 0:
        raise UserError(f"{path} is empty: labels has 0 entries; give a file with recordings in it")
    made = []
    for start in range(0, n, _AT_ONCE):
        pairs = zip(times[start : start + _AT_ONCE], units[start : start + _AT_ONCE], strict=True)
        made += [convert(*_events(path, start + k, t, u, channels)) for k, (t, u) in enumerate(pairs)]
    keys = file.get("extra/keys")
    numbers = labels[:].astype(np.int64)
    if numbers.min() < 0 or numbers.max() > np.iinfo(np.int32).max:
        wrong = numbers.min() if numbers.min() < 0 else numbers.max()
        raise UserError(f"{path}: labels holds {wrong}, which is not a class; number the classes 0, 1, 2, ...")
    return made, numbers.astype(np.int32), len(keys) if getattr(keys, "shape", ()) else 0


def _dataset(path: Path, file: Any, name: str) -> Any:
    found = file.get(name)
    if found is None:
        raise UserError(f"{path} has no {name} (at its top it has {', '.join(file) or 'nothing'}); {_LAYOUT}")
    if not hasattr(found, "dtype"):
        raise UserError(f"{path}: {name} is a group, not a data set; {_LAYOUT}")
    return found


def _lists(path: Path, file: Any, name: str, kinds: str) -> Any:
    import h5py

    found = _dataset(path, file, name)
    inside = h5py.check_vlen_dtype(found.dtype)
    if inside is None or inside is str or inside is bytes or found.ndim != 1 or np.dtype(inside).kind not in kinds:
        wanted = "seconds" if kinds == "f" else "channel numbers"
        said = f"{found.dtype if inside is None else f'lists of {inside}'} in the shape {found.shape}"
        raise UserError(f"{path}: {name} holds {said}; give one list of {wanted} for each recording")
    return found


def _events(path: Path, k: int, times: Any, units: Any, channels: int) -> tuple[np.ndarray, np.ndarray, str]:
    where = f"{path}: recording {k}"
    seconds, unit = np.asarray(times, np.float64), np.asarray(units, np.int64)
    if len(seconds) != len(unit):
        raise UserError(f"{where} has {len(seconds)} times but {len(unit)} units; make them equal")
    right = np.isfinite(seconds) & (seconds >= 0)
    if not right.all():
        wrong = seconds[np.argmin(right)]
        raise UserError(f"{where}: spikes/times holds {wrong:g}; give seconds from the recording's start, 0 or later")
    if len(unit) and (unit.min() < 0 or unit.max() >= channels):
        wrong = unit.min() if unit.min() < 0 else unit.max()
        raise UserError(
            f"{where}: spikes/units holds {wrong}, outside the {channels} channels 0 to {channels - 1}; "
            f"set `channels`, or fix the file"
        )
    return seconds, unit, where


if __name__ == "__main__":
    _serve()
