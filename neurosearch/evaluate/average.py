"""The score of a configuration: the mean over its seeds."""

from collections.abc import Mapping, Sequence
from typing import Any

from neurosearch.evaluate.metrics import DIRECTIONS
from neurosearch.record.score import Score


def average(scores: Sequence[Score]) -> Score:
    """Mean of every metric; a status that is not ok wins, with its reason and how many seeds had trouble.

    A seed that could not be measured counts 0 where higher is better, so that a network which fails for some seeds
    does not get the mean of the others; for the rest (counts) the mean is over the seeds that have the metric.
    ``detail["seeds"]`` keeps each seed's metrics and status.
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
    detail = {key: _mean([score.detail.get(key) for score in scores]) for key in scores[0].detail if key != "seeds"}
    detail["seeds"] = [{"status": score.status, **score.metrics} for score in scores]
    return Score(
        status=bad[0].status if bad else "ok",
        metrics={name: _metric(name, scores) for name in names},
        curve=tuple(sum(column) / len(scores) for column in zip(*curves, strict=True)),
        detail=detail,
        reason=reason,
    )


def _metric(name: str, scores: Sequence[Score]) -> float:
    values = [score.metrics[name] for score in scores if name in score.metrics]
    n = len(scores) if DIRECTIONS[name] == "maximize" else len(values)
    return sum(values) / n


def _mean(values: list[Any]) -> Any:
    """Mean of numbers, also inside mappings; anything else as the first has it."""
    present = [value for value in values if value is not None]
    if not present:
        return None
    first = present[0]
    if isinstance(first, Mapping):
        return {key: _mean([value.get(key) for value in present]) for key in first}
    if isinstance(first, int | float) and not isinstance(first, bool):
        return first if all(value == first for value in present) else sum(present) / len(present)
    return first
