"""The best trials, by their metrics on fresh seeds where known, and the Pareto front of several objectives."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from neurosearch.evaluate.interval import Interval, interval
from neurosearch.evaluate.metrics import DIRECTIONS
from neurosearch.record.trial import Trial
from neurosearch.study import ranking
from neurosearch.study.ranking import Rescored
from neurosearch.study.study import Study

HELD_OUT = {"held out": "held_out_accuracy", "held out nrmse": "held_out_nrmse"}
"""Title of a column → its metric; a task provides one of them."""
UNDECIDED = "undecided"
COSTS = ("spikes", "synaptic_operations", "writes")


@dataclass(frozen=True, eq=False)
class Row:
    """One of the best trials.

    Attributes:
        trial: as the search stored it.
        fresh: metric → mean over the fresh seeds with its 95 % interval; empty if it was not run again.
        seeds: the fresh seeds.
    """

    trial: Trial
    fresh: Mapping[str, Interval]
    seeds: tuple[int, ...] = ()

    def found(self, name: str) -> Interval | float | None:
        """A metric on the fresh seeds where there are some, otherwise on those of the search."""
        return self.fresh[name] if name in self.fresh else self.trial.score.metrics.get(name)


def rows(study: Study, trials: Sequence[Trial], rescored: Mapping[int, Rescored], top: int) -> list[Row]:
    """Best first: trials run on fresh seeds by their mean there, then the others by their score in the search."""
    ranked = ranking.order(study, trials)
    chosen = ranking.best(study, trials, rescored)
    metric = study.objectives[0]
    sign = -1 if DIRECTIONS[metric] == "maximize" else 1

    def key(position: int, trial: Trial) -> tuple[bool, bool, float, int]:
        mean = rescored[trial.number].mean(metric) if trial.number in rescored else math.nan
        known = not math.isnan(mean)
        return trial is not chosen, not known, sign * mean if known else 0.0, position

    ordered = sorted(enumerate(ranked), key=lambda entry: key(*entry))
    return [row(trial, rescored) for _, trial in ordered[:top]]


def front(study: Study, trials: Sequence[Trial], rescored: Mapping[int, Rescored]) -> list[Row]:
    """The Pareto front; empty for a single objective."""
    if len(study.objectives) < 2:
        return []
    return [row(trial, rescored) for trial in ranking.front(study, trials)]


def row(trial: Trial, rescored: Mapping[int, Rescored]) -> Row:
    """A trial with its metrics on fresh seeds."""
    if trial.number not in rescored:
        return Row(trial, {})
    again = rescored[trial.number]
    fresh = {name: interval(again.values(name)) for name in DIRECTIONS if not math.isnan(again.mean(name))}
    return Row(trial, fresh, again.seeds)
