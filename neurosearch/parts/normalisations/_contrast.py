"""Contrast of a row: its deviation in units of its own root mean square, and the difference of two blurs."""

from collections.abc import Callable

import numpy as np

from neurosearch.errors import UserError

_CHUNK = 128
"""Rows worked on at a time, in double precision: so few that what comes between fits a processor's cache."""
_FLAT = 1e-6
"""A row whose contrast is below this part of its largest value is flat: what is left of it is rounding."""


def rectified(contrast: np.ndarray, scale: np.ndarray, upper: float) -> np.ndarray:
    """[rows, 2 C]: ON = max(z, 0), then OFF = max(-z, 0), where z = contrast / (RMS * upper), at most 1.

    Args:
        contrast: [rows, C] deviations.
        scale: [rows] largest absolute raw value, against which flat rows are told; their inputs are 0.
        upper: how many RMS become 1.
    """
    rms = np.sqrt(np.mean(contrast**2, axis=1, keepdims=True))
    flat = rms <= _FLAT * scale[:, None]
    z = np.where(flat, 0.0, contrast) / (np.where(flat, 1.0, rms) * upper)
    return np.concatenate([np.clip(z, 0, 1), np.clip(-z, 0, 1)], axis=1)


def by_chunks(values: np.ndarray, transform: Callable[[np.ndarray], np.ndarray], n_inputs: int) -> np.ndarray:
    """``transform`` [r, C] → [r, n_inputs] over all rows."""
    result = np.empty((len(values), n_inputs), np.float32)
    for start in range(0, len(values), _CHUNK):
        chunk = np.asarray(values[start : start + _CHUNK], np.float64)
        result[start : start + _CHUNK] = transform(chunk)
    return result


def edges(values: np.ndarray, shape: tuple[int, ...], sigma: float, ratio: float, upper: float) -> np.ndarray:
    """[rows, 2 C]: ``rectified`` blur by ``sigma`` minus blur by ``sigma * ratio`` (pixels) of images in rows."""
    images = values.reshape(-1, *shape)
    contrast = _blur(images, sigma) - _blur(images, sigma * ratio)
    return rectified(contrast.reshape(len(values), -1), np.abs(values).max(axis=1), upper)


def _blur(images: np.ndarray, sigma: float) -> np.ndarray:
    down, across = (_gaussian(size, sigma) for size in images.shape[1:])
    return np.asarray(down @ images @ across.T)


def _gaussian(size: int, sigma: float) -> np.ndarray:
    """[size, size]: each row a Gaussian around its own pixel, cut at the border and summing to 1."""
    distance = np.arange(size)[:, None] - np.arange(size)
    weight = np.exp(-0.5 * (distance / sigma) ** 2)
    return np.asarray(weight / weight.sum(axis=1, keepdims=True))


def check_image(name: str, shape: tuple[int, ...]) -> None:
    """Refuse channels that are not laid out as an image."""
    if len(shape) != 2:
        raise UserError(
            f"the normalisation {name} needs images [height, width], but the task's channels have the layout "
            f"{list(shape)}; choose raw or on_off"
        )
