"""Results for each option of each choice: best, median, and number of trials."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from neurosearch.evaluate.metrics import DIRECTIONS
from neurosearch.record.trial import Trial
from neurosearch.study import ranking
from neurosearch.study.space import Choice, Value
from neurosearch.study.study import Study


@dataclass(frozen=True)
class Option:
    """One option of a choice, judged by the study's first objective.

    Attributes:
        path, option: the choice and its option.
        trials: number of trials with it.
        measured: number of feasible trials among them.
        best, median: over the feasible trials; None if there are none.
        number: of the best trial.
    """

    path: str
    option: Value
    trials: int
    measured: int
    best: float | None = None
    median: float | None = None
    number: int | None = None


def options(study: Study, trials: Sequence[Trial]) -> list[Option]:
    """Every option of every choice, including untried ones; the best option of each path first."""
    metric = study.objectives[0]
    sign = -1 if DIRECTIONS[metric] == "maximize" else 1
    out: list[Option] = []
    for path, dimension in study.space.items():
        if isinstance(dimension, Choice):
            of_path = [_option(study, path, option, trials) for option in dimension.options]
            out += sorted(of_path, key=lambda o: (o.best is None, 0.0 if o.best is None else sign * o.best))
    return out


def _option(study: Study, path: str, option: Value, trials: Sequence[Trial]) -> Option:
    tried = [t for t in trials if t.params.get(path) == option and isinstance(t.params[path], type(option))]
    ranked = ranking.order(study, tried)
    if not ranked:
        return Option(path, option, len(tried), 0)
    metric = study.objectives[0]
    values = [t.score.metrics[metric] for t in ranked]
    return Option(path, option, len(tried), len(ranked), values[0], statistics.median(values), ranked[0].number)
