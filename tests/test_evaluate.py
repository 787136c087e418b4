"""Scores: records worked out by hand, what a bad run is worth, means and intervals over seeds."""

import dataclasses
import json
import math

import numpy as np
import pytest

from neurosearch.evaluate import accuracy
from neurosearch.evaluate.average import average
from neurosearch.evaluate.interval import Interval, interval, t_quantile, t_within
from neurosearch.evaluate.score import score
from neurosearch.record import DIRECTIONS, HELD_OUT, STREAM, WARM_UP, Record, Score, Stream
from neurosearch.record.score import Activity, Change, OfSeed, Provenance, Recalled, Shown, Timing
from neurosearch.record.stored import score_from_json, score_to_json

PHASES = [WARM_UP, *[STREAM] * 6, HELD_OUT, HELD_OUT]
LABELS = [-1, 0, 1, 2, 0, 1, 2, 1, 2]
READOUT = [
    [9.0, 0.0, 0.0],  # lead-in: never scored
    [0.0, 0.0, 0.0],  # nothing decided: wrong, although the first arg-max is 0 and so is the label
    [0.0, 5.0, 1.0],  # right
    [0.0, 2.0, 2.0],  # a tie of two: the first, 1, is the decision; wrong
    [3.0, 3.0, 1.0],  # a tie of two: the first, 0, is right
    [-3.0, -1.0, -2.0],  # right
    [0.0, 1.0, 0.0],  # wrong
    [0.0, 1.0, 0.0],  # held out, right
    [7.0, 1.0, 2.0],  # held out, wrong
]


def small_stream(delay: int = 0) -> Stream:
    """Nine samples of two frames, 3 and 1 steps long."""
    n = len(PHASES)
    return Stream(
        values=np.zeros((2 * n, 1), np.float32),
        shape=(1,),
        frame_row=np.arange(2 * n, dtype=np.int32),
        frame_steps=np.tile([3, 1], n).astype(np.int32),
        sample_frames=np.full(n, 2, np.int32),
        labels=np.array(LABELS, np.int32),
        phase=np.array(PHASES, np.int8),
        outputs=3,
        key="by hand",
        delay=delay,
    )


def small_record(completed: int = 9, status: str = "ok", reason: str = "") -> Record:
    return Record(
        status=status,
        completed=completed,
        samples=9,
        readout=np.array(READOUT)[:completed],
        spikes={
            "kenyon": np.array([99, 2, 4, 0, 1, 2, 3, 50, 50])[:completed],
            "input": np.array([10, 6, 6, 6, 6, 6, 6, 6, 6])[:completed],
        },
        events={"a_b": np.array([500, 10, 20, 30, 0, 0, 0, 70, 70])[:completed]},
        arrays={
            "out.writes": np.array([3, 0, 6]),
            "side.writes": np.array([[1, 2], [0, 0]]),
            "out.w": np.array([9.0]),
        },
        raster=np.zeros((0, 3), np.int32),
        run_seconds=0.5,
        reason=reason,
    )


def long_stream(n: int, held_out: int = 0, outputs: int = 2) -> Stream:
    """Class 1 for ever."""
    total = n + held_out
    return Stream(
        values=np.zeros((1, 1), np.float32),
        shape=(1,),
        frame_row=np.zeros(total, np.int32),
        frame_steps=np.full(total, 10, np.int32),
        sample_frames=np.ones(total, np.int32),
        labels=np.ones(total, np.int32),
        phase=np.repeat([STREAM, HELD_OUT], [n, held_out]).astype(np.int8),
        outputs=outputs,
        key="ones",
    )


def record_of(right: np.ndarray, spikes: dict[str, np.ndarray] | None = None) -> Record:
    """A run whose decisions for ``long_stream`` are right or wrong as told."""
    readout = np.where(np.asarray(right)[:, None], [0.0, 1.0], [1.0, 0.0])
    n = len(readout)
    return Record("ok", n, n, readout, spikes or {}, {}, {}, np.zeros((0, 3), np.int32))


# ---- one record by hand


def test_six_samples_by_hand() -> None:
    result = score(small_record(), small_stream())
    assert (result.status, result.reason) == ("ok", "")
    assert result.metrics == {
        "accuracy": 3 / 6,
        "last_accuracy": 0.0,  # a quarter of six: the last one
        "held_out_accuracy": 1 / 2,
        "samples_to_80": 6.0,  # nothing right at the end, so nothing was reached
        "fading_accuracy": pytest.approx(sum(0.995**k for k in (1, 2, 4)) / sum(0.995**k for k in range(6))),
        # decided - 1 1 0 1 1 for 0 1 2 0 1 2: half agree, by chance 1/6 1/3 + 4/6 1/3
        "kappa": pytest.approx((3 / 6 - 5 / 18) / (1 - 5 / 18)),
        "undecided": 1 / 6,
        "spikes": 12 / 6 + 36 / 6,
        "synaptic_operations": 60 / 6,
        "writes": 12 / 6,
        "writes_per_synapse": 6.0,
    }
    assert result.curve == (0, 1, 0, 1, 1, 0)
    assert result.activity.spikes == {"kenyon": 2.0, "input": 6.0}
    assert result.shown == Shown(samples=6, completed=9, lead_in=1, delay=0, chance=1 / 3)


def test_every_metric_has_a_direction_and_every_score_is_plain_json() -> None:
    result = score(small_record(), small_stream(), sizes={"kenyon": 4})
    assert set(result.metrics) <= set(DIRECTIONS)
    again = json.loads(json.dumps(dataclasses.asdict(result)))
    assert again["metrics"] == result.metrics
    assert all(type(value) is float for value in [*result.metrics.values(), *result.curve])


def test_delay_does_not_change_the_score_of_what_was_decided() -> None:
    assert score(small_record(), small_stream(delay=3)).metrics == score(small_record(), small_stream()).metrics


def test_a_sample_without_label_is_not_scored() -> None:
    stream = dataclasses.replace(small_stream(), labels=np.where(np.arange(9) == 1, -1, LABELS).astype(np.int32))
    assert score(small_record(), stream).metrics["accuracy"] == 3 / 5
    none = dataclasses.replace(small_stream(), labels=np.full(9, -1, np.int32))
    result = score(small_record(), none)
    assert "accuracy" not in result.metrics
    assert (result.metrics["spikes"], result.curve) == (8.0, ())


def test_what_was_not_measured_is_not_reported() -> None:
    record = dataclasses.replace(small_record(), spikes={}, events={}, arrays={"out.w": np.ones(3)})
    assert set(score(record, small_stream()).metrics) == {
        "accuracy",
        "last_accuracy",
        "held_out_accuracy",
        "samples_to_80",
        "fading_accuracy",
        "kappa",
        "undecided",
    }


def test_a_rule_that_wrote_nothing_has_zero_writes() -> None:
    for counters in (np.zeros(4, np.int64), np.zeros(0, np.int64)):
        metrics = score(dataclasses.replace(small_record(), arrays={"a.writes": counters}), small_stream()).metrics
        assert (metrics["writes"], metrics["writes_per_synapse"]) == (0, 0)


# ---- runs that ended early


def test_samples_that_were_never_reached_are_wrong() -> None:
    result = score(small_record(4, "not_finite", "kenyon.v is not finite"), small_stream())
    assert (result.status, result.reason) == ("not_finite", "kenyon.v is not finite")
    assert result.metrics["accuracy"] == 1 / 6
    assert result.metrics["held_out_accuracy"] == 0
    assert result.metrics["spikes"] == 6 / 3 + 18 / 3, "counts are a completed sample's"
    assert result.curve == (0, 1, 0, 0, 0, 0)


@pytest.mark.parametrize("completed", [0, 1])
def test_a_run_that_never_reached_the_stream_has_no_metrics(completed: int) -> None:
    result = score(small_record(completed, "time_limit", "took more than 3 s"), small_stream())
    assert (result.status, dict(result.metrics), result.curve) == ("time_limit", {}, ())
    assert result.reason == "took more than 3 s"


@pytest.mark.parametrize("completed", range(1, 9))
def test_ending_earlier_is_never_better(completed: int) -> None:
    right = np.ones(400, bool)
    whole = score(record_of(right), long_stream(300, 100)).metrics
    part = dataclasses.replace(record_of(right[: completed * 44]), status="not_finite", samples=400)
    for name, value in score(part, long_stream(300, 100)).metrics.items():
        worse = value <= whole[name] if DIRECTIONS[name] == "maximize" else value >= whole[name]
        assert worse, name


def test_a_readout_that_is_not_finite_is_wrong() -> None:
    stream = long_stream(4)
    readout = np.array([[np.nan, 1], [0, np.nan], [0, np.inf], [0, 1.0]])
    assert accuracy.correct(readout, stream.labels).tolist() == [False, False, False, True]


# ---- sick networks


def test_a_network_without_a_spike_is_silent_whatever_its_inputs_do() -> None:
    record = dataclasses.replace(small_record(), spikes={"kenyon": np.zeros(9, int), "input": np.full(9, 6)})
    result = score(record, small_stream(), sizes={"kenyon": 4})
    assert (result.status, result.reason) == (
        "silent",
        "no neuron of kenyon fired in 6 samples; increase their input, for example the drive",
    )
    assert score(record, small_stream()).status == "ok", "without sizes nobody told that input is an input"


def test_spikes_in_the_lead_in_alone_do_not_count() -> None:
    record = dataclasses.replace(small_record(), spikes={"kenyon": np.array([5, 0, 0, 0, 0, 0, 0, 5, 5])})
    assert score(record, small_stream()).status == "silent"


def test_outputs_that_never_differ_are_silent_and_earn_nothing() -> None:
    record = dataclasses.replace(record_of(np.ones(200, bool)), readout=np.zeros((200, 2)))
    zeros = dataclasses.replace(long_stream(200), labels=np.zeros(200, np.int32))
    result = score(record, zeros)
    assert result.status == "silent"
    assert result.reason == "the outputs were all equal in 100.0% of 200 samples"
    assert result.metrics["accuracy"] == 0, "class 0 is not earned by silence"


@pytest.mark.parametrize(("decided", "status"), [(1, "silent"), (2, "ok")])
def test_silence_is_more_than_99_percent_undecided(decided: int, status: str) -> None:
    readout = np.zeros((200, 2))
    readout[:decided, 1] = 1
    assert score(dataclasses.replace(record_of(np.ones(200)), readout=readout), long_stream(200)).status == status


@pytest.mark.parametrize(("spikes", "status"), [(36, "ok"), (37, "saturated")])
def test_saturation_is_more_than_nine_spikes_in_ten_steps(spikes: int, status: str) -> None:
    record = record_of(np.ones(50, bool), {"hidden": np.full(50, spikes), "out": np.ones(50, int)})
    result = score(record, long_stream(50), sizes={"hidden": 4, "out": 2})  # 10 steps: at most 40 spikes a sample
    assert result.status == status
    assert result.activity.shares == {"hidden": spikes / 40, "out": 1 / 20}
    assert score(record, long_stream(50), sizes={"hidden": 4, "out": 2}, teaching_steps=1).status == "ok"


def test_steps_of_samples_with_several_frames_are_summed() -> None:
    result = score(small_record(), small_stream(), sizes={"kenyon": 1})
    assert result.activity.shares["kenyon"] == 12 / (6 * 4)


def test_why_a_run_ended_comes_before_what_was_wrong_with_it() -> None:
    record = dataclasses.replace(small_record(5, "stopped"), spikes={"kenyon": np.zeros(5, int)})
    assert score(record, small_stream()).status == "stopped"


# ---- learning over time


@pytest.mark.parametrize(("n", "window"), [(1, 1), (6, 1), (400, 100), (1437, 359), (2000, 500), (60000, 500)])
def test_the_last_window_is_five_hundred_or_a_quarter(n: int, window: int) -> None:
    assert accuracy.last_window(n) == window


def test_last_accuracy_sees_the_last_window_alone() -> None:
    right = np.zeros(4000, bool)
    right[-600:-400] = True  # 100 of them in the last 500
    metrics = score(record_of(right), long_stream(4000)).metrics
    assert (metrics["accuracy"], metrics["last_accuracy"]) == (200 / 4000, 100 / 500)


def test_samples_to_80_of_a_step_in_learning() -> None:
    right = np.arange(4000) >= 1000  # wrong, then always right: 80 of the last 100 are right after sample 1080
    assert score(record_of(right), long_stream(4000)).metrics["samples_to_80"] == 1080
    assert score(record_of(np.ones(4000, bool)), long_stream(4000)).metrics["samples_to_80"] == 100
    assert score(record_of(np.zeros(4000, bool)), long_stream(4000)).metrics["samples_to_80"] == 4000


def test_the_curve_has_twenty_windows_whose_mean_is_the_accuracy() -> None:
    right = np.random.default_rng(0).random(1440) < np.linspace(0.1, 0.9, 1440)
    result = score(record_of(right), long_stream(1440))
    assert len(result.curve) == 20
    assert math.isclose(sum(result.curve) / 20, result.metrics["accuracy"])
    assert result.curve[0] == right[:72].mean()


# ---- means over seeds


def test_the_mean_of_two_seeds_by_hand() -> None:
    one = Score(
        "ok", {"accuracy": 0.8, "spikes": 10.0}, (0.5, 1.0), shown=Shown(20, 20, lead_in=9),
        activity=Activity({"a": 4.0}, {"b": 1.0}, {"a": 0.25}), timing=Timing(1.0, 2.0, 3.0),
        changes=(Change(10.0, 0.5), Change(4.0, 0.25)), provenance=Provenance("data"),
    )  # fmt: skip
    two = Score(
        "ok", {"accuracy": 0.6, "spikes": 20.0}, (0.1, 0.6), shown=Shown(20, 15, lead_in=9),
        activity=Activity({"a": 8.0}, {"b": 1.0, "c": 7.0}, {"a": 0.75}), timing=Timing(3.0, 2.0, 5.0),
        changes=(Change(30.0, 0.25), Change(4.0, 0.75)), provenance=Provenance("data"),
    )  # fmt: skip
    mean = average([one, two])
    assert mean.status == "ok"
    assert mean.metrics == pytest.approx({"accuracy": 0.7, "spikes": 15.0})
    assert mean.curve == pytest.approx((0.3, 0.8))
    assert mean.shown == Shown(20, 17.5, lead_in=9)
    assert mean.activity == Activity({"a": 6.0}, {"b": 1.0, "c": 7.0}, {"a": 0.5}), "of those that have the number"
    assert mean.timing == Timing(2.0, 2.0, 4.0)
    assert mean.changes == (Change(20.0, 0.375), Change(4.0, 0.5))
    assert mean.provenance == Provenance("data")
    assert mean.recalled is None
    assert mean.seeds == (OfSeed("ok", one.metrics), OfSeed("ok", two.metrics))


def test_the_mean_recall_is_over_the_seeds_whose_cues_were_all_recalled() -> None:
    whole = Recalled(3, 4, {"cue": 0.5}, {0: 0.5, 10: 0.1}, best_error=0.1, best_steps=10, share=1.0)
    half = Recalled(3, 4, {"cue": 0.7}, {0: 0.7, 10: 0.3}, best_error=0.3, best_steps=5, share=0.5)
    stopped = Recalled(3, 4, {"cue": 0.6})
    mean = average([Score("ok", {}, recalled=one) for one in (whole, half, stopped)]).recalled
    assert mean is not None
    assert (mean.load, mean.cues, mean.best_steps, mean.share) == (3, 4, 7.5, 0.75)
    assert mean.references == {"cue": pytest.approx(0.6)}
    assert mean.error_at == {0: pytest.approx(0.6), 10: pytest.approx(0.2)}
    assert mean.best_error == pytest.approx(0.2)


def test_the_mean_of_one_seed_is_its_score() -> None:
    one = score(small_record(), small_stream())
    mean = average([one])
    assert (mean.status, mean.metrics, mean.curve, mean.reason) == (one.status, dict(one.metrics), one.curve, "")


def test_one_bad_seed_makes_the_whole_bad_and_earns_nothing() -> None:
    good = Score("ok", {"accuracy": 0.9, "samples_to_80": 100.0, "spikes": 8.0}, (0.8, 1.0))
    bad = Score("crashed", {}, (), "ended by signal 11")
    mean = average([good, bad, good])
    assert mean.status == "crashed"
    assert mean.reason == "ended by signal 11 (1 of 3 seeds were not ok)"
    assert mean.metrics == pytest.approx({"accuracy": 0.6, "samples_to_80": 100.0, "spikes": 8.0})
    assert mean.curve == pytest.approx((1.6 / 3, 2 / 3))
    with pytest.raises(ValueError, match="no scores"):
        average([])


@pytest.mark.parametrize(
    ("level", "freedom", "t"),  # Abramowitz and Stegun 1964, table 26.10
    [(0.95, 1, 12.706), (0.95, 2, 4.303), (0.95, 4, 2.776), (0.99, 3, 5.841), (0.99, 10, 3.169), (0.95, 120, 1.980)],
)
def test_quantiles_of_student(level: float, freedom: int, t: float) -> None:
    assert t_quantile(level, freedom) == pytest.approx(t, abs=5e-4)
    assert t_within(t_quantile(level, freedom), freedom) == pytest.approx(level, abs=1e-12)


@pytest.mark.parametrize("level", [1e-6, 0.01, 0.5, 0.999])
def test_quantiles_of_cauchy(level: float) -> None:
    """One degree of freedom: P(|T| <= t) = 2/pi atan(t)."""
    assert t_quantile(level, 1) == pytest.approx(math.tan(math.pi * level / 2), rel=1e-9)


def test_an_interval_by_hand_and_of_a_single_seed() -> None:
    five = interval([0.90, 0.91, 0.92, 0.93, 0.94])
    assert (five.mean, five.n) == (pytest.approx(0.92), 5)
    assert five.half == pytest.approx(2.776445 * math.sqrt(0.00025) / math.sqrt(5), rel=1e-6)
    assert (five.low, five.high) == (five.mean - five.half, five.mean + five.half)
    assert (interval([0.5]).mean, interval([0.5]).half, interval([0.5]).n) == (0.5, math.inf, 1)
    assert interval([0.5, 0.5]) == Interval(0.5, 0.0, 2)
    with pytest.raises(ValueError, match="at least one value"):
        interval([])


def test_an_interval_covers_as_often_as_it_says() -> None:
    draws = np.random.default_rng(3).normal(size=(2000, 4))
    covered = [abs(found.mean) <= found.half for found in (interval(list(row), 0.9) for row in draws)]
    assert np.mean(covered) == pytest.approx(0.9, abs=0.02)


def test_an_accuracy_below_chance_is_explained_by_what_was_not_decided():
    """Two classes, one of ten samples decided, rightly: 0.1, where naming the more frequent class always scores 0.6."""
    labels = np.array([0, 1, 0, 0, 1, 0, 1, 0, 1, 0], np.int32)
    readout = np.zeros((10, 2))
    readout[2, 0] = 1
    n = len(labels)
    stream = Stream(
        values=np.zeros((1, 2), np.float32), shape=(2,), frame_row=np.zeros(n, np.int32),
        frame_steps=np.ones(n, np.int32), sample_frames=np.ones(n, np.int32), labels=labels,
        phase=np.full(n, STREAM, np.int8), outputs=2, key="ten samples",
    )  # fmt: skip
    nothing = np.zeros(n, int)
    record = Record("ok", n, n, readout, {"cells": nothing}, {}, {}, np.zeros((0, 3), np.int32))
    result = score(record, stream)
    assert result.metrics["accuracy"] == 0.1
    assert result.metrics["undecided"] == 0.9
    assert result.shown.chance == 0.6
    stored = score_from_json(json.loads(json.dumps(score_to_json(result))))
    assert stored.shown == result.shown
    cut_short = Record("stopped", 5, n, readout[:5], {"cells": nothing[:5]}, {}, {}, np.zeros((0, 3), np.int32))
    assert score(cut_short, stream).metrics["undecided"] == 0.9  # samples that were not reached decide nothing
