"""How a network tuned on a stationary stream copes with change: sessions, drift, late and missing labels, few examples.

The configuration is a winner of rules_by_dataset.py (a JSON file in its folder) and is not tuned again.
``python scripts/reproduce/change.py digits_delta_potential.json``
"""

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from neurosearch import config
from neurosearch.baselines.base import run_baselines
from neurosearch.evaluate.interval import interval
from neurosearch.record import Score
from neurosearch.trial import run_trial

SEEDS = (2001, 2002, 2003, 2004, 2005)

METRICS = ("accuracy", "held_out_accuracy", "adaptation_time", "adaptation_depth", "forgetting", "decision_latency")

BASELINES = ("online_softmax", "random_features")


def streams(inner: dict[str, Any]) -> Mapping[str, dict[str, Any]]:
    """Name → task; all wrap the same inner task."""
    ((name, settings),) = inner.items()

    def late(delay: int) -> dict[str, Any]:
        return {name: {**settings, "delay": delay}}

    return {
        "steady": {"cut_short": {"inner": inner}},
        "labels 1 late": late(1),
        "labels 10 late": late(10),
        "half the labels": {"missing_labels": {"inner": inner, "fraction": 0.5}},
        "nine in ten missing": {"missing_labels": {"inner": inner, "fraction": 0.9}},
        "five sessions of classes": {"class_incremental": {"inner": inner}},
        "permuted inputs": {"permuted_inputs": {"inner": inner, "probes": 100}},
        "permuted, gradually": {"permuted_inputs": {"inner": inner, "probes": 100, "gradual": 0.5}},
        "five pairs of labels swapped": {"swapped_labels": {"inner": inner, "pairs": 5}},
        "turned by 45 degrees": {"rotated_images": {"inner": inner, "probes": 100}},
        "a quarter of the contrast": {"contrast_change": {"inner": inner, "probes": 100, "factor": 0.25}},
        "one shot, 5 classes": {"few_examples": {"inner": inner, "queries": 50}},
        "five shots, 5 classes": {"few_examples": {"inner": inner, "shots": 5, "queries": 50}},
        "five shots, 10 classes": {"few_examples": {"inner": inner, "shots": 5, "classes": 10, "queries": 50}},
    }


def row(name: str, learner: str, scores: Sequence[Score]) -> str:
    """One line of the table."""
    cells = [name, learner]
    for metric in METRICS:
        values = [score.metrics[metric] for score in scores if metric in score.metrics]
        digits = 1 if metric in ("adaptation_time", "decision_latency") else 3
        found = interval(values) if values else None
        cells.append(f"{found.mean:.{digits}f} ± {found.half:.{digits}f}" if found else "-")
    return "| " + " | ".join(cells) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("winner", type=Path)
    arguments = parser.parse_args()
    found = json.loads(arguments.winner.read_text(encoding="utf-8"))["configuration"]
    ((name, settings),) = found["task"].items()
    inner = {name: {"steps": settings["steps"]}}
    print("| stream | learner | " + " | ".join(METRICS).replace("_", " ") + " |")
    print("|---" * (len(METRICS) + 2) + "|", flush=True)
    for title, task in streams(inner).items():
        made = config.build_part("tasks", task)
        print(row(title, "network", [run_trial({**found, "task": task}, [seed]) for seed in SEEDS]), flush=True)
        others = [run_baselines(made, seed) for seed in SEEDS]
        for learner in BASELINES:
            print(row(title, learner.replace("_", " "), [scores[learner] for scores in others]), flush=True)


if __name__ == "__main__":
    main()
