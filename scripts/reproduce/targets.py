"""Accuracy that unassisted searches reach on images: Fashion-MNIST in one pass, MNIST-5,000, Fashion-MNIST on a budget.

Each target is one study of at most 5,000 samples; its three best are compared on selection seeds, and the winner is
scored on five fresh seeds, on the longer stream. ``python scripts/reproduce/targets.py --trials 150 --folder DIR``
"""

import argparse
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rules_by_dataset import FRESH, tuned

from neurosearch.evaluate.interval import interval
from neurosearch.trial import run_trial

SPACE: Mapping[str, Any] = {
    "encoder": "current",
    "encoder.normalisation": {"choice": ["on_off", "raw_dog"]},
    "encoder.normalisation.upper": {"float": [1.5, 6.0]},
    "task.steps": {"int": [8, 40]},
    "kenyon.size": 2000,
    "kenyon.fan_in": {"int": [6, 64], "log": True},
    "kenyon.negative": {"choice": [0.0, 0.5]},
    "kenyon.neuron.tau_mem": {"float": [0.01, 0.2], "log": True},
    "kenyon.drive": {"float": [10, 300], "log": True},
    "kenyon.sparsity": {"float": [0.03, 0.3], "log": True},
    "kenyon.homeostasis": {"float": [0.01, 0.3], "log": True},
    "kenyon.inhibition": {"choice": [0.0, 1.0, 5.0]},
    "kenyon.tau_inhibition": {"float": [0.002, 0.1], "log": True},
    "rule": {"choice": ["delta_potential", "softmax"]},
    "rule.eta": {"float": [0.02, 30], "log": True},
    "rule.gain": {"float": [0.3, 30], "log": True},
    "rule.dead_zone": {"float": [0.0, 0.4]},
}


@dataclass(frozen=True)
class Target:
    """The task of the search, and the goal for its winner."""

    searched: dict[str, Any]
    scored: dict[str, Any]
    metric: str
    goal: float
    changes: Mapping[str, Any]
    larger: int = 0
    constraints: Mapping[str, Any] | None = None


SLOWING = {"rule.slowing": {"float": [1e-5, 1e-2], "log": True}}

SMALL: Mapping[str, Any] = {
    **SLOWING,
    "kenyon.size": {"int": [1500, 4000], "log": True},
    "kenyon.fan_in": {"int": [3, 12]},
    "kenyon.sparsity": {"float": [0.02, 0.15], "log": True},
    "rule.dead_zone": {"float": [0.1, 0.5]},
}

TARGETS: Mapping[str, Target] = {
    "mnist_5000": Target({"mnist": {"samples": 3000, "held_out": 0}}, {"mnist": {}}, "accuracy", 0.89, {}, 8000),
    "fashion_60000": Target(
        {"fashion_mnist": {"samples": 4000, "held_out": 0}}, {"fashion_mnist": {}}, "held_out_accuracy", 0.86, {}, 8000
    ),
    "fashion_60000_slowing": Target(
        {"fashion_mnist": {"samples": 5000, "held_out": 0}},
        {"fashion_mnist": {}}, "held_out_accuracy", 0.86, SLOWING, 8000,
    ),
    "fashion_economy": Target(
        {"fashion_mnist": {"samples": 5000, "held_out": 0}},
        {"fashion_mnist": {"samples": 10000, "held_out": 2000}},
        "accuracy", 0.82, SMALL,
        constraints={"synaptic_operations": {"max": 10000}, "writes": {"max": 150}},
    ),
}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=150)
    parser.add_argument("--folder", type=Path, default=Path("neurosearch-runs/targets"))
    parser.add_argument("--targets", nargs="+", default=list(TARGETS), choices=TARGETS)
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    print("| target | cells | score | goal | prequential | held out | operations | writes | s a run |")
    print("|---" * 9 + "|", flush=True)
    for name in arguments.targets:
        target = TARGETS[name]
        space = {**SPACE, **target.changes}
        found = tuned(target.searched, space, name, arguments.trials, arguments.folder, target.constraints)
        if found is None:
            print(f"| {name} | no network met the constraints in {arguments.trials} trials |", flush=True)
            continue
        (arguments.folder / f"{name}.json").write_text(json.dumps(found, indent=1))
        ((task, settings),) = target.scored.items()
        (steps,) = (searched["steps"] for searched in found["task"].values())
        for size in (found["architecture"]["mushroom_body"]["kenyon"]["size"], target.larger):
            if not size:
                continue
            body = found["architecture"]["mushroom_body"]
            wider = {"mushroom_body": {**body, "kenyon": {**body["kenyon"], "size": size}}}
            configuration = {**found, "architecture": wider, "task": {task: {**settings, "steps": steps}}}
            began = time.perf_counter()
            scores = [run_trial(configuration, [seed]) for seed in FRESH]
            seconds = (time.perf_counter() - began) / len(FRESH)
            cells = [name, str(size)]
            for metric in (target.metric, "goal", "accuracy", "held_out_accuracy", "synaptic_operations", "writes"):
                if metric == "goal":
                    cells.append(f"{target.goal}")
                    continue
                each = interval([score.metrics.get(metric, 0.0) for score in scores])
                few = metric.endswith("accuracy")
                cells.append(f"{each.mean:.3f} ± {each.half:.3f}" if few else f"{each.mean:.0f}")
            print("| " + " | ".join([*cells, f"{seconds:.0f}"]) + " |", flush=True)


if __name__ == "__main__":
    main()
