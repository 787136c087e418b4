"""Drift of the view: at each change, the images turn further (Rotated MNIST, Lopez-Paz and Ranzato 2017)."""

from dataclasses import dataclass

import numpy as np

from neurosearch.declare import quantity
from neurosearch.errors import UserError
from neurosearch.parts.tasks import _transforms
from neurosearch.parts.tasks._drift import Drift
from neurosearch.record.stream import Stream

_CHUNK = 1024


@dataclass(frozen=True)
class RotatedImages(Drift):
    """Session s shows images turned by ``s * degrees`` about their middle, interpolated linearly, 0 outside.

    Attributes:
        degrees: angle of one change, counter-clockwise.
    """

    degrees: float = quantity(45.0, low=-360, high=360)

    def changed(self, stream: Stream, variant: np.ndarray, seed: int) -> Stream:
        """See ``Drift.changed``."""
        del seed
        if len(stream.shape) != 2:
            raise UserError(
                f"RotatedImages needs images [height, width], but the channels of its inner task have the layout "
                f"{list(stream.shape)}; choose permuted_inputs"
            )

        def turned(rows: np.ndarray, session: int) -> np.ndarray:
            return rotated(rows, (stream.shape[0], stream.shape[1]), session * self.degrees)

        return _transforms.transformed(stream, variant, turned, ["rotated", self.degrees])


def rotated(rows: np.ndarray, shape: tuple[int, int], degrees: float) -> np.ndarray:
    """Images [n, h w] turned counter-clockwise about their middle, bilinear, 0 outside."""
    height, width = shape
    angle = np.deg2rad(degrees)
    y, x = np.mgrid[:height, :width] - np.array([(height - 1) / 2, (width - 1) / 2])[:, None, None]
    from_y = np.round(np.cos(angle) * y + np.sin(angle) * x + (height - 1) / 2, 9)  # 9: a quarter turn hits its pixels
    from_x = np.round(-np.sin(angle) * y + np.cos(angle) * x + (width - 1) / 2, 9)
    top, left = np.floor(from_y).astype(int), np.floor(from_x).astype(int)
    result = np.zeros((len(rows), height * width), np.float32)
    for down in (0, 1):
        for right in (0, 1):
            row, column = top + down, left + right
            inside = (row >= 0) & (row < height) & (column >= 0) & (column < width)
            weight = np.abs(1 - down - (from_y - top)) * np.abs(1 - right - (from_x - left)) * inside
            place = (np.clip(row, 0, height - 1) * width + np.clip(column, 0, width - 1)).ravel()
            for start in range(0, len(rows), _CHUNK):
                part = slice(start, start + _CHUNK)
                result[part] += rows[part][:, place] * weight.ravel().astype(np.float32)
    return result
