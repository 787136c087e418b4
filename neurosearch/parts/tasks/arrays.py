"""The user's own samples, from an NPZ file."""

import hashlib
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from neurosearch.errors import UserError
from neurosearch.files import numpy_files, paths
from neurosearch.parts.tasks.base import Samples, Task, arrange, once, samples_of
from neurosearch.record.stream import Stream

_NAMES = ("x", "y", "x_test", "y_test", "shape")
_RECIPE = "write it with numpy.savez(file, x=x, y=y)"
_MOST_CLASSES = 4096


@dataclass(frozen=True)
class Arrays(Task):
    """Samples from an NPZ file, written by ``numpy.savez(file, x=x, y=y)``.

    The file holds ``x`` [n, C] (one frame a sample) or [n, T, C] (T frames a sample, each ``steps`` steps long),
    ``y`` [n] integer classes from 0; optionally ``x_test`` and ``y_test``, which are held out (without them nothing
    is), and ``shape``, the layout of the C channels, for example ``[28, 28]`` for images. Values should be in [0, 1]
    unless the encoder's normalisation scales them, as ``minmax`` and ``standard`` do with values of any range.

    Attributes:
        file: path of the NPZ file.
    """

    file: str = ""

    def stream(self, seed: int) -> Stream:
        """The samples in the seed's order."""
        if not self.file:
            raise UserError("the task arrays has no `file`; name an NPZ file, such as {arrays: {file: my.npz}}")
        return arrange(self, _load(*paths.version(self.file, "name an NPZ file with the arrays x and y")), seed)


@once
def _load(path: Path, size: int, changed: int) -> Samples:
    del size, changed  # they are part of what is remembered: a file that changed is read again
    arrays, sha = _read(path)
    for name in ("x", "y"):
        if name not in arrays:
            raise UserError(f"{path} has no array {name} (of ours it has {', '.join(arrays) or 'none'}); {_RECIPE}")
    x, y = _values(path, "x", arrays["x"]), _labels(path, "y", arrays["y"], arrays["x"])
    frames = x.shape[1] if x.ndim == 3 else 1
    values, labels = x.reshape(-1, x.shape[-1]), y
    if "x_test" in arrays or "y_test" in arrays:
        for name, other in (("x_test", "y_test"), ("y_test", "x_test")):
            if name not in arrays:
                raise UserError(f"{path} has {other} but no {name}; give both, or neither")
        x_test = _values(path, "x_test", arrays["x_test"])
        if x_test.shape[1:] != x.shape[1:]:
            raise UserError(
                f"{path}: a sample of x_test has the shape {x_test.shape[1:]} but one of x {x.shape[1:]}; "
                f"make them equal"
            )
        values = np.concatenate([values, x_test.reshape(-1, x.shape[-1])])
        y_test = _labels(path, "y_test", arrays["y_test"], x_test)
        new = np.setdiff1d(y_test, y)
        if len(new):
            raise UserError(f"{path}: y_test holds the class {new[0]}, which y does not; leave it out, or add it to y")
        labels = np.concatenate([y, y_test])
    if (y == y[0]).all():
        raise UserError(
            f"{path}: y holds the class {y[0]} alone, so there is nothing to learn; give two classes or more"
        )
    order = np.arange(len(labels))
    shape = _shape(path, arrays.get("shape"), x.shape[-1])
    key = f"arrays:{sha[:16]}"
    return samples_of(values, shape, labels, order[: len(y)], order[len(y) :], key, frames=frames)


def _read(path: Path) -> tuple[dict[str, np.ndarray], str]:
    content = paths.content(path, "check the file")
    return numpy_files.read_npz(content, path, _RECIPE, _NAMES), hashlib.sha256(content).hexdigest()


def _values(path: Path, name: str, x: np.ndarray) -> np.ndarray:
    if x.dtype.kind not in "fiub":
        raise UserError(f"{path}: {name} has the type {x.dtype}, not real numbers; {_RECIPE}")
    if x.ndim not in (2, 3):
        raise UserError(f"{path}: {name} has the shape {x.shape}; give [n, channels] or [n, frames, channels]")
    if x.size == 0:
        raise UserError(f"{path}: {name} is empty, its shape is {x.shape}; give a sample and a channel at least")
    with np.errstate(over="ignore"):
        x = x.astype(np.float32)
    if not np.isfinite(x).all():
        bad = int(np.argmin(np.isfinite(x).reshape(len(x), -1).all(axis=1)))
        raise UserError(f"{path}: {name}[{bad}] holds NaN, an infinity or more than float32 can; correct or remove it")
    return x


def _labels(path: Path, name: str, y: np.ndarray, x: np.ndarray) -> np.ndarray:
    if y.dtype.kind not in "iu":
        raise UserError(f"{path}: {name} has the type {y.dtype}, not integers; number the classes 0, 1, 2, ...")
    if y.ndim != 1 or len(y) != len(x):
        raise UserError(f"{path}: {name} has the shape {y.shape} for {len(x)} samples; give one class a sample, [n]")
    if y.min() < 0 or y.max() >= _MOST_CLASSES:
        wrong = y.min() if y.min() < 0 else y.max()
        raise UserError(
            f"{path}: {name} holds the class {wrong}; number the classes 0, 1, 2, ... below {_MOST_CLASSES}"
        )
    return y


def _shape(path: Path, shape: np.ndarray | None, channels: int) -> tuple[int, ...]:
    if shape is None:
        return (channels,)
    if shape.dtype.kind not in "iu" or shape.ndim != 1 or math.prod(shape.tolist()) != channels or shape.min() < 1:
        raise UserError(
            f"{path}: shape is {shape.tolist()}, whose product is not the {channels} channels of x; "
            f"give a layout such as [28, 28], or leave it out"
        )
    return tuple(int(n) for n in shape)
