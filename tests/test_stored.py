"""The JSON of scores and trials: what earlier versions wrote loads, and what is written has the same keys."""

import dataclasses
import json
import math

import pytest

from neurosearch.record import Score, Trial
from neurosearch.record.score import Activity, Change, OfSeed, Provenance, Recalled, Shown, Timing
from neurosearch.record.stored import score_from_json, score_to_json, trial_from_json, trial_to_json
from neurosearch.record.trial import Asked, Ran, Repeat

# As version 0.1 wrote them into a journal.
TRIAL = {
    "params": {"rule": "delta", "rule.eta": 0.01},
    "score": {
        "status": "ok",
        "metrics": {"accuracy": 0.75, "adaptation_time": 12.5},
        "curve": [0.5, 1.0],
        "detail": {
            "lead_in": 20, "delay": 3, "samples": 150, "completed": 190.5, "run_seconds": 0.25, "setup_seconds": 0.125,
            "wall_seconds": 0.5, "spikes": {"input": 12.5, "kenyon": 3.0}, "events": {"kc_output": 30.0},
            "activity": {"kenyon": 0.0625}, "changes": {"1": {"time": 12.5, "depth": 0.25}},
            "seeds": [{"status": "ok", "accuracy": 0.75}, {"status": "silent", "accuracy": 0.0}],
            "seconds": {"build": 8.0, "simulate": 1.0}, "build_fresh": 1, "data": "d1", "program": "p1",
            "compiler": "clang 19",
        },
        "reason": "",
    },
    "seconds": {"build": 8.0, "simulate": 1.0, "other": 0.5, "sample": 0.01},
    "detail": {
        "ask": 5, "asked_after": 3, "duplicates": [[4, 3, 1, True]], "asked": 1000.5, "started": 1001.0,
        "finished": 1010.5, "launch": 990.0, "workers": 2, "attempts": 2, "earlier_reasons": ["ended by signal 9"],
        "digest": "c1", "seeds": [0, 1],
        "configuration": {"architecture": {"mushroom_body": {}}, "task": {"digits": {}}},
    },
}  # fmt: skip
RECALL = {
    "load": 2, "cues": 3, "references": {"cue": 0.5, "no_memory": 0.75}, "samples": 8, "completed": 8,
    "run_seconds": 0.5, "setup_seconds": 0.5, "wall_seconds": 1.0, "error_at": {"0": 0.5, "10": 0.25},
    "best_error": 0.25, "best_steps": 10, "recalled": 0.5, "spikes": {"cells": 1.0}, "events": {"w": 2.0},
}  # fmt: skip


def test_a_trial_of_version_0_1_is_read_into_its_fields() -> None:
    assert trial_from_json(7, TRIAL) == Trial(
        7,
        {"rule": "delta", "rule.eta": 0.01},
        Score(
            "ok",
            {"accuracy": 0.75, "adaptation_time": 12.5},
            (0.5, 1.0),
            shown=Shown(samples=150, completed=190.5, lead_in=20, delay=3),
            activity=Activity({"input": 12.5, "kenyon": 3.0}, {"kc_output": 30.0}, {"kenyon": 0.0625}),
            timing=Timing(run=0.25, setup=0.125, wall=0.5, build=8.0, simulate=1.0),
            provenance=Provenance("d1", "p1", "clang 19", builds=1),
            changes=(Change(time=12.5, depth=0.25),),
            seeds=(OfSeed("ok", {"accuracy": 0.75}), OfSeed("silent", {"accuracy": 0.0})),
        ),
        {"build": 8.0, "simulate": 1.0, "other": 0.5, "sample": 0.01},
        {"architecture": {"mushroom_body": {}}, "task": {"digits": {}}},
        "c1",
        (0, 1),
        Asked(5, after=3, at=1000.5, repeats=(Repeat(4, after=3, original=1, finished=True),)),
        Ran(1001.0, 1010.5, launch=990.0, workers=2, attempts=2, earlier_reasons=("ended by signal 9",)),
    )


def test_a_recall_of_version_0_1_is_read_into_its_fields() -> None:
    read = score_from_json({"status": "ok", "metrics": {}, "curve": [], "detail": RECALL, "reason": ""})
    assert read.recalled == Recalled(
        load=2, cues=3, references={"cue": 0.5, "no_memory": 0.75}, error_at={0: 0.5, 10: 0.25}, best_error=0.25,
        best_steps=10, share=0.5,
    )  # fmt: skip
    assert read.shown == Shown(8, 8)


def test_what_is_written_has_the_keys_of_version_0_1_and_its_values() -> None:
    assert json.loads(json.dumps(trial_to_json(trial_from_json(7, TRIAL)))) == TRIAL
    data = {"status": "ok", "metrics": {}, "curve": [], "detail": RECALL, "reason": ""}
    assert RECALL.items() <= score_to_json(score_from_json(data))["detail"].items()


def test_scripts_that_read_by_key_still_can_and_change_nothing() -> None:
    trial = trial_from_json(7, TRIAL)
    assert trial.detail == TRIAL["detail"]
    assert trial.score.detail == TRIAL["score"]["detail"]
    trial.score.detail["spikes"]["input"] = 0.0
    trial.detail["seeds"].append(9)
    assert trial == trial_from_json(7, TRIAL)


def test_what_is_absent_is_empty() -> None:
    assert score_from_json({"status": "ok", "metrics": {"accuracy": 0.5}}) == Score("ok", {"accuracy": 0.5})
    data = {"params": {}, "score": {"status": "ok", "metrics": {}}, "seconds": {}, "detail": {}}
    assert trial_from_json(0, data) == Trial(0, {}, Score("ok", {}))


def test_a_number_that_was_not_finite_comes_back_as_nan() -> None:
    detail = {"wall_seconds": None, "spikes": {"a": None}}
    read = score_from_json({"status": "ok", "metrics": {}, "detail": detail})
    assert math.isnan(read.timing.wall)
    assert math.isnan(read.activity.spikes["a"])


FREE = ("params", "configuration")
"""Plain data whose values may be of any kind."""


def _places(data: object, place: tuple = ()) -> list[tuple]:
    """Every place in JSON data, the inner ones too, outside free data."""
    below = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    found = [p for key, value in below for p in _places(value, (*place, key)) if not place or place[-1] not in FREE]
    return [place, *found] if place else found


def _with(data: object, place: tuple, value: object) -> object:
    """The data with another value in one place."""
    copy = json.loads(json.dumps(data))
    at = copy
    for key in place[:-1]:
        at = at[key]
    at[place[-1]] = value
    return copy


def _at(data: object, place: tuple) -> object:
    for key in place:
        data = data[key]
    return data


MEANS = ("lead_in", "delay", "samples", "completed")
"""Counts that a mean over seeds may give a fraction."""

WRONG = [
    (place, wrong)
    for place in _places(TRIAL)
    for wrong in (True, "x", 0.5, ["x"], {"a": []})
    if not isinstance(wrong, type(_at(TRIAL, place))) and not (isinstance(wrong, float) and place[-1] in MEANS)
]


@pytest.mark.parametrize(("place", "wrong"), WRONG, ids=str)
def test_a_value_of_another_kind_is_refused_with_its_place(place: tuple, wrong: object) -> None:
    named = next(key for key in reversed(place) if isinstance(key, str))
    with pytest.raises(ValueError, match=rf"^(trial|score)\b.*\b{named}\b.* is (not|missing)"):
        trial_from_json(0, _with(TRIAL, place, wrong))


@pytest.mark.parametrize("key", ["params", "score"])
def test_a_trial_without_parameters_or_score_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match=rf"trial\.{key} is missing"):
        trial_from_json(0, {name: value for name, value in TRIAL.items() if name != key})


def test_scores_are_data() -> None:
    assert dataclasses.is_dataclass(Score)
    with pytest.raises(dataclasses.FrozenInstanceError):
        Score("ok", {}).status = "silent"  # type: ignore[misc]
