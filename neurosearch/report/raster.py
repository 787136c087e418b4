"""Spike raster of a network on a few samples, with its read-out."""

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
"""Samples in a raster: so many stay legible side by side."""

FEW = 20
"""Most neurons whose numbers fit on the axis."""

LOW, HIGH, READ_OUT = 1.8, 3.0, 2.0
"""Panel heights: populations of at most FEW neurons, larger populations, the read-out."""


@dataclass(frozen=True, eq=False)
class Excerpt:
    """A run whose record holds the spikes of some samples.

    Attributes:
        plan, stream, record: of the run.
        first, last: the record holds the spikes of samples ``first`` to ``last - 1``.
    """

    plan: Plan
    stream: Stream
    record: Record
    first: int
    last: int


def of_trial(study: Study, trial: Trial, samples: int = SAMPLES) -> Excerpt | None:
    """Run the trial's network of the first seed again; ``None`` if it stops before its last streamed sample."""
    configuration, seed = trial.configuration, trial.seeds[0]
    lead_in_and_stream = rerun.phases(configuration, seed)
    streamed = np.flatnonzero(lead_in_and_stream == STREAM)
    last = int(streamed[-1]) + 1
    first = max(int(streamed[0]), last - samples)
    prepared, record = rerun.shown(configuration, seed, (first, last), rerun.limits_of(study))
    return Excerpt(prepared.plan, prepared.stream, record, first, last) if record.completed >= last else None


def draw(title: str, excerpt: Excerpt) -> Figure:
    """One panel for each population that spiked, and one for the read-out at each decision."""
    record, line = excerpt.record, timeline(excerpt.stream, excerpt.plan.teaching_steps)
    ms = 1e3 * excerpt.plan.shape.dt
    start = int(line.boundaries[excerpt.first])
    edges = (line.boundaries[excerpt.first : excerpt.last + 1] - start) * ms
    order = {excerpt.plan.input: 0, excerpt.plan.shape.readout: 2}  # the input on top, the output below
    active = sorted(set(record.raster[:, 1].tolist()), key=lambda n: (order.get(record.populations[n], 1), n))
    sizes = [excerpt.plan.sizes[record.populations[n]] for n in active]
    heights = [*(LOW if size <= FEW else HIGH for size in sizes), READ_OUT]
    figure = Figure(figsize=(8.0, 1.2 + 0.75 * sum(heights)), layout="constrained")
    panels = np.atleast_1d(figure.subplots(len(heights), 1, sharex=True, height_ratios=heights))
    for axes, n, size in zip(panels, active, sizes, strict=False):
        spikes = record.raster[record.raster[:, 1] == n]
        mark = float(np.clip(900 / max(1, size), 1.6, 9))
        axes.scatter((spikes[:, 0] - start) * ms, spikes[:, 2], s=mark, color="#222222", linewidths=0, rasterized=True)
        axes.set_ylim(-0.5, size - 0.5)
        if size <= FEW:
            axes.set_yticks(range(size), [str(i) for i in range(size)], fontsize=7)
        axes.set_ylabel(f"{record.populations[n]}\n({size} neurons)", fontsize=9)
    _read_out(panels[-1], excerpt, edges)
    for axes in panels:
        axes.grid(visible=False)
        for edge in edges:
            axes.axvline(edge, color="#0072B2", linewidth=0.8)
        for decision, begin in zip(line.decisions, line.boundaries, strict=False):
            if excerpt.plan.teaching_steps and line.boundaries[excerpt.first] <= begin < line.boundaries[excerpt.last]:
                axes.axvline((decision - start) * ms, color="#D55E00", linewidth=0.8, linestyle=":")
    _labels(panels[0], excerpt, edges)
    panels[-1].set_xlabel(
        "time (ms)" + (";  dotted: start of the teaching phase" if excerpt.plan.teaching_steps else "")
    )
    panels[-1].set_xlim(edges[0], edges[-1])
    figure.suptitle(title, x=0.01, ha="left", fontsize=11, fontweight="bold")
    return figure


def _read_out(axes: Axes, excerpt: Excerpt, edges: np.ndarray) -> None:
    """The read-out of each class, scaled within each sample; a frame marks the true class."""
    for k, left, right in zip(range(excerpt.first, excerpt.last), edges, edges[1:], strict=False):
        values = excerpt.record.readout[k].astype(float)
        low, high = values.min(), values.max()
        scaled = (values - low) / (high - low) if high > low else np.zeros_like(values)
        outputs = len(values)
        axes.pcolormesh([left, right], np.arange(outputs + 1) - 0.5, scaled[:, None], cmap="Greys", vmin=0, vmax=1.15)
        label = int(excerpt.stream.labels[k])
        if label >= 0:
            inset = 0.006 * (edges[-1] - edges[0])
            x = [left + inset, right - inset, right - inset, left + inset, left + inset]
            y = [label - 0.5, label - 0.5, label + 0.5, label + 0.5, label - 0.5]
            axes.plot(x, y, color="#009E73", linewidth=1.6)
    axes.set_ylabel("read-out\nof each class", fontsize=9)
    if excerpt.stream.outputs <= FEW:
        axes.set_yticks(range(excerpt.stream.outputs), [str(n) for n in range(excerpt.stream.outputs)], fontsize=7)
    axes.set_ylim(-0.6, excerpt.stream.outputs - 0.4)


def _labels(axes: Axes, excerpt: Excerpt, edges: np.ndarray) -> None:
    for k, left, right in zip(range(excerpt.first, excerpt.last), edges, edges[1:], strict=False):
        label, predicted = int(excerpt.stream.labels[k]), int(np.argmax(excerpt.record.readout[k]))
        correct = label == predicted
        text = f"{label} → {predicted} {'✓' if correct else '✗'}" if label >= 0 else f"→ {predicted}"
        colour = "#222222" if label < 0 else "#00704F" if correct else "#B00020"
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
