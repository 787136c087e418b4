"""The best network beside learners that saw the very same streams, and beside itself without plasticity."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from neurosearch import config, encoded
from neurosearch import trial as corridor
from neurosearch.baselines.base import beside, kept
from neurosearch.errors import UserError
from neurosearch.evaluate.interval import Interval, interval
from neurosearch.inspect import rerun
from neurosearch.rank import Rescored
from neurosearch.record import DIRECTIONS, STREAM, Score, Trial
from neurosearch.study import Study

UNLEARNED = "without plasticity"
ON_SPIKES = "on the same encoded input"
METRICS = {
    "accuracy": ("accuracy", "last_accuracy", "held_out_accuracy"),
    "nrmse": ("nrmse", "last_nrmse", "held_out_nrmse"),
}
"""What is compared: whole stream, last window, held out."""


@dataclass(frozen=True, eq=False)
class Contender:
    """One learner on these streams.

    Attributes:
        name: ``trial 17``, or that of a baseline.
        whole, last, held_out: means over the streams with their 95 % intervals.
        curve: mean learning curve.
        values: the score on each stream.
        samples: of each stream that it saw, where it saw the beginning only; 0: all.
    """

    name: str
    whole: Interval
    last: Interval | None
    held_out: Interval | None
    curve: tuple[float, ...]
    values: tuple[float, ...]
    samples: int = 0


@dataclass(frozen=True, eq=False)
class Comparison:
    """The network first, then the others.

    Attributes:
        seeds: of the streams.
        fresh: whether the search never saw them.
        contenders: at least the network; empty where it has nothing that a baseline has.
        metric: what is compared.
    """

    seeds: tuple[int, ...]
    fresh: bool
    contenders: tuple[Contender, ...]
    metric: str = "accuracy"

    @property
    def verdict(self) -> str:
        """Whether the network is better than the best of the others on the same samples, said plainly."""
        others = [c for c in self.contenders[1:] if not c.samples]
        if not others:
            return "there is nothing to compare with"
        network = self.contenders[0]
        sign = 1 if DIRECTIONS[self.metric] == "maximize" else -1
        rival = max(others, key=lambda c: sign * c.whole.mean)
        other = rival.name.replace("_", " ")
        gap = interval([sign * (a - b) for a, b in zip(network.values, rival.values, strict=True)])
        numbers = f"{self.metric} {network.whole.mean:.4f} against {rival.whole.mean:.4f}"
        early = max((c for c in self.contenders if c.samples), key=lambda c: sign * c.whole.mean, default=None)
        if early is not None and sign * (early.whole.mean - network.whole.mean) > 0:
            short = early.name.replace("_", " ")
            numbers += f"; {short} has {early.whole.mean:.4f} on the first {early.samples} samples alone"
        if gap.mean < 0:
            return f"{network.name} LOSES to {other} by {-gap.mean:.4f} ({numbers})"
        if gap.mean == 0:
            return f"{network.name} is no better than {other} ({numbers})"
        sure = (
            ""
            if gap.n > 1 and gap.low > 0
            else ", which so few streams cannot prove"
            if gap.n > 1
            else ", on one stream"
        )
        return f"{network.name} beats the best of the others, {other}, by {gap.mean:.4f} ({numbers}){sure}"


def compare(study: Study, trial: Trial, again: Rescored | None, *, everything: bool = False) -> Comparison:
    """Run every baseline, and the network with learning off, on the streams that the network was scored on.

    Args:
        everything: also the baselines on request, which see the first samples of a long stream only.
    """
    seeds = again.seeds if again else tuple(trial.detail.get("seeds", study.seeds))
    scores = list(again.scores) if again else _of_seeds(trial.score)
    name, fresh = f"trial {trial.number}", again is not None
    metric = next((m for m in METRICS if all(m in s.metrics for s in scores)), "")
    if not metric:
        return Comparison(seeds, fresh, ())
    configuration, limits = trial.detail["configuration"], rerun.limits_of(study)
    _, task, _ = corridor.parts(configuration)
    samples = int(np.count_nonzero(task.stream(seeds[0]).phase == STREAM))
    shown = trial.score.detail.get("data")
    if shown and shown != corridor.content(task.stream(trial.detail["seeds"][0])):
        raise UserError(f"the data of the task changed since trial {trial.number} was stored; restore the data")
    curve = trial.score.curve if len(scores) > 1 and not again else ()
    workers = os.cpu_count() or 1
    fixed = rerun.many(seeds, lambda seed: _unlearned(configuration, seed, limits), workers)
    raw = [beside(task, seed, everything) for seed in seeds]
    spikes = [encoded.beside(configuration, seed) for seed in seeds]
    others = [(UNLEARNED, fixed)]
    others += [(b, [found[b] for found in raw]) for b in raw[0]]
    others += [(f"{b} {ON_SPIKES}", [found[b] for found in spikes]) for b in spikes[0]]
    found = [_contender(called, theirs, METRICS[metric], samples) for called, theirs in others]
    own = _contender(name, scores, METRICS[metric], 0, curve)
    assert own is not None, "the metric was chosen so"
    return Comparison(seeds, fresh, (own, *(c for c in found if c is not None)), metric)


def _unlearned(configuration: Mapping[str, Any], seed: int, limits: corridor.Limits) -> Score:
    """The same network without plasticity; computed once and kept, for one build of its program."""
    prepared = corridor.prepare(configuration, seed)
    program = corridor.compiled(prepared.plan)
    key = [UNLEARNED, prepared.stream.key, config.digest(dict(configuration)), seed, program.digest]
    return kept(key, lambda: rerun.without_learning(configuration, seed, limits))


def _contender(
    name: str, scores: Sequence[Score], metrics: Sequence[str], samples: int, curve: tuple[float, ...] = ()
) -> Contender | None:
    values = [tuple(s.metrics[m] for s in scores if m in s.metrics) for m in metrics]
    if len(values[0]) != len(scores):
        return None
    whole, last, held_out = (interval(v) if len(v) == len(scores) else None for v in values)
    assert whole is not None, "every score has the first metric"
    curves = [s.curve for s in scores if s.curve]
    mean = tuple(sum(column) / len(curves) for column in zip(*curves, strict=False)) if curves else curve
    silent = " (silent)" if all(s.status == "silent" for s in scores) else ""  # why its accuracy is 0, below chance
    seen = min(int(s.detail.get("samples", samples)) for s in scores)
    return Contender(name + silent, whole, last, held_out, mean, values[0], seen if seen < samples else 0)


def _of_seeds(score: Score) -> list[Score]:
    """The scores of a trial's networks; their curves were averaged before they were stored."""
    each = score.detail.get("seeds")
    if not each or len(each) == 1:
        return [score]
    return [Score(one["status"], {k: v for k, v in one.items() if k != "status"}) for one in each]
