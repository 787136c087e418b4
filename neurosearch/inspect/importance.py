"""Importance of the parameters of a study, conditional ones included, by two measures.

For reaching the top: PED-ANOVA (Watanabe et al. 2023; conditional parameters: Hanada et al. 2026), the divergence of
the values of the best trials from those of all trials. It says little about a choice that the search settled early, so
it is shown with the variance between all trials that a parameter explains: the correlation ratio of the trials' ranks
(Pearson 1905), adjusted for the number of groups, with numbers binned into groups of equal size.
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
"""Fewest feasible trials for an estimate: with fewer the top would be almost all of them."""

TOP, TOP_TRIALS = 0.1, 5
"""The top is this fraction of the trials, Optuna's default, but at least this number of trials."""

LISTED = 10
"""Number of parameters listed by each measure."""

GROUPS, GROUP_TRIALS = 5, 6
"""Most groups into which the values of a number are binned, and fewest trials in a group (for a stable mean rank)."""


@dataclass(frozen=True)
class Importance:
    """Importance by path; a path that depends on a choice is written ``rule[stdp].eta``.

    Attributes:
        shares: importance for reaching the top, largest first; sums to 1. Empty if it cannot be estimated.
        explained: fraction of the variance between the trials that have the path; only if there are enough of them.
        top: number of trials in the top.
        reason: why ``shares`` is empty.
    """

    shares: Mapping[str, float]
    explained: Mapping[str, float] = field(default_factory=dict)
    top: int = 0
    reason: str = ""

    @property
    def listed(self) -> list[str]:
        """The largest by either measure, in the order of ``shares``."""
        by_spread = sorted(self.explained, key=lambda name: -self.explained[name])[:LISTED]
        return [name for n, name in enumerate(self.shares) if n < LISTED or name in by_spread]


@dataclass(frozen=True)
class _Measured:
    """A feasible trial: ``loss`` of the first objective, parameters by full name, and full name → path."""

    loss: float
    params: Mapping[str, Value]
    paths: Mapping[str, str]


def importance(study: Study, trials: Sequence[Trial]) -> Importance:
    """Importance of every path for the first objective."""
    measured = [_measured(study, t, found[0]) for t in trials if (found := ranking.losses(study, t.score)) is not None]
    metric = study.objectives[0]
    if len(measured) < FEWEST:
        return Importance({}, reason=f"it needs {FEWEST} feasible trials, and there are {len(measured)}")
    if len({m.loss for m in measured}) == 1:
        value = abs(measured[0].loss)
        return Importance({}, reason=f"{metric} is {value:.4g} in every feasible trial, so no parameter matters")
    if not any(m.params for m in measured):
        return Importance({}, reason="the study samples nothing")
    top = max(TOP, min(0.5, TOP_TRIALS / len(measured)))
    shares = _for_the_top(study, measured, top)
    if len(set(shares.values())) == 1 and len(shares) > 1:
        return Importance({}, reason=f"{metric} cannot distinguish the best trials: too many share one value")
    named = [name for name in shares if sum(name in m.params for m in measured) >= 2 * GROUP_TRIALS]
    return Importance(shares, {name: explained(name, measured) for name in named}, round(top * len(measured)))


def under(study: Study, path: str, params: Mapping[str, object]) -> str:
    """A path with the choices that it depends on: ``rule.eta`` → ``rule[stdp].eta``."""
    parents = [p for p in params if is_under(path, p) and isinstance(study.space.get(p), Choice)]
    for p in sorted(parents, key=len, reverse=True):  # the longest first: a shorter one rewrites the start of it
        path = f"{p}[{params[p]}]{path[len(p) :]}"
    return path


def explained(name: str, measured: Sequence[_Measured]) -> float:
    """Fraction of the variance of the trials' ranks that lies between the groups of one parameter, 0 to 1."""
    with_it = [m for m in measured if name in m.params]
    ranks = _ranks([m.loss for m in with_it])
    groups = _groups([m.params[name] for m in with_it])
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
    optuna_study = optuna.create_study(direction=StudyDirection.MINIMIZE)
    for m in measured:
        distributions = {name: distribution(study.space[path]) for name, path in m.paths.items()}
        trial = optuna.trial.create_trial(values=[m.loss], params=dict(m.params), distributions=distributions)
        optuna_study.add_trial(trial)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Some regimes for parameter")  # a rare option has little weight
        warnings.filterwarnings("ignore", message="Target and region quantiles select the same set")
        evaluator = PedAnovaImportanceEvaluator(target_quantile=top)
        return dict(optuna.importance.get_param_importances(optuna_study, evaluator=evaluator))


def _ranks(values: Sequence[float]) -> np.ndarray:
    """[n] ranks; ties share their mean rank."""
    _, which, count = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(count) - (count - 1) / 2)[which])


def _groups(values: Sequence[Value]) -> np.ndarray:
    """[n] group of each value: the options of a choice, or quantile bins of a number."""
    if any(isinstance(value, str | bool) for value in values):
        return np.unique([str(value) for value in values], return_inverse=True)[1]
    ranks, k = _ranks([float(value) for value in values]), max(2, min(GROUPS, len(values) // GROUP_TRIALS))
    return np.floor((ranks - 0.5) / len(values) * k).astype(int)
