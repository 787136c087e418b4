"""Run the best architecture of a short study on a longer stream of Fashion-MNIST: one pass, learning off when held out.

    neurosearch launch fashion --trials 150
    python scripts/reproduce/long_fashion.py fashion --cells 2000 8000
    neurosearch launch fashion_economy
    python scripts/reproduce/long_fashion.py fashion_economy --samples 10000 --held-out 2000

Only the number of samples and, with ``--cells``, of Kenyon cells changes; seeds are fresh.
"""

import argparse
import copy

from neurosearch import trial
from neurosearch.evaluate.interval import interval
from neurosearch.store.store import open_store
from neurosearch.study import ranking, study

SEEDS = (2001, 2002, 2003, 2004, 2005)
METRICS = ("accuracy", "held_out_accuracy", "synaptic_operations", "writes")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("study")
    parser.add_argument("--cells", type=int, nargs="+", default=[0], help="0: as in the trial")
    parser.add_argument("--samples", type=int, default=60_000)
    parser.add_argument("--held-out", type=int, default=10_000)
    parser.add_argument("--seeds", type=int, nargs="+", default=SEEDS)
    arguments = parser.parse_args()
    searched = study.load(arguments.study)
    store = open_store(searched, create=False)
    best = ranking.best(searched, store.trials(), store.rescored())
    if best is None:
        raise SystemExit(f"no completed trial of {arguments.study} is stored here; launch it first")
    print(f"trial {best.number}: {dict(best.params)}")
    for cells in arguments.cells:
        configuration = copy.deepcopy(best.configuration)
        configuration["task"]["fashion_mnist"] |= {"samples": arguments.samples, "held_out": arguments.held_out}
        kenyon = configuration["architecture"]["mushroom_body"]["kenyon"]
        kenyon["size"] = cells or kenyon["size"]
        scores = [trial.run_trial(configuration, [seed]) for seed in arguments.seeds]
        found = {m: interval([s.metrics[m] for s in scores]) for m in METRICS}
        print(
            f"{kenyon['size']} cells: " + ", ".join(f"{m} {x.mean:.4f} ± {x.half:.4f}" for m, x in found.items()),
            flush=True,
        )


if __name__ == "__main__":
    main()
