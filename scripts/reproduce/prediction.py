"""Prediction of three series: search the study mackey_glass on each, compare with linear predictors on fresh seeds.

``python scripts/reproduce/prediction.py --trials 200 --folder DIR``; completed searches are not run again.
"""

import argparse
from pathlib import Path

from neurosearch import trial
from neurosearch.baselines.base import run_baselines
from neurosearch.evaluate.interval import interval
from neurosearch.search import driver, rescore
from neurosearch.store.store import open_store
from neurosearch.study import document, ranking, study

SERIES = ("mackey_glass", "lorenz", "hidden_oscillator")
METRICS = ("last_nrmse", "held_out_nrmse", "held_out_smape")
FRESH = (2001, 2002, 2003, 2004, 2005)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=200)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--folder", type=Path, default=Path("neurosearch-runs/prediction"))
    parser.add_argument("--series", nargs="+", default=SERIES, choices=SERIES)
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    asked = document.load(study.load("mackey_glass").file)
    print("| series | learner | " + " | ".join(METRICS) + " |")
    print("|---" * (2 + len(METRICS)) + "|", flush=True)
    for series in arguments.series:
        searched = study.from_data({**asked, "task": series}, arguments.folder / f"{series}.yaml")
        store = open_store(searched, str(arguments.folder / f"{series}.journal"))
        with store.driving():
            driver.run(searched, store, trial.run_trial, workers=arguments.workers, trials=arguments.trials)
            again = rescore.rescore(searched, store, trial.run_trial, workers=arguments.workers)
        winner = ranking.best(searched, store.trials(), again)
        if winner is None:
            print(f"| {series} | no network predicted anything | " + " | ".join("" for _ in METRICS) + " |", flush=True)
            continue
        configuration = winner.configuration
        _, task, _ = trial.parts(configuration)
        scores = {f"trial {winner.number}": [trial.run_trial(configuration, [seed]) for seed in FRESH]}
        others = [run_baselines(task, seed) for seed in FRESH]
        scores |= {name: [each[name] for each in others] for name in others[0]}
        for name, found in scores.items():
            cells = [interval([score.metrics[metric] for score in found]) for metric in METRICS]
            print(
                f"| {series} | {name} | " + " | ".join(f"{x.mean:.3f} ± {x.half:.3f}" for x in cells) + " |", flush=True
            )
        print(f"{series}: {dict(winner.params)}", flush=True)


if __name__ == "__main__":
    main()
