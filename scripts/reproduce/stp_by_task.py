"""Does short-term plasticity help on temporal tasks, when every arm is tuned with the same budget?

Arms: none, only depression, only facilitation, both; each is one study over the same architecture with its own time
constants, scored on fresh seeds. Arms with more parameters get no more trials. Studies are stored in the folder.
``python scripts/reproduce/stp_by_task.py --trials 60 --folder DIR``
"""

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rules_by_dataset import judged, row, tuned

TASKS: Mapping[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "interval": ({"interval": {"samples": 1000, "held_out": 0}}, {"interval": {}}),
    "japanese_vowels": ({"japanese_vowels": {"held_out": 0}}, {"japanese_vowels": {}}),
    "digits": ({"digits": {"samples": 1000, "held_out": 0}}, {"digits": {}}),
}
"""Task → task of the search, task on which the winner is scored. Digits are the control without temporal structure."""

STEPS = {"interval": 5, "japanese_vowels": 5, "digits": 32}

TAU = {"float": [0.003, 0.3], "log": True}
NEVER = 1e-3
"""Time constant [second] that switches a process off: it decays within one step."""

ARMS: Mapping[str, Mapping[str, Any]] = {
    "none": {},
    "depression": {
        "encoder.stp": {"choice": ["tsodyks_markram"]}, "encoder.stp.U": {"float": [0.05, 0.9]},
        "encoder.stp.tau_depression": TAU, "encoder.stp.tau_facilitation": NEVER,
    },
    "facilitation": {
        "encoder.stp": {"choice": ["tsodyks_markram"]}, "encoder.stp.U": {"float": [0.02, 0.5]},
        "encoder.stp.tau_facilitation": TAU, "encoder.stp.tau_depression": NEVER,
    },
    "both": {
        "encoder.stp": {"choice": ["tsodyks_markram"]}, "encoder.stp.U": {"float": [0.02, 0.9]},
        "encoder.stp.tau_facilitation": TAU, "encoder.stp.tau_depression": TAU,
    },
}  # fmt: skip

SPACE: Mapping[str, Any] = {
    "encoder": {"choice": ["poisson", "periodic"]},
    "encoder.max_rate": {"float": [50, 600], "log": True},
    "encoder.normalisation": "raw",
    "kenyon.size": 1000,
    "kenyon.fan_in": {"int": [2, 30], "log": True},
    "kenyon.negative": {"choice": [0.0, 0.5]},
    "kenyon.neuron.tau_mem": {"float": [0.005, 0.2], "log": True},
    "kenyon.drive": {"float": [3, 300], "log": True},
    "kenyon.sparsity": {"float": [0.03, 0.3], "log": True},
    "kenyon.homeostasis": 0.05,
    "kenyon.inhibition": {"choice": [0.0, 3.0]},
    "rule": "delta_potential",
    "rule.eta": {"float": [0.03, 3], "log": True},
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=60)
    parser.add_argument("--folder", type=Path, default=Path("neurosearch-runs/stp_by_task"))
    parser.add_argument("--tasks", nargs="+", default=list(TASKS), choices=TASKS)
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    print("| task | arm | prequential | last window | held out | synaptic operations | writes |")
    print("|---|---|---|---|---|---|---|", flush=True)
    for name in arguments.tasks:
        for arm, dimensions in ARMS.items():
            space = {**SPACE, **dimensions, "task.steps": STEPS[name]}
            configuration = tuned(TASKS[name][0], space, f"{name}_{arm}", arguments.trials, arguments.folder)
            if configuration is None:
                print(f"| {name} | {arm} | no valid network in {arguments.trials} trials |", flush=True)
                continue
            scores = judged(configuration, TASKS[name][1])
            found = [{"status": s.status, **s.metrics} for s in scores]
            file = arguments.folder / f"{name}_{arm}.json"
            file.write_text(json.dumps({"configuration": configuration, "scores": found}, indent=1))
            print(row(name, arm, scores), flush=True)


if __name__ == "__main__":
    main()
