"""Ask, run, tell: the one driver of a study, which alone writes, keeps the workers busy and counts exactly."""

import time
from collections import deque
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from dataclasses import astuple
from itertools import pairwise
from typing import Any

from neurosearch import config
from neurosearch.errors import UserError
from neurosearch.evaluate.metrics import DIRECTIONS
from neurosearch.record.score import Score
from neurosearch.record.trial import Asked, Ran, Repeat, Trial
from neurosearch.search.data_check import DataCheck
from neurosearch.search.evaluation import Evaluate, Outcome, Proposal, Result, phases, timed
from neurosearch.search.goals import refusal
from neurosearch.search.interrupt import Interrupt
from neurosearch.search.progress import Progress, Status
from neurosearch.search.sampler import Sampler
from neurosearch.store.store import Store
from neurosearch.study import ranking
from neurosearch.study.study import Study

AHEAD = 1
"""Proposals that wait beside the running ones, so that no worker idles while the sampler thinks."""

EXHAUSTED = 100
"""Repeated proposals in a row that end a search."""

RETRIED = ("crashed",)
"""Status of a run that is tried once more."""


def run(
    study: Study,
    store: Store,
    evaluate: Evaluate,
    *,
    workers: int = 2,
    trials: int | None = None,
    timeout: float | None = None,
    interrupt: Interrupt | None = None,
    progress: Progress | None = None,
    pool: Executor | None = None,
) -> Outcome:
    """Bring the study to its number of trials; what is stored already counts."""
    search = _Search(study, store, evaluate, workers, trials or study.trials, timeout, interrupt or Interrupt())
    with progress or Progress(quiet=True) as shown:
        executor = pool or ThreadPoolExecutor(workers, thread_name_prefix="neurosearch")
        try:
            return search.run(executor, shown)
        except BaseException:
            search.interrupt.cancel.set()  # nobody will read what still runs
            raise
        finally:
            executor.shutdown(wait=True, cancel_futures=True)


class _Search:
    """State of one launch."""

    def __init__(
        self,
        study: Study,
        store: Store,
        evaluate: Evaluate,
        workers: int,
        total: int,
        timeout: float | None,
        interrupt: Interrupt,
    ) -> None:
        self.study, self.store, self.evaluate, self.interrupt = study, store, evaluate, interrupt
        self.workers, self.total = workers, total
        self.began, self.stamp = time.monotonic(), time.time()
        self.deadline = None if timeout is None else self.began + timeout
        self.sampler, self.data_check = Sampler(study), DataCheck()
        self.running: dict[Future[Result], Proposal] = {}
        self.recalled: deque[Trial] = deque()
        self.known: dict[str, int] = {}  # digest of a configuration → the ask that proposed it first
        self.stored: dict[int, Trial] = {}  # ask → trial
        self.entered: set[int] = set()  # numbers of the trials that the sampler knows
        self.repeats: list[Repeat] = []  # since the last proposal that is run
        self.next_ask = 0
        self.in_a_row = self.duplicates = self.fresh = self.builds = self.failures = 0
        self.best: float | None = None
        self.seconds = {"build": 0.0, "simulate": 0.0, "sample": 0.0, "other": 0.0}
        self.ended = ""
        self._resume()

    def run(self, pool: Executor, progress: Progress) -> Outcome:
        """The loop."""
        while True:
            self._stop_if_due()
            self._fill(pool)
            if self.recalled:
                self._tell(self.recalled.popleft())
                continue
            if not self.running:
                break
            oldest = min(self.running, key=lambda future: self.running[future].asked.ask)
            # One worker: told one by one, each before the next ask, so that quick trials cannot change the order.
            watched = [oldest] if self.workers == 1 else list(self.running)
            done, _ = wait(watched, timeout=0.25, return_when=FIRST_COMPLETED)
            for future in sorted(done, key=lambda future: self.running[future].asked.ask):
                self._finish(future, pool)
            progress.show(self._status())
        progress.show(self._status(), last=True)
        wall = time.monotonic() - self.began
        stored = self.store.count()
        return Outcome(
            self.ended or "budget", stored, self.fresh, wall, self.workers, self.seconds, self.builds, self.duplicates
        )

    def _resume(self) -> None:
        """Replay stored trials into the sampler, in the order in which it was asked and told.

        The last trials, one a worker, are entered as running: they were when the next proposal was made, and are told
        before anything else finishes. So a resumed search of one worker continues bit for bit.
        """
        trials = list(self.store.trials())
        if self.store.contested:  # from the first proposal on, or each would propose what the others do
            self.sampler.lane = f":{self.stamp}"
        if self.store.contested or _several_drivers(trials):  # each counted its own asks: they have no common order
            self._adopt()
            return
        noted = self.store.sampler_attributes()
        asks: list[tuple[int, int, int, bool]] = []  # ask, told before it, ask of the original, original was finished
        for trial in trials:
            ask = trial.asked.ask
            asks += [(ask, trial.asked.after, ask, False), *map(astuple, trial.asked.repeats)]
            self.known[trial.digest], self.stored[ask] = ask, trial
            self.entered.add(trial.number)
            self._note(trial)
        waiting = deque(sorted(asks))
        self.next_ask = waiting[-1][0] + 1 if waiting else 0
        reentered: set[int] = set()
        held_back = trials[max(0, len(trials) - self.workers) :]
        for trial in trials[: len(trials) - len(held_back)]:
            while waiting and (waiting[0][1] <= self.sampler.told or trial.asked.ask not in reentered):
                reentered.add(self._reenter(*waiting.popleft(), noted))
            self._tell(trial)
        while waiting:
            self._reenter(*waiting.popleft(), noted)
        self.recalled.extend(held_back)

    def _adopt(self) -> None:
        """Enter what is stored and was not asked here: what other drivers of this study have found meanwhile."""
        noted: list[dict[str, Any]] = []
        for trial in self.store.trials():
            if trial.number not in self.entered:
                noted = noted or self.store.sampler_attributes()
                ask, self.next_ask = self.next_ask, self.next_ask + 1
                self.sampler.lane = f":{self.stamp}"
                self.entered.add(trial.number)
                self.known.setdefault(trial.digest, ask)
                self.stored[ask] = trial
                self.sampler.recall(ask, trial.params, noted[trial.number])
                self._note(trial)
                self._tell(trial, ask)

    def _reenter(self, ask: int, after: int, original: int, finished: bool, noted: list[dict[str, Any]]) -> int:
        trial = self.stored.get(original)
        if trial is not None:  # else it repeated a proposal that was interrupted
            repeated = ask != original
            self.sampler.recall(ask, trial.params, {} if repeated else noted[trial.number])
            if repeated and finished:
                self._tell(trial, ask)
            elif repeated:
                self.sampler.drop(ask)
        return ask

    def _stop_if_due(self) -> None:
        if self.interrupt.asked:
            self.ended = "interrupted"
        elif self.deadline is not None and time.monotonic() > self.deadline and not self.ended:
            self.ended = "timeout"
        if self.ended in ("interrupted", "timeout"):
            for future in self.running:
                future.cancel()  # reaches those that wait; running ones watch the event

    def _fill(self, pool: Executor) -> None:
        """Ask until every worker has its work and one proposal waits."""
        if self.store.shared:
            self.store.beat()
            self._adopt()
            if self.store.count() >= self.total:  # others reached it: what waits is not needed any more
                for future in self.running:
                    future.cancel()
        while not self.ended and len(self.running) + len(self.recalled) < self.workers + AHEAD:
            if self.store.count() + len(self.running) >= self.total:
                return
            proposal = self._ask()
            if proposal is not None:
                self._submit(proposal, pool)
            if self.interrupt.asked:
                return

    def _ask(self) -> Proposal | None:
        """A proposal that was not evaluated before, or nothing."""
        ask, after, began = self.next_ask, self.sampler.told, time.perf_counter()
        self.next_ask += 1
        params = self.sampler.ask(ask)
        configuration = self.study.configuration(params)
        digest = config.digest(configuration)
        sample_seconds = time.perf_counter() - began
        self.seconds["sample"] += sample_seconds
        if digest in self.known:
            self._repeat(ask, after, self.known[digest])
            return None
        self.in_a_row = 0
        self.known[digest] = ask
        asked = Asked(ask, after, time.time(), tuple(self.repeats))
        self.repeats = []
        return Proposal(asked, params, configuration, digest, sample_seconds)

    def _repeat(self, ask: int, after: int, original: int) -> None:
        """A known configuration is told its stored score (a running one has none yet) and does not count."""
        self.duplicates += 1
        self.in_a_row += 1
        trial = self.stored.get(original)
        self.repeats.append(Repeat(ask, after, original, finished=trial is not None))
        if trial is None:
            self.sampler.drop(ask)
        else:
            self._tell(trial, ask)
        if self.in_a_row >= EXHAUSTED:
            self.ended = "exhausted"

    def _submit(self, proposal: Proposal, pool: Executor) -> None:
        proposal.attempts += 1
        future = pool.submit(timed, self.evaluate, proposal.configuration, self.study.seeds, self.interrupt.cancel)
        self.running[future] = proposal

    def _finish(self, future: "Future[Result]", pool: Executor) -> None:
        proposal = self.running.pop(future)
        if future.cancelled():
            self._abandon(proposal)
            return
        try:
            result = future.result()
        except UserError as error:  # it, or a bug of ours, ends the search here; what is stored stays
            raise UserError(f"{self.study.file}: {error}") from error
        self._check_goals(result.score)
        self.data_check.check(proposal.configuration, result.score, self.study.file, self.store.place)
        self._count(result)
        status = result.score.status
        if status == "stopped" and self.interrupt.cancel.is_set():
            self._abandon(proposal)
        elif status in RETRIED and proposal.attempts == 1 and not self.ended:
            proposal.reasons.append(result.score.reason)
            self._submit(proposal, pool)
        else:
            self._store(proposal, result)

    def _check_goals(self, score: Score) -> None:
        """A score that is not there would make every trial fail or infeasible, however many are run."""
        asked = {"objectives": self.study.objectives, "constraints": tuple(self.study.constraints)}
        absent = [(kind, name) for kind, names in asked.items() for name in names if name not in score.metrics]
        if score.status != "ok" or not absent:
            return
        known = {name for trial in self.stored.values() for name in trial.score.metrics}
        task = next(iter(self.study.configuration({})["task"]))
        for kind, name in absent:
            if name not in known:
                of = f"{task} with this architecture"
                raise UserError(refusal(self.study, kind, name, [of], set(score.metrics)))

    def _abandon(self, proposal: Proposal) -> None:
        self.known.pop(proposal.digest, None)
        self.sampler.drop(proposal.asked.ask)

    def _count(self, result: Result) -> None:
        seconds = phases(result)
        for phase, value in seconds.items():
            self.seconds[phase] += value
        self.builds += result.score.provenance.builds

    def _store(self, proposal: Proposal, result: Result) -> None:
        trial = Trial(
            number=-1,
            params=proposal.params,
            score=result.score,
            seconds={**phases(result), "sample": proposal.sample_seconds},
            configuration=proposal.configuration,
            digest=proposal.digest,
            seeds=self.study.seeds,
            asked=proposal.asked,
            ran=Ran(
                started=result.started,
                finished=result.finished,
                launch=self.stamp,
                workers=self.workers,
                attempts=proposal.attempts,
                earlier_reasons=tuple(proposal.reasons),
            ),
        )
        stored = self.store.add(trial, self.sampler.attributes(proposal.asked.ask))
        self.stored[proposal.asked.ask] = stored
        self.entered.add(stored.number)
        self.fresh += 1
        self._note(stored)
        self._tell(stored)

    def _tell(self, trial: Trial, ask: int | None = None) -> None:
        losses = ranking.losses(self.study, trial.score)
        violations = ranking.violations(self.study, trial.score) if losses is not None else {}
        self.sampler.tell(trial.asked.ask if ask is None else ask, losses, violations)

    def _note(self, trial: Trial) -> None:
        self.failures += trial.score.status != "ok"
        self.data_check.check(trial.configuration, trial.score, self.study.file, self.store.place)
        metric = self.study.objectives[0]
        value = trial.score.metrics.get(metric)
        if value is not None and trial.score.status == "ok" and ranking.feasible(self.study, trial.score):
            better = max if DIRECTIONS[metric] == "maximize" else min
            self.best = value if self.best is None else better(self.best, value)

    def _status(self) -> Status:
        return Status(
            done=self.store.count(),
            total=self.total,
            fresh=self.fresh,
            seconds=time.monotonic() - self.began,
            best=self.best,
            metric=self.study.objectives[0],
            builds=self.builds,
            failures=self.failures,
            running=len(self.running),
            duplicates=self.duplicates,
        )


def _several_drivers(trials: list[Trial]) -> bool:
    """Whether drivers ran at the same time: two asks have one number, or launches took turns in storing."""
    asks = [n for t in trials for n in (t.asked.ask, *(repeat.ask for repeat in t.asked.repeats))]
    launches = [trial.ran.launch for trial in trials]
    turns = sum(a != b for a, b in pairwise(launches))
    return len(set(asks)) < len(asks) or turns > max(0, len(set(launches)) - 1)
