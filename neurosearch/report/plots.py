"""Figures of a study, drawn without a display and without global state."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from neurosearch.errors import UserError
from neurosearch.evaluate.metrics import DIRECTIONS, metrics
from neurosearch.inspect.best import Row
from neurosearch.inspect.comparison import Comparison
from neurosearch.inspect.importance import Importance
from neurosearch.record.trial import Trial
from neurosearch.study import ranking
from neurosearch.study.space import Choice
from neurosearch.study.study import Study

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#7A5195", "#8C6D31")
"""The colour-blind-safe palette of Okabe and Ito (2008), and two more colours."""

GREY, DARK = "#8A8A8A", "#222222"

STYLE: dict[str, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#E4E4E4",
    "grid.linewidth": 0.7,
    "legend.frameon": False,
    "savefig.dpi": 160,
}


def save(path: Path, draw: Callable[[], Figure]) -> Path:
    """Draw a figure and write it to ``path``."""
    with rc_context(STYLE):  # type: ignore[arg-type]  # its keys are literals that no constant can be typed as
        figure = draw()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            figure.savefig(path)
        except OSError as error:
            raise UserError(f"{path} cannot be written: {error.strerror}; choose another folder with --out") from error
    return path


def history(study: Study, trials: Sequence[Trial], colour_by: str = "") -> Figure:
    """Metric of each trial by its number, and the best so far; failed trials at the bottom."""
    figure, axes = _figure(7.2, 4.2)
    metric = study.objectives[0]
    good = ranking.order(study, [t for t in trials if t.score.status == "ok"])
    for label, colour, group in _groups(study, good, colour_by):
        numbers, values = [t.number for t in group], [t.score.metrics[metric] for t in group]
        axes.scatter(numbers, values, s=16, color=colour, alpha=0.8, linewidths=0, label=label)
    feasible = {t.number for t in good}
    others = [t for t in trials if t.score.status == "ok" and t.number not in feasible and metric in t.score.metrics]
    if others:
        values = [t.score.metrics[metric] for t in others]
        axes.scatter([t.number for t in others], values, s=18, marker="x", color=GREY, linewidths=1, label="infeasible")
    failed = [t.number for t in trials if t.score.status != "ok"]
    if failed:
        bottom = axes.get_xaxis_transform()
        axes.scatter(failed, [0.015] * len(failed), s=30, marker="|", color="#B00020", transform=bottom, label="failed")
    steps = _best_so_far(study, trials)
    if steps:
        axes.step(*zip(*steps, strict=True), where="post", color=DARK, linewidth=1.6, label="best so far")
    axes.set(
        xlabel="trial",
        ylabel=metrics()[metric].title,
        title=f"{study.name}: {len(trials)} trials, one network seed per trial"
        if len(study.seeds) == 1
        else f"{study.name}: {len(trials)} trials, mean over {len(study.seeds)} network seeds per trial",
    )
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlim(-0.5 - 0.01 * len(trials), len(trials) - 0.5 + 0.01 * len(trials))
    _legend(figure, axes, colour_by)
    return figure


def front(study: Study, trials: Sequence[Trial], rows: Sequence[Row]) -> Figure:
    """The first two objectives of every feasible trial, and the Pareto front."""
    figure, axes = _figure(6.4, 4.6)
    x, y = study.objectives[1], study.objectives[0]
    ranked = ranking.order(study, trials)
    every = [[t.score.metrics[name] for t in ranked] for name in (x, y)]
    axes.scatter(every[0], every[1], s=14, color=GREY, alpha=0.6, linewidths=0, label="feasible trials")
    best = sorted((r.trial.score.metrics[x], r.trial.score.metrics[y]) for r in rows)
    if best:
        xs, ys = zip(*best, strict=True)
        axes.plot(xs, ys, "o-", drawstyle="steps-post", color=COLOURS[0], markersize=5, linewidth=1.2, label="front")
        if min(xs) > 0 and max(t.score.metrics[x] for t in ranked) > 20 * min(xs):
            axes.set_xscale("log")
    axes.set(
        xlabel=f"{metrics()[x].title}  ({_better(x)} is better)",
        ylabel=metrics()[y].title,
        title=f"{study.name}: Pareto front",
    )
    _legend(figure, axes)
    return figure


def importance(study: Study, found: Importance) -> Figure:
    """Bars: importance for reaching the top; dots: explained variance over all trials. The most important on top."""
    shares = [(name, found.shares[name]) for name in reversed(found.listed)]
    figure, axes = _figure(7.6, 1.6 + 0.28 * len(shares))
    rows = range(len(shares))
    axes.barh(rows, [100 * share for _, share in shares], color=COLOURS[0], height=0.62,
              label=f"for reaching the best {found.top} trials (PED-ANOVA; all sum to 100 %)")  # fmt: skip
    dots = [(100 * found.explained[name], n) for n, (name, _) in enumerate(shares) if name in found.explained]
    if dots:
        x, y = zip(*dots, strict=True)
        axes.plot(
            x, y, "o", color=COLOURS[1], markersize=5.5, label="variance of the ranks of all trials that it explains"
        )
    axes.set_yticks(rows, [name for name, _ in shares], fontsize=9)
    axes.set(xlabel="importance (%)", title=f"{study.name}: importance for {metrics()[study.objectives[0]].title}")
    axes.set_xlim(left=0)
    axes.set_ylim(-0.7, len(shares) - 0.3)
    axes.grid(axis="y", visible=False)
    axes.tick_params(axis="y", length=0)
    figure.legend(loc="outside lower center", fontsize=8.5, reverse=True)
    return figure


def choices(study: Study, trials: Sequence[Trial], paths: Sequence[str]) -> Figure:
    """Every feasible trial by the option it chose, with the median of each option."""
    figure = Figure(figsize=(3.4 * len(paths) + 0.8, 4.0), layout="constrained")
    metric = study.objectives[0]
    every: Any = figure.subplots(1, len(paths), sharey=True, squeeze=False)
    for axes, path in zip(every[0], paths, strict=True):
        groups = _groups(study, ranking.order(study, trials), path)
        for n, (_, colour, group) in enumerate(groups):
            values = [t.score.metrics[metric] for t in group]
            # Multiples of the golden ratio spread the points evenly, without random numbers.
            jittered = [n + 0.28 * (2 * ((t.number * 0.618034) % 1) - 1) for t in group]
            axes.scatter(jittered, values, s=12, color=colour, alpha=0.6, linewidths=0)
            if values:
                axes.hlines(float(np.median(values)), n - 0.36, n + 0.36, color=DARK, linewidth=1.8)
        axes.set_xticks(
            range(len(groups)), [f"{label}\n({len(g)})" for label, _, g in groups], fontsize=8, rotation=30, ha="right"
        )
        axes.set_title(path)
        axes.grid(axis="x", visible=False)
    every[0][0].set_ylabel(f"{metrics()[metric].title} in the search")
    figure.suptitle(f"{study.name}: trials by option; bars are medians", x=0.01, ha="left", fontsize=11)
    return figure


def learning(study: Study, compared: Comparison, samples: int) -> Figure:
    """Accuracy or error in consecutive windows of the stream: the network and the baselines."""
    figure, axes = _figure(7.2, 4.2)
    streams = (
        f"{len(compared.seeds)} {'fresh ' if compared.fresh else ''}stream{'s' if len(compared.seeds) > 1 else ''}"
    )
    for n, contender in enumerate(compared.contenders):
        windows = len(contender.curve)
        if windows and not contender.samples:
            x = (np.arange(windows) + 0.5) * samples / windows
            label = f"{contender.name.replace('_', ' ')}  ({contender.whole.mean:.3f})"
            width, colour = (2.2, COLOURS[0]) if n == 0 else (1.3, ("#8A8A8A", *COLOURS[1:])[(n - 1) % 8])
            axes.plot(
                x,
                contender.curve,
                color=colour,
                linewidth=width,
                marker="o",
                markersize=3 if n else 4,
                label=label,
                zorder=3 - 0.1 * n,
            )
    highest = (
        1.0 if compared.metric == "accuracy" else min(2.0, max(max(c.curve, default=0.0) for c in compared.contenders))
    )
    axes.set(
        xlabel="samples seen",
        ylabel=f"{compared.metric} per window (prequential)",
        ylim=(-0.02 * highest, 1.02 * highest),
        xlim=(0, samples),
    )
    axes.set_title(f"{study.name}: learning in one pass, mean of {streams}")
    _legend(figure, axes, "mean over the stream")
    return figure


def _best_so_far(study: Study, trials: Sequence[Trial]) -> list[tuple[float, float]]:
    metric = study.objectives[0]
    better = max if DIRECTIONS[metric] == "maximize" else min
    good = sorted(ranking.order(study, trials), key=lambda t: t.number)
    steps: list[tuple[float, float]] = []
    for t in good:
        value = t.score.metrics[metric]
        steps.append((t.number, better(value, steps[-1][1]) if steps else value))
    return [*steps, (len(trials) - 1, steps[-1][1])] if steps else []


def _groups(study: Study, trials: Sequence[Trial], path: str) -> list[tuple[str, str, list[Trial]]]:
    """(label, colour, trials) for each option of a choice."""
    dimension = study.space.get(path)
    if not isinstance(dimension, Choice):
        return [("trial", COLOURS[0], list(trials))]
    groups = []
    for n, option in enumerate(dimension.options):
        chosen = [t for t in trials if t.params.get(path) == option]
        groups.append((str(option).rpartition(":")[2], COLOURS[n % len(COLOURS)], chosen))
    return groups


def _better(metric: str) -> str:
    return "more" if DIRECTIONS[metric] == "maximize" else "less"


def _figure(width: float, height: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.subplots()


def _legend(figure: Figure, axes: Axes, title: str = "") -> None:
    if axes.get_legend_handles_labels()[0]:
        figure.legend(loc="outside right center", fontsize=9, title=title or None, title_fontsize=9, alignment="left")
