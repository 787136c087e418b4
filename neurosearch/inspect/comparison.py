"""Compare the best network with baselines on the same streams, and with itself without plasticity."""

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
from neurosearch.simulate.input_range import range_caution
from neurosearch.study.ranking import Rescored
from neurosearch.study.study import Study
from neurosearch.trial import DEFAULT, content, graph_of, parts, prepare

UNLEARNED = "without plasticity"
ON_SPIKES = "on the same encoded input"
METRICS = {
    "accuracy": ("accuracy", "last_accuracy", "held_out_accuracy"),
    "nrmse": ("nrmse", "last_nrmse", "held_out_nrmse"),
}
"""Metrics in the table: whole stream, last window, held-out samples."""

BY = {
    "accuracy": ("accuracy", "last_accuracy", "fading_accuracy", "kappa"),
    "nrmse": ("nrmse", "last_nrmse", "smape"),
}
"""Metrics by which learners can be compared: those of predictions on the stream, which every learner has.

Samples to a fraction of the final accuracy is not among them: a learner that never learns is there at once.
"""


@dataclass(frozen=True, eq=False)
class Contender:
    """One learner on these streams.

    Attributes:
        name: ``trial 17``, or that of a baseline.
        whole, last, held_out: means over the streams with their 95 % intervals.
        curve: mean learning curve.
        values: the compared metric on each stream.
        samples: number of samples it saw of each stream, if only the first; 0: all.
        linear: whether it is a baseline that is linear in its input.
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
        """Mean of the compared metric."""
        return interval(self.values)

    @property
    def called(self) -> str:
        """Its name in a sentence."""
        return self.name.replace("_", " ")


@dataclass(frozen=True, eq=False)
class Comparison:
    """The network, then the baselines.

    Attributes:
        seeds: of the streams.
        fresh: whether the search never used these seeds.
        contenders: the network first; empty if it shares no metric with the baselines.
        metric: the metric shown, ``accuracy`` or ``nrmse``.
        objective: the metric compared, if it is another one.
        notes: remarks, one sentence each.
    """

    seeds: tuple[int, ...]
    fresh: bool
    contenders: tuple[Contender, ...]
    metric: str = "accuracy"
    objective: str = ""
    notes: tuple[str, ...] = ()

    @property
    def by(self) -> str:
        """The metric that is compared."""
        return self.objective or self.metric

    @property
    def verdict(self) -> str:
        """One sentence: whether the network beats the best baseline on the same samples."""
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
            verdict = f"{network.name} LOSES to {rival.called} by {metric(-gap.mean)} ({numbers})"
        elif gap.mean == 0:
            verdict = f"{network.name} is no better than {rival.called} ({numbers})"
        else:
            caveat = ", on one seed" if gap.n == 1 else f", not significant with {gap.n} seeds" if gap.low <= 0 else ""
            best = f"{network.name} beats the best baseline, {rival.called}, by {metric(gap.mean)}"
            verdict = f"{best} ({numbers}){caveat}"
        return verdict + self._linear()

    @property
    def _sign(self) -> int:
        return 1 if DIRECTIONS[self.by] == "maximize" else -1

    def _better(self, contender: Contender) -> float:
        """How much better its mean is than the network's."""
        return self._sign * (contender.compared.mean - self.contenders[0].compared.mean)

    def _linear(self) -> str:
        """A sentence that names the linear baselines that beat the network; empty if none does."""
        winners = [c for c in self.contenders[1:] if c.linear and self._better(c) > 0]
        if not winners:
            return ""
        each = []
        for c in sorted(winners, key=self._better, reverse=True):
            part = f", first {c.samples} samples" if c.samples else ""
            each.append(f"{c.called} ({metric(c.compared.mean)}{part})")
        return f". Linear baselines that beat it: {', '.join(each)}"


def compare(study: Study, trial: Trial, again: Rescored | None, *, everything: bool = False) -> Comparison:
    """Run every baseline, and the network without plasticity, on the streams on which the network was scored.

    Args:
        again: the trial's scores on fresh seeds, if any.
        everything: also run the optional baselines, which see only the first samples of a long stream.

    Raises:
        UserError: the data of the task have changed since the trial was stored.
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
    architecture, task, _ = parts(configuration)
    stream = task.stream(seeds[0])
    caution = range_caution(stream, graph_of(architecture, stream).input.encoder)
    notes += (f"The baselines see standardised values, the network does not: {caution}.",) if caution else ()
    samples = int(np.count_nonzero(stream.phase == STREAM))
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
    """Remarks on the table: that it does not compare the objective, or that no optional baseline applies."""
    first = study.objectives[0]
    notes = [] if by == first else [f"The comparison is by {by}, not by the objective {first}."]
    if more_predictions and names(True, everything=True) == names(True):
        notes.append("`--baselines all` adds nothing here: no optional baseline predicts values.")
    return tuple(notes)


def _linear(name: str) -> bool:
    cls = catalogue.find("baselines", name)
    return issubclass(cls, Baseline) and cls.linear


def _unlearned(configuration: Mapping[str, Any], seed: int, limits: Limits) -> Score:
    """The same network without plasticity; computed once for each build of its program and cached."""
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
    """A learner with these scores; ``metrics`` are the compared one, then those shown. ``None`` if it lacks them."""
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
    """The scores of a trial's networks, one per seed, without curves: those are stored as a mean."""
    if len(score.seeds) < 2:
        return [score]
    return [Score(one.status, one.metrics) for one in score.seeds]
