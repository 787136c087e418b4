"""Trial ⇄ Optuna storage: one append per finished trial, and a study that must not change once trials are stored."""

import math
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.study import StudyDirection
from optuna.trial import TrialState

from neurosearch import config
from neurosearch.errors import UserError
from neurosearch.files import paths
from neurosearch.record.stored import repeated_from_json, score_to_json, trial_from_json, trial_to_json
from neurosearch.record.trial import Trial
from neurosearch.spelling import quoted
from neurosearch.store.database import explained, open_database, written_once
from neurosearch.store.drivers import Presence
from neurosearch.store.journal import Journal, KernelLock, ReadOnlyJournal, mend, replayed
from neurosearch.store.moved_files import files_of, with_files_of
from neurosearch.study import ranking
from neurosearch.study import study as studies
from neurosearch.study.space import Choice, Dimension, Float
from neurosearch.study.study import Study

RUNS = "neurosearch-runs"
"""Folder of the journals, in the working directory."""

_WRITTEN = "what was stored before is safe, run again"
_READ = "check the URL, or choose another --storage"

_TRIAL, _IDENTITY, _RESCORE = "neurosearch", "neurosearch:identity", "neurosearch:rescore:"


class Store:
    """The stored trials of one study; only the driver writes.

    Attributes:
        study: the study.
        place: path or URL, for messages.
        path: of the journal; ``None`` for a database.
        contested: whether another driver was active when this one started (see `driving`).
    """

    def __init__(self, study: Study, storage: Any, place: str, path: Path | None, *, create: bool = True) -> None:
        self.study, self.place, self.path, self.contested = study, place, path, False
        self._presence: Presence | None = None
        self._trials: list[Trial] = []
        self._own_files = files_of(study)
        with explained(place, "read", _READ):
            self._study = self._opened(storage, create)

    def _opened(self, storage: Any, create: bool) -> optuna.Study:
        directions = [StudyDirection[d.upper()] for d in self.study.directions]
        with suppress(KeyError):  # not `load_if_exists`, which writes a line at every opening
            return optuna.load_study(study_name=self.study.name, storage=storage)
        if not create:
            raise UserError(
                f"{self.place} holds no trial of '{self.study.name}'; run `neurosearch launch {self.study.called}`, "
                f"or give another --storage"
            )
        with suppress(optuna.exceptions.DuplicatedStudyError):  # created by another driver in the meantime
            return optuna.create_study(study_name=self.study.name, storage=storage, directions=directions)
        return optuna.load_study(study_name=self.study.name, storage=storage)

    @property
    def shared(self) -> bool:
        """Whether other drivers may be storing trials of this study: a journal has one, a database any number."""
        return self.path is None

    def trials(self) -> list[Trial]:
        """Every stored trial in the order of completion, including those that other drivers have stored meanwhile."""
        with explained(self.place, "read", _READ):
            stored = self._study.get_trials(deepcopy=False)
        for frozen in stored[len(self._trials) :]:
            attributes = (frozen.user_attrs, frozen.system_attrs)
            if not all(isinstance(one, Mapping) for one in attributes) or _TRIAL not in frozen.user_attrs:
                raise UserError(
                    f"{self.place}: trial {frozen.number} of '{self.study.name}' was not stored by neurosearch; "
                    f"choose another --storage"
                )
            data = frozen.user_attrs[_TRIAL]
            if isinstance(data, Mapping) and data.get("number", frozen.number) != frozen.number:
                found, expected = data["number"], frozen.number
                is_twice = isinstance(found, int) and found < expected
                problem = "holds a line twice" if is_twice else "lacks a line"
                raise UserError(
                    f"{self.place} {problem}: trial {found} stands where trial {expected} belongs; "
                    f"restore the file from a copy, or move it away to begin the study anew"
                )
            self._trials.append(self._read(frozen.number, data))
        return self._trials

    def _read(self, number: int, data: Mapping[str, Any]) -> Trial:
        try:
            trial = trial_from_json(number, data)
            config.digest(trial.configuration)  # raises for half a character, and for a number that is none
            return with_files_of(trial, self._own_files)
        except ValueError as error:
            raise UserError(f"{self.place}: trial {number}: {error}; restore the file from a copy") from error

    def count(self) -> int:
        """Number of stored trials; a journal has this driver as its only writer, so it is not read again."""
        return len(self._trials) if self.path is not None and self._trials else len(self.trials())

    def sampler_attributes(self) -> list[dict[str, Any]]:
        """The sampler's notes on each trial (for example the generation of an evolution strategy)."""
        with explained(self.place, "read", _READ):
            stored = self._study.get_trials(deepcopy=False)
        return [_of_the_sampler(frozen.system_attrs) for frozen in stored]

    def add(self, trial: Trial, sampler_attributes: Mapping[str, Any] | None = None) -> Trial:
        """Append a finished trial; returns it with its number."""
        attributes = _of_the_sampler(sampler_attributes or {})
        losses, data = ranking.losses(self.study, trial.score), plain(trial_to_json(trial))
        distributions = {path: distribution(self.study.space[path]) for path in trial.params}
        frozen = optuna.trial.create_trial(
            state=TrialState.FAIL if losses is None else TrialState.COMPLETE,
            values=None if losses is None else [trial.score.metrics[name] for name in self.study.objectives],
            params=dict(trial.params),
            distributions=distributions,
            user_attrs={_TRIAL: data},
            system_attrs=attributes,
            constraints=ranking.violations(self.study, trial.score) or None,
        )
        if trial.ran.started and trial.ran.finished:
            times = (trial.ran.started, trial.ran.finished)
            frozen.datetime_start, frozen.datetime_complete = map(datetime.fromtimestamp, times)
        before = self.count()
        if self.path is not None:  # of a journal there is one writer, so the position is known: a lost line will show
            frozen.user_attrs[_TRIAL]["number"] = before
        with explained(self.place, "written", _WRITTEN):
            self._study.add_trial(frozen)
        if self.path is None:  # another driver may have stored trials meanwhile: ours is the one with our start
            return next(t for t in self.trials()[before:] if t.ran.started == trial.ran.started)
        self._trials.append(self._read(before, data))
        return self._trials[-1]

    def rescored(self) -> dict[int, ranking.Rescored]:
        """The finalists' scores on fresh seeds, by trial number."""
        found: dict[int, ranking.Rescored] = {}
        with explained(self.place, "read", _READ):
            attributes = self._study.user_attrs
        for key, value in attributes.items():
            if key.startswith(_RESCORE):
                number = key.removeprefix(_RESCORE)
                try:
                    seeds, scores = repeated_from_json(value)
                    found[int(number)] = ranking.Rescored(int(number), seeds, scores)
                except ValueError as error:
                    where = f"{self.place}: fresh seeds of trial {quoted(number)}"
                    raise UserError(f"{where}: {error}; restore the file from a copy") from error
        return found

    def add_rescored(self, result: ranking.Rescored) -> None:
        """Store a finalist's scores on fresh seeds."""
        data = {"seeds": list(result.seeds), "scores": [plain(score_to_json(score)) for score in result.scores]}
        with explained(self.place, "written", _WRITTEN):
            self._study.set_user_attr(f"{_RESCORE}{result.number}", data)

    def check_identity(self, *, write: bool = True) -> None:
        """Refuse a study that changed in what its stored trials depend on; record its identity if there are none."""
        now = plain(studies.identity(self.study))
        stored = self._identity()
        if write and (stored is None or (studies.changes(stored, now) and not self._study.get_trials(deepcopy=False))):
            with explained(self.place, "written", _WRITTEN), written_once():  # another driver may write it first
                self._study.set_user_attr(_IDENTITY, now)
            stored = self._identity()  # not `now`: another driver may have begun with another file at the same time
        changed = studies.changes(now if stored is None else stored, now)
        if changed and self._study.get_trials(deepcopy=False):
            more = f" (and {len(changed) - 3} more)" if len(changed) > 3 else ""
            raise UserError(
                f"{self.study.file} changed since its trials were stored in {self.place}: "
                f"{'; '.join(changed[:3])}{more}; undo the change, or save the study under a new name"
            )

    def _identity(self) -> Mapping[str, Any] | None:
        with explained(self.place, "read", _READ):
            stored = self._study.user_attrs.get(_IDENTITY)
        if stored is not None and not isinstance(stored, Mapping):
            raise UserError(
                f"{self.place}: {_IDENTITY} = {quoted(stored)} is not a mapping; restore the file from a copy"
            )
        return stored

    @contextmanager
    def driving(self) -> Iterator[None]:
        """Hold a journal for one driver; register with a database, and learn whether others are at work there."""
        if self.path is None:
            with explained(self.place, "written", _WRITTEN):
                self._presence = Presence(self._study)
                self.contested = self._presence.enter()
            try:
                yield
            finally:
                with suppress(UserError), explained(self.place, "written", _WRITTEN):  # it counts as dead soon anyway
                    self._presence.leave()
                self._presence = None
            return
        lock = KernelLock(self.path.with_name(f".{self.path.name}.driver"))
        if not lock.try_acquire():
            raise UserError(
                f"{self.path} is being written by another launch of '{self.study.name}'; wait for it or stop it"
            )
        try:
            yield
        finally:
            lock.release()

    def beat(self) -> None:
        """Let the other drivers of a database know from time to time that this one is at work."""
        if self._presence is not None:
            with explained(self.place, "written", _WRITTEN):
                self._presence.beat()


def open_store(study: Study, storage: str | None = None, *, create: bool = True) -> Store:
    """The store of a study: ``./neurosearch-runs/NAME.journal``, a journal file by path, or any Optuna URL.

    Without ``create`` it is opened for reading only: nothing is created, locked, repaired or written.
    """
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    if storage and "://" in storage:
        file = Path(storage.removeprefix("sqlite:///").partition("?")[0])
        if storage.startswith("sqlite:///") and not create and not file.exists():
            raise UserError(f"{file} does not exist: no trial of '{study.name}' is stored in {storage}; check the name")
        return _checked(Store(study, open_database(storage, create=create), storage, None, create=create), create)
    path = paths.located(storage) if storage else Path(RUNS) / f"{study.name}.journal"
    if not path.exists() and not create:
        raise UserError(
            f"{path} does not exist: no trial of '{study.name}' is stored; run `neurosearch launch {study.called}`"
        )
    try:
        journal, said = _journal(path, create)
    except OSError as error:
        way = "written" if create else "read"
        raise UserError(f"{path} cannot be {way}: {error.strerror}; choose another place with --storage") from error
    if said:
        print(said, file=sys.stderr)
    return _checked(Store(study, replayed(journal, path), str(path), path, create=create), create)


def _journal(path: Path, create: bool) -> tuple[Journal | ReadOnlyJournal, str]:
    """The journal, and a message about it or an empty text."""
    if not create:
        read = ReadOnlyJournal(path)
        return read, read.said
    path.parent.mkdir(parents=True, exist_ok=True)
    said = mend(path) if path.exists() else ""
    return Journal(path), said


def distribution(dimension: Dimension) -> BaseDistribution:
    """The dimension as Optuna's distribution (which has no step on a logarithmic axis: we round values ourselves)."""
    if isinstance(dimension, Choice):
        return CategoricalDistribution(dimension.options)
    if isinstance(dimension, Float):
        return FloatDistribution(
            dimension.low, dimension.high, dimension.log, None if dimension.log else dimension.step
        )
    return IntDistribution(dimension.low, dimension.high, dimension.log, 1 if dimension.log else dimension.step)


def _checked(store: Store, write: bool) -> Store:
    store.check_identity(write=write)
    return store


def _of_the_sampler(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Without the constraints, which Optuna keeps beside what samplers note, and refuses to be told twice."""
    return {key: value for key, value in attributes.items() if not key.startswith("constraint")}


def plain(value: Any) -> Any:
    """Plain JSON values: NumPy's become Python's, non-finite numbers null; metrics without a value are dropped."""
    if isinstance(value, Mapping):
        made = {str(key): plain(v) for key, v in value.items()}
        if isinstance(value.get("metrics"), Mapping):
            made["metrics"] = {k: v for k, v in made["metrics"].items() if v is not None}
        return made
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    if isinstance(value, np.ndarray | np.generic):
        return plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, os.PathLike):
        return str(value)
    return value
