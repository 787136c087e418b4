"""The results of a study as text."""

import math
from collections.abc import Iterator, Sequence

from neurosearch.evaluate.interval import Interval
from neurosearch.inspect import timing
from neurosearch.inspect.best import COSTS, HELD_OUT, UNDECIDED, Row
from neurosearch.inspect.comparison import METRICS, Comparison, Contender
from neurosearch.inspect.findings import Findings
from neurosearch.inspect.tables import Cell, cell, metric, table
from neurosearch.study.effective import params_as_run

COLUMNS = 5
"""Trials whose parameters are listed side by side: so many columns fit a terminal."""


def text(found: Findings) -> str:
    """The whole report."""
    study = found.study
    failed = sum(t.score.status != "ok" for t in found.trials)
    head = f"{study.name}: {len(found.trials)} of {study.trials} trials in {found.place}, {failed} of them failed"
    if not found.trials:
        return f"{head}\nno trial is stored yet; run `neurosearch launch {study.called}`"
    parts = [head, *_sections(found)]
    return "\n\n".join(part for part in parts if part)


def _sections(found: Findings) -> Iterator[str]:
    objective = found.study.objectives[0]
    if not found.best:
        yield "no trial completed within the constraints, so there is no best trial; the failures below say why"
    else:
        yield _best(f"Best ({_what(found)})", found.best, found)
        yield _parameters(found.best[:COLUMNS])
    if found.front:
        yield _best("Pareto front: no trial is better in every objective", found.front, found)
    if found.comparison is not None and found.comparison.contenders:
        yield _comparison(found.comparison)
    if found.best:
        yield _importance(found)
        yield _choices(found, objective)
    yield _failures(found)
    yield _time(found.launches)
    if found.pictures:
        names = ", ".join(path.name for path in found.pictures)
        yield f"Pictures in {found.pictures[0].parent}: {names}"
    yield from found.notes


def _what(found: Findings) -> str:
    again = next((row for row in found.best if row.fresh), None)
    n = len(found.study.seeds)
    searched = f"{n} network seed{'s' if n > 1 else ''} per trial in the search"
    chance = max((row.trial.score.shown.chance for row in found.best), default=0.0)
    if chance:
        searched += f"; chance level {chance:.3g}, the share of the most frequent class"
    if again is None:
        return f"{searched}; none was run on fresh seeds yet, so the first may merely be lucky"
    return f"± 95 % interval of the mean over {len(again.seeds)} fresh seeds; {searched}"


def _best(title: str, rows: Sequence[Row], found: Findings) -> str:
    objectives = found.study.objectives
    fresh = any(row.fresh for row in rows)
    more = (UNDECIDED, *COSTS) if any(row.trial.score.metrics.get(UNDECIDED) for row in rows) else COSTS
    costs = [name for name in more if name not in objectives and any(name in row.trial.score.metrics for row in rows)]
    head = ["trial"]
    for name in objectives:
        head += [f"{name}, fresh", f"{name}, search"] if fresh else [f"{name}, search"]
    held_out = next((title for title, name in HELD_OUT.items() if any(row.found(name) is not None for row in rows)), "")
    head += [held_out or "held out", *costs]
    lines: list[list[Cell]] = []
    for row in rows:
        line: list[Cell] = [row.trial.number]
        for name in objectives:
            line += [plus_minus(row.fresh.get(name))] if fresh else []
            line.append(metric(row.trial.score.metrics.get(name)))
        unseen = row.found(HELD_OUT[held_out]) if held_out else None
        line.append(plus_minus(unseen) if isinstance(unseen, Interval) else metric(unseen))
        lines.append([*line, *(metric(row.trial.score.metrics.get(name)) for name in costs)])
    return f"{title}\n{table(head, lines)}"


def _parameters(rows: Sequence[Row]) -> str:
    paths = list(dict.fromkeys(path for row in rows for path in row.trial.params))
    if not paths:
        return ""
    ran = [params_as_run(row.trial) for row in rows]
    lines = [[path, *(cell(params.get(path)) for params in ran)] for path in paths]
    return f"Parameters of the best\n{table(['path', *(f'trial {row.trial.number}' for row in rows)], lines)}"


def _comparison(compared: Comparison) -> str:
    kind = "fresh seeds" if compared.fresh else "the seeds of the search"
    more = compared.by not in METRICS[compared.metric]  # otherwise it has a column anyway
    lines: list[list[Cell]] = []
    for c in compared.contenders:
        shown = [c.compared, c.whole, c.last, c.held_out] if more else [c.whole, c.last, c.held_out]
        lines.append([_called(c), *map(plus_minus, shown)])
    head = ["learner", *([compared.by] if more else []), compared.metric, "last window", "held out"]
    rows = table(head, lines)
    seeds = f"seed{'s' if len(compared.seeds) > 1 else ''} {', '.join(map(str, compared.seeds))}"
    return f"Compared with baselines on {kind} ({seeds})\n" + "\n".join([rows, compared.verdict, *compared.notes])


def _called(contender: Contender) -> str:
    return f"{contender.called}, first {contender.samples} samples" if contender.samples else contender.called


def _importance(found: Findings) -> str:
    it, name = found.importance, found.study.objectives[0]
    if not it.shares:
        return f"Importance of the parameters for {name}: {it.reason}"
    lines = []
    for path in it.listed:
        share, spread = it.shares[path], f"{it.explained[path]:.0%}" if path in it.explained else "-"
        bar = "█" * max(1, round(30 * share)) if share >= 0.005 else ""
        lines.append([path, f"{share:.1%}", spread, bar])
    rest = len(it.shares) - len(lines)
    about = f"Importance for {name}: for reaching the top trials (PED-ANOVA), and the variance of all it explains"
    listed = table(["path", f"for the best {it.top}", "of the variance", ""], lines)
    return f"{about}\n{listed}" + (f"\nand {rest} less important" if rest else "")


def _choices(found: Findings, objective: str) -> str:
    if not found.options:
        return ""
    lines: list[list[Cell]] = []
    before = ""
    for o in found.options:
        values = ["-", "-"] if o.best is None else [metric(o.best), metric(o.median)]
        option = str(o.option).rpartition("/")[2]
        lines.append([o.path if o.path != before else "", option, *values, o.trials, o.trials - o.measured, o.number])
        before = o.path
    head = ["choice", "option", "best", "median", "trials", "failed", "best trial"]
    return f"{objective} by option (not run again on fresh seeds: the best values are optimistic)\n{table(head, lines)}"


def _failures(found: Findings) -> str:
    if not found.failures:
        return "Failures: none"
    lines: list[list[Cell]] = [[f.count, f.status, f.number, f.reason or "-"] for f in found.failures]
    return f"Failures\n{table(['trials', 'status', 'first trial', 'its reason'], lines)}"


def _time(launches: Sequence[timing.Timing]) -> str:
    total = timing.total(launches)
    if total is None or total.wall <= 0:
        return ""
    names = {"simulate": "simulate", "build": "build", "other": "other (prepare, score)", "idle": "idle"}
    lines = [
        [label, f"{getattr(total, name):.1f}", f"{getattr(total, name) / total.capacity:.0%}"]
        for name, label in names.items()
    ]
    several = f" in {len(launches)} launches" if len(launches) > 1 else ""
    used = "" if total.utilisation is None else f"; utilisation {total.utilisation:.0%}, builds excluded"
    rate = f"{total.builds} builds; {total.trials / total.wall * 60:.0f} trials a minute"
    workers = f"{total.workers} worker{'s' if total.workers != 1 else ''}"
    return (
        f"Time of {workers}: {total.wall:.1f} s{several}{used}\n"
        f"{table(['phase', 'seconds', 'share'], lines)}\n"
        f"the driver spent {total.sample:.1f} s sampling meanwhile; {rate}"
    )


def plus_minus(value: Interval | None) -> str:
    """Mean ± half the width of its interval."""
    if value is None:
        return "-"
    return metric(value.mean) + (f" ± {metric(value.half, value.mean)}" if math.isfinite(value.half) else "")
