"""The best network beside learners that saw the very same streams, and beside itself without plasticity."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from neurosearch import catalogue, config, rerun
from neurosearch.baselines.base import Baseline, cached, names, run_baselines
from neurosearch.errors import UserError
from neurosearch.evaluate.interval import Interval, interval
from neurosearch.evaluate.metrics import DIRECTIONS
from neurosearch.inspect import encoded
from neurosearch.inspect.tables import metric
from neurosearch.record.score import Score
from neurosearch.record.stream import STREAM
from neurosearch.record.trial import Trial
from neurosearch.simulate.engine import Limits
from neurosearch.study.ranking import Rescored
from neurosearch.study.study import Study
from neurosearch.trial import DEFAULT, content, parts, prepare

UNLEARNED = "without plasticity"
ON_SPIKES = "on the same encoded input"
METRICS = {
    "accuracy": ("accuracy", "last_accuracy", "held_out_accuracy"),
    "nrmse": ("nrmse", "last_nrmse", "held_out_nrmse"),
}
"""What is shown: whole stream, last window, held out."""

BY = {
    "accuracy": ("accuracy", "last_accuracy", "fading_accuracy", "kappa"),
    "nrmse": ("nrmse", "last_nrmse", "smape"),
}
"""What may be compared: scores of predictions on the stream alone, which everyone has.

How soon a learner comes near its own final accuracy is none of them: who never learns is there at once.
"""


@dataclass(frozen=True, eq=False)
class Contender:
    """One learner on these streams.

    Attributes:
        name: ``trial 17``, or that of a baseline.
        whole, last, held_out: means over the streams with their 95 % intervals.
        curve: mean learning curve.
        values: on each stream the score that is compared.
        samples: of each stream that it saw, where it saw the beginning only; 0: all.
        linear: it is a baseline that is linear in what it sees.
    """

    name: str
    whole: Interval
    last: Interval | None
    held_out: Interval | None
    curve: tuple[float, ...]
    values: tuple[float, ...]
    samples: int = 0
    linear: bool = False

    @property
    def compared(self) -> Interval:
        """Mean of the score that is compared."""
        return interval(self.values)

    @property
    def called(self) -> str:
        """Its name in a sentence."""
        return self.name.replace("_", " ")


@dataclass(frozen=True, eq=False)
class Comparison:
    """The network first, then the others.

    Attributes:
        seeds: of the streams.
        fresh: whether the search never saw them.
        contenders: at least the network; empty where it has nothing that a baseline has.
        metric: what is shown of each, ``accuracy`` or ``nrmse``.
        objective: what is compared, where that is another score.
        notes: what else is to be said, a sentence each.
    """

    seeds: tuple[int, ...]
    fresh: bool
    contenders: tuple[Contender, ...]
    metric: str = "accuracy"
    objective: str = ""
    notes: tuple[str, ...] = ()

    @property
    def by(self) -> str:
        """The score that is compared."""
        return self.objective or self.metric

    @property
    def verdict(self) -> str:
        """Whether the network is better than the best of the others on the same samples, said plainly."""
        others = [c for c in self.contenders[1:] if not c.samples]
        if not others:
            return "there is nothing to compare with"
        network = self.contenders[0]
        rival = max(others, key=self._better)
        gap = interval([self._sign * (a - b) for a, b in zip(network.values, rival.values, strict=True)])
        numbers = f"{self.by} {metric(network.compared.mean)} against {metric(rival.compared.mean)}"
        early = max((c for c in self.contenders if c.samples), key=self._better, default=None)
        if early is not None and self._better(early) > 0:
            numbers += f"; {early.called} has {metric(early.compared.mean)} on the first {early.samples} samples alone"
        if gap.mean < 0:
            said = f"{network.name} LOSES to {rival.called} by {metric(-gap.mean)} ({numbers})"
        elif gap.mean == 0:
            said = f"{network.name} is no better than {rival.called} ({numbers})"
        else:
            proof = ", on one stream" if gap.n == 1 else ", not significant with so few streams" if gap.low <= 0 else ""
            best = f"{network.name} beats the best of the others, {rival.called}, by {metric(gap.mean)}"
            said = f"{best} ({numbers}){proof}"
        return said + self._linear()

    @property
    def _sign(self) -> int:
        return 1 if DIRECTIONS[self.by] == "maximize" else -1

    def _better(self, contender: Contender) -> float:
        """By how much its mean is better than the network's."""
        return self._sign * (contender.compared.mean - self.contenders[0].compared.mean)

    def _linear(self) -> str:
        """A sentence that names the linear baselines that beat the network; nothing where none does."""
        found = [c for c in self.contenders[1:] if c.linear and self._better(c) > 0]
        if not found:
            return ""
        each = []
        for c in sorted(found, key=self._better, reverse=True):
            part = f", first {c.samples} samples" if c.samples else ""
            each.append(f"{c.called} ({metric(c.compared.mean)}{part})")
        return f". Linear baselines that beat it: {', '.join(each)}"


def compare(study: Study, trial: Trial, again: Rescored | None, *, everything: bool = False) -> Comparison:
    """Run every baseline, and the network with learning off, on the streams that the network was scored on.

    Args:
        everything: also the baselines on request, which see the first samples of a long stream only.
    """
    seeds = again.seeds if again else trial.seeds or study.seeds
    scores = list(again.scores) if again else _of_seeds(trial.score)
    name, fresh = f"trial {trial.number}", again is not None
    shown = next((m for m in METRICS if all(m in s.metrics for s in scores)), "")
    if not shown:
        return Comparison(seeds, fresh, ())
    by = next((m for m in study.objectives if m in BY[shown] and all(m in s.metrics for s in scores)), shown)
    notes = _notes(study, by, everything and shown == "nrmse")
    configuration, limits = trial.configuration, rerun.limits_of(study)
    _, task, _ = parts(configuration)
    samples = int(np.count_nonzero(task.stream(seeds[0]).phase == STREAM))
    data = trial.score.provenance.data
    if data and data != content(task.stream(trial.seeds[0])):
        raise UserError(f"the data of the task changed since trial {trial.number} was stored; restore the data")
    curve = trial.score.curve if len(scores) > 1 and not again else ()
    workers = os.cpu_count() or 1
    fixed = rerun.many(seeds, lambda seed: _unlearned(configuration, seed, limits), workers)
    raw = [run_baselines(task, seed, everything) for seed in seeds]
    spikes = [encoded.run_baselines(configuration, seed) for seed in seeds]
    others = [(UNLEARNED, fixed, False)]
    others += [(b, [found[b] for found in raw], _linear(b)) for b in raw[0]]
    others += [(f"{b} {ON_SPIKES}", [found[b] for found in spikes], _linear(b)) for b in spikes[0]]
    wanted = (by, *METRICS[shown])
    found = [_contender(called, theirs, wanted, samples, linear=linear) for called, theirs, linear in others]
    own = _contender(name, scores, wanted, 0, curve)
    assert own is not None, "the metrics were chosen so"
    contenders = (own, *(c for c in found if c is not None))
    return Comparison(seeds, fresh, contenders, shown, "" if by == shown else by, notes)


def _notes(study: Study, by: str, more_predictions: bool) -> tuple[str, ...]:
    """What the table does not say: that it is not about the objective, or that no more could be added to it."""
    first = study.objectives[0]
    said = [] if by == first else [f"The comparison is by {by}, not by the objective {first}."]
    if more_predictions and names(True, everything=True) == names(True):
        said.append("`--baselines all` adds nothing here: no baseline on request predicts values.")
    return tuple(said)


def _linear(name: str) -> bool:
    cls = catalogue.find("baselines", name)
    return issubclass(cls, Baseline) and cls.linear


def _unlearned(configuration: Mapping[str, Any], seed: int, limits: Limits) -> Score:
    """The same network without plasticity; computed once and kept, for one build of its program."""
    prepared = prepare(configuration, seed)
    key = [UNLEARNED, prepared.stream.key, config.digest(dict(configuration)), seed, DEFAULT.digest(prepared.plan)]
    return cached(key, lambda: rerun.without_learning(configuration, seed, limits))


def _contender(
    name: str,
    scores: Sequence[Score],
    metrics: Sequence[str],
    samples: int,
    curve: tuple[float, ...] = (),
    linear: bool = False,
) -> Contender | None:
    """A learner with these scores: first that which is compared, then what is shown; nothing where it lacks them."""
    values, *others = [tuple(s.metrics[m] for s in scores if m in s.metrics) for m in metrics]
    whole, last, held_out = (interval(v) if len(v) == len(scores) else None for v in others)
    if len(values) != len(scores) or whole is None:
        return None
    curves = [s.curve for s in scores if s.curve]
    mean = tuple(sum(column) / len(curves) for column in zip(*curves, strict=False)) if curves else curve
    silent = " (silent)" if all(s.status == "silent" for s in scores) else ""  # why its accuracy is 0, below chance
    seen = min(int(s.shown.samples) or samples for s in scores)
    return Contender(name + silent, whole, last, held_out, mean, values, seen if seen < samples else 0, linear)


def _of_seeds(score: Score) -> list[Score]:
    """The scores of a trial's networks; their curves were averaged before they were stored."""
    if len(score.seeds) < 2:
        return [score]
    return [Score(one.status, one.metrics) for one in score.seeds]
