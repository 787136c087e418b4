"""Resolve a reference (a study, one of its trials, an exported file, an architecture) to one configuration."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from neurosearch import catalogue, config
from neurosearch.errors import UserError
from neurosearch.export.found import seeds_of
from neurosearch.files import paths
from neurosearch.record.trial import Trial
from neurosearch.spelling import quoted, shortened, suggestion
from neurosearch.store.store import open_store
from neurosearch.study import document, ranking
from neurosearch.study import study as studies
from neurosearch.study.configuration import Configuration
from neurosearch.study.own_files import named, recorded


@dataclass(frozen=True, eq=False)
class Resolved:
    """A resolved reference.

    Attributes:
        configuration: architecture, task and memory as plain data.
        seeds: of the networks.
        study, trial: its source, if it comes from a study.
        found: content of an exported JSON file.
        file: of the study or of the exported architecture.
    """

    configuration: dict[str, Any]
    seeds: tuple[int, ...]
    study: studies.Study | None = None
    trial: Trial | None = None
    found: Mapping[str, Any] | None = None
    file: Path | None = None


def resolve(ref: str, storage: str | None = None) -> Resolved:
    """``study``, ``study@best``, ``study@17``, ``found.json``, an architecture's name or ``./file.py:Class``."""
    name, at, pick = ref.rpartition("@")
    if at and (pick == "best" or pick.isdigit()):
        if not name:
            n = shortened(pick, 20)
            raise UserError(f"{shortened(ref, 300)} names no study; write STUDY@{n}, such as digits@{n} or my.yaml@{n}")
        try:
            return _stored(studies.load(name), pick, storage)
        except UserError as error:
            raise UserError(f"{str(error).partition('; for the file')[0]}{_beside(name, pick)}") from error
    if at and "/" not in pick and not ref.endswith((".json", ".yaml", ".yml")):
        raise UserError(f"{shortened(ref, 300)}: after @ comes 'best' or the number of a trial, not {quoted(pick)}")
    if ref.endswith(".json"):
        data = document.load(ref)
        if isinstance(data, dict) and "configuration" in data:
            file = paths.located(ref)
            configuration = recorded(data["configuration"], data.get("own_files"), file)
            _check(configuration, ref)
            return Resolved(configuration, seeds_of(data, ref), found=data, file=file)
    if ref.endswith((".yaml", ".yml", ".json")) or ref in catalogue.names("studies"):
        study = studies.load(ref)
        return Resolved(study.configuration({}), study.seeds, study=study, file=study.file)
    reference = named(ref, Path.cwd())
    if catalogue.OWN_FILE.match(reference) or ref in catalogue.names("architectures"):
        data = {"architecture": reference, "task": "digits", "memory": "off"}
        return Resolved(config.to_dict(config.build(Configuration, data, ref)), (0,))
    known = [*catalogue.names("studies"), *catalogue.names("architectures")]
    said = f"{shortened(ref, 300)} is not a study, found.json or architecture; {suggestion(ref, known)}"
    raise UserError(f"{said}{'' if at else _beside(ref)}")


def _beside(name: str, pick: str = "") -> str:
    """A hint for a file in this folder that was named without its suffix, and for one that is named like REF."""
    ending = f"@{pick}" if pick else ""
    try:
        found = next((file for file in (f"{name}.yaml", f"{name}.yml") if Path(file).is_file()), None)
        if found is not None and not name.endswith((".yaml", ".yml", ".json")):
            return f"; a study file needs its suffix: {found}{ending}"
        if pick and Path(f"{name}{ending}").is_file():
            return f"; the file {name}{ending} is ignored, since @ selects a stored trial; rename it to use it"
    except (OSError, ValueError):  # a name that no file can have
        pass
    return ""


def _stored(study: studies.Study, pick: str, storage: str | None) -> Resolved:
    store = open_store(study, storage, create=False)
    trials = store.trials()
    if pick == "best":
        trial = ranking.best(study, trials, store.rescored())
        if trial is None:
            raise UserError(f"{store.place} holds no measured, feasible trial of '{study.name}' yet; launch it first")
    elif len(pick) < 19 and int(pick) < len(trials):
        trial = trials[int(pick)]
    else:
        raise UserError(
            f"{store.place} holds {len(trials)} trials of '{study.name}', numbered from 0; "
            f"there is no {shortened(pick, 20)}"
        )
    _check(trial.configuration, f"{store.place}: trial {trial.number}")
    if not trial.seeds:
        raise UserError(f"{store.place}: trial {trial.number} has no seeds; restore the file from a copy")
    return Resolved(dict(trial.configuration), trial.seeds, study, trial, file=study.file)


def _check(configuration: Any, where: str) -> None:
    """Refuse stored data that make no configuration."""
    made = config.build(Configuration, configuration, where)
    for name in ("architecture", "task"):
        if getattr(made, name) is None or not isinstance(configuration[name], Mapping):
            raise UserError(f"{where}: configuration.{name} is missing or is not {{name: {{field: value}}}}")
