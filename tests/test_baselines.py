"""Baselines: traces by hand, honesty about time, and the numbers they reach on real data."""

import dataclasses
import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest

from neurosearch import catalogue
from neurosearch.baselines import base
from neurosearch.baselines._linear import mean_square, seen
from neurosearch.baselines.base import Baseline, beginning, evaluate, inputs, label_source, names, run_baselines
from neurosearch.baselines.hoeffding_tree import HoeffdingTree
from neurosearch.baselines.last_label import LastLabel
from neurosearch.baselines.majority import Majority
from neurosearch.baselines.nlms import Nlms
from neurosearch.baselines.online_softmax import OnlineSoftmax
from neurosearch.baselines.passive_aggressive import PassiveAggressive
from neurosearch.baselines.persistence import Persistence
from neurosearch.baselines.random_features import RandomFeatures
from neurosearch.baselines.random_features_lms import RandomFeaturesLms
from neurosearch.baselines.rls import Rls
from neurosearch.errors import UserError
from neurosearch.evaluate.average import average
from neurosearch.parts.tasks.arrays import Arrays
from neurosearch.parts.tasks.digits import Digits
from neurosearch.parts.tasks.fashion_mnist import DEBIAN, FashionMnist
from neurosearch.parts.tasks.japanese_vowels import JapaneseVowels
from neurosearch.parts.tasks.lorenz import Lorenz
from neurosearch.parts.tasks.mnist import Mnist
from neurosearch.record import CUT, HELD_OUT, PROBE, STREAM, WARM_UP, SparseRows, Stream

NAMES = names()
ALL_OF_THEM = names(everything=True)
needs_river = pytest.mark.skipif(importlib.util.find_spec("river") is None, reason="the package river is not installed")


def stream_of(labels: list[int], *, lead_in: int = 0, held_out: int = 0, delay: int = 0, seed: int = 0) -> Stream:
    n = len(labels)
    phase = np.full(n, STREAM, np.int8)
    phase[:lead_in], phase[n - held_out :] = WARM_UP, HELD_OUT
    return Stream(
        values=np.random.default_rng(seed).random((n, 3), np.float32),
        shape=(1, 3),
        frame_row=np.arange(n, dtype=np.int32),
        frame_steps=np.ones(n, np.int32),
        sample_frames=np.ones(n, np.int32),
        labels=np.array(labels, np.int32),
        phase=phase,
        outputs=3,
        key="by hand",
        delay=delay,
    )


EACH = [pytest.param(n, marks=needs_river if n not in NAMES else ()) for n in ALL_OF_THEM]


@pytest.fixture(params=EACH)
def baseline(request: pytest.FixtureRequest) -> Baseline:
    made = catalogue.find("baselines", request.param)()
    assert isinstance(made, Baseline)
    return made


def test_there_are_these() -> None:
    assert NAMES == ["last_label", "majority", "online_softmax", "passive_aggressive", "random_features"]
    assert set(ALL_OF_THEM) - set(NAMES) == {"hoeffding_tree", "adaptive_random_forest", "nearest_neighbours"}
    assert names(predicts=True) == ["nlms", "persistence", "random_features_lms", "rls"]


# ---- when a label arrives


def test_labels_arrive_by_hand() -> None:
    stream = stream_of([-1, 0, 1, -1, 2, 1, 0], lead_in=1, held_out=1, delay=1)
    # sample:                 lead-in  0   1   2(no label)  3   4   held out
    assert label_source(stream).tolist() == [-1, -1, 1, 2, -1, 4, -1]
    assert label_source(dataclasses.replace(stream, delay=0)).tolist() == [-1, 1, 2, -1, 4, 5, -1]


@pytest.mark.parametrize("delay", [0, 1, 7])
def test_no_decision_depends_on_a_label_that_had_not_arrived(baseline: Baseline, delay: int) -> None:
    labels = list(np.random.default_rng(5).integers(0, 3, 40))
    before = stream_of([-1] * 4 + labels, lead_in=4, held_out=6, delay=delay)
    readout = baseline.readout(before)
    assert readout.shape == (44, 3)
    for changed in (4, 15, 30, 37):
        other = before.labels.copy()
        other[changed] = (other[changed] + 1) % 3
        now = baseline.readout(dataclasses.replace(before, labels=other))
        assert np.array_equal(now[: changed + delay + 1], readout[: changed + delay + 1])
        if changed + delay < 38:
            assert not np.array_equal(now[changed + delay + 1 :], readout[changed + delay + 1 :])
        else:
            assert np.array_equal(now, readout), "its label arrives after the stream"


def test_held_out_labels_are_never_learned(baseline: Baseline) -> None:
    stream = stream_of([0, 1, 2, 0, 1, 2, 0, 1], held_out=4)
    hidden = dataclasses.replace(stream, labels=np.where(stream.phase == HELD_OUT, -1, stream.labels).astype(np.int32))
    assert np.array_equal(baseline.readout(stream), baseline.readout(hidden))


# ---- each by hand


def test_majority_by_hand() -> None:
    stream = stream_of([2, 2, 1, 1, 1, 0, 1], held_out=1)
    result = evaluate(Majority(), stream)
    # decisions: none, 2, 2, 2, 1 (a tie: the lower), 1 | 1
    assert result.metrics["accuracy"] == 2 / 6
    assert result.metrics["held_out_accuracy"] == 1
    assert np.argmax(Majority().readout(stream), axis=1)[1:].tolist() == [2, 2, 2, 1, 1, 1]
    delayed = evaluate(Majority(), dataclasses.replace(stream, delay=1))
    assert delayed.metrics["accuracy"] == 0, "decisions: none, none, 2, 2, 2, 1"


def test_last_label_by_hand() -> None:
    stream = stream_of([2, 2, 1, -1, 1, 0, 0], held_out=1)
    assert np.argmax(LastLabel().readout(stream), axis=1)[1:].tolist() == [2, 2, 1, 1, 1, 0]
    assert evaluate(LastLabel(), stream).metrics["accuracy"] == 2 / 5
    assert evaluate(LastLabel(), stream).metrics["held_out_accuracy"] == 1


def test_one_step_of_softmax_by_hand() -> None:
    stream = stream_of([-1, 1, 2, 0], lead_in=1, held_out=1)
    stream = dataclasses.replace(stream, values=np.array([[2, 0, 0], [1, 0, 0], [1, 2, 0], [0, 1, 1]], np.float32))
    readout = OnlineSoftmax(rate=3).readout(stream)
    step = 3 / 5  # E|x|² of the lead-in: 2² and the bias's 1
    x = np.array([[1, 0, 0, 1], [1, 2, 0, 1], [0, 1, 1, 1]])
    weights = -step * np.outer([1 / 3, 1 / 3 - 1, 1 / 3], x[0])
    np.testing.assert_allclose(readout[1], 0)
    np.testing.assert_allclose(readout[2], weights @ x[1])
    p = np.exp(weights @ x[1]) / np.exp(weights @ x[1]).sum()
    np.testing.assert_allclose(readout[3], (weights - step * np.outer(p - [0, 0, 1], x[1])) @ x[2])


def test_softmax_without_a_lead_in_scales_by_what_it_has_seen() -> None:
    stream = stream_of([0, 1, 2, 0], held_out=1)
    stream = dataclasses.replace(stream, values=np.array([[1, 0, 0], [3, 0, 0], [0, 0, 0], [0, 0, 0]], np.float32))
    readout = OnlineSoftmax(rate=1).readout(stream)
    first = -np.outer(np.array([-2, 1, 1]) / 3, [1, 1]) / 2  # |x|² = 1 + 1
    np.testing.assert_allclose(readout[1], first @ [3, 1])
    p = np.exp(first @ [3, 1]) / np.exp(first @ [3, 1]).sum()
    second = first - np.outer(p - [0, 1, 0], [3, 1]) / 6  # mean of 2 and 10
    np.testing.assert_allclose(readout[2], second @ [0, 1])


def signal(values: list[list[float]], **parts: np.ndarray) -> Stream:
    x = np.array(values, np.float32)
    return dataclasses.replace(stream_of([0] * len(x)), values=x, shape=(x.shape[1],), **parts)


def test_signals_are_standardised_by_what_came_before() -> None:
    x = [[1, 5], [3, 5], [2, 5], [8, 6], [4, 5], [4, 5]]
    phase = np.array([WARM_UP, STREAM, STREAM, PROBE, HELD_OUT, HELD_OUT], np.int8)
    shown = seen(signal(x, phase=phase))
    deviation = np.std([1, 3, 2])  # of the three samples before that are learned, so of none after
    np.testing.assert_allclose(shown[:, 0], [0, 0, 0, 3, 2 / deviation, 2 / deviation], err_msg="at most 3")
    np.testing.assert_allclose(shown[:, 1], [0, 0, 0, 1, 0, 0], err_msg="of a channel that never changed, the rest")
    assert (shown[:, 2] == 1).all()
    changed = seen(signal([*x[:2], [9, 9], *x[3:]], phase=phase))
    assert np.array_equal(changed[:2], shown[:2])
    assert not np.array_equal(changed[3:], shown[3:])
    assert mean_square(shown, signal(x, phase=phase)).tolist() == [3, 3, 3, 3, 3, 3]


@pytest.mark.parametrize("cls", [OnlineSoftmax, PassiveAggressive])
def test_a_signal_is_judged_alike_in_any_unit(cls: type[Baseline]) -> None:
    rng = np.random.default_rng(3)
    labels = rng.integers(0, 3, 300)
    x = 0.01 * rng.normal(size=(300, 3)) + 0.02 * np.eye(3)[labels]
    plain = dataclasses.replace(stream_of(list(labels), held_out=50), values=x, shape=(3,))
    moved = dataclasses.replace(plain, values=7 + 1000 * x)
    np.testing.assert_allclose(cls().readout(moved), cls().readout(plain), atol=1e-6)
    assert evaluate(cls(), plain).metrics["last_accuracy"] > 0.75


def test_images_and_events_are_seen_as_they_are() -> None:
    digits = Digits().stream(0)
    assert np.array_equal(seen(digits), inputs(digits))
    assert seen(digits).dtype == inputs(digits).dtype
    events = SparseRows(np.array([0, 2, 3, 3]), np.array([0, 1, 1]), 2)
    recorded = dataclasses.replace(stream_of([0, 1, 0]), values=events, shape=(2,))
    assert seen(recorded).tolist() == [[1, 1, 1], [0, 1, 1], [0, 0, 1]]


def test_digits_are_learned_bit_by_bit_as_without_standardising(monkeypatch: pytest.MonkeyPatch) -> None:
    digits = Digits(samples=300).stream(0)
    found = {cls: cls().readout(digits) for cls in (OnlineSoftmax, PassiveAggressive)}
    square = np.einsum("kc,kc->k", inputs(digits), inputs(digits), dtype=np.float64)
    raw = np.full(len(square), square[digits.phase == WARM_UP].mean())
    monkeypatch.setattr("neurosearch.baselines.online_softmax.mean_square", lambda x, stream: raw)
    for learner in ("online_softmax", "passive_aggressive"):
        monkeypatch.setattr(f"neurosearch.baselines.{learner}.seen", inputs)
    for cls, readout in found.items():
        assert np.array_equal(cls().readout(digits), readout)


def test_linear_learners_learn_speech() -> None:
    pytest.importorskip("aeon")
    found = run_baselines(JapaneseVowels(), 0)
    for name in ("online_softmax", "passive_aggressive"):
        assert found[name].metrics["accuracy"] > 0.6
        assert found[name].metrics["held_out_accuracy"] > 0.8
    assert found["majority"].metrics["accuracy"] < 0.2


def test_softmax_sees_the_frames_of_a_sample_side_by_side(tmp_path: Path) -> None:
    # the class is the order of two frames, which a mean over frames could not tell
    y = np.arange(300) % 2
    x = np.where(y[:, None, None] == 0, [[1.0, 0.0], [0.0, 1.0]], [[0.0, 1.0], [1.0, 0.0]])
    np.savez(tmp_path / "order.npz", x=x, y=y)
    result = run_baselines(Arrays(file=str(tmp_path / "order.npz")), 0)
    assert result["online_softmax"].metrics["last_accuracy"] == 1
    assert result["majority"].metrics["accuracy"] < 0.7


def test_softmax_takes_samples_of_unequal_length() -> None:
    stream = dataclasses.replace(
        stream_of([0, 1, 0]), frame_row=np.array([0, 1, 2, 0, 1], np.int32), sample_frames=np.array([2, 1, 2], np.int32)
    )
    assert np.isfinite(OnlineSoftmax().readout(stream)).all()


def test_labels_that_are_not_told_are_not_learned(baseline: Baseline) -> None:
    stream = stream_of(list(np.random.default_rng(2).integers(0, 3, 30)))
    silent = dataclasses.replace(stream, taught=np.full(30, -1, np.int32))
    readout = baseline.readout(silent)
    assert (readout[1:] == readout[0]).all()
    told = dataclasses.replace(silent, taught=stream.labels, labels=silent.taught)
    assert np.array_equal(baseline.readout(told), baseline.readout(stream))


def test_probes_are_decided_with_what_was_learned_and_not_learned() -> None:
    stream = stream_of([0, 1, 2, 0, 1, 2])
    probed = dataclasses.replace(stream, phase=np.array([STREAM, STREAM, PROBE, STREAM, STREAM, HELD_OUT], np.int8))
    readout = OnlineSoftmax().readout(probed)
    assert readout[2].any()
    assert label_source(probed).tolist() == [0, 1, -1, 3, 4, -1]
    assert label_source(dataclasses.replace(probed, delay=1)).tolist() == [-1, 0, -1, 1, 3, -1]


def test_a_baseline_knows_no_steps_and_so_no_latency() -> None:
    stream = dataclasses.replace(stream_of([0, 1, 0]), phase=np.array([STREAM, CUT, CUT], np.int8))
    assert set(evaluate(Majority(), stream).metrics) >= {"accuracy"}
    assert "decision_latency" not in evaluate(Majority(), stream).metrics


def test_steps_of_passive_aggressive_by_hand() -> None:
    stream = dataclasses.replace(stream_of([1, 1, 0]), values=np.array([[1, 0, 0], [1, 0, 0], [0, 1, 0]], np.float32))
    readout = PassiveAggressive(aggressiveness=10).readout(stream)
    np.testing.assert_allclose(readout[1], [-0.5, 0.5, 0], err_msg="loss 1, |x|² 2: step 1/4 for the label and class 0")
    np.testing.assert_allclose(readout[2], np.array([-1, 1.5, -0.5]) / 4, err_msg="then class 2 is the rival: loss 1/2")
    small = PassiveAggressive(aggressiveness=0.1).readout(stream)
    np.testing.assert_allclose(small[1], [-0.2, 0.2, 0])


def test_random_features_learn_what_no_line_can() -> None:
    x = np.random.default_rng(0).random((1500, 2)).astype(np.float32)
    stream = dataclasses.replace(
        stream_of(list(((x[:, 0] > 0.5) ^ (x[:, 1] > 0.5)).astype(int))), values=x, shape=(2,), outputs=2
    )
    assert evaluate(RandomFeatures(), stream).metrics["last_accuracy"] > 0.85
    assert evaluate(OnlineSoftmax(), stream).metrics["last_accuracy"] < 0.65


# ---- predicted values


def values_of(y: list[float], x: np.ndarray, held_out: int = 0, delay: int = 0) -> Stream:
    stream = stream_of([-1] * len(y), held_out=held_out, delay=delay)
    targets = np.array(y, np.float32)[:, None]
    return dataclasses.replace(stream, values=x.astype(np.float32), shape=(x.shape[1],), outputs=1, targets=targets)


def test_persistence_by_hand() -> None:
    stream = values_of([1, 2, np.nan, 4, 5, 6], np.zeros((6, 1)), held_out=2)
    assert Persistence().readout(stream)[:, 0].tolist() == [0, 1, 2, 2, 4, 5]
    delayed = dataclasses.replace(stream, delay=1)
    assert Persistence().readout(delayed)[:, 0].tolist() == [0, 0, 1, 2, 2, 4]


def test_one_step_of_nlms_by_hand() -> None:
    readout = Nlms(rate=0.5).readout(values_of([3, 0], np.array([[1.0], [2.0]])))
    np.testing.assert_allclose(readout[:, 0], [0, 0.5 * 3 * (1 * 2 + 1 * 1) / 2])


def test_random_features_predict_what_no_line_can() -> None:
    x = np.random.default_rng(2).random((3000, 2))
    stream = values_of(list(np.sign((x[:, 0] - 0.5) * (x[:, 1] - 0.5))), x)
    errors = {cls: evaluate(cls(), stream).metrics["last_nrmse"] for cls in (Nlms, RandomFeaturesLms)}
    assert errors[Nlms] > 0.95
    assert errors[RandomFeaturesLms] < 0.7


def test_rls_is_least_squares() -> None:
    rng = np.random.default_rng(1)
    x = rng.random((60, 3))
    y = x @ [1.0, -2.0, 0.5] + 0.3 + 0.1 * rng.normal(size=60)
    readout = Rls(memory=1.0, ridge=1e-6).readout(values_of(list(y), x))
    design = np.column_stack([x[:59], np.ones(59)]).astype(np.float32).astype(float)
    weights = np.linalg.lstsq(design, y[:59].astype(np.float32), rcond=None)[0]
    assert readout[59, 0] == pytest.approx(float(np.append(x[59].astype(np.float32), 1) @ weights), abs=1e-4)


@pytest.mark.parametrize("name", names(predicts=True))
@pytest.mark.parametrize("delay", [0, 3])
def test_no_prediction_depends_on_a_value_that_had_not_come(name: str, delay: int) -> None:
    rng = np.random.default_rng(4)
    stream = values_of(list(rng.random(30)), rng.random((30, 2)), delay=delay)
    made = catalogue.find("baselines", name)()
    assert isinstance(made, Baseline)
    before = made.readout(stream)
    targets = stream.targets.copy() if stream.targets is not None else np.zeros(0)
    targets[12] += 1
    now = made.readout(dataclasses.replace(stream, targets=targets))
    assert np.array_equal(now[: 13 + delay], before[: 13 + delay])
    assert not np.array_equal(now[13 + delay :], before[13 + delay :])


# ---- beside a score


def test_beside_is_computed_once_and_knows_task_and_seed() -> None:
    found = run_baselines(Digits(samples=300, held_out=0), 0)
    assert list(found) == NAMES
    again, other = run_baselines(Digits(samples=300, held_out=0), 0), run_baselines(Digits(samples=300, held_out=0), 1)
    for name in NAMES:
        assert again[name] is found[name]
        assert other[name].metrics != found[name].metrics
        assert found[name].status == "ok"
        assert "held_out_accuracy" not in found[name].metrics
        assert "spikes" not in found[name].metrics


def test_beside_keeps_scores_for_other_processes_and_mends_damaged_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEUROSEARCH_CACHE", str(tmp_path))
    task = Digits(samples=60, held_out=0)
    found = base.run_baselines(task, 3)
    files = list((tmp_path / "baselines").iterdir())
    assert len(files) == len(NAMES)
    for file in files[1:]:
        file.write_text("{")
    kept = json.loads(files[0].read_text())
    files[0].write_text(json.dumps({**kept, "reason": "read again"}))
    base._remembered.cache_clear()
    again = base.run_baselines(task, 3)
    assert sum(score.reason == "read again" for score in again.values()) == 1
    assert [s.metrics for s in again.values()] == [s.metrics for s in found.values()]
    base._remembered.cache_clear()


def test_beside_gives_a_prediction_its_own() -> None:
    found = run_baselines(Lorenz(), 0)
    assert list(found) == ["nlms", "persistence", "random_features_lms", "rls"]
    assert len(found["rls"].curve) == 20
    assert found["rls"].curve[-1] < found["rls"].curve[0]
    assert found["rls"].metrics["nrmse"] < found["persistence"].metrics["nrmse"]


def test_slow_ones_see_the_beginning() -> None:
    stream = stream_of([-1, *range(3), *range(3)], lead_in=1, held_out=2)
    short = beginning(stream, 2)
    assert short.labels.tolist() == [-1, 0, 1]
    assert len(short.frame_row) == 3
    assert beginning(stream, 4) is stream


def test_absent_river_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"HoeffdingTree needs the package river.*neurosearch\[stream\]"):
        HoeffdingTree().readout(stream_of([0, 1]))


def test_beside_reads_a_file_that_has_changed(tmp_path: Path) -> None:
    task, rng = Arrays(file=str(tmp_path / "a.npz")), np.random.default_rng(0)
    np.savez(task.file, x=rng.random((50, 2)), y=np.arange(50) % 2)
    first = run_baselines(task, 0)["majority"]
    np.savez(task.file, x=rng.random((60, 2)), y=(np.arange(60) % 9 == 0).astype(int))
    assert run_baselines(task, 0)["majority"].metrics != first.metrics


@pytest.mark.parametrize(
    ("task", "accuracy", "held_out"),
    [
        (Digits(), 0.86, 0.91),
        (Mnist(), 0.84, 0.885),
        pytest.param(
            FashionMnist(samples=10000),
            0.755,
            0.785,
            marks=pytest.mark.skipif(
                not Path(DEBIAN).is_dir(), reason="Debian's package dataset-fashion-mnist is not installed"
            ),
        ),
    ],
)
def test_what_the_baselines_reach_on_real_data(task: Digits, accuracy: float, held_out: float) -> None:
    seeds = [run_baselines(task, seed) for seed in range(3)]
    softmax = average([seed["online_softmax"] for seed in seeds])
    assert softmax.metrics["accuracy"] == pytest.approx(accuracy, abs=0.015)
    assert softmax.metrics["held_out_accuracy"] == pytest.approx(held_out, abs=0.02)
    for name in ("majority", "last_label"):
        assert average([seed[name] for seed in seeds]).metrics["accuracy"] < 0.13
