"""Recall: patterns stream by once and are stored; then noisy cues come, and the memory completes them."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from neurosearch import config
from neurosearch.declare import part, quantity
from neurosearch.errors import UserError
from neurosearch.files import numpy_files, paths
from neurosearch.language import arrays
from neurosearch.parts.tasks.base import Streams
from neurosearch.random import draw, stream_id
from neurosearch.record.goal import Recall as Asked
from neurosearch.record.stream import HELD_OUT, STREAM, Stream


@dataclass(frozen=True)
class Recall(Streams):
    """``load`` patterns of ``units`` values, then ``cues`` noisy ones with learning off. One load is one trial.

    Attributes:
        units: values of a pattern.
        load: patterns stored; with a file, its first ones.
        cues: recalls; cue c reminds of pattern c modulo load.
        steps: steps of a recall.
        looks: how often a recall is looked at on its way, at growing intervals.
        prior: how patterns are distributed.
        noise: how cues differ from them.
        criterion: error below which a pattern counts as recalled.
        file: a ``.npy`` file of patterns [M, N] of one's own instead of drawn ones; its values must fit the prior.
    """

    units: int = quantity(200, low=2, high=100_000)
    load: int = quantity(10, high=1_000_000)
    cues: int = quantity(20, low=1, high=1_000_000)
    steps: int = quantity(100, low=1, high=1_000_000)
    looks: int = quantity(10, low=1, high=1000)
    prior: Any = part("priors", "binary")
    noise: Any = part("noises", "normal")
    criterion: float = quantity(0.25, low=0)
    file: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.load < 1:
            raise UserError(f"Recall.load = {self.load}: without patterns there is nothing to recall; give 1 or more")
        if bool(self.prior.period) != self.noise.circular:
            what = "von_mises" if self.prior.period else "normal"
            raise UserError(
                f"Recall.noise = {self.noise.owner} does not fit the prior {self.prior.owner}; choose {what}"
            )

    def stream(self, seed: int) -> Stream:
        """Patterns and cues of this seed."""
        patterns = self._patterns(seed).astype(np.float32).astype(float)
        units, reminded = patterns.shape[1], np.arange(self.cues) % self.load
        c, n = np.arange(self.cues)[:, None], np.arange(units)[None, :]
        deviation = self.noise.deviation(draw(seed, stream_id("recall.cues"), 0, c, n))
        cues = patterns[reminded] + deviation
        period = float(self.prior.period)
        cues = np.mod(cues, period) if period else cues
        lengths = np.diff(looks(self.steps, self.looks), prepend=-1)  # a cue's first step only begins the recall
        each = len(lengths)
        values = np.concatenate([patterns, cues]).astype(np.float32)
        values.flags.writeable = False
        k = self.load + self.cues * each
        stored = np.full(self.load, -1)
        settings = [config.to_dict(self), seed, self._state()]
        return Stream(
            values=values,
            shape=(units,),
            frame_row=np.concatenate([np.arange(self.load), self.load + np.repeat(np.arange(self.cues), each)]).astype(
                np.int32
            ),
            frame_steps=np.concatenate([np.ones(self.load, int), np.tile(lengths, self.cues)]).astype(np.int32),
            sample_frames=np.ones(k, np.int32),
            phase=np.repeat(np.array([STREAM, HELD_OUT], np.int8), [self.load, self.cues * each]),
            outputs=units,
            key=f"recall:{config.digest(settings)}",
            goal=Asked(
                truth=np.concatenate([stored, np.repeat(reminded, each)]).astype(np.int32),
                reset=np.concatenate([np.ones(self.load, bool), np.tile(np.arange(each) == 0, self.cues)]),
                period=period,
                criterion=self.criterion,
                references={
                    "cue": _error(cues - patterns[reminded], period),
                    "no_memory": _error(
                        self._without_memory(values[self.load :].astype(float)) - patterns[reminded], period
                    ),
                },
            ),
        )

    def _patterns(self, seed: int) -> np.ndarray:
        if not self.file:
            return self.prior.draw(seed, self.load, self.units)
        found = _read(self.file)
        if len(found) < self.load:
            raise UserError(
                f"{self.file} holds {len(found)} patterns, fewer than Recall.load = {self.load}; lower the load"
            )
        bad = ~(np.isfinite(found) & self.prior.allows(found))
        if bad.any():
            m, n = np.argwhere(bad)[0]
            low, high = self.prior.support
            may = f"{low:g} or {high:g}" if self.prior.discrete else f"{low:g} to {high:g}"
            raise UserError(
                f"{self.file}: value [{m}, {n}] = {found[m, n]:g} is outside the support of the prior "
                f"{self.prior.owner} ({may}); change the value or choose another prior"
            )
        return found[: self.load]

    def _state(self) -> list[float]:
        if not self.file:
            return []
        _, size, changed = paths.version(self.file, _RECIPE)
        return [size, changed]

    def _without_memory(self, cues: np.ndarray) -> np.ndarray:
        """Posterior mean of each value from prior and cue alone: the best that anything without a memory can do."""
        points, weight = self.prior.grid()
        values = np.exp(1j * points) if self.prior.period else points
        out = np.empty(cues.shape, values.dtype)
        for c, cue in enumerate(cues):
            log = arrays.value(self.noise.log_density, {**self.noise.values, "x": points, "cue": cue[:, None]})
            chance = weight * np.exp(log - log.max(axis=1, keepdims=True))
            out[c] = (chance * values).sum(axis=1) / chance.sum(axis=1)
        return np.angle(out) if self.prior.period else out


def looks(steps: int, n: int) -> np.ndarray:
    """Steps after which a recall is looked at: 0, then at growing intervals up to ``steps``."""
    grown = np.geomspace(1, steps, n) if n > 1 else np.array([steps])
    return np.unique(np.concatenate([[0], np.rint(grown)]).astype(int))


def _error(difference: np.ndarray, period: float) -> float:
    if period:
        difference = (difference + period / 2) % period - period / 2
    return float(np.sqrt((difference**2).mean()))


_RECIPE = "write an array of patterns [patterns, units] with numpy.save"


def _read(name: str) -> np.ndarray:
    path, _, _ = paths.version(name, _RECIPE)
    found = numpy_files.read_npy(paths.content(path, _RECIPE), path, _RECIPE)
    if found.ndim != 2 or found.dtype.kind not in "fiub" or found.shape[1] < 2:
        raise UserError(f"{path} does not hold an array of patterns [patterns, units]; {_RECIPE}")
    return found.astype(float)
