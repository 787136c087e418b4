"""How much each parameter of a study mattered, measured in two ways; conditional paths too.

For the top: PED-ANOVA (Watanabe et al. 2023; conditional paths: Hanada et al. 2026), how far the values of the best
trials are from those of all trials. It says little of a choice that the search settled early. So it is shown with the
part of the spread between all trials that a parameter explains: the correlation ratio of the trials' ranks (Pearson
1905), adjusted for the number of groups, numbers cut into groups of equal size.
"""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import optuna
from optuna.importance import PedAnovaImportanceEvaluator
from optuna.study import StudyDirection

from neurosearch.record.trial import Trial
from neurosearch.store.store import distribution
from neurosearch.study import ranking
from neurosearch.study.space import Choice, Value, is_under
from neurosearch.study.study import Study

FEWEST = 10
"""Measured trials below which nothing is said."""

TOP, TOP_TRIALS = 0.1, 5
"""The top is this part of the trials, or so many of them if that is more."""

LISTED = 10
"""Parameters that are listed, by either measure."""

GROUPS, GROUP_TRIALS = 5, 6
"""A number is cut into at most so many groups, of at least so many trials each."""


@dataclass(frozen=True)
class Importance:
    """Path → how much it mattered; one that exists under a choice only is written ``rule[stdp].eta``.

    Attributes:
        shares: importance for the top, largest first; they sum to 1. Empty when nothing can be said.
        explained: part of the spread between all trials that have the path; only where these are enough.
        top: how many trials are the top.
        reason: a sentence when ``shares`` is empty.
    """

    shares: Mapping[str, float]
    explained: Mapping[str, float] = field(default_factory=dict)
    top: int = 0
    reason: str = ""

    @property
    def listed(self) -> list[str]:
        """The first of either measure, in the order of their importance for the top."""
        by_spread = sorted(self.explained, key=lambda name: -self.explained[name])[:LISTED]
        return [name for n, name in enumerate(self.shares) if n < LISTED or name in by_spread]


@dataclass(frozen=True)
class _Measured:
    """A trial with a value: ``loss`` of the first objective, its paths by full name, and those names → paths."""

    loss: float
    params: Mapping[str, Value]
    paths: Mapping[str, str]


def importance(study: Study, trials: Sequence[Trial]) -> Importance:
    """Importance of every path for the first objective."""
    measured = [_measured(study, t, found[0]) for t in trials if (found := ranking.losses(study, t.score)) is not None]
    metric = study.objectives[0]
    if len(measured) < FEWEST:
        return Importance({}, reason=f"it needs {FEWEST} measured trials, and there are {len(measured)}")
    if len({m.loss for m in measured}) == 1:
        value = abs(measured[0].loss)
        return Importance({}, reason=f"{metric} is {value:.4g} in every measured trial, so no parameter matters")
    if not any(m.params for m in measured):
        return Importance({}, reason="the study samples nothing")
    top = max(TOP, min(0.5, TOP_TRIALS / len(measured)))
    shares = _for_the_top(study, measured, top)
    if len(set(shares.values())) == 1 and len(shares) > 1:
        return Importance({}, reason=f"the best trials cannot be told apart by {metric}: too many share one value")
    named = [name for name in shares if sum(name in m.params for m in measured) >= 2 * GROUP_TRIALS]
    return Importance(shares, {name: explained(name, measured) for name in named}, round(top * len(measured)))


def under(study: Study, path: str, params: Mapping[str, object]) -> str:
    """A path with the choices that it stands under: ``rule.eta`` → ``rule[stdp].eta``."""
    above = [p for p in params if is_under(path, p) and isinstance(study.space.get(p), Choice)]
    for p in sorted(above, key=len, reverse=True):  # the longest first, or its start would no longer be found
        path = f"{p}[{params[p]}]{path[len(p) :]}"
    return path


def explained(name: str, measured: Sequence[_Measured]) -> float:
    """Part of the variance of the trials' ranks that lies between the groups of one parameter, 0 to 1."""
    having = [m for m in measured if name in m.params]
    ranks = _ranks([m.loss for m in having])
    groups = _groups([m.params[name] for m in having])
    n, k = len(ranks), len(set(groups.tolist()))
    total = float(((ranks - ranks.mean()) ** 2).sum())
    if k < 2 or k >= n or total == 0:
        return 0.0
    within = sum(float(((ranks[groups == g] - ranks[groups == g].mean()) ** 2).sum()) for g in set(groups.tolist()))
    return max(0.0, 1 - within / total * (n - 1) / (n - k))


def _measured(study: Study, trial: Trial, loss: float) -> _Measured:
    paths = {under(study, path, trial.params): path for path in trial.params}
    return _Measured(loss, {name: trial.params[path] for name, path in paths.items()}, paths)


def _for_the_top(study: Study, measured: Sequence[_Measured], top: float) -> dict[str, float]:
    made = optuna.create_study(direction=StudyDirection.MINIMIZE)
    for m in measured:
        distributions = {name: distribution(study.space[path]) for name, path in m.paths.items()}
        trial = optuna.trial.create_trial(values=[m.loss], params=dict(m.params), distributions=distributions)
        made.add_trial(trial)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Some regimes for parameter")  # a rare option counts little anyway
        warnings.filterwarnings("ignore", message="Target and region quantiles select the same set")
        evaluator = PedAnovaImportanceEvaluator(target_quantile=top)
        return dict(optuna.importance.get_param_importances(made, evaluator=evaluator))


def _ranks(values: Sequence[float]) -> np.ndarray:
    """[n] ranks, equal values share the mean of theirs."""
    _, which, count = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(count) - (count - 1) / 2)[which])


def _groups(values: Sequence[Value]) -> np.ndarray:
    """[n] group of each value: the options of a choice, or parts of equal size of a number's range."""
    if any(isinstance(value, str | bool) for value in values):
        return np.unique([str(value) for value in values], return_inverse=True)[1]
    ranks, k = _ranks([float(value) for value in values]), max(2, min(GROUPS, len(values) // GROUP_TRIALS))
    return np.floor((ranks - 0.5) / len(values) * k).astype(int)
