"""NSGA-II and CMA-ES for spaces with choices: parameters under one set of choices evolve among trials that had them.

Optuna's own samplers inherit only parameters that every trial has, and draw those under a choice uniformly for ever.
Here a group of paths has the parents (NSGA-II: Deb et al. 2002) or the distribution (CMA-ES: Hansen 2016) of the trials
with that group.
"""

import hashlib
import io
import logging
import pickle
from collections.abc import Mapping
from typing import Any

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution
from optuna.samplers import BaseSampler, CmaEsSampler, NSGAIISampler, RandomSampler
from optuna.samplers.nsgaii import UniformCrossover
from optuna.samplers.nsgaii._child_generation_strategy import NSGAIIChildGenerationStrategy
from optuna.samplers.nsgaii._elite_population_selection_strategy import NSGAIIElitePopulationSelectionStrategy
from optuna.trial import FrozenTrial, TrialState

from neurosearch.search.tpe import STARTUP_UNDER, Among, snap
from neurosearch.study.space import Dimension

_LOG = logging.getLogger(__name__)

SURVIVING = 0.5
"""Fraction of the trials of a set of choices that are parents under it (truncation selection: Muehlenbein and
Schlierkamp-Voosen 1993 use a tenth to a half)."""

POPULATION, CROSSOVER, SWAPPING = 50, 0.9, 0.5
"""Most parents, fraction of children of two parents, and of their values from the second parent; Optuna's defaults."""


class _Grouped(BaseSampler):
    """Draws each group once its choices are known, and keeps every value on its dimension's grid."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._even = RandomSampler(seed=seed)
        self._dimensions: Mapping[str, Dimension] = {}
        self._drawn: Mapping[str, Any] = {}

    def draw(
        self,
        study: optuna.Study,
        trial: FrozenTrial,
        dimensions: Mapping[str, Dimension],
        axes: Mapping[str, BaseDistribution],
        under: bool,
    ) -> None:
        """Draw a group jointly; values not in the result are drawn at random."""
        self._dimensions, self._drawn = dimensions, {}
        several = {name: axis for name, axis in sorted(axes.items()) if not axis.single()}
        self._drawn = self._evolved(study, trial, several, under)

    def _evolved(
        self, study: optuna.Study, trial: FrozenTrial, axes: dict[str, BaseDistribution], under: bool
    ) -> Mapping[str, Any]:
        raise NotImplementedError

    def infer_relative_search_space(self, study: optuna.Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """Nothing is drawn before its group is known."""
        return {}

    def sample_relative(
        self, study: optuna.Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Nothing: see `draw`."""
        return {}

    def sample_independent(
        self, study: optuna.Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """The value of the group's draw; a random one if it has none (a mutation, or too few trials)."""
        if param_name in self._drawn:
            value = self._drawn[param_name]
        else:
            value = self._even.sample_independent(study, trial, param_name, param_distribution)
        return snap(self._dimensions[param_name], value)


class GroupNsga2(_Grouped):
    """Parameters under no choice evolve by generations, as in Optuna; the others from the best trials that had them."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self._crossover = UniformCrossover(SWAPPING)
        self._root = NSGAIISampler(
            seed=seed, population_size=POPULATION, crossover=self._crossover, crossover_prob=CROSSOVER,
            swapping_prob=SWAPPING,
        )  # fmt: skip

    def _evolved(
        self, study: optuna.Study, trial: FrozenTrial, axes: dict[str, BaseDistribution], under: bool
    ) -> Mapping[str, Any]:
        if not under:
            return self._root.sample_relative(study, trial, axes)
        kin = Among(study, frozenset(axes))._get_trials(deepcopy=False, states=(TrialState.COMPLETE,), use_cache=True)
        if not axes or len(kin) < STARTUP_UNDER:
            return {}
        size = min(POPULATION, max(STARTUP_UNDER // 2, round(SURVIVING * len(kin))))
        parents = NSGAIIElitePopulationSelectionStrategy(population_size=size)(study, kin)
        bear = NSGAIIChildGenerationStrategy(
            mutation_prob=1 / (len(trial.params) + len(axes)),  # one mutation a trial, not one a group
            crossover=self._crossover,
            crossover_prob=CROSSOVER,
            swapping_prob=SWAPPING,
            rng=self._root._rng,
        )
        return bear(study, axes, parents)


class _Unpickler(pickle.Unpickler):
    """Unpickles only the state of a strategy from a journal: data never run code."""

    def find_class(self, module: str, name: str) -> Any:
        """One of the few types that occur in a state."""
        if (module, name) not in _STATE:
            raise pickle.UnpicklingError(f"{module}.{name} is not part of a strategy's state")
        return super().find_class(module, name)


_STATE = {("cmaes._cma", "CMA"), ("numpy", "dtype"), ("numpy", "ndarray")} | {
    (f"numpy.{core}.multiarray", name) for core in ("_core", "core") for name in ("scalar", "_reconstruct")
}


class _Strategy(CmaEsSampler):
    """Optuna's CMA-ES, with its state read safely; an unreadable state is ignored and the strategy starts anew."""

    def __init__(self, seed: int, kind: str = "") -> None:
        super().__init__(seed=seed, warn_independent_sampling=False)
        self._attr_prefix = f"cma {kind}:" if kind else self._attr_prefix

    def _restore_optimizer(self, completed_trials: list[FrozenTrial]) -> Any:
        for trial in reversed(completed_trials):
            noted = {k: v for k, v in trial.system_attrs.items() if k.startswith(self._attr_key_optimizer)}
            if noted:
                try:
                    return _Unpickler(io.BytesIO(bytes.fromhex(self._concat_optimizer_attrs(noted)))).load()
                except Exception as error:  # a pickle that was damaged may raise anything
                    _LOG.warning("trial %s: its noted state of CMA-ES cannot be read (%s)", trial.number, error)
        return None


class GroupCmaEs(_Grouped):
    """One evolution strategy for the numbers of each set of choices; the choices themselves are drawn uniformly."""

    def _evolved(
        self, study: optuna.Study, trial: FrozenTrial, axes: dict[str, BaseDistribution], under: bool
    ) -> Mapping[str, Any]:
        numbers = {name: axis for name, axis in axes.items() if not isinstance(axis, CategoricalDistribution)}
        if not under:
            return _Strategy(self._seed).sample_relative(study, trial, numbers)
        kind = hashlib.sha256("\n".join(numbers).encode()).digest()
        # each set of choices has its own random draws and stores its own state with its trials
        strategy = _Strategy(self._seed ^ int.from_bytes(kind[:3], "little"), kind.hex()[:12])
        return strategy.sample_relative(Among(study, frozenset(numbers)), trial, numbers)  # type: ignore[arg-type]
