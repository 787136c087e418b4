"""Run the best trials again on fresh seeds, because the highest of many noisy scores is biased upwards."""

from concurrent.futures import Executor

from neurosearch.record.score import Score
from neurosearch.record.trial import Trial
from neurosearch.search.evaluation import Evaluate
from neurosearch.search.executors import pools
from neurosearch.search.executors.clock import REAL, Clock
from neurosearch.search.executors.workers import Workers
from neurosearch.search.interrupt import Interrupt
from neurosearch.search.progress import Progress
from neurosearch.store.store import Store
from neurosearch.study import ranking
from neurosearch.study.own_files import check_stored
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
    pool: Executor | None = None,
    clock: Clock = REAL,
) -> dict[int, Rescored]:
    """Run every finalist on every fresh seed that is not stored yet, and store each finalist once complete.

    Args:
        pool: as of `neurosearch.search.driver.run`.
    """
    known = store.rescored()
    seeds = study.rescore.seeds
    due = [
        t for t in ranking.finalists(study, store.trials()) if t.number not in known or known[t.number].seeds != seeds
    ]
    if not due:
        return known
    for trial in due:
        check_stored(trial.configuration)
    with progress or Progress(quiet=True) as shown, pools.given_or_threads(pool, workers) as executor:
        at_work = Workers(executor, evaluate, interrupt or Interrupt(), clock, study.file)
        try:
            _run(due, seeds, store, at_work, shown)
        except BaseException:
            at_work.abandon()
            raise
    return store.rescored()


def _run(due: list[Trial], seeds: tuple[int, ...], store: Store, at_work: Workers, shown: Progress) -> None:
    """Evaluate every finalist on every seed; nothing is stored after an interrupt."""
    jobs = {at_work.submit(dict(trial.configuration), (seed,)): (trial.number, seed) for trial in due for seed in seeds}
    scores: dict[int, dict[int, Score]] = {trial.number: {} for trial in due}
    total = len(jobs)
    while jobs:
        for job in at_work.wait(jobs):
            number, seed = jobs.pop(job)
            result = at_work.result(job)
            if result is None:  # the launch ends
                continue
            scores[number][seed] = result.score
            shown.say(f"fresh seeds for the best {len(due)}: {total - len(jobs)}/{total}", last=not jobs)
            if len(scores[number]) == len(seeds):
                ordered = tuple(scores[number][s] for s in seeds)
                store.add_rescored(Rescored(number, seeds, ordered))
