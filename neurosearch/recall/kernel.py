"""Whether a storage rule fits its prior and noise: finite, and on a circle periodic and without jumps."""

import numpy as np

from neurosearch.errors import UserError
from neurosearch.language import arrays
from neurosearch.language import text as tx
from neurosearch.parts.noises.base import Noise
from neurosearch.parts.priors.base import Prior
from neurosearch.parts.storage_rules.base import Storage

_GRID = 4096
"""Lags of the coarse grid on which jumps are searched: 128 per period of harmonic 32, the highest of `_fourier`."""

_JUMP = 1e-3
"""Difference between neighbours, relative to the kernel's range, below which it is not called a jump."""

_ADVICE = "store with `smoothed` (its kernel may jump; give a width and harmonics) or with `periodic_stdp`"


def check(storage: Storage, prior: Prior, noise: Noise) -> None:
    """Raise unless recall can be derived.

    Raises:
        UserError: an unknown symbol, values that are not finite, a kernel that is discontinuous or not periodic.
    """
    where, known = f"{storage.owner}.omega", {"x_pre", "x_post", *storage.values}
    for symbol in sorted(tx.names(storage.pair) - known):
        tx.unknown(where, storage.pair, symbol, known)
    if {"uniform", "gauss"} & tx.calls(storage.pair):
        tx.fail(where, storage.pair, "recall cannot be derived from a storage rule with random draws; remove them")
    if bool(prior.period) != noise.circular:
        fitting = "phases, such as von_mises" if prior.period else "real numbers, such as normal"
        raise UserError(f"the prior {prior.owner} needs a cue noise for {fitting}, not {noise.owner}")
    points = prior.nodes()[0]
    values = omega(storage, points[:, None], points[None, :])
    if not np.isfinite(values).all():
        raise UserError(
            f"{where}: `{storage.pair}` is not finite for all values of the prior {prior.owner}; change one of them"
        )
    if float(np.ptp(values)) <= 1e-12 * (1 + float(np.abs(values).max())):  # constant up to rounding
        raise UserError(
            f"{where}: `{storage.pair}` is the same for all values of the prior {prior.owner}, so it stores nothing"
        )
    if prior.period:
        _check_circle(storage, prior.period, where)


def omega(storage: Storage, pre: np.ndarray, post: np.ndarray) -> np.ndarray:
    """Ω of two arrays of values, broadcast against each other."""
    with np.errstate(all="ignore"):
        values = arrays.value(storage.pair, {**storage.values, "x_pre": pre, "x_post": post})
    return np.broadcast_to(np.asarray(values, float), np.broadcast_shapes(np.shape(pre), np.shape(post)))


def store(storage: Storage, patterns: np.ndarray) -> np.ndarray:
    """[N, N] weights (from row to column) that store patterns [M, N]; 0 from a unit onto itself."""
    if len(patterns) == 0:
        raise UserError("there are no patterns to store; give at least one pattern")
    w = np.sum([omega(storage, x[:, None], x[None, :]) for x in patterns], axis=0)
    np.fill_diagonal(w, 0)
    return np.asarray(w)


def _check_circle(storage: Storage, period: float, where: str) -> None:
    some = np.array([0.3, 1.7, 4.1])[:, None]  # arbitrary phases of the other side
    fine = np.arange(2 * _GRID) * period / (2 * _GRID)
    for pre, post in ((some, fine[None, :]), (fine[None, :], some)):
        values = omega(storage, pre, post)
        spread = float(np.ptp(values)) or 1.0
        shifted = [omega(storage, pre + period, post), omega(storage, pre, post + period)]
        if max(float(np.abs(s - values).max()) for s in shifted) > 1e-6 * spread:  # well above rounding
            raise UserError(
                f"{where}: `{storage.pair}` is not periodic with 2π, as a rule for phases must be; {_ADVICE}, "
                f"or write it with sin and cos of x_post - x_pre"
            )
        fine_jump, coarse_jump = (
            float(np.abs(np.diff(values[:, ::n], axis=1, append=values[:, :1])).max()) for n in (1, 2)
        )
        # On a grid twice as fine, differences of a smooth kernel halve and those at a jump stay: 0.75 lies between.
        if fine_jump > 0.75 * coarse_jump and fine_jump > _JUMP * spread:
            raise UserError(
                f"{where}: `{storage.pair}` jumps by {fine_jump:.3g}, but recall needs its derivative; {_ADVICE}"
            )
