"""Event recordings from the user's HDF5 files, such as the Spiking Heidelberg Digits (Cramer et al. 2020)."""

import hashlib
import logging
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from neurosearch.declare import quantity
from neurosearch.errors import UserError
from neurosearch.files import paths
from neurosearch.parts.tasks import _hdf5
from neurosearch.parts.tasks.base import Samples, Task, arrange, once
from neurosearch.record.rows import SparseRows
from neurosearch.record.stream import Stream

_LOG = logging.getLogger(__name__)

FEW = 0.1
"""Share of events within the duration below which a file is refused: a deliberate cut of 9 in 10 events is unlikely."""

_LONGEST = 10_000_000
"""Steps of a recording; one that has more was not written in seconds."""


@dataclass(frozen=True)
class Recordings(Task):
    """Recorded events, each a spike of its channel in the step that is nearest in time; use the encoder ``recorded``.

    Events of a channel that fall into one step are one. A sample ends with a silent step, in which the last events
    reach the outputs; a teaching phase is silent too. Nothing is held out without a ``test_file``.

    Attributes:
        file: path of an HDF5 file with ``spikes/times``, ``spikes/units``, ``labels`` (see ``_hdf5``).
        test_file: path of another one, whose recordings are held out.
        steps: steps of a time bin, in the first of which its events are shown; 1 leaves them where they are.
        step: seconds of a step; the architecture's ``dt`` must be the same.
        duration: length of every sample in seconds, later events left out; 0: until its own last event.
        channels: recorded channels, 700 in the files from Heidelberg.
        pool: neighbouring channels taken together as one.
        classes: how many; 0: as many as ``extra/keys`` names, or else the largest label says.
    """

    file: str = ""
    test_file: str = ""
    steps: int = quantity(1, low=1, high=100_000)
    step: float = quantity(1e-3, "second", low=1e-6, high=0.1)
    duration: float = quantity(0.0, "second", low=0, high=1e5)
    channels: int = quantity(700, low=1, high=10_000_000)
    pool: int = quantity(1, low=1)
    classes: int = quantity(0, low=0, high=1_000_000)

    def stream(self, seed: int) -> Stream:
        """The recordings in the seed's order."""
        if not self.file:
            raise UserError("the task recordings has no `file`; name one, such as {recordings: {file: shd_train.h5}}")
        if self.pool > self.channels:
            raise UserError(
                f"Recordings.pool = {self.pool} is more than the {self.channels} channels; "
                f"give at most {self.channels}, or set `channels`"
            )
        if self.duration and self.duration < 0.5 * self.step:
            raise UserError(
                f"Recordings.duration = {self.duration:g} second is shorter than a step of {self.step:g} s; "
                f"give at least a step, or 0 for the length of each recording"
            )
        given = {"file": self.file, "test_file": self.test_file}
        files = tuple(
            paths.version(name, f"name an HDF5 file of recordings as `{field}`")
            for field, name in given.items()
            if name
        )
        grid = _Grid(self.step, self.steps, self.duration, self.channels, self.pool)
        return replace(arrange(self, _load(files, grid, self.classes), seed), step=self.step)


@dataclass(frozen=True)
class _Grid:
    """Times and units → steps and channels."""

    step: float
    bin_steps: int
    duration: float
    channels: int
    pool: int

    @property
    def columns(self) -> int:
        return -(-self.channels // self.pool)

    @property
    def end(self) -> int:
        """Steps of a recording, where a duration is given."""
        return int(self.duration / self.step + 0.5)

    def at(self, times: np.ndarray) -> np.ndarray:
        """The step in which each event is shown."""
        return np.asarray(np.floor(times / (self.step * self.bin_steps) + 0.5) * self.bin_steps)

    def rows(self, times: np.ndarray, units: np.ndarray, where: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(steps that each row is shown [r], its number of events [r], their channels): silence, events, silence ..."""
        at = self.at(times)
        end = self.end if self.duration else at.max(initial=-1.0) + 1
        if not end:
            raise UserError(f"{where} has no events; fix the file, or set `duration`")
        if end > _LONGEST:
            raise UserError(
                f"{where} lasts {end:.3g} steps of {self.step:g} s; times must be in seconds: divide milliseconds by "
                f"1e3, microseconds by 1e6 (if they are seconds, set a larger `step`)"
            )
        inside = at < end
        events = np.sort(at[inside].astype(np.int64) * self.columns + units[inside] // self.pool)
        step, channel = np.divmod(events[np.diff(events, prepend=-1) > 0], self.columns)  # each once
        first = np.flatnonzero(np.diff(step, prepend=-1))
        steps, count = step[first], np.diff(first, append=len(step))
        silent = np.diff(np.concatenate([[-1], steps, [int(end) + 1]])) - 1  # before each row of events, and at the end
        lengths, counts = np.ones(2 * len(steps) + 1, np.int32), np.zeros(2 * len(steps) + 1, np.int32)
        lengths[0::2], counts[1::2] = silent, count
        kind = np.min_scalar_type(self.columns)
        return lengths[lengths > 0], counts[lengths > 0], channel.astype(kind)


class _Kept:
    """How many events of a file lie within the duration: few do where times are not in seconds."""

    def __init__(self, grid: _Grid) -> None:
        self._grid = grid
        self.events = self.inside = 0
        self.last = 0.0

    def __call__(self, times: np.ndarray, units: np.ndarray, where: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """See `_Grid.rows`."""
        self.events += len(times)
        self.inside += int((self._grid.at(times) < self._grid.end).sum()) if self._grid.duration else len(times)
        self.last = max(self.last, float(times.max(initial=0.0)))
        return self._grid.rows(times, units, where)

    def check(self, path: Path) -> None:
        """Refuse a file of which hardly anything is left; say where it is less than half."""
        if not self.events:
            raise UserError(f"{path}: none of its recordings has an event; check spikes/times")
        if 2 * self.inside >= self.events:
            return
        said = (
            f"{path}: {self.inside} of {self.events} events lie within the `duration` of {self._grid.duration:g} s, "
            f"the last is at {self.last:.6g}"
        )
        if self.inside < FEW * self.events:
            raise UserError(
                f"{said}; times must be in seconds: divide milliseconds by 1e3, microseconds by 1e6 "
                f"(if they are seconds, give a longer `duration`)"
            )
        _LOG.warning("%s; are the times in seconds?", said)


@once
def _load(files: tuple[paths.Version, ...], grid: _Grid, classes: int) -> Samples:
    recordings, labels, sha, named, said = [], [], hashlib.sha256(), classes, "`classes`"
    for path, _, _ in files:
        made, numbers, keys, kept = _hdf5.read(path, grid.channels, _Kept(grid))
        kept.check(path)
        if not named:
            named, said = keys or int(numbers.max()) + 1, f"{'extra/keys' if keys else 'labels'} of {path}"
        if numbers.max() >= named:
            raise UserError(
                f"{path}: labels holds {numbers.max()}, outside the {named} classes 0 to {named - 1} that {said} "
                f"gives; set `classes`, or fix the file"
            )
        recordings += made
        labels.append(numbers)
        with path.open("rb") as file:
            sha.update(hashlib.file_digest(file, "sha256").digest())
    if (labels[0] == labels[0][0]).all():
        only = f"{files[0][0]}: labels holds class {labels[0][0]} alone"
        raise UserError(f"{only}, so there is nothing to learn; give two or more")
    counts = np.concatenate([count for _, count, _ in recordings])
    units = np.concatenate([unit for _, _, unit in recordings])
    offsets = np.concatenate([[0], np.cumsum(counts, dtype=np.int64)])
    rows = np.concatenate([[0], np.cumsum([len(lengths) for lengths, _, _ in recordings])])
    row_steps = np.concatenate([lengths for lengths, _, _ in recordings])
    order, n = np.arange(len(recordings)), len(labels[0])
    for array in (offsets, units, row_steps):
        array.flags.writeable = False  # shared by every stream of the process
    return Samples(
        values=SparseRows(offsets, units, grid.columns),
        shape=(grid.columns,),
        rows=rows,
        labels=np.concatenate(labels),
        training=order[:n],
        held_out=order[n:],
        outputs=named,
        key=f"recordings:{sha.hexdigest()[:16]}:{grid}",
        row_steps=row_steps,
    )
