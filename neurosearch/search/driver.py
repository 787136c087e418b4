"""Ask, run, tell: the driver of a study, the only writer, which keeps the workers busy and counts exactly."""

from concurrent.futures import Executor, Future

from neurosearch.errors import UserError
from neurosearch.evaluate.metrics import DIRECTIONS
from neurosearch.record.score import Score
from neurosearch.record.trial import Ran, Trial
from neurosearch.search.data_check import DataCheck
from neurosearch.search.evaluation import Evaluate, Outcome, Proposal, Result, phases
from neurosearch.search.executors import pools
from neurosearch.search.executors.clock import REAL, Clock
from neurosearch.search.executors.workers import Workers
from neurosearch.search.goals import refusal
from neurosearch.search.interrupt import Interrupt
from neurosearch.search.progress import Progress, Status
from neurosearch.search.proposals import Effective, Proposals
from neurosearch.store.store import Store
from neurosearch.study import ranking
from neurosearch.study.study import Study

AHEAD = 1
"""Queued proposals, so that no worker idles while the sampler computes."""

RETRIED = ("crashed",)
"""Status of a run that is retried once."""


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
    clock: Clock = REAL,
    effective: Effective | None = None,
) -> Outcome:
    """Run the study up to its number of trials, stored ones included.

    Args:
        workers: number of concurrent trials.
        trials: total number of trials; default: that of the study.
        timeout: seconds after which no new trial is started.
        pool: executor that runs the trials; it stays open. Default: threads of this launch.
        clock: the source of time.
        effective: what a configuration is run as, see `neurosearch.study.effective`.
    """
    interrupt = interrupt or Interrupt()
    with progress or Progress(quiet=True) as shown, pools.given_or_threads(pool, workers) as executor:
        at_work = Workers(executor, evaluate, interrupt, clock, study.file)
        try:
            return _Search(study, store, at_work, workers, trials or study.trials, timeout, interrupt, effective).run(
                shown
            )
        except BaseException:
            at_work.abandon()
            raise


class _Search:
    """State of one launch."""

    def __init__(
        self,
        study: Study,
        store: Store,
        at_work: Workers,
        workers: int,
        total: int,
        timeout: float | None,
        interrupt: Interrupt,
        effective: Effective | None,
    ) -> None:
        self.study, self.store, self.at_work, self.interrupt = study, store, at_work, interrupt
        self.workers, self.total, self.clock = workers, total, at_work.clock
        self.began = self.clock.seconds()
        self.deadline = None if timeout is None else self.began + timeout
        self.data_check = DataCheck()
        self.running: dict[Future[Result], Proposal] = {}
        self.fresh = self.builds = self.failures = 0
        self.best: float | None = None
        self.seconds = {"build": 0.0, "simulate": 0.0, "other": 0.0}
        self.ended = ""
        self.proposals = Proposals(study, store, workers, self.clock, self._note, effective)

    def run(self, progress: Progress) -> Outcome:
        """The main loop."""
        while True:
            self._stop_if_due()
            self._fill()
            if self.proposals.recall():
                continue
            if not self.running:
                break
            oldest = min(self.running, key=lambda future: self.running[future].asked.ask)
            # One worker: told one by one, each before the next ask, so that quick trials cannot change the order.
            watched = [oldest] if self.workers == 1 else list(self.running)
            done = self.at_work.wait(watched)
            for future in sorted(done, key=lambda future: self.running[future].asked.ask):
                self._finish(future)
            progress.show(self._status())
        progress.show(self._status(), last=True)
        wall = self.clock.seconds() - self.began
        stored, seconds = self.store.count(), {**self.seconds, "sample": self.proposals.seconds}
        return Outcome(
            self.ended or "budget",
            stored,
            self.fresh,
            wall,
            self.workers,
            seconds,
            self.builds,
            self.proposals.duplicates,
        )

    def _stop_if_due(self) -> None:
        if self.interrupt.asked:
            self.ended = "interrupted"
        elif self.deadline is not None and self.clock.seconds() > self.deadline and not self.ended:
            self.ended = "timeout"
        if self.ended in ("interrupted", "timeout"):
            self.at_work.close()  # queued trials are not started; running ones watch the interrupt's flag

    def _fill(self) -> None:
        """Ask until every worker is busy and one proposal is queued."""
        if self.store.shared:
            self.store.beat()
            self.proposals.adopt()
            if self.store.count() >= self.total:
                self.at_work.close()  # other drivers reached the number: queued trials are not needed
        while not self.ended and len(self.running) + len(self.proposals.recalled) < self.workers + AHEAD:
            if self.store.count() + len(self.running) >= self.total:
                return
            proposal = self.proposals.ask()
            if self.proposals.exhausted:
                self.ended = "exhausted"
            if proposal is not None:
                self._submit(proposal)
            if self.interrupt.asked:
                return

    def _submit(self, proposal: Proposal) -> None:
        proposal.attempts += 1
        self.running[self.at_work.submit(proposal.configuration, self.study.seeds)] = proposal

    def _finish(self, future: "Future[Result]") -> None:
        proposal = self.running.pop(future)
        result = self.at_work.result(future)  # an error ends the search here; what is stored stays
        if result is None:
            self.proposals.abandon(proposal)
            return
        self._check_goals(result.score)
        self.data_check.check(proposal.configuration, result.score, self.study.file, self.store.place)
        self._count(result)
        if result.score.status in RETRIED and proposal.attempts == 1 and not self.ended:
            proposal.reasons.append(result.score.reason)
            self._submit(proposal)
        else:
            self._store(proposal, result)

    def _check_goals(self, score: Score) -> None:
        """Raise if a metric of the study is missing, since every trial would then fail or be infeasible."""
        asked = {"objectives": self.study.objectives, "constraints": tuple(self.study.constraints)}
        absent = [(kind, name) for kind, names in asked.items() for name in names if name not in score.metrics]
        if score.status != "ok" or not absent:
            return
        known = self.proposals.metrics
        task = next(iter(self.study.configuration({})["task"]))
        for kind, name in absent:
            if name not in known:
                of = f"{task} with this architecture"
                raise UserError(refusal(self.study, kind, name, [of], set(score.metrics)))

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
                launch=self.proposals.stamp,
                workers=self.workers,
                attempts=proposal.attempts,
                earlier_reasons=tuple(proposal.reasons),
            ),
        )
        stored = self.store.add(trial, self.proposals.attributes(proposal))
        self.fresh += 1
        self._note(stored)
        self.proposals.stored(proposal, stored)

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
            seconds=self.clock.seconds() - self.began,
            best=self.best,
            metric=self.study.objectives[0],
            builds=self.builds,
            failures=self.failures,
            running=len(self.running),
            duplicates=self.proposals.duplicates,
        )
