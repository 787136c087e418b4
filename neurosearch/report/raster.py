"""The spikes of a network on a few samples, and what it read out of them."""

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from neurosearch import rerun
from neurosearch.plan import Plan
from neurosearch.record.record import Record
from neurosearch.record.stream import STREAM, Stream
from neurosearch.record.trial import Trial
from neurosearch.study.study import Study
from neurosearch.timeline import timeline

SAMPLES = 6
FEW = 20
LOW, HIGH, READ_OUT = 1.8, 3.0, 2.0
"""Heights of the panels: at most FEW neurons, more, and the read-out."""


@dataclass(frozen=True, eq=False)
class Shown:
    """Spikes of the last samples of a stream.

    Attributes:
        plan, stream, record: of the run; the record holds the spikes of samples ``first`` to ``last - 1``.
    """

    plan: Plan
    stream: Stream
    record: Record
    first: int
    last: int


def of_trial(study: Study, trial: Trial, samples: int = SAMPLES) -> Shown | None:
    """Run a trial's first network again; nothing when it ended before its last streamed samples."""
    configuration, seed = trial.configuration, trial.seeds[0]
    lead_in_and_stream = rerun.phases(configuration, seed)
    streamed = np.flatnonzero(lead_in_and_stream == STREAM)
    last = int(streamed[-1]) + 1
    first = max(int(streamed[0]), last - samples)
    prepared, record = rerun.shown(configuration, seed, (first, last), rerun.limits_of(study))
    return Shown(prepared.plan, prepared.stream, record, first, last) if record.completed >= last else None


def draw(title: str, shown: Shown) -> Figure:
    """One panel for each population that fired, and one for the read-out at each decision."""
    record, line = shown.record, timeline(shown.stream, shown.plan.teaching_steps)
    ms = 1e3 * shown.plan.shape.dt
    start = int(line.boundaries[shown.first])
    edges = (line.boundaries[shown.first : shown.last + 1] - start) * ms
    ends = {shown.plan.input: 0, shown.plan.shape.readout: 2}
    fired = sorted(set(record.raster[:, 1].tolist()), key=lambda n: (ends.get(record.populations[n], 1), n))
    sizes = [shown.plan.sizes[record.populations[n]] for n in fired]
    heights = [*(LOW if size <= FEW else HIGH for size in sizes), READ_OUT]
    figure = Figure(figsize=(8.0, 1.2 + 0.75 * sum(heights)), layout="constrained")
    panels = np.atleast_1d(figure.subplots(len(heights), 1, sharex=True, height_ratios=heights))
    for axes, n, size in zip(panels, fired, sizes, strict=False):
        spikes = record.raster[record.raster[:, 1] == n]
        mark = float(np.clip(900 / max(1, size), 1.6, 9))
        axes.scatter((spikes[:, 0] - start) * ms, spikes[:, 2], s=mark, color="#222222", linewidths=0, rasterized=True)
        axes.set_ylim(-0.5, size - 0.5)
        if size <= FEW:
            axes.set_yticks(range(size), [str(i) for i in range(size)], fontsize=7)
        axes.set_ylabel(f"{record.populations[n]}\n({size} neurons)", fontsize=9)
    _read_out(panels[-1], shown, edges)
    for axes in panels:
        axes.grid(visible=False)
        for edge in edges:
            axes.axvline(edge, color="#0072B2", linewidth=0.8)
        for decision, begin in zip(line.decisions, line.boundaries, strict=False):
            if shown.plan.teaching_steps and line.boundaries[shown.first] <= begin < line.boundaries[shown.last]:
                axes.axvline((decision - start) * ms, color="#D55E00", linewidth=0.8, linestyle=":")
    _above(panels[0], shown, edges)
    panels[-1].set_xlabel("time (ms)" + (";  dotted: the teaching phase begins" if shown.plan.teaching_steps else ""))
    panels[-1].set_xlim(edges[0], edges[-1])
    figure.suptitle(title, x=0.01, ha="left", fontsize=11, fontweight="bold")
    return figure


def _read_out(axes: Axes, shown: Shown, edges: np.ndarray) -> None:
    """The decision variable of each class, scaled within its sample; the true class is framed."""
    for k, left, right in zip(range(shown.first, shown.last), edges, edges[1:], strict=False):
        values = shown.record.readout[k].astype(float)
        low, high = values.min(), values.max()
        scaled = (values - low) / (high - low) if high > low else np.zeros_like(values)
        outputs = len(values)
        axes.pcolormesh([left, right], np.arange(outputs + 1) - 0.5, scaled[:, None], cmap="Greys", vmin=0, vmax=1.15)
        label = int(shown.stream.labels[k])
        if label >= 0:
            inset = 0.006 * (edges[-1] - edges[0])
            x = [left + inset, right - inset, right - inset, left + inset, left + inset]
            y = [label - 0.5, label - 0.5, label + 0.5, label + 0.5, label - 0.5]
            axes.plot(x, y, color="#009E73", linewidth=1.6)
    axes.set_ylabel("read-out\nof each class", fontsize=9)
    if shown.stream.outputs <= FEW:
        axes.set_yticks(range(shown.stream.outputs), [str(n) for n in range(shown.stream.outputs)], fontsize=7)
    axes.set_ylim(-0.6, shown.stream.outputs - 0.4)


def _above(axes: Axes, shown: Shown, edges: np.ndarray) -> None:
    for k, left, right in zip(range(shown.first, shown.last), edges, edges[1:], strict=False):
        label, said = int(shown.stream.labels[k]), int(np.argmax(shown.record.readout[k]))
        right_ = label == said
        text = f"{label} → {said} {'✓' if right_ else '✗'}" if label >= 0 else f"→ {said}"
        colour = "#222222" if label < 0 else "#00704F" if right_ else "#B00020"
        axes.text(
            (left + right) / 2,
            1.02,
            text,
            transform=axes.get_xaxis_transform(),
            ha="center",
            va="bottom",
            fontsize=9,
            color=colour,
        )
