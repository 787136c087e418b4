"""How accurate is matched recall? Load, cue noise, prior, detuning, phase response, weight precision; with intervals.

Every point is the mean of at least 20 draws of patterns, weights and cues; each draw is one trial.
``python scripts/reproduce/associative_memory.py --folder DIR`` writes ``DIR/results.json``, figures and
``DIR/table.md``; points already in ``results.json`` are not run again.
"""

import argparse
import json
import math
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from neurosearch import config
from neurosearch.evaluate.interval import interval
from neurosearch.evaluate.recall import difference
from neurosearch.recall.kernel import store
from neurosearch.recall.posterior import Memory
from neurosearch.trial import run_trial

GAUSSIAN = {"prior": "gaussian"}
SPARSE = {"prior": {"binary": {"low": 0.0, "high": 1.0, "active": 0.1}}}
PHASES = {"prior": "circle"}
LOADS = (3, 5, 11, 21, 41, 61, 81, 101)
CRITERION = 0.12
"""Mean error below which a load counts as recalled in the figure of bits: about twice that at 41 patterns."""
BOUNDED_BY = ("binary", "gaussian", "bounded", "phase")
"""Experiments that are compared with the one-unit bound."""
Point = dict[str, Any]


def point(
    experiment: str, variant: str, load: int, architecture: dict[str, Any], task: dict[str, Any], memory: Any = None
) -> Point:
    """One condition: its name, and the configuration that each of its draws runs."""
    return {
        "experiment": experiment, "variant": variant, "load": load, "architecture": architecture,
        "task": {"recall": {"load": load, "cues": 10, **task}}, "memory": memory,
    }  # fmt: skip


def normal(sd: float) -> dict[str, Any]:
    return {"noise": {"normal": {"sd": sd}}}


def von_mises(kappa: float) -> dict[str, Any]:
    return {"noise": {"von_mises": {"kappa": kappa}}}


def binary() -> Iterator[Point]:
    """Binary patterns of -1 and 1."""
    for sd in (0.5, 1.0, 2.0):
        for load in LOADS:
            yield point("binary", f"sd {sd:g}", load, {"rate_memory": normal(sd)}, normal(sd))


def gaussian() -> Iterator[Point]:
    """Graded patterns under a Gaussian prior: best transient and converged state."""
    for sd in (0.25, 0.5, 1.0):
        for load in (3, 5, 11, 21, 41, 81):
            both = {**GAUSSIAN, **normal(sd)}
            yield point("gaussian", f"sd {sd:g}", load, {"rate_memory": both}, {**both, "steps": 400, "looks": 16})


def bounded() -> Iterator[Point]:
    """Graded patterns between 0 and 1, uniform and sparse: does a bound prevent the overshoot of the Gaussian prior?"""
    for name, prior, mean in (("uniform", {"a": 1.0, "b": 1.0}, 0.5), ("sparse", {"a": 1.0, "b": 4.0}, 0.2)):
        for load in (3, 5, 11, 21, 41):
            both = {"prior": {"bounded": prior}, **normal(0.2)}
            storage = {"storage": {"covariance": {"mean": mean}}}
            yield point(
                "bounded",
                name,
                load,
                {"rate_memory": {**both, **storage, "tau_mem": 0.02}},
                {**both, "steps": 400, "looks": 16},
            )


def mistuned() -> Iterator[Point]:
    """The same memories with one parameter detuned at a time."""
    wrong = {
        "matched": {}, "leak x 0.5": {"leak": 0.5}, "leak x 2": {"leak": 2.0}, "inhibition x 0.7": {"inhibition": 0.7},
        "inhibition x 1.4": {"inhibition": 1.4}, "load / 4": {"load": 0.25},
        "load x 4": {"load": 4.0}, "response flipped": {"response": -1.0},
    }  # fmt: skip
    kinds = {
        "binary": ({"storage": "covariance"}, normal(1.0), 41, "rate_memory"),
        "sparse binary": ({"storage": {"sparse_covariance": {"f": 0.1}}, **SPARSE}, normal(0.5), 41, "rate_memory"),
        "gaussian": (GAUSSIAN, normal(0.5), 11, "rate_memory"),
        "phase": ({}, von_mises(1.0), 5, "phase_memory"),
    }
    for kind, (settings, noise, load, architecture) in kinds.items():
        for name, change in wrong.items():
            if kind == "phase" and "leak" in change:
                continue
            changed = {k: max(2, round(v * load)) if k == "load" else v for k, v in change.items()}
            task = {
                **(
                    {"units": 100, **PHASES} if kind == "phase" else {k: v for k, v in settings.items() if k == "prior"}
                ),
                **noise,
            }
            yield point(
                f"mistuned {kind}",
                name,
                load,
                {architecture: {**settings, **noise, **changed}},
                {**task, "steps": 200, "looks": 14},
            )


def phase() -> Iterator[Point]:
    """Phases: sine and STDP-shaped kernels, correct and flipped phase response, read from units and from spikes."""
    for kappa in (1.0, 4.0):
        variants = {
            "sine": {}, "sine, flipped": {"response": -1.0}, "sine, read from spikes": {"readout": "spikes"},
            "STDP, width 1": {"storage": "periodic_stdp"},
            "STDP, width 0.3": {"storage": {"periodic_stdp": {"width": 0.3, "harmonics": 3}}},
        }  # fmt: skip
        for name, change in variants.items():
            for load in (2, 5, 11, 21, 31):
                task = {"units": 100, **PHASES, **von_mises(kappa), "steps": 400, "looks": 16}
                yield point(
                    f"phase kappa {kappa:g}", name, load, {"phase_memory": {**von_mises(kappa), **change}}, task
                )


def bits() -> Iterator[Point]:
    """Low-precision weights: nearest and stochastic rounding, two ranges."""
    for count in (1, 2, 3, 4, 6, 8):
        for rounding in ("nearest", "stochastic"):
            for span in (4.0, 12.0):
                for load in (5, 11, 21, 41, 61):
                    memory = {"bits": count, "range": span, "rounding": rounding}
                    yield point(
                        "bits",
                        f"{count} bits, {rounding}, range {span:g}",
                        load,
                        {"rate_memory": {}},
                        {"cues": 5},
                        memory,
                    )


EXPERIMENTS: Mapping[str, Callable[[], Iterator[Point]]] = {
    "binary": binary, "gaussian": gaussian, "bounded": bounded, "mistuned": mistuned, "phase": phase, "bits": bits,
}  # fmt: skip


def measure(p: Point, draws: int) -> Point:
    """A point with the metrics of each draw."""
    configuration = {k: p[k] for k in ("architecture", "task", "memory") if p[k] is not None}
    rows = []
    for seed in range(draws):
        score = run_trial(configuration, [seed])
        course = score.recalled
        assert course is not None, "the task is a recall"
        diverged = score.status == "not_finite"
        if score.status not in ("ok", "not_finite"):
            raise SystemExit(f"{p['experiment']} {p['variant']}: {score.status}: {score.reason}")
        metrics = {} if diverged else score.metrics
        row = {
            "error": metrics.get("recall_error"),
            "best": course.best_error if metrics else None,
            "best_steps": course.best_steps if metrics else None,
            "steps": metrics.get("steps_to_converge"),
        }
        rows.append({**row, "capacity": metrics.get("capacity", 0.0), **course.references})
    return {**p, "draws": rows}


def key(p: Point) -> str:
    return json.dumps(
        [p[k] for k in ("experiment", "variant", "load", "architecture", "task", "memory")], sort_keys=True
    )


def stated(p: Point, what: str) -> tuple[float, float]:
    """Mean and half the width of the 95 % interval; infinite if a draw diverged."""
    values = [row[what] for row in p["draws"]]
    if any(v is None for v in values):
        return math.inf, math.nan
    found = interval(values)
    return found.mean, found.half


def bound(p: Point, draws: int) -> float:
    """Error of a unit given all other units, with the weights of the same draws (two cues, a hundred units)."""
    architecture = config.build_part("architectures", p["architecture"])
    task = config.build_part("tasks", {"recall": {**p["task"]["recall"], "cues": 2}})
    errors = []
    for seed in range(draws):
        stream = task.stream(seed)
        patterns, cues = np.split(np.asarray(stream.values, float), [p["load"]])
        prior = getattr(architecture, "prior", None) or task.prior
        memory = Memory(architecture.storage, prior, architecture.noise, patterns.shape[1])
        truth = patterns[np.arange(len(cues)) % p["load"]]
        told = memory.one_unit(store(architecture.storage, patterns), truth, cues, p["load"], 100)
        errors.append(difference(told, truth[:, :100], float(prior.period)))
    return float(np.sqrt(np.mean(np.square(errors))))


def table(points: list[Point]) -> str:
    lines = [
        "| experiment | variant | patterns | converged | best on the way (step) | cue | no memory | one-unit bound |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for p in points:
        (error, half), (best, best_half) = stated(p, "error"), stated(p, "best")
        at = "-" if math.isinf(error) else f"{np.median([r['best_steps'] for r in p['draws']]):.0f}"
        limit = f"{p['bound']:.3f}" if "bound" in p else "-"
        shown = "diverges" if math.isinf(error) else f"{error:.3f} ± {half:.3f}"
        best_shown = "-" if math.isinf(best) else f"{best:.3f} ± {best_half:.3f} ({at})"
        lines.append(
            f"| {p['experiment']} | {p['variant']} | {p['load']} | {shown} | {best_shown} | {stated(p, 'cue')[0]:.3f} "
            f"| {stated(p, 'no_memory')[0]:.3f} | {limit} |"
        )
    return "\n".join(lines) + "\n"


def draw_figures(points: list[Point], folder: Path) -> None:
    """One figure for each experiment with curves over the load."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    groups: dict[str, list[Point]] = {}
    for p in points:
        groups.setdefault(p["experiment"], []).append(p)
    for name, group in groups.items():
        if name == "bits":
            _capacity_figure(group, folder)
        if name.startswith("mistuned") or name == "bits":
            continue
        figure, axes = pyplot.subplots(figsize=(6.4, 4.2), constrained_layout=True)
        for n, variant in enumerate(dict.fromkeys(p["variant"] for p in group)):
            curve = [p for p in group if p["variant"] == variant and not math.isinf(stated(p, "error")[0])]
            loads = [p["load"] for p in curve]
            mean, half = (np.array([stated(p, "error")[k] for p in curve]) for k in (0, 1))
            (line,) = axes.plot(loads, mean, marker="o", markersize=3, label=variant)
            axes.fill_between(loads, mean - half, mean + half, color=line.get_color(), alpha=0.2, linewidth=0)
            if name in ("gaussian", "bounded"):
                axes.plot(loads, [stated(p, "best")[0] for p in curve], color=line.get_color(), linestyle=":")
            if name == "binary" or n == 0:
                for what, style in (("cue", (0, (1, 4))), ("no_memory", (0, (4, 4)))):
                    axes.plot(
                        loads,
                        [stated(p, what)[0] for p in curve],
                        color=line.get_color(),
                        alpha=0.6,
                        linewidth=1,
                        linestyle=style,
                    )
        title = f"{name}: converged" + (" (dotted: best on the way)" if name in ("gaussian", "bounded") else "")
        axes.set(xlabel="patterns stored", ylabel="recall error (root mean square)", ylim=(0, None), title=title)
        axes.legend(fontsize=7)
        figure.savefig(folder / f"memory_{name.replace(' ', '_')}.png", dpi=130)
        pyplot.close(figure)


def capacity(group: list[Point], variant: str) -> int:
    """Largest load up to which every mean error is below ``CRITERION``."""
    held = 0
    for p in sorted((p for p in group if p["variant"] == variant), key=lambda p: p["load"]):
        if not stated(p, "error")[0] < CRITERION:
            break
        held = p["load"]
    return held


def _capacity_figure(group: list[Point], folder: Path) -> None:
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(6.4, 4.2), constrained_layout=True)
    counts = sorted({int(p["variant"].split()[0]) for p in group})
    for kind in dict.fromkeys(p["variant"].split(", ", 1)[1] for p in group):
        held = [capacity(group, f"{count} bits, {kind}") for count in counts]
        axes.plot(counts, held, marker="o", label=kind, linestyle="--" if "nearest" in kind else "-")
    axes.set(xlabel="bits of a weight", ylabel=f"patterns recalled with an error below {CRITERION}", ylim=(0, None))
    axes.set_title("bits: largest load tried that is recalled")
    axes.legend(fontsize=7)
    figure.savefig(folder / "memory_bits.png", dpi=130)
    pyplot.close(figure)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path("associative_memory"))
    parser.add_argument("--draws", type=int, default=20)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--only", nargs="*", choices=list(EXPERIMENTS), default=list(EXPERIMENTS))
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    file = asked.folder / "results.json"
    known = {key(p): p for p in json.loads(file.read_text())} if file.exists() else {}
    todo = [p for name in asked.only for p in EXPERIMENTS[name]()]
    with ThreadPoolExecutor(asked.workers) as pool:
        missing = [p for p in todo if len(known.get(key(p), {"draws": []})["draws"]) < asked.draws]
        for n, done in enumerate(pool.map(lambda p: measure(p, asked.draws), missing)):
            known[key(done)] = done
            file.write_text(json.dumps(list(known.values())))
            what = f"{done['experiment']}, {done['variant']}, {done['load']}"
            print(f"{n + 1}/{len(missing)} {what}: {stated(done, 'error')[0]:.3f}", flush=True)
    points = [known[key(p)] for p in todo]
    bare = [p for p in points if p["experiment"].split()[0] in BOUNDED_BY and "bound" not in p]
    with ThreadPoolExecutor(asked.workers) as pool:
        for p, found in zip(bare, pool.map(lambda p: bound(p, asked.draws), bare), strict=True):
            p["bound"] = found
    file.write_text(json.dumps(list(known.values())))
    (asked.folder / "table.md").write_text(table(points))
    draw_figures(points, asked.folder)
    print(table(points))


if __name__ == "__main__":
    main()
