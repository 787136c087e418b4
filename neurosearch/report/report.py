"""The command inspect: the results of a study as text, JSON or CSV, and as figures."""

import csv
import importlib.util
import io
import json
import math
import os
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from neurosearch import rerun
from neurosearch.errors import UserError
from neurosearch.evaluate.metrics import DIRECTIONS
from neurosearch.inspect import best, choices, failures, importance, timing
from neurosearch.inspect.best import Row
from neurosearch.inspect.comparison import compare
from neurosearch.inspect.findings import Findings
from neurosearch.record.stream import STREAM
from neurosearch.record.trial import Trial
from neurosearch.report.text import text
from neurosearch.store.store import RUNS, Store, plain
from neurosearch.study.effective import params_as_run
from neurosearch.study.space import Choice
from neurosearch.study.study import Study


@dataclass(frozen=True)
class Options:
    """Format and extent of a report.

    Attributes:
        json, csv: one object, or one line per trial, instead of text; figures are then drawn only if ``folder`` is set.
        folder: for the figures; default ``./neurosearch-runs/NAME``.
        top: number of best trials listed.
        everything: also run the optional baselines.
    """

    json: bool = False
    csv: bool = False
    folder: Path | None = None
    top: int = 10
    everything: bool = False


def report(study: Study, store: Store, options: Options = Options()) -> str:
    """The text to print; writes the figures.

    Raises:
        UserError: optional baselines without River, or a folder that cannot be written.
    """
    if options.everything and importlib.util.find_spec("river") is None:
        raise UserError("--baselines all needs river, which is not installed; run `pip install 'neurosearch[stream]'`")
    trials = store.trials()
    if options.csv:
        _pictures(_findings(study, store, options), options)
        return as_csv(study, trials)
    findings = _pictures(_findings(study, store, options), options)
    return as_json(findings) if options.json else text(findings)


def _findings(study: Study, store: Store, options: Options) -> Findings:
    trials, again = store.trials(), store.rescored()
    found = Findings(
        study=study,
        place=store.place,
        trials=trials,
        best=best.rows(study, trials, again, options.top),
        front=best.front(study, trials, again),
        importance=importance.importance(study, trials),
        options=choices.options(study, trials),
        failures=failures.failures(study, trials),
        launches=timing.launches(trials),
    )
    if not found.best or options.csv:
        return found
    first = found.best[0].trial
    try:
        return replace(found, comparison=compare(study, first, again.get(first.number), everything=options.everything))
    except UserError as error:
        return replace(found, notes=(f"the best trial could not be compared with the baselines: {error}",))


def _pictures(found: Findings, options: Options) -> Findings:
    if not found.trials or ((options.json or options.csv) and options.folder is None):
        return found
    from neurosearch.report import plots, raster

    study, folder = found.study, options.folder or Path(RUNS) / found.study.name
    if options.folder is None and not _writable(folder):  # someone else's results: report without figures
        note = f"no pictures: {folder} cannot be written; choose a folder with --out"
        return replace(found, notes=(*found.notes, note))
    paths = _named_choices(found)
    drawn = [plots.save(folder / "history.png", lambda: plots.history(study, found.trials, paths[0] if paths else ""))]
    if found.front:
        drawn.append(plots.save(folder / "front.png", lambda: plots.front(study, found.trials, found.front)))
    if found.importance.shares:
        drawn.append(plots.save(folder / "importance.png", lambda: plots.importance(study, found.importance)))
    if found.best and paths:
        drawn.append(plots.save(folder / "choices.png", lambda: plots.choices(study, found.trials, paths[:4])))
    notes = list(found.notes)
    if found.best:
        drawn += _noted(notes, lambda: _of_the_best(found, folder, plots, raster))
    return replace(found, pictures=tuple(drawn), notes=tuple(notes))


def _writable(folder: Path) -> bool:
    existing = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    return os.access(existing, os.W_OK)


def _of_the_best(found: Findings, folder: Path, plots: Any, raster: Any) -> list[Path]:
    study, trial = found.study, found.best[0].trial
    drawn = []
    if found.comparison is not None and any(c.curve for c in found.comparison.contenders):
        compared = found.comparison
        phases = rerun.phases(trial.configuration, trial.seeds[0])
        samples = int(np.count_nonzero(phases == STREAM))
        drawn.append(plots.save(folder / "learning.png", lambda: plots.learning(study, compared, samples)))
    excerpt = raster.of_trial(study, trial)
    if excerpt is not None:
        what = f"the last {excerpt.last - excerpt.first} samples of the stream (true → predicted; green: true class)"
        title = f"{study.name}, trial {trial.number}: {what}"
        drawn.append(plots.save(folder / "raster.png", lambda: raster.draw(title, excerpt)))
    return drawn


def _noted(notes: list[str], draw: Callable[[], list[Path]]) -> list[Path]:
    """Figures that need another run; if it fails, a note says why and the rest of the report is unaffected."""
    try:
        return draw()
    except UserError as error:
        notes.append(f"the best trial could not be drawn: {error}")
        return []


def _named_choices(found: Findings) -> list[str]:
    """Choices between parts that depend on no other choice, by explained variance, largest first."""
    named = [p for p, d in found.study.space.items() if isinstance(d, Choice) and {type(o) for o in d.options} == {str}]
    shares, explained = found.importance.shares, found.importance.explained
    return sorted((path for path in named if path in shares or not shares), key=lambda path: -explained.get(path, 0.0))


def as_csv(study: Study, trials: Sequence[Trial]) -> str:
    """One line per trial: number, status, every metric, every parameter, seconds, reason."""
    phases = ("build", "simulate", "other", "sample")
    metrics = [name for name in DIRECTIONS if any(name in t.score.metrics for t in trials)]
    buffer = io.StringIO()
    lines = csv.writer(buffer, lineterminator="\n")
    lines.writerow(["trial", "status", *metrics, *study.space, *(f"seconds_{phase}" for phase in phases), "reason"])
    for t in trials:
        scores = [t.score.metrics.get(name, "") for name in metrics]
        ran = params_as_run(t)
        params = [ran.get(path, "") for path in study.space]
        seconds = [t.seconds.get(phase, "") for phase in phases]
        lines.writerow([t.number, t.score.status, *scores, *params, *seconds, t.score.reason])
    return buffer.getvalue().rstrip("\n")


def as_json(found: Findings) -> str:
    """The content of the text as one JSON object, with all digits."""
    compared = found.comparison
    data = {
        "study": found.study.name,
        "file": str(found.study.file),
        "store": found.place,
        "objectives": list(found.study.objectives),
        "trials": len(found.trials),
        "best": [_row(row) for row in found.best],
        "front": [_row(row) for row in found.front],
        "importance": asdict(found.importance),
        "choices": [asdict(option) for option in found.options],
        "failures": [asdict(failure) for failure in found.failures],
        "launches": [asdict(launch) | {"utilisation": launch.utilisation} for launch in found.launches],
        "comparison": None if compared is None else asdict(compared) | {"verdict": compared.verdict},
        "pictures": [str(path) for path in found.pictures],
        "notes": list(found.notes),
    }
    return json.dumps(plain(data), indent=2, ensure_ascii=False)


def _row(row: Row) -> dict[str, Any]:
    fresh = {
        m: {"mean": i.mean, "half": i.half if math.isfinite(i.half) else None, "n": i.n} for m, i in row.fresh.items()
    }
    return {
        "trial": row.trial.number,
        "search": dict(row.trial.score.metrics),
        "chance": row.trial.score.shown.chance or None,
        "fresh": fresh,
        "fresh_seeds": list(row.seeds),
        "params": params_as_run(row.trial),
        "configuration": row.trial.configuration,
    }
