"""Propose parameters with Optuna's samplers, over a bounded window of told trials and with a new seed for each ask.

The proposal of ask n is a function of (study seed, n, told trials in order, running trials), so a resumed search
continues exactly like an uninterrupted one. TPE models the parameters under one set of choices jointly.
"""

import hashlib
import importlib.util
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.samplers import BaseSampler, RandomSampler
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from neurosearch.errors import UserError
from neurosearch.search.evolution import GroupCmaEs, GroupNsga2
from neurosearch.search.tpe import STARTUP, GroupTpe, snap
from neurosearch.store.store import distribution
from neurosearch.study.space import Choice, Dimension, Int, Under, Value
from neurosearch.study.study import Study

WINDOW, KEPT, KEPT_BEST = 200, 150, 60
"""Of WINDOW told trials KEPT are kept, the KEPT_BEST best and the most recent: they determine a proposal's cost."""

KEPT_UNDER = 16
"""The most recent trials of each set of choices that are kept for an evolution strategy, whose state they carry."""

FEW = 12
"""Integers with more values than this are modelled as real numbers and rounded: Optuna's sum over all is slow."""


UNDER = " | "
"""Separator between a path and the choices that it depends on, in the model's parameter names."""

Axis = Callable[[Dimension], BaseDistribution]
"""Function from a dimension to the model's distribution."""


@dataclass
class Told:
    """One proposal and, once known, its losses.

    Attributes:
        ask: number of the ask.
        params: internal name (with the choices it depends on) → value.
        dimensions: internal name → dimension.
        attributes: notes of an evolution strategy.
        losses: objectives, each to be minimised; empty while it runs or if it has no value.
        violations: constraint → violation.
    """

    ask: int
    params: dict[str, Value]
    dimensions: dict[str, Dimension]
    attributes: dict[str, Any] = field(default_factory=dict)
    losses: tuple[float, ...] | None = None
    violations: Mapping[str, float] = field(default_factory=dict)


class Sampler:
    """Ask and tell."""

    def __init__(self, study: Study) -> None:
        _check(study.sampler)
        self._study = study
        self._axis: Axis = _real_axis if study.sampler == "tpe" else distribution
        self._window: list[Told] = []
        self._running: dict[int, Told] = {}
        self._live: dict[int, optuna.Trial] = {}
        self._model: optuna.Study | None = None
        self._worst: list[float | None] = [0.0 if d == "maximize" else None for d in study.directions]
        self.told = 0
        self.lane = ""  # separates this driver's random draws from those of other drivers of the study

    def ask(self, number: int) -> dict[str, Value]:
        """The parameters of proposal ``number``."""
        model = self._current_model()
        model.sampler = _make(self._study.sampler, _seed(self._study.seed, f"{number}{self.lane}"))
        trial = model.ask()
        draws = _Draws(model, trial, self._axis)
        params = self._study.sample(draws)
        self._running[number] = Told(number, draws.params, draws.dimensions)
        self._live[number] = trial
        return params

    def recall(self, number: int, params: Mapping[str, Value], attributes: Mapping[str, Any]) -> None:
        """Enter a proposal of an earlier launch as if it had just been made."""
        recalled = _Recalled(params)
        self._study.sample(recalled)
        self._running[number] = Told(number, recalled.params, recalled.dimensions, dict(attributes))
        self._model = None

    def tell(self, number: int, losses: tuple[float, ...] | None, violations: Mapping[str, float]) -> None:
        """Enter the losses of a proposal; a failed one counts as the worst so far, so that the model avoids it."""
        told = self._running.pop(number)
        if losses is None and None not in self._worst:
            losses = tuple(worst for worst in self._worst if worst is not None)
        elif losses is not None:
            self._worst = [loss if w is None else max(w, loss) for w, loss in zip(self._worst, losses, strict=True)]
            if self._study.sampler == "cmaes" and any(v > 0 for v in violations.values()):
                # CMA-ES knows no constraints: what violates them is worse than all that does not (Deb 2000)
                worst = self._worst[0]
                assert worst is not None
                losses = (worst + sum(max(0.0, v) for v in violations.values()),)
        told.losses, told.violations = losses, violations
        self._finish(told)

    def drop(self, number: int) -> None:
        """Forget a proposal that will have no value."""
        self._finish(self._running.pop(number))

    def attributes(self, number: int) -> dict[str, Any]:
        """The sampler's notes on a running proposal, to be stored with it."""
        told = self._running[number]
        if self._model is not None and number in self._live:
            noted = self._model.get_trials(deepcopy=False)[self._live[number].number].system_attrs
            told.attributes = {key: value for key, value in noted.items() if not key.startswith("tpe:")}
        return told.attributes

    def _finish(self, told: Told) -> None:
        live = self._live.pop(told.ask, None)
        self.told += 1
        self._window.append(told)
        if self._model is not None and live is not None:
            if told.losses is None:
                self._model.tell(live, state=TrialState.FAIL)
            else:
                for name, violation in told.violations.items():
                    live.set_constraint(name, violation)
                self._model.tell(live, list(told.losses))
        if len(self._window) >= WINDOW:
            self._window = _shrink(self._window, 0 if self._study.sampler == "tpe" else KEPT_UNDER)
            self._model = None

    def _current_model(self) -> optuna.Study:
        if self._model is None:
            directions = [StudyDirection.MINIMIZE] * len(self._study.directions)
            self._model = optuna.create_study(directions=directions, sampler=RandomSampler(0))
            self._live = {}
            for told in sorted([*self._window, *self._running.values()], key=lambda told: told.ask):
                self._model.add_trial(_frozen(told, told.ask in self._running, self._axis))
                if told.ask in self._running:
                    entered = self._model.get_trials(deepcopy=False)[-1]
                    self._live[told.ask] = optuna.Trial(self._model, entered._trial_id)
        return self._model


class _Draws:
    """The random draws of one ask."""

    def __init__(self, model: optuna.Study, trial: optuna.Trial, axis: Axis) -> None:
        self._model, self._trial, self._axis = model, trial, axis
        self.params: dict[str, Value] = {}
        self.dimensions: dict[str, Dimension] = {}

    def suggest(self, under: Under, group: Mapping[str, Dimension]) -> dict[str, Value]:
        """One value for each path of the group."""
        names = {path: _name(under, path) for path in group}
        dimensions = {names[path]: dimension for path, dimension in group.items()}
        axes = {name: self._axis(dimension) for name, dimension in dimensions.items()}
        if isinstance(self._model.sampler, GroupTpe | GroupNsga2 | GroupCmaEs):
            frozen = self._model.get_trials(deepcopy=False)[self._trial.number]
            self._model.sampler.draw(self._model, frozen, dimensions, axes, under=bool(under))
        drawn = {name: _suggest(self._trial, name, dimension, axes[name]) for name, dimension in dimensions.items()}
        self.params |= drawn
        self.dimensions |= dimensions
        return {path: drawn[name] for path, name in names.items()}


class _Recalled:
    """Draws that return stored values."""

    def __init__(self, stored: Mapping[str, Value]) -> None:
        self._stored = stored
        self.params: dict[str, Value] = {}
        self.dimensions: dict[str, Dimension] = {}

    def suggest(self, under: Under, group: Mapping[str, Dimension]) -> dict[str, Value]:
        """The stored values."""
        for path in group:
            if path not in self._stored:
                raise UserError(
                    f"a stored trial has no value of {path}, which it must have sampled; restore the trials from a copy"
                )
        self.params |= {_name(under, path): self._stored[path] for path in group}
        self.dimensions |= {_name(under, path): dimension for path, dimension in group.items()}
        return {path: self._stored[path] for path in group}


def _name(under: Under, path: str) -> str:
    return path if not under else f"{path}{UNDER}{', '.join(f'{above}={option}' for above, option in under)}"


def _suggest(trial: optuna.Trial, name: str, dimension: Dimension, d: BaseDistribution) -> Value:
    if isinstance(d, CategoricalDistribution):
        value: Value = trial.suggest_categorical(name, d.choices)  # type: ignore[assignment]
    elif isinstance(d, IntDistribution):
        value = trial.suggest_int(name, d.low, d.high, log=d.log, step=d.step)
    else:
        assert isinstance(d, FloatDistribution)
        value = trial.suggest_float(name, d.low, d.high, log=d.log, step=d.step)
    snapped: Value = snap(dimension, value)
    return snapped


def _real_axis(dimension: Dimension) -> BaseDistribution:
    """The distribution for TPE: a grid of many values becomes a real axis, half a step wider at each end."""
    if isinstance(dimension, Choice):
        return CategoricalDistribution(dimension.options)
    low, high, step = dimension.low, dimension.high, dimension.step or 0.0
    if isinstance(dimension, Int) and (high - low) / dimension.step < FEW:
        log = dimension.log and dimension.step == 1
        return IntDistribution(dimension.low, dimension.high, log, dimension.step)
    if low == high:
        return _Real(low, high)
    below = low - step / 2
    if dimension.log and below <= 0:
        below = low / 2
    return _Real(below, high + step / 2, dimension.log)


class _Real(FloatDistribution):
    """A real axis whose values need no validation, which Optuna repeats for each of them at every proposal."""

    def to_internal_repr(self, param_value_in_external_repr: Any) -> float:
        return float(param_value_in_external_repr)


def _frozen(told: Told, running: bool, axis: Axis) -> FrozenTrial:
    state = TrialState.RUNNING if running else TrialState.COMPLETE if told.losses is not None else TrialState.FAIL
    return optuna.trial.create_trial(
        state=state,
        values=None if told.losses is None else list(told.losses),
        params=told.params,
        distributions={name: axis(dimension) for name, dimension in told.dimensions.items()},
        system_attrs=dict(told.attributes),
        constraints=dict(told.violations) or None,
    )


def _shrink(window: list[Told], under: int = 0) -> list[Told]:
    """The best and the most recent trials in the order told; with ``under``, for each set of choices."""
    measured = [told for told in window if told.losses is not None]
    best = {told.ask for told in _ranked(measured)[:KEPT_BEST]}
    kept = set(best)
    for told in reversed(window):
        if len(kept) >= KEPT:
            break
        kept.add(told.ask)
    seen: Counter[str] = Counter()
    for told in reversed(measured if under else []):
        names = [name for name in told.params if UNDER in name]
        if any(seen[name] < under for name in names) and len(kept) < (KEPT + WINDOW) // 2:
            kept.add(told.ask)
        seen.update(names)
    return [told for told in window if told.ask in kept]


def _ranked(window: list[Told]) -> list[Told]:
    """Order: feasible first, then by Pareto front."""
    if not window or len(window[0].losses or ()) == 1:
        return sorted(window, key=lambda told: (_violation(told), told.losses, told.ask))
    left, ranked = sorted(window, key=lambda told: told.ask), []
    while left:
        front = [a for a in left if not any(_dominates(b, a) for b in left)]
        ranked += front
        left = [told for told in left if told not in front]
    return ranked


def _dominates(a: Told, b: Told) -> bool:
    if _violation(a) != _violation(b):
        return _violation(a) < _violation(b)
    mine, theirs = a.losses or (), b.losses or ()
    return mine != theirs and all(x <= y for x, y in zip(mine, theirs, strict=True))


def _violation(told: Told) -> float:
    return sum(max(0.0, violation) for violation in told.violations.values())


def _seed(study_seed: int, ask: str) -> int:
    return int.from_bytes(hashlib.sha256(f"{study_seed}:{ask}".encode()).digest()[:4], "little")


def _make(kind: str, seed: int) -> BaseSampler:
    if kind == "tpe":
        return GroupTpe(seed)
    if kind == "cmaes":
        return GroupCmaEs(seed)
    if kind == "nsga2":
        return GroupNsga2(seed)
    if kind == "gp":
        from optuna.samplers import GPSampler

        return GPSampler(seed=seed, n_startup_trials=STARTUP, warn_independent_sampling=False)
    return RandomSampler(seed=seed)


def _check(kind: str) -> None:
    needs = {"gp": "torch", "cmaes": "cmaes"}.get(kind)
    if needs and importlib.util.find_spec(needs) is None:
        raise UserError(f"sampler: {kind} needs {needs}, which is not installed; `pip install {needs}`, or use tpe")
