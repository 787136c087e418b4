"""The score of a configuration: the mean over its seeds."""

from collections.abc import Hashable, Mapping, Sequence
from typing import TypeVar

from neurosearch.evaluate.metrics import DIRECTIONS
from neurosearch.record.score import Activity, Change, OfSeed, Recalled, Score, Shown, Timing

_Key = TypeVar("_Key", bound=Hashable)


def average(scores: Sequence[Score]) -> Score:
    """Mean of every metric; a status other than ok takes precedence, with its reason and the number of failed seeds.

    A seed without a metric counts as 0 where higher is better, so that a network that fails for some seeds does not get
    the mean of the others; other metrics (counts) are averaged over the seeds that have them. ``seeds`` keeps each
    seed's metrics and status; the provenance is that of the first seed.
    """
    if not scores:
        raise ValueError("no scores to average")
    bad = [score for score in scores if score.status != "ok"]
    names = [name for name in DIRECTIONS if any(name in score.metrics for score in scores)]
    width = max(len(score.curve) for score in scores)
    curves = [score.curve + (0.0,) * (width - len(score.curve)) for score in scores]
    reason = ""
    if bad:
        reason = bad[0].reason
        if len(scores) > 1:
            reason = f"{reason} ({len(bad)} of {len(scores)} seeds were not ok)".lstrip()
    return Score(
        status=bad[0].status if bad else "ok",
        metrics={name: _metric(name, scores) for name in names},
        curve=tuple(sum(column) / len(scores) for column in zip(*curves, strict=True)),
        reason=reason,
        shown=_shown([score.shown for score in scores]),
        activity=_activity([score.activity for score in scores]),
        timing=_timing([score.timing for score in scores]),
        provenance=scores[0].provenance,
        changes=_changes([score.changes for score in scores if score.changes]),
        recalled=_recalled([score.recalled for score in scores if score.recalled is not None]),
        seeds=tuple(OfSeed(score.status, score.metrics) for score in scores),
    )


def _metric(name: str, scores: Sequence[Score]) -> float:
    values = [score.metrics[name] for score in scores if name in score.metrics]
    n = len(scores) if DIRECTIONS[name] == "maximize" else len(values)
    return sum(values) / n


def _shown(each: Sequence[Shown]) -> Shown:
    return Shown(
        samples=_mean([one.samples for one in each]),
        completed=_mean([one.completed for one in each]),
        lead_in=_mean([one.lead_in for one in each]),
        delay=_mean([one.delay for one in each]),
        chance=_mean([one.chance for one in each]),
    )


def _activity(each: Sequence[Activity]) -> Activity:
    return Activity(
        spikes=_means([one.spikes for one in each]),
        events=_means([one.events for one in each]),
        shares=_means([one.shares for one in each]),
    )


def _timing(each: Sequence[Timing]) -> Timing:
    return Timing(
        run=_mean([one.run for one in each]),
        setup=_mean([one.setup for one in each]),
        wall=_mean([one.wall for one in each]),
        build=_mean([one.build for one in each]),
        simulate=_mean([one.simulate for one in each]),
    )


def _changes(each: Sequence[tuple[Change, ...]]) -> tuple[Change, ...]:
    return tuple(
        Change(time=_mean([one.time for one in same]), depth=_mean([one.depth for one in same]))
        for same in zip(*each, strict=False)
    )


def _recalled(each: Sequence[Recalled]) -> Recalled | None:
    if not each:
        return None
    whole = [one for one in each if one.error_at] or each
    return Recalled(
        load=_mean([one.load for one in each]),
        cues=_mean([one.cues for one in each]),
        references=_means([one.references for one in each]),
        error_at=_means([one.error_at for one in whole]),
        best_error=_mean([one.best_error for one in whole]),
        best_steps=_mean([one.best_steps for one in whole]),
        share=_mean([one.share for one in whole]),
    )


def _mean(values: Sequence[float]) -> float:
    """Mean of numbers; equal numbers are returned unchanged, so that integers stay integers."""
    return values[0] if all(value == values[0] for value in values) else sum(values) / len(values)


def _means(each: Sequence[Mapping[_Key, float]]) -> dict[_Key, float]:
    """Mean of each number over the mappings that have it."""
    names = dict.fromkeys(name for one in each for name in one)
    return {name: _mean([one[name] for one in each if name in one]) for name in names}
