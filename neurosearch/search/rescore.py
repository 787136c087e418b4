"""The best few, run again on fresh seeds: the luckiest of many noisy scores is not the best."""

from concurrent.futures import Future, ThreadPoolExecutor, as_completed

from neurosearch.record.score import Score
from neurosearch.record.trial import Trial
from neurosearch.search.evaluation import Evaluate
from neurosearch.search.interrupt import Interrupt
from neurosearch.search.progress import Progress
from neurosearch.store.store import Store
from neurosearch.study import ranking
from neurosearch.study.ranking import Rescored
from neurosearch.study.study import Study


def rescore(
    study: Study,
    store: Store,
    evaluate: Evaluate,
    *,
    workers: int = 2,
    interrupt: Interrupt | None = None,
    progress: Progress | None = None,
) -> dict[int, Rescored]:
    """Run every finalist on every fresh seed that is not stored yet, and store each finalist as it is complete."""
    interrupt = interrupt or Interrupt()
    known = store.rescored()
    seeds = study.rescore.seeds
    due = [
        t for t in ranking.finalists(study, store.trials()) if t.number not in known or known[t.number].seeds != seeds
    ]
    if not due:
        return known
    scores: dict[int, dict[int, Score]] = {trial.number: {} for trial in due}
    with progress or Progress(quiet=True) as shown, ThreadPoolExecutor(workers, "neurosearch") as pool:
        try:
            jobs: dict[Future[Score], tuple[Trial, int]] = {
                pool.submit(evaluate, dict(trial.configuration), (seed,), interrupt.cancel): (trial, seed)
                for trial in due
                for seed in seeds
            }
            for done, job in enumerate(as_completed(jobs), 1):
                trial, seed = jobs[job]
                scores[trial.number][seed] = job.result()
                shown.say(f"fresh seeds for the best {len(due)}: {done}/{len(jobs)}", last=done == len(jobs))
                if interrupt.asked:
                    break
                if len(scores[trial.number]) == len(seeds):
                    ordered = tuple(scores[trial.number][s] for s in seeds)
                    store.add_rescored(Rescored(trial.number, seeds, ordered))
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
    return store.rescored()
