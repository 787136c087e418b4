"""The best network beside learners that saw the very same streams, and beside itself without plasticity."""

import os
from collections.abc import Sequence
from dataclasses import dataclass

from neurosearch import trial as corridor
from neurosearch.baselines.base import beside
from neurosearch.evaluate.interval import Interval, interval
from neurosearch.inspect import rerun
from neurosearch.rank import Rescored
from neurosearch.record import Score, Trial
from neurosearch.study import Study

UNLEARNED = "without plasticity"
CURVES = ("accuracy", "last_accuracy", "held_out_accuracy")


@dataclass(frozen=True, eq=False)
class Contender:
    """One learner on these streams.

    Attributes:
        name: ``trial 17``, or that of a baseline.
        accuracy, last, held_out: means over the streams with their 95 % intervals.
        curve: mean learning curve.
        values: accuracy on each stream.
    """

    name: str
    accuracy: Interval
    last: Interval | None
    held_out: Interval | None
    curve: tuple[float, ...]
    values: tuple[float, ...]


@dataclass(frozen=True, eq=False)
class Comparison:
    """The network first, then the others.

    Attributes:
        seeds: of the streams.
        fresh: whether the search never saw them.
        contenders: at least the network; empty where it has no accuracy.
    """

    seeds: tuple[int, ...]
    fresh: bool
    contenders: tuple[Contender, ...]

    @property
    def verdict(self) -> str:
        """Whether the network is better than the best of the others, said plainly."""
        if len(self.contenders) < 2:
            return "there is nothing to compare with"
        network, *others = self.contenders
        rival = max(others, key=lambda c: c.accuracy.mean)
        other = rival.name.replace("_", " ")
        gap = interval([a - b for a, b in zip(network.values, rival.values, strict=True)])
        numbers = f"accuracy {network.accuracy.mean:.4f} against {rival.accuracy.mean:.4f}"
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


def compare(study: Study, trial: Trial, again: Rescored | None) -> Comparison:
    """Run every baseline, and the network with learning off, on the streams that the network was scored on."""
    seeds = again.seeds if again else tuple(trial.detail.get("seeds", study.seeds))
    scores = list(again.scores) if again else _of_seeds(trial.score)
    name = f"trial {trial.number}"
    own = _contender(name, scores, trial.score.curve if len(scores) > 1 and not again else ())
    if own is None:
        return Comparison(seeds, again is not None, ())
    configuration, limits = trial.detail["configuration"], rerun.limits_of(study)
    _, task, _ = corridor.parts(configuration)
    baselines = [beside(task, seed) for seed in seeds]
    fixed = rerun.many(seeds, lambda seed: rerun.without_learning(configuration, seed, limits), os.cpu_count() or 1)
    others = [_contender(UNLEARNED, fixed)] + [_contender(b, [found[b] for found in baselines]) for b in baselines[0]]
    return Comparison(seeds, again is not None, (own, *(c for c in others if c is not None)))


def _contender(name: str, scores: Sequence[Score], curve: tuple[float, ...] = ()) -> Contender | None:
    values = [tuple(s.metrics[m] for s in scores if m in s.metrics) for m in CURVES]
    if len(values[0]) != len(scores):
        return None
    accuracy, last, held_out = (interval(v) if len(v) == len(scores) else None for v in values)
    assert accuracy is not None, "every score has an accuracy"
    curves = [s.curve for s in scores if s.curve]
    mean = tuple(sum(column) / len(curves) for column in zip(*curves, strict=False)) if curves else curve
    silent = " (silent)" if all(s.status == "silent" for s in scores) else ""  # why its accuracy is 0, below chance
    return Contender(name + silent, accuracy, last, held_out, mean, values[0])


def _of_seeds(score: Score) -> list[Score]:
    """The scores of a trial's networks; their curves were averaged before they were stored."""
    each = score.detail.get("seeds")
    if not each or len(each) == 1:
        return [score]
    return [Score(one["status"], {k: v for k, v in one.items() if k != "status"}) for one in each]
