"""The next configurations to evaluate: the sampler's proposals without repeated ones, also after a resume."""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import astuple
from itertools import pairwise
from typing import Any

from neurosearch import config
from neurosearch.record.trial import Asked, Repeat, Trial
from neurosearch.search.evaluation import Proposal
from neurosearch.search.executors.clock import Clock
from neurosearch.search.sampler import Sampler
from neurosearch.store.store import Store
from neurosearch.study import ranking
from neurosearch.study.configuration import Configuration
from neurosearch.study.study import Study

Effective = Callable[[Configuration], Configuration]
"""Configuration → what it is run as; equal ones are evaluated once."""

EXHAUSTED = 100
"""Consecutive repeated proposals after which the space counts as exhausted."""


class Proposals:
    """The sampler and the trials it knows.

    Attributes:
        stamp: start of this launch, seconds since 1970; it identifies the launch.
        duplicates: proposals that had been evaluated before.
        seconds: spent in the sampler.
        recalled: stored trials that were running when the last proposals were made, and are therefore told one by one.
    """

    def __init__(
        self,
        study: Study,
        store: Store,
        workers: int,
        clock: Clock,
        note: Callable[[Trial], None],
        effective: Effective | None = None,
    ) -> None:
        """``note`` is called with each trial that was stored before or by another driver."""
        self._effective = effective or (lambda configuration: configuration)
        self.stamp, self.duplicates, self.seconds = clock.date(), 0, 0.0
        self.recalled: deque[Trial] = deque()
        self._study, self._store, self._clock, self._note = study, store, clock, note
        self._sampler = Sampler(study)
        self._known: dict[str, int] = {}  # digest of a configuration → the ask that proposed it first
        self._stored: dict[int, Trial] = {}  # ask → trial
        self._params: dict[int, Mapping[str, Any]] = {}  # ask → what it proposed first
        self._entered: set[int] = set()  # numbers of the trials that the sampler knows
        self._repeats: list[Repeat] = []  # since the last new proposal
        self._next_ask = self._in_a_row = 0
        self._resume(workers)

    @property
    def exhausted(self) -> bool:
        """Whether the space seems to be exhausted."""
        return self._in_a_row >= EXHAUSTED

    @property
    def metrics(self) -> set[str]:
        """Every metric that a stored trial has."""
        return {name for trial in self._stored.values() for name in trial.score.metrics}

    def ask(self) -> Proposal | None:
        """A proposal that was not evaluated before, or ``None``."""
        ask, after, began = self._next_ask, self._sampler.told, self._clock.seconds()
        self._next_ask += 1
        params = self._sampler.ask(ask)
        configuration = config.to_dict(self._effective(self._study.resolve(params)))
        digest = config.digest(configuration)
        sample_seconds = self._clock.seconds() - began
        self.seconds += sample_seconds
        if digest in self._known:
            self._repeat(ask, after, self._known[digest], params)
            return None
        self._in_a_row = 0
        self._known[digest], self._params[ask] = ask, params
        asked = Asked(ask, after, self._clock.date(), tuple(self._repeats))
        self._repeats = []
        return Proposal(asked, params, configuration, digest, sample_seconds)

    def _repeat(self, ask: int, after: int, original: int, params: Mapping[str, Any]) -> None:
        """Tell the sampler the stored score of a repeated configuration (none if still running); it does not count.

        If other parameters run as the same configuration, the sampler is told those that were evaluated: they are
        stored, so a resumed search can tell it the same.
        """
        if params != self._params[original]:
            self._sampler.recall(ask, self._params[original], {})
        self.duplicates += 1
        self._in_a_row += 1
        trial = self._stored.get(original)
        self._repeats.append(Repeat(ask, after, original, finished=trial is not None))
        if trial is None:
            self._sampler.drop(ask)
        else:
            self._tell(trial, ask)

    def abandon(self, proposal: Proposal) -> None:
        """Drop a proposal that was not evaluated because the launch ended; it may be proposed again."""
        self._known.pop(proposal.digest, None)
        self._sampler.drop(proposal.asked.ask)

    def attributes(self, proposal: Proposal) -> dict[str, Any]:
        """The sampler's notes on a trial, to be stored with it."""
        return self._sampler.attributes(proposal.asked.ask)

    def stored(self, proposal: Proposal, trial: Trial) -> None:
        """Tell the sampler the score of a proposal that is now a stored trial."""
        self._stored[proposal.asked.ask] = trial
        self._entered.add(trial.number)
        self._tell(trial)

    def recall(self) -> bool:
        """Tell the sampler the next recalled trial, if any."""
        if self.recalled:
            self._tell(self.recalled.popleft())
            return True
        return False

    def _resume(self, workers: int) -> None:
        """Replay stored trials into the sampler, in the order in which it was asked and told.

        The last trials, one per worker, are entered as running: they were running when the next proposal was made, and
        are told before anything else finishes. So a resumed search with one worker continues bit for bit.
        """
        trials = list(self._store.trials())
        if self._store.contested:  # from the first proposal on, or each would propose what the others do
            self._sampler.lane = f":{self.stamp}"
        if self._store.contested or _several_drivers(trials):  # each counted its own asks: they have no common order
            self.adopt()
            return
        noted = self._store.sampler_attributes()
        asks: list[tuple[int, int, int, bool]] = []  # ask, told before it, ask of the original, original was finished
        for trial in trials:
            ask = trial.asked.ask
            asks += [(ask, trial.asked.after, ask, False), *map(astuple, trial.asked.repeats)]
            self._known[trial.digest], self._stored[ask], self._params[ask] = ask, trial, trial.params
            self._entered.add(trial.number)
            self._note(trial)
        waiting = deque(sorted(asks))
        self._next_ask = waiting[-1][0] + 1 if waiting else 0
        reentered: set[int] = set()
        held_back = trials[max(0, len(trials) - workers) :]
        for trial in trials[: len(trials) - len(held_back)]:
            while waiting and (waiting[0][1] <= self._sampler.told or trial.asked.ask not in reentered):
                reentered.add(self._reenter(*waiting.popleft(), noted))
            self._tell(trial)
        while waiting:
            self._reenter(*waiting.popleft(), noted)
        self.recalled.extend(held_back)

    def adopt(self) -> None:
        """Enter stored trials that were not proposed here: those of other drivers of this study."""
        noted: list[dict[str, Any]] = []
        for trial in self._store.trials():
            if trial.number not in self._entered:
                noted = noted or self._store.sampler_attributes()
                ask, self._next_ask = self._next_ask, self._next_ask + 1
                self._sampler.lane = f":{self.stamp}"
                self._entered.add(trial.number)
                self._known.setdefault(trial.digest, ask)
                self._stored[ask], self._params[ask] = trial, trial.params
                self._sampler.recall(ask, trial.params, noted[trial.number])
                self._note(trial)
                self._tell(trial, ask)

    def _reenter(self, ask: int, after: int, original: int, finished: bool, noted: list[dict[str, Any]]) -> int:
        trial = self._stored.get(original)
        if trial is not None:  # else it repeated a proposal that was interrupted
            repeated = ask != original
            self._sampler.recall(ask, trial.params, {} if repeated else noted[trial.number])
            if repeated and finished:
                self._tell(trial, ask)
            elif repeated:
                self._sampler.drop(ask)
        return ask

    def _tell(self, trial: Trial, ask: int | None = None) -> None:
        losses = ranking.losses(self._study, trial.score)
        violations = ranking.violations(self._study, trial.score) if losses is not None else {}
        self._sampler.tell(trial.asked.ask if ask is None else ask, losses, violations)


def _several_drivers(trials: list[Trial]) -> bool:
    """Whether drivers ran concurrently: two asks have the same number, or launches alternate in the store."""
    asks = [n for t in trials for n in (t.asked.ask, *(repeat.ask for repeat in t.asked.repeats))]
    launches = [trial.ran.launch for trial in trials]
    turns = sum(a != b for a, b in pairwise(launches))
    return len(set(asks)) < len(asks) or turns > max(0, len(set(launches)) - 1)
