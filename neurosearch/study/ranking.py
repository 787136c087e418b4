"""Rank trials: only valid and feasible ones, by the first objective, on fresh seeds where known."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from neurosearch.evaluate.metrics import DIRECTIONS
from neurosearch.record.score import Score
from neurosearch.record.trial import Trial
from neurosearch.study.study import Study

MEASURED = ("ok", "silent", "saturated")
"""Status of a valid run; the metrics of any other are not comparable."""


@dataclass(frozen=True)
class Rescored:
    """One of the best trials, run again on seeds that the search never used.

    Attributes:
        number: of the trial.
        seeds: the fresh seeds.
        scores: one score per seed.
    """

    number: int
    seeds: tuple[int, ...]
    scores: tuple[Score, ...]

    def mean(self, metric: str) -> float:
        """Mean over the seeds; NaN if a seed lacks the metric."""
        values = self.values(metric)
        return sum(values) / len(values) if len(values) == len(self.scores) and values else math.nan

    def values(self, metric: str) -> list[float]:
        """One value for each seed that has the metric."""
        return [score.metrics[metric] for score in self.scores if metric in score.metrics]


def losses(study: Study, score: Score) -> tuple[float, ...] | None:
    """Objectives as numbers to minimise; ``None`` if the run failed or lacks one."""
    if score.status not in MEASURED or any(name not in score.metrics for name in study.objectives):
        return None
    return tuple(score.metrics[n] * (-1 if DIRECTIONS[n] == "maximize" else 1) for n in study.objectives)


def violations(study: Study, score: Score) -> dict[str, float]:
    """Constraint → violation; zero or less is feasible, a missing metric is not."""
    found: dict[str, float] = {}
    for name, bound in study.constraints.items():
        value = score.metrics.get(name, math.inf)
        if bound.max is not None:
            found[f"{name}_max"] = min(value - bound.max, 1e300)
        if bound.min is not None:
            found[f"{name}_min"] = 1e300 if value == math.inf else bound.min - value
    return found


def feasible(study: Study, score: Score) -> bool:
    """Whether every constraint holds."""
    return all(violation <= 0 for violation in violations(study, score).values())


def order(study: Study, trials: Iterable[Trial]) -> list[Trial]:
    """Valid, feasible trials, best first: by the first objective, then the others, then the earlier trial."""
    healthy = (t for t in trials if t.score.status == "ok" and feasible(study, t.score))
    keyed = [(losses(study, t.score), t.number, t) for t in healthy]
    return [t for _, _, t in sorted((k, n, t) for k, n, t in keyed if k is not None)]


def front(study: Study, trials: Iterable[Trial]) -> list[Trial]:
    """The Pareto front, sorted by the first objective."""
    ordered = order(study, trials)
    kept: list[tuple[Trial, Sequence[float]]] = []
    for trial in ordered:
        mine = losses(study, trial.score)
        assert mine is not None, "order() keeps measured trials only"
        if not any(all(a <= b for a, b in zip(theirs, mine, strict=True)) for _, theirs in kept):
            kept.append((trial, mine))
    return [trial for trial, _ in kept]


def finalists(study: Study, trials: Iterable[Trial]) -> list[Trial]:
    """The finalists, which are run again on fresh seeds: the first of the order, or of the front."""
    trials = list(trials)
    ranked = order(study, trials) if len(study.objectives) == 1 else front(study, trials)
    return ranked[: study.rescore.top]


def best(study: Study, trials: Iterable[Trial], rescored: Mapping[int, Rescored]) -> Trial | None:
    """The finalist with the best mean on fresh seeds; without fresh runs the first of the order."""
    candidates = finalists(study, trials) or order(study, trials)[:1]
    first = study.objectives[0]
    sign = -1 if DIRECTIONS[first] == "maximize" else 1
    fresh = [(sign * rescored[t.number].mean(first), n, t) for n, t in enumerate(candidates) if t.number in rescored]
    fresh = [entry for entry in fresh if not math.isnan(entry[0])]
    if fresh:
        return min(fresh, key=lambda entry: entry[:2])[2]
    return candidates[0] if candidates else None
