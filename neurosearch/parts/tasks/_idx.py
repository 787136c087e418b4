"""Reads IDX files, the format of MNIST and its relatives: magic number, big-endian sizes, then unsigned bytes."""

import gzip
import hashlib
import math
import struct
from pathlib import Path

import numpy as np

from neurosearch.errors import UserError
from neurosearch.files import paths
from neurosearch.parts.tasks.base import Samples, once, samples_of

_FILES = ("train-images", "train-labels", "t10k-images", "t10k-labels")
_CLASSES = 10


def locate(folder: Path, advice: str) -> tuple[tuple[Path, int, int], ...]:
    """The four IDX files in a folder, gzipped or not, each with its size and time so that a changed file is reread.

    Args:
        folder: where the files should be.
        advice: ends the sentence of the error, for example how to install them.
    """
    if not folder.is_dir():
        raise UserError(f"there is no folder {folder}; {advice}")
    return tuple(_locate(folder, stem, advice) for stem in _FILES)


def _locate(folder: Path, stem: str, advice: str) -> tuple[Path, int, int]:
    dimensions = 3 if stem.endswith("images") else 1
    names = [f"{stem}{dot}idx{dimensions}-ubyte{end}" for dot in "-." for end in ("", ".gz")]
    for path in (folder / name for name in names):
        if path.is_file():
            return path, path.stat().st_size, path.stat().st_mtime_ns
    raise UserError(f"there is no file {names[0]} or {names[1]} in {folder}; {advice}")


@once
def load(name: str, files: tuple[tuple[Path, int, int], ...]) -> Samples:
    """Training and test images of the four files as one table, values 0 to 1; the test part is held out."""
    (train_images, train_labels, test_images, test_labels), sha = [path for path, _, _ in files], hashlib.sha256()
    images, labels = _pair(train_images, train_labels, sha)
    more_images, more_labels = _pair(test_images, test_labels, sha)
    if images.shape[1:] != more_images.shape[1:]:
        raise UserError(
            f"{train_images} holds images of {images.shape[1:]} pixels but {test_images} of {more_images.shape[1:]}; "
            f"put the files of one data set into the folder"
        )
    n, shape = len(images), images.shape[1:]
    values = np.empty((n + len(more_images), math.prod(shape)), np.float32)
    np.divide(images.reshape(n, -1), np.float32(255), out=values[:n])
    np.divide(more_images.reshape(len(more_images), -1), np.float32(255), out=values[n:])
    order = np.arange(len(values))
    together = np.concatenate([labels, more_labels])
    return samples_of(values, shape, together, order[:n], order[n:], f"{name}:{sha.hexdigest()[:16]}", outputs=_CLASSES)


def _pair(images_path: Path, labels_path: Path, sha: "hashlib._Hash") -> tuple[np.ndarray, np.ndarray]:
    images, labels = read(images_path, 3, sha), read(labels_path, 1, sha)
    if len(images) != len(labels):
        raise UserError(
            f"{images_path} holds {len(images)} images but {labels_path} {len(labels)} labels; "
            f"put the two files of one data set into the folder"
        )
    if labels.max() >= _CLASSES:
        raise UserError(
            f"{labels_path} holds the label {labels.max()}, outside the {_CLASSES} classes 0 to {_CLASSES - 1}; "
            f"use the task arrays for other classes"
        )
    return images, labels


def read(path: Path, dimensions: int, sha: "hashlib._Hash") -> np.ndarray:
    """The array of unsigned bytes in an IDX file, checked to have this many dimensions; its bytes go into ``sha``."""
    content = _content(path, sha)
    if not content:
        raise UserError(f"{path} is empty; download it again")
    if content[:2] == b"\x1f\x8b":
        raise UserError(f"{path} is packed by gzip; unpack it, or give its name the ending .gz")
    if len(content) < 4 or content[:2] != b"\0\0":
        raise UserError(f"{path} is not an IDX file (it does not begin with two zero bytes); download it again")
    if content[2] != 8:
        raise UserError(f"{path} holds IDX type {content[2]:#04x}, not unsigned bytes (0x08); give the ubyte files")
    if content[3] != dimensions:
        raise UserError(
            f"{path} holds an array of {content[3]} dimensions, not {dimensions}; "
            f"images have 3 and labels 1: check that the files are not swapped"
        )
    start = 4 + 4 * dimensions
    sizes = struct.unpack(f">{dimensions}I", content[4:start]) if len(content) >= start else ()
    if not sizes or len(content) - start != math.prod(sizes):
        announced = f"{' x '.join(map(str, sizes))} bytes" if sizes else "a header"
        raise UserError(
            f"{path} is cut or damaged: it announces {announced} and holds {max(len(content) - start, 0)}; "
            f"download it again"
        )
    if math.prod(sizes) == 0:
        raise UserError(f"{path} is empty: its array is {' x '.join(map(str, sizes))}; give a file with samples in it")
    return np.frombuffer(content, np.uint8, offset=start).reshape(sizes)


def _content(path: Path, sha: "hashlib._Hash") -> bytes:
    packed = paths.content(path, "check its permissions")
    sha.update(packed)
    try:
        return gzip.decompress(packed) if path.suffix == ".gz" else packed
    except Exception as error:  # gzip, zlib and struct each have errors of their own; a bomb fills the memory
        reason = str(error) or type(error).__name__
        raise UserError(f"{path} is cut or damaged ({reason}); download it again") from error
