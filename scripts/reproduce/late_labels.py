"""Can delayed labels be learned? The same search for each delay, with traces that outlast a sample.

For each delay, one study over the parameters of rule and architecture; the three best are compared on selection seeds;
the winner is scored on fresh seeds and compared with a linear learner, which may look up the old sample.
``python scripts/reproduce/late_labels.py --trials 100 --folder DIR``
"""

import argparse
from pathlib import Path

from rules_by_dataset import ARCHITECTURE, FRESH, tuned

from neurosearch import config
from neurosearch.baselines.base import run_baselines
from neurosearch.evaluate.interval import interval
from neurosearch.trial import run_trial

SPACE = {
    **ARCHITECTURE,
    "rule": "delta_trace",
    "rule.eta": {"float": [1e-3, 3], "log": True},
    "rule.now": {"float": [0, 1]},
    "rule.carry": {"float": [0, 0.95]},
    "rule.slowing": {"float": [1e-5, 1e-2], "log": True},
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=100)
    parser.add_argument("--folder", type=Path, default=Path("neurosearch-runs/late"))
    parser.add_argument("--delays", type=int, nargs="+", default=[0, 1, 2, 5, 10])
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    print("| samples late | prequential | held out | online softmax | now | carry | eta |")
    print("|---" * 7 + "|", flush=True)
    for delay in arguments.delays:
        searched = {"digits": {"delay": delay, "held_out": 0}}
        found = tuned(searched, SPACE, f"late_{delay}", arguments.trials, arguments.folder)
        if found is None:
            print(f"| {delay} | no network completed |", flush=True)
            continue
        task = {"digits": {"delay": delay, "steps": found["task"]["digits"]["steps"]}}
        scores = [run_trial({**found, "task": task}, [seed]) for seed in FRESH]
        others = [run_baselines(config.build_part("tasks", task), seed)["online_softmax"] for seed in FRESH]
        means = [interval([score.metrics["accuracy"] for score in scores])]
        means.append(interval([score.metrics["held_out_accuracy"] for score in scores]))
        means.append(interval([score.metrics["accuracy"] for score in others]))
        rule = found["architecture"]["mushroom_body"]["rule"]["delta_trace"]
        cells = [f"{mean.mean:.3f} ± {mean.half:.3f}" for mean in means]
        cells += [f"{rule[name]:.3g}" for name in ("now", "carry", "eta")]
        print(f"| {delay} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
