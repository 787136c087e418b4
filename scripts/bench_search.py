"""How good and how variable searches are: independent searches of one study, each best re-run on fresh seeds.

    python scripts/bench_search.py digits --trials 300 --searches 3

Prints, for every search, the best architecture's accuracy in the search, on fresh seeds and on held-out data; then the
mean over searches, and the best accuracy found for each choice (with how many trials had it).
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from neurosearch import trial
from neurosearch.search import driver, rescore
from neurosearch.search.interrupt import Interrupt
from neurosearch.search.progress import Progress
from neurosearch.store.store import open_store
from neurosearch.study import study
from neurosearch.study.space import Choice


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("study")
    parser.add_argument("--trials", type=int, default=300)
    parser.add_argument("--searches", type=int, default=3)
    parser.add_argument("--first", type=int, default=1, help="sampler seed of the first search")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--fix", action="append", default=[], metavar="PATH=VALUE", help="search with one choice only")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    rows = [search(arguments, seed) for seed in range(arguments.first, arguments.first + arguments.searches)]
    fresh = [row["fresh"] for row in rows]
    summary = {"fresh_mean": statistics.mean(fresh), "held_out_mean": statistics.mean(row["held_out"] for row in rows)}
    if arguments.json:
        print(json.dumps({"searches": rows, **summary}, indent=2))
        return
    for row in rows:
        print(
            f"seed {row['seed']}: {row['trials']} trials in {row['seconds']:.0f} s; "
            f"best {row['best']} with {row['in_search']:.4f}; "
            f"fresh seeds {row['fresh']:.4f}; held out {row['held_out']:.4f}; {row['choices']}"
        )
    for path in rows[0]["per_choice"]:
        options = {
            o: [r["per_choice"][path][o] for r in rows if o in r["per_choice"][path]]
            for o in rows[0]["per_choice"][path]
        }
        shown = ", ".join(f"{o} {max(x[0] for x in v):.3f} ({sum(x[1] for x in v)})" for o, v in options.items())
        print(f"best by {path}: {shown}")
    print(f"mean over searches: fresh {summary['fresh_mean']:.4f}, held out {summary['held_out_mean']:.4f}")


def search(arguments: argparse.Namespace, seed: int) -> dict[str, object]:
    """One search from scratch in a temporary folder."""
    searched = replace(study.load(arguments.study), seed=seed, trials=arguments.trials)
    for fix in arguments.fix:
        path, _, value = fix.partition("=")
        only = Choice((value,))
        searched = replace(searched, space={**searched.space, path: only})
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(searched, str(Path(folder) / "search.journal"))
        driver.run(searched, store, trial.run_trial, workers=arguments.workers, progress=Progress(quiet=True))
        rescore.rescore(searched, store, trial.run_trial, workers=arguments.workers, interrupt=Interrupt())
        stored, rescored = store.trials(), store.rescored()
    seconds = time.perf_counter() - began
    name = searched.objectives[0]
    means = {n: statistics.mean(s.metrics[name] for s in r.scores) for n, r in rescored.items()}
    winner = max(means, key=lambda n: means[n])
    chosen = next(t for t in stored if t.number == winner)
    choices = {p: v for p, v in chosen.params.items() if isinstance(searched.space[p], Choice)}
    return {
        "seed": seed,
        "trials": len(stored),
        "seconds": seconds,
        "best": winner,
        "in_search": chosen.score.metrics[name],
        "fresh": means[winner],
        "choices": choices,
        "per_choice": per_choice(searched, stored),
        "held_out": statistics.mean(s.metrics["held_out_accuracy"] for s in rescored[winner].scores),
    }


def per_choice(searched: study.Study, stored: list) -> dict[str, dict[str, tuple[float, int]]]:
    """Path → option → (best score in the search, number of trials)."""
    out: dict[str, dict[str, tuple[float, int]]] = {}
    for path, dimension in searched.space.items():
        if isinstance(dimension, Choice):
            for option in dimension.options:
                found = [
                    t.score.metrics.get(searched.objectives[0], 0.0) for t in stored if t.params.get(path) == option
                ]
                if found:
                    out.setdefault(path, {})[str(option)] = (max(found), len(found))
    return out


if __name__ == "__main__":
    sys.exit(main())
