"""Run a stored configuration again for what a search does not store: final weights, spikes, runs without learning."""

import platform
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from importlib import metadata
from typing import Any

import numpy as np

from neurosearch import config, trial
from neurosearch.errors import UserError
from neurosearch.evaluate.metrics import metrics
from neurosearch.export import found as found_files
from neurosearch.export.found import ANOTHER_BUILD, Found
from neurosearch.export.network import Network, state_names
from neurosearch.record.record import Record
from neurosearch.record.score import Score
from neurosearch.record.trial import Trial
from neurosearch.simulate.engine import DEFAULT_LIMITS, Limits
from neurosearch.study.effective import effective_data
from neurosearch.study.study import Study, identity
from neurosearch.trial import Prepared

PACKAGES = ("neurosearch", "brian2", "numpy", "optuna")


def network(configuration: Mapping[str, Any], seed: int, limits: Limits = DEFAULT_LIMITS) -> Network:
    """Run one network to its end and keep everything that it learned."""
    prepared = trial.prepare(configuration, seed)
    record = trial.DEFAULT.run(trial.request(prepared, seed, probes=_probes(prepared)), limits)
    if not record.arrays:
        raise UserError(
            f"the network of seed {seed} did not run to its end, so it has no final weights: {record.reason}"
        )
    measured = trial.scored(prepared, record)
    return Network(
        configuration=effective_data(configuration, seed),
        seed=seed,
        graph=prepared.graph,
        plan=prepared.plan,
        score=replace(measured, provenance=replace(measured.provenance, data=trial.content(prepared.stream))),
        state={name: record.arrays[name] for name in state_names(prepared.plan)},
        program=record.build.digest,
        compiler=record.build.compiler,
        data=prepared.stream.key,
    )


def changed_since(found: Mapping[str, Any], configuration: Mapping[str, Any], seed: int) -> tuple[str, str]:
    """What is not as it was when a found network was written: a sentence on the data of its task, one on the program.

    Empty where it is the same, or where the file does not say what it was.

    Args:
        found: content of the JSON file.
        configuration: its configuration.
        seed: of the network that is about to run.
    """
    prepared = trial.prepare(configuration, seed)
    content, key = _text_at(found, "score", "detail", "data"), _text_at(found, "provenance", "data")
    same = trial.content(prepared.stream) == content if content and [seed] == found.get("seeds") else True
    if not content and key:
        same = prepared.stream.key == key
    task = next(iter(configuration["task"]))
    program = _text_at(found, "provenance", "program")
    other = f"the data of the task {task} changed since it was found; restore them for the recorded scores"
    return (
        "" if same else other,
        "" if program in ("", trial.DEFAULT.digest(prepared.plan)) else ANOTHER_BUILD,
    )


def _text_at(data: Any, *steps: str) -> str:
    for step in steps:
        data = data.get(step) if isinstance(data, Mapping) else None
    return data if isinstance(data, str) else ""


def without_learning(configuration: Mapping[str, Any], seed: int, limits: Limits = DEFAULT_LIMITS) -> Score:
    """The same network with plasticity disabled."""
    prepared = trial.prepare(configuration, seed)
    return trial.scored(prepared, trial.DEFAULT.run(trial.request(prepared, seed, learning=False), limits))


def with_weights(found: Found, limits: Limits = DEFAULT_LIMITS) -> Score:
    """A found network with its final weights and thresholds, learning off: its held-out accuracy is the recorded one.

    The samples of the stream are passed on the way, so that the held-out ones fall on the same steps; what is
    measured on them is left out, because the weights have seen their labels.
    """
    (seed,) = found.seeds
    prepared = trial.prepare(found.configuration, seed)
    _check_shapes(found, prepared)
    fixed = replace(prepared, plan=found_files.frozen(prepared.plan))
    record = trial.DEFAULT.run(trial.request(fixed, seed, learning=False, start=found.learned), limits)
    score = trial.scored(fixed, record)
    return replace(score, metrics={k: v for k, v in score.metrics.items() if metrics()[k].judges != "stream"}, curve=())


def shown(
    configuration: Mapping[str, Any], seed: int, samples: tuple[int, int], limits: Limits = DEFAULT_LIMITS
) -> tuple[Prepared, Record]:
    """A run with the spikes of the samples ``first`` to ``last - 1``."""
    prepared = trial.prepare(configuration, seed)
    return prepared, trial.DEFAULT.run(trial.request(prepared, seed, raster=(samples[0], samples[1] - 1)), limits)


def phases(configuration: Mapping[str, Any], seed: int) -> np.ndarray:
    """[K] phase of each sample that a configuration shows."""
    _, task, _ = trial.parts(configuration)
    return np.asarray(task.stream(seed).phase)


def limits_of(study: Study | None) -> Limits:
    """The limits of a study in the corridor's words."""
    return DEFAULT_LIMITS if study is None else trial.limited(study.limits.seconds, study.limits.memory_gb)


def provenance(seed: int, study: Study | None, stored: Trial | None) -> dict[str, Any]:
    """Source of a network: study, trial, versions."""
    made: dict[str, Any] = {"date": datetime.now(UTC).isoformat(timespec="seconds"), "seed": seed}
    if study is not None:
        made |= {
            "study": study.name,
            "study_digest": config.digest(identity(study)),
            "about": study.about,
            "study_seed": study.seed,
        }
    if stored is not None:
        made |= {
            "trial": stored.number,
            "params": dict(stored.params),
            "configuration_digest": stored.digest,
            "trial_seeds": list(stored.seeds),
            "trial_metrics": dict(stored.score.metrics),
            "trial_program": stored.score.provenance.program,
        }
    made["versions"] = {"python": platform.python_version(), **{name: _version(name) for name in PACKAGES}}
    made["machine"] = f"{platform.system()} {platform.machine()}"
    return made


def _probes(prepared: Prepared) -> list[str]:
    counted = {
        f"{s.name}.writes" for s in prepared.plan.shape.synapses if s.plastic
    }  # `trial.py` requests these itself
    return [name for name in state_names(prepared.plan) if name not in counted]


def _check_shapes(found: Found, prepared: Prepared) -> None:
    sizes: dict[str, int] = dict(prepared.plan.sizes)
    groups = {g.name: {v.name for v in g.variables} for g in prepared.plan.shape.groups}
    synapses = {s.name: {v.name for v in s.variables} for s in prepared.plan.shape.synapses}
    for name, array in found.learned.items():
        owner, _, variable = name.partition(".")
        if variable not in groups.get(owner, set()) | synapses.get(owner, set()):
            raise UserError(
                f"{found.file}: contains weights {name} that the configuration does not define; export it again"
            )
        expected = sizes[owner] if owner in groups else len(found.arrays.get(f"{owner}.i", array))
        if array.shape != (expected,) or not np.isfinite(array).all():
            raise UserError(
                f"{found.file}: {name} has {array.shape} values, not ({expected},) finite ones; export it again"
            )


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "not installed"


def many(jobs: Sequence[Any], run: Any, workers: int) -> list[Any]:
    """Results of ``run(job)`` in the order of the jobs, on several threads."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(max(1, min(workers, len(jobs))), "neurosearch") as pool:
        return list(pool.map(run, jobs))
