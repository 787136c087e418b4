"""Trial ⇄ Optuna storage: one append a finished trial, a study that may not change under its trials."""

import math
import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.study import StudyDirection
from optuna.trial import TrialState

from neurosearch.errors import UserError
from neurosearch.record.score import Score
from neurosearch.record.trial import Trial
from neurosearch.store.journal import Journal, KernelLock, mend
from neurosearch.study import ranking
from neurosearch.study import study as studies
from neurosearch.study.space import Choice, Dimension, Float
from neurosearch.study.study import Study

RUNS = "neurosearch-runs"
"""Folder of the journals, in the working directory."""

_TRIAL, _IDENTITY, _RESCORE = "neurosearch", "neurosearch:identity", "neurosearch:rescore:"


class Store:
    """The stored trials of one study; only the driver writes."""

    def __init__(self, study: Study, storage: Any, place: str, path: Path | None) -> None:
        self.study, self.place, self.path = study, place, path
        directions = [StudyDirection[d.upper()] for d in study.directions]
        try:  # not `load_if_exists`, which writes a line at every opening
            self._study = optuna.load_study(study_name=study.name, storage=storage)
        except KeyError:
            self._study = optuna.create_study(study_name=study.name, storage=storage, directions=directions)
        self._trials: list[Trial] = []

    @property
    def shared(self) -> bool:
        """Other drivers may be storing trials of this study now: a journal has one driver, a database any number."""
        return self.path is None

    def trials(self) -> list[Trial]:
        """Every stored trial in the order in which it finished; also those that another driver stored meanwhile."""
        stored = self._study.get_trials(deepcopy=False)
        for frozen in stored[len(self._trials) :]:
            if _TRIAL not in frozen.user_attrs:
                raise UserError(
                    f"{self.place}: trial {frozen.number} of '{self.study.name}' was not stored by neurosearch; "
                    f"choose another --storage"
                )
            data = frozen.user_attrs[_TRIAL]
            if data.get("number", frozen.number) != frozen.number:
                raise UserError(
                    f"{self.place} lacks a line: trial {data['number']} stands where trial {frozen.number} belongs; "
                    f"restore the file from a copy, or move it away to begin the study anew"
                )
            self._trials.append(_from_json(frozen.number, data))
        return self._trials

    def count(self) -> int:
        """How many trials are stored; of a journal this driver is the only writer, so it need not be read again."""
        return len(self._trials) if self.path is not None and self._trials else len(self.trials())

    def sampler_attributes(self) -> list[dict[str, Any]]:
        """What the sampler noted on each trial (the generation of an evolution strategy, for example)."""
        return [dict(frozen.system_attrs) for frozen in self._study.get_trials(deepcopy=False)]

    def add(self, trial: Trial, sampler_attributes: Mapping[str, Any] | None = None) -> Trial:
        """Append a finished trial; returns it with its number."""
        attributes = {k: v for k, v in (sampler_attributes or {}).items() if not k.startswith("constraint")}
        losses, data = ranking.losses(self.study, trial.score), _to_json(trial)
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
        started, finished = trial.detail.get("started"), trial.detail.get("finished")
        if started and finished:
            frozen.datetime_start, frozen.datetime_complete = map(datetime.fromtimestamp, (started, finished))
        before = self.count()
        if self.path is not None:  # of a journal there is one writer, so the position is known: a lost line will show
            frozen.user_attrs[_TRIAL]["number"] = before
        with _said(self.place):
            self._study.add_trial(frozen)
        if self.path is None:  # another driver may have stored trials meanwhile: ours is the one with our start
            return next(t for t in self.trials()[before:] if t.detail.get("started") == data["detail"].get("started"))
        self._trials.append(_from_json(before, data))
        return self._trials[-1]

    def rescored(self) -> dict[int, ranking.Rescored]:
        """The finalists' runs on fresh seeds, by trial number."""
        found: dict[int, ranking.Rescored] = {}
        for key, value in self._study.user_attrs.items():
            if key.startswith(_RESCORE):
                number = int(key.removeprefix(_RESCORE))
                scores = tuple(_score(data) for data in value["scores"])
                found[number] = ranking.Rescored(number, tuple(value["seeds"]), scores)
        return found

    def add_rescored(self, result: ranking.Rescored) -> None:
        """Store a finalist's runs on fresh seeds."""
        data = {"seeds": list(result.seeds), "scores": [plain(score) for score in result.scores]}
        with _said(self.place):
            self._study.set_user_attr(f"{_RESCORE}{result.number}", data)

    def check_identity(self) -> None:
        """Refuse a study whose file changed in what its stored trials depend on."""
        now = plain(studies.identity(self.study))
        stored = self._study.user_attrs.get(_IDENTITY)
        if stored is None:
            with _said(self.place):
                self._study.set_user_attr(_IDENTITY, now)
            return
        changed = studies.changes(stored, now)
        if changed and self._study.get_trials(deepcopy=False):
            more = f" (and {len(changed) - 3} more)" if len(changed) > 3 else ""
            raise UserError(
                f"{self.study.file} changed since its trials were stored in {self.place}: "
                f"{'; '.join(changed[:3])}{more}; undo the change, or save the study under a new name"
            )
        if changed:
            self._study.set_user_attr(_IDENTITY, now)

    @contextmanager
    def driving(self) -> Iterator[None]:
        """Hold the journal for one driver; a second launch of the same study is told so at once."""
        if self.path is None:
            yield
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


def open_store(study: Study, storage: str | None = None, *, create: bool = True) -> Store:
    """The store of a study: ``./neurosearch-runs/NAME.journal``, a journal file by path, or any Optuna URL."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    if storage and "://" in storage:
        file = Path(storage.removeprefix("sqlite:///"))
        if storage.startswith("sqlite:///") and not create and not file.exists():
            raise UserError(f"{file} does not exist: no trial of '{study.name}' is stored in {storage}; check the name")
        return _checked(Store(study, _database(storage), storage, None))
    path = Path(storage).expanduser() if storage else Path(RUNS) / f"{study.name}.journal"
    if not path.exists() and not create:
        raise UserError(
            f"{path} does not exist: no trial of '{study.name}' is stored; run `neurosearch launch {study.called}`"
        )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        said = mend(path) if path.exists() else ""
        journal = Journal(path)
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror}; choose another place with --storage") from error
    if said:
        print(said, file=sys.stderr)
    return _checked(Store(study, optuna.storages.JournalStorage(journal), str(path), path))


def distribution(dimension: Dimension) -> BaseDistribution:
    """The dimension in Optuna's words (which know no step on a logarithmic axis: values are snapped by ours)."""
    if isinstance(dimension, Choice):
        return CategoricalDistribution(dimension.options)
    if isinstance(dimension, Float):
        return FloatDistribution(
            dimension.low, dimension.high, dimension.log, None if dimension.log else dimension.step
        )
    return IntDistribution(dimension.low, dimension.high, dimension.log, 1 if dimension.log else dimension.step)


def _checked(store: Store) -> Store:
    store.check_identity()
    return store


def _database(url: str) -> Any:
    with suppress(Exception):  # two drivers may be making the tables of an empty database: the later one finds them
        return optuna.storages.get_storage(url)
    time.sleep(0.5)
    try:
        return optuna.storages.get_storage(url)
    except Exception as error:  # every driver has errors of its own; all mean that the URL does not work here
        raise UserError(
            f"--storage {url} cannot be opened: {' '.join(str(error).split())[:300]}; check the URL"
        ) from error


@contextmanager
def _said(place: str) -> Iterator[None]:
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except (optuna.exceptions.StorageInternalError, SQLAlchemyError) as error:
        reason = " ".join(str(error.__cause__ or error).split())[:300]
        raise UserError(f"{place} cannot be written: {reason}; what was stored before is safe, run again") from error


def _to_json(trial: Trial) -> dict[str, Any]:
    data: dict[str, Any] = plain(trial)
    del data["number"]  # the position in the storage says it
    return data


def _from_json(number: int, data: Mapping[str, Any]) -> Trial:
    return Trial(number, data["params"], _score(data["score"]), data["seconds"], data["detail"])


def _score(data: Mapping[str, Any]) -> Score:
    return Score(data["status"], data["metrics"], tuple(data["curve"]), data["detail"], data["reason"])


def plain(value: Any) -> Any:
    """JSON values only: NumPy's become Python's, what is not finite becomes null, a metric without value vanishes."""
    if isinstance(value, Trial | Score):
        value = {field.name: getattr(value, field.name) for field in fields(value)}
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
