"""Scores and trials ⇄ the JSON of journals, found networks and kept baselines, whose keys never change.

Writing leaves out much of what is empty; reading takes what is absent for empty, so files of every version load. A
number that was not finite is stored as null and read as NaN. Values of a wrong kind raise ``ValueError`` with their
place.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from neurosearch.record.score import Activity, Change, OfSeed, Provenance, Recalled, Score, Shown, Timing
from neurosearch.record.trial import Asked, Ran, Repeat, Trial

_T = TypeVar("_T")


def score_to_json(score: Score) -> dict[str, Any]:
    """A score as it is stored."""
    return {
        "status": score.status,
        "metrics": dict(score.metrics),
        "curve": list(score.curve),
        "detail": score.detail,
        "reason": score.reason,
    }


def score_from_json(data: Mapping[str, Any]) -> Score:
    """The score that was stored."""
    it = _Data("score", data)
    detail = it.inside("detail")
    seconds = detail.inside("seconds")
    return Score(
        status=it.text("status", required=True),
        metrics=it.numbers("metrics", required=True),
        curve=tuple(it.each("curve", _number)),
        reason=it.text("reason"),
        shown=Shown(
            samples=detail.number("samples"),
            completed=detail.number("completed"),
            lead_in=detail.number("lead_in"),
            delay=detail.number("delay"),
            chance=detail.number("chance", 0.0),
        ),
        activity=Activity(
            spikes=detail.numbers("spikes"), events=detail.numbers("events"), shares=detail.numbers("activity")
        ),
        timing=Timing(
            run=detail.number("run_seconds", 0.0),
            setup=detail.number("setup_seconds", 0.0),
            wall=detail.number("wall_seconds", 0.0),
            build=seconds.number("build", 0.0),
            simulate=seconds.number("simulate", 0.0),
        ),
        provenance=Provenance(
            data=detail.text("data"),
            program=detail.text("program"),
            compiler=detail.text("compiler"),
            builds=detail.whole("build_fresh"),
        ),
        changes=tuple(_changes(detail.inside("changes"))),
        recalled=_recalled(detail),
        seeds=tuple(detail.each("seeds", _of_seed)),
    )


def _changes(numbered: "_Data") -> Iterator[Change]:
    for number in numbered.data:
        one = numbered.inside(number)
        yield Change(time=one.number("time"), depth=one.number("depth"))


def _recalled(detail: "_Data") -> Recalled | None:
    if "load" not in detail.data:
        return None
    return Recalled(
        load=detail.number("load"),
        cues=detail.number("cues"),
        references=detail.numbers("references"),
        error_at={int(step): error for step, error in detail.numbers("error_at").items()},
        best_error=detail.number("best_error", 0.0),
        best_steps=detail.number("best_steps"),
        share=detail.number("recalled", 0.0),
    )


def _of_seed(place: str, value: Any) -> OfSeed:
    one = _Data(place, value)
    metrics = {name: _number(f"{place}.{name}", number) for name, number in one.data.items() if name != "status"}
    return OfSeed(one.text("status", required=True), metrics)


def trial_to_json(trial: Trial) -> dict[str, Any]:
    """A trial as it is stored, without its number: the place in the storage says it."""
    return {
        "params": dict(trial.params),
        "score": score_to_json(trial.score),
        "seconds": dict(trial.seconds),
        "detail": trial.detail,
    }


def trial_from_json(number: int, data: Mapping[str, Any]) -> Trial:
    """The trial that was stored in this place."""
    it = _Data("trial", data)
    detail = it.inside("detail")
    return Trial(
        number,
        params=it.inside("params", required=True).data,
        score=score_from_json(it.inside("score", required=True).data),
        seconds=it.numbers("seconds"),
        configuration=detail.inside("configuration").data,
        digest=detail.text("digest"),
        seeds=tuple(detail.each("seeds", _whole)),
        asked=Asked(
            ask=detail.whole("ask", -1),
            after=detail.whole("asked_after"),
            at=detail.number("asked", 0.0),
            repeats=tuple(detail.each("duplicates", _repeat)),
        ),
        ran=Ran(
            started=detail.number("started", 0.0),
            finished=detail.number("finished", 0.0),
            launch=detail.number("launch", 0.0),
            workers=detail.whole("workers", 1),
            attempts=detail.whole("attempts", 1),
            earlier_reasons=tuple(detail.each("earlier_reasons", _text)),
        ),
    )


def repeated_from_json(data: Any) -> tuple[tuple[int, ...], tuple[Score, ...]]:
    """The seeds on which a trial was run again, and a score for each."""
    it = _Data("runs", data)
    seeds = tuple(it.each("seeds", _whole))
    scores = tuple(it.each("scores", lambda place, one: score_from_json(_Data(place, one).data)))
    if not seeds or len(seeds) != len(scores):
        raise ValueError(f"{len(seeds)} seeds and {len(scores)} scores")
    return seeds, scores


def _repeat(place: str, value: Any) -> Repeat:
    if not isinstance(value, list) or len(value) != 4 or not isinstance(value[3], bool):
        raise ValueError(f"{place} = {value!r:.60} is not a list of three integers and true or false")
    ask, after, original = (_whole(place, one) for one in value[:3])
    return Repeat(ask, after, original, finished=value[3])


class _Data:
    """A mapping that was read, with its place for errors."""

    def __init__(self, place: str, data: Any) -> None:
        if not isinstance(data, Mapping):
            raise ValueError(f"{place} = {data!r:.60} is not a mapping")
        self.place, self.data = place, data

    def inside(self, key: str, required: bool = False) -> "_Data":
        return _Data(f"{self.place}.{key}", self._get(key, {}, required))

    def text(self, key: str, required: bool = False) -> str:
        return _text(f"{self.place}.{key}", self._get(key, "", required))

    def number(self, key: str, default: float = 0) -> float:
        return _number(f"{self.place}.{key}", self.data.get(key, default))

    def whole(self, key: str, default: int = 0) -> int:
        return _whole(f"{self.place}.{key}", self.data.get(key, default))

    def numbers(self, key: str, required: bool = False) -> dict[str, float]:
        found = self.inside(key, required)
        return {str(name): _number(f"{found.place}.{name}", value) for name, value in found.data.items()}

    def each(self, key: str, read: Callable[[str, Any], _T]) -> list[_T]:
        values = self.data.get(key, [])
        if not isinstance(values, list | tuple):
            raise ValueError(f"{self.place}.{key} = {values!r:.60} is not a list")
        return [read(f"{self.place}.{key}[{n}]", value) for n, value in enumerate(values)]

    def _get(self, key: str, default: Any, required: bool) -> Any:
        if required and key not in self.data:
            raise ValueError(f"{self.place}.{key} is missing")
        return self.data.get(key, default)


def _number(place: str, value: Any) -> float:
    if value is None:
        return math.nan
    if isinstance(value, bool) or not isinstance(value, int | float) or _is_huge(value):
        raise ValueError(f"{place} = {value!r:.60} is not a number")
    return value


def _whole(place: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or _is_huge(value):
        raise ValueError(f"{place} = {value!r:.60} is not an integer of at most 64 bits")
    return value


def _is_huge(value: float) -> bool:
    return isinstance(value, int) and value.bit_length() > 63


def _text(place: str, value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{place} = {value!r:.60} is not text")
    return value
