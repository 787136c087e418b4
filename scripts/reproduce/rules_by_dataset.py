"""Does the best plasticity rule depend on the data set? The same budget for each rule, then fresh seeds.

For every data set and rule, one study over the parameters of rule and architecture, with the same number of trials; the
three best are compared on selection seeds; the winner is scored on seeds used nowhere else. Studies are stored in the
folder, so an interrupted run resumes. ``python scripts/reproduce/rules_by_dataset.py --trials 60 --folder DIR``
"""

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from neurosearch.errors import UserError
from neurosearch.evaluate.interval import interval
from neurosearch.record import Score
from neurosearch.search import driver, rescore
from neurosearch.store.store import open_store
from neurosearch.study import document, ranking, study
from neurosearch.trial import run_trial

SELECTION, FRESH = (1001, 1002, 1003), (2001, 2002, 2003, 2004, 2005)

TASKS: Mapping[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "digits": ({"digits": {"held_out": 0}}, {"digits": {}}),
    "mnist": ({"mnist": {"samples": 2000, "held_out": 0}}, {"mnist": {}}),
    "fashion_mnist": (
        {"fashion_mnist": {"samples": 2000, "held_out": 0}},
        {"fashion_mnist": {"samples": 5000, "held_out": 2000}},
    ),
}
"""Data set → task of the search, task on which the winner is scored (only the second has held-out images)."""

ARCHITECTURE: Mapping[str, Any] = {
    "encoder": {"choice": ["current", "periodic"]},
    "encoder.normalisation": {"choice": ["on_off", "raw_dog"]},
    "task.steps": 32,
    "kenyon.size": 1000,
    "kenyon.fan_in": {"int": [6, 60], "log": True},
    "kenyon.negative": {"choice": [0.0, 0.5]},
    "kenyon.neuron.tau_mem": {"float": [0.01, 0.1], "log": True},
    "kenyon.drive": {"float": [3, 150], "log": True},
    "kenyon.sparsity": {"float": [0.03, 0.3], "log": True},
    "kenyon.homeostasis": {"choice": [0.0, 0.05]},
    "kenyon.inhibition": {"choice": [0.0, 3.0]},
}

RULES: Mapping[str, Mapping[str, Any]] = {
    "stdp": {
        "rule.eta": {"float": [1e-4, 1], "log": True},
        "rule.offset": {"float": [0, 2]},
        "rule.soft": {"choice": [0.0, 1.0]},
        "rule.depression": {"float": [0, 0.5]},
        "output.weight": {"float": [1e-3, 0.5], "log": True},
        "output.teacher": {"float": [1.5, 10], "log": True},
    },
    "modulated_stdp": {
        "rule.eta": {"float": [1e-3, 30], "log": True},
        "rule.amplitude": {"float": [1, 20], "log": True},
        "rule.presynaptic": {"float": [0, 1]},
        "rule.depression": {"float": [0, 0.5]},
        "output.weight": {"float": [1e-4, 0.1], "log": True},
    },
    "delta": {
        "rule.eta": {"float": [1e-3, 30], "log": True},
        "rule.amplitude": {"float": [1, 20], "log": True},
        "output.weight": {"float": [1e-4, 0.1], "log": True},
    },
    "delta_potential": {
        "rule.eta": {"float": [1e-3, 30], "log": True},
        "output.weight": {"float": [1e-4, 0.1], "log": True},
    },
    "softmax": {
        "rule.eta": {"float": [1e-3, 30], "log": True},
        "rule.gain": {"float": [0.3, 30], "log": True},
        "output.weight": {"float": [1e-4, 0.1], "log": True},
    },
    "covariance": {
        "rule.eta": {"float": [1e-4, 1], "log": True},
        "rule.rate": {"float": [0.003, 0.1], "log": True},
        "rule.decay": {"float": [1e-4, 0.1], "log": True},
        "output.weight": {"float": [1e-3, 0.5], "log": True},
        "output.teacher": {"float": [1.5, 10], "log": True},
    },
}


def tuned(
    task: dict[str, Any],
    space: Mapping[str, Any],
    name: str,
    trials: int,
    folder: Path,
    constraints: Mapping[str, Any] | None = None,
    search_seed: int = 0,
) -> dict[str, Any] | None:
    """Configuration that wins a study of this space on the selection seeds."""
    data = {
        "format": 1,
        "about": f"{name}: the same budget as its siblings.",
        "architecture": "mushroom_body",
        "task": task,
        "space": dict(space),
        "constraints": dict(constraints or {}),
        "seed": search_seed,
        "seeds": [0],
        "trials": trials,
        "rescore": {"top": 3, "seeds": list(SELECTION)},
    }
    (folder / f"{name}.yaml").write_text(document.dump(data), encoding="utf-8")  # so that `inspect` works on it
    made = study.load(folder / f"{name}.yaml")
    store = open_store(made, str(folder / f"{name}.journal"))
    with store.driving():
        driver.run(made, store, run_trial, workers=1)
        rescored = rescore.rescore(made, store, run_trial, workers=1)
    winner = ranking.best(made, store.trials(), rescored)
    return None if winner is None else dict(winner.configuration)


def judged(configuration: dict[str, Any], task: dict[str, Any]) -> list[Score]:
    """Scores of a configuration on the fresh seeds, on a task that the search did not use; steps stay the same."""
    ((name, settings),) = task.items()
    ((_, searched),) = configuration["task"].items()
    shown = {name: {**settings, "steps": searched["steps"]}}
    return [run_trial({**configuration, "task": shown}, [seed]) for seed in FRESH]


def row(name: str, rule: str, scores: Sequence[Score]) -> str:
    """One line of the table."""
    cells = [name, rule]
    for metric in ("accuracy", "last_accuracy", "held_out_accuracy"):
        values = [score.metrics[metric] for score in scores if metric in score.metrics]
        found = interval(values) if values else None
        cells.append(f"{found.mean:.3f} ± {found.half:.3f}" if found else "-")
    for metric in ("synaptic_operations", "writes"):
        cells.append(f"{sum(s.metrics.get(metric, 0) for s in scores) / len(scores):.0f}")
    return "| " + " | ".join(cells) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=60)
    parser.add_argument("--folder", type=Path, default=Path("neurosearch-runs/rules_by_dataset"))
    parser.add_argument("--search", type=int, default=0, help="seed of the sampler, to repeat the search")
    parser.add_argument("--tasks", nargs="+", default=list(TASKS), choices=TASKS)
    parser.add_argument("--rules", nargs="+", default=list(RULES), choices=RULES)
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    print("| data | rule | prequential | last window | held out | synaptic operations | writes |")
    print("|---|---|---|---|---|---|---|", flush=True)
    again = f"_search{arguments.search}" if arguments.search else ""
    for name in arguments.tasks:
        for rule in arguments.rules:
            study_name = f"{name}_{rule}{again}"
            file = arguments.folder / f"{study_name}.json"
            space = {**ARCHITECTURE, "rule": rule, **RULES[rule]}
            try:
                configuration = tuned(
                    TASKS[name][0],
                    space,
                    study_name,
                    arguments.trials,
                    arguments.folder,
                    search_seed=arguments.search,
                )
            except UserError as error:  # the data are not on this machine
                print(f"{name}: {error}")
                break
            if configuration is None:
                print(f"| {name} | {rule} | no valid network in {arguments.trials} trials |", flush=True)
                continue
            scores = judged(configuration, TASKS[name][1])
            found = [{"status": s.status, **s.metrics} for s in scores]
            file.write_text(json.dumps({"configuration": configuration, "seeds": FRESH, "scores": found}, indent=1))
            print(row(name, rule, scores), flush=True)


if __name__ == "__main__":
    main()
