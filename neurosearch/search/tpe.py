"""TPE for spaces with choices: parameters under one set of choices are modelled jointly, from trials that had them.

Bergstra et al. (2011), in the multivariate form of Optuna; a fraction of the proposals explores (choices drawn
uniformly).
"""

from collections.abc import Mapping
from typing import Any

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution
from optuna.samplers import RandomSampler, TPESampler
from optuna.trial import FrozenTrial, TrialState

from neurosearch.random import draw, stream_id
from neurosearch.study.space import Choice, Dimension

STARTUP, STARTUP_UNDER = 40, 8
"""Random trials before a model is used, and trials of a set of choices before the parameters under it are modelled."""

CANDIDATES = 12
"""Candidates from which TPE proposes the best; half of Optuna's default, since they dominate a proposal's time."""

EXPLORATION = 0.1
"""Fraction of proposals whose choices are drawn uniformly and only the numbers by the model, so that a search that
settled early on one set of choices still evaluates the others."""


class Among:
    """The study that a sampler sees, restricted to trials that had certain parameters.

    Trials under a choice are compared with each other only; otherwise none under a weaker choice would count as good.
    """

    def __init__(self, study: optuna.Study, names: frozenset[str]) -> None:
        self._study, self._names = study, names

    def __getattr__(self, name: str) -> Any:
        return getattr(self._study, name)

    def _get_trials(self, *arguments: Any, **more: Any) -> list[FrozenTrial]:
        return [t for t in self._study._get_trials(*arguments, **more) if self._names <= t.params.keys()]

    def measured(self) -> int:
        """Number of trials with a value."""
        return len(self._get_trials(deepcopy=False, states=(TrialState.COMPLETE,), use_cache=True))


class GroupTpe(TPESampler):
    """TPE that draws each group in one multivariate step and keeps every value on its dimension's grid."""

    _dimensions: Mapping[str, Dimension]
    _drawn: Mapping[str, Any]

    def __init__(self, seed: int) -> None:
        super().__init__(
            seed=seed, n_startup_trials=0, n_ei_candidates=CANDIDATES, multivariate=True, constant_liar=True
        )
        self._even = RandomSampler(seed=seed)
        self._curious = float(draw(seed, stream_id("curious"), 0, 0, 0)[0]) < EXPLORATION

    def draw(
        self,
        study: optuna.Study,
        trial: FrozenTrial,
        dimensions: Mapping[str, Dimension],
        axes: Mapping[str, BaseDistribution],
        under: bool,
    ) -> None:
        """Draw a group jointly; with too few trials the result is empty, and each value is drawn at random."""
        self._dimensions, self._drawn = dimensions, {}
        several = {name: axis for name, axis in sorted(axes.items()) if not axis.single()}
        if self._curious:
            several = {name: axis for name, axis in several.items() if not isinstance(axis, CategoricalDistribution)}
        among = Among(study, frozenset(several))
        if several and among.measured() >= (STARTUP_UNDER if under else STARTUP):
            self._drawn = self.sample_relative(among, trial, several)  # type: ignore[arg-type]

    def infer_relative_search_space(self, study: optuna.Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """Nothing is drawn before its group is known."""
        return {}

    def sample_independent(
        self, study: optuna.Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """The value of the group's draw."""
        if param_name in self._drawn:
            value = self._drawn[param_name]
        else:
            value = self._even.sample_independent(study, trial, param_name, param_distribution)
        return snap(self._dimensions[param_name], value)


def snap(dimension: Dimension, value: Any) -> Any:
    """A value on its dimension's grid."""
    return value if isinstance(dimension, Choice) else dimension.snap(value)
