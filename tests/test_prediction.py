"""Tasks that predict values: the solver, what a stream of them promises, and a network that learns one."""

import dataclasses

import numpy as np
import pytest

from neurosearch import catalogue
from neurosearch.errors import UserError
from neurosearch.evaluate import prediction
from neurosearch.parts.tasks.base import Task
from neurosearch.parts.tasks.hidden_oscillator import HiddenOscillator
from neurosearch.parts.tasks.lorenz import Lorenz, step
from neurosearch.parts.tasks.mackey_glass import BETA, GAMMA, POINTS, POWER, SERIES, MackeyGlass, _solve, series
from neurosearch.record import HELD_OUT, STREAM, WARM_UP
from neurosearch.timeline import timeline

TASKS = ["mackey_glass", "lorenz", "hidden_oscillator"]


@pytest.fixture(params=TASKS)
def task(request: pytest.FixtureRequest) -> Task:
    made = catalogue.find("tasks", request.param)(lead_in=9)
    assert isinstance(made, Task)
    return made


def test_each_target_is_the_newest_value_of_the_next_sample(task: Task) -> None:
    stream = task.stream(1)
    assert stream.targets is not None
    assert stream.values.dtype == stream.targets.dtype == np.float32
    assert stream.values.min() >= 0
    assert stream.values.max() <= 1
    assert (stream.labels == -1).all()
    assert np.isnan(stream.targets[stream.phase == WARM_UP]).all()
    shown = stream.values[stream.frame_row[stream.phase == STREAM]]
    target = stream.targets[stream.phase == STREAM][:, 0]
    assert np.array_equal(shown[1:, :-1], shown[:-1, 1:]), "the history moves by one"
    slope, start = np.polyfit(shown[1:, -1], target[:-1], 1)
    np.testing.assert_allclose(slope * shown[1:, -1] + start, target[:-1], atol=1e-5)


def test_each_seed_has_its_own_series(task: Task) -> None:
    one, again, other = task.stream(0), task.stream(0), task.stream(1)
    assert np.array_equal(one.values, again.values)
    assert one.key == again.key != other.key
    assert not np.array_equal(one.values, other.values)


def test_targets_come_with_their_delay_and_not_outside_the_stream(task: Task) -> None:
    stream = dataclasses.replace(task, delay=2).stream(0)
    assert stream.targets is not None
    tables = timeline(stream).tables
    first = int(np.flatnonzero(stream.phase == STREAM)[0])
    assert tables["labelled"].sum() == (stream.phase == STREAM).sum() - 2
    assert tables["labelled"][: first + 2].sum() == 0
    np.testing.assert_array_equal(tables["target"][first + 2], stream.targets[first])
    assert np.isfinite(tables["target"]).all()


def test_what_is_refused(task: Task) -> None:
    name = type(task).__name__
    with pytest.raises(UserError, match=rf"{name}\.samples = 90000, but {name} has \d+; give at most"):
        dataclasses.replace(task, samples=90000).stream(0)
    with pytest.raises(UserError, match=rf"{name}\.held_out = 90000, but"):
        dataclasses.replace(task, held_out=90000).stream(0)
    with pytest.raises(UserError, match="no label would ever arrive"):
        dataclasses.replace(task, samples=20, delay=20).stream(0)


# ---- Mackey-Glass


def test_the_protocol_of_neurobench() -> None:
    assert list(SERIES) == list(range(17, 31))
    stream = MackeyGlass().stream(0)
    assert np.bincount(stream.phase).tolist() == [200, 750, 750]
    whole = series(17, 10)
    assert whole[0] == 0.7206597
    assert stream.targets is not None
    np.testing.assert_allclose(stream.targets[stream.phase == STREAM][:, 0], whole[1:751], rtol=1e-6)
    np.testing.assert_allclose(stream.targets[stream.phase == HELD_OUT][:, 0], whole[751:1501], rtol=1e-6)
    later = MackeyGlass().stream(31)
    assert later.targets is not None
    np.testing.assert_allclose(later.targets[later.phase == STREAM][:, 0], whole[39 : 39 + 750], rtol=1e-6)
    assert MackeyGlass().stream(1).key == later.key, "the thirty repeats begin again"


@pytest.mark.parametrize("tau", [17, 24])
def test_halving_the_step_divides_the_error_by_sixteen(tau: int) -> None:
    coarse, middle, fine = (series(tau, n)[: 3 * POINTS] for n in (5, 10, 20))
    first, second = np.abs(coarse - middle).max(), np.abs(middle - fine).max()
    assert second < 1e-6
    assert 10 < first / second < 25, "order 4"


def test_the_first_delay_has_a_closed_form() -> None:
    past = 0.7206597
    x, slope = _solve(17, past, 10, 17)
    t = np.arange(171) / 10
    drive = BETA * past / (1 + past**POWER)
    np.testing.assert_allclose(x, drive / GAMMA + (past - drive / GAMMA) * np.exp(-GAMMA * t), atol=1e-9)
    np.testing.assert_allclose(slope, drive - GAMMA * x, atol=1e-9)


def test_points_of_the_series_obey_the_equation() -> None:
    x, slope = _solve(20, SERIES[20][1], 20, 300)
    n, back = np.arange(1000, 5000), 20 * 20
    delayed = x[n - back]
    np.testing.assert_allclose(slope[n], BETA * delayed / (1 + delayed**POWER) - GAMMA * x[n], rtol=1e-12)
    np.testing.assert_allclose((x[n + 1] - x[n - 1]) * 10, slope[n], atol=2e-4)


# ---- Lorenz and the oscillator


def test_a_fixed_point_of_lorenz_stays() -> None:
    root = np.sqrt(8 / 3 * 27)
    point = np.array([root, root, 27.0])
    np.testing.assert_allclose(step(point, 0.005), point, rtol=1e-12)


def test_lorenz_visits_both_wings() -> None:
    stream = Lorenz().stream(0)
    assert stream.targets is not None
    right = stream.targets[stream.phase == STREAM][:, 0] > 0.5
    assert 0.2 < right.mean() < 0.8


def test_the_oscillator_without_wander_and_noise_is_a_cosine() -> None:
    stream = HiddenOscillator(wander=0.0, noise=0.0, history=2).stream(0)
    assert stream.targets is not None
    y = stream.targets[stream.phase == STREAM][:, 0].astype(float) - 0.5
    np.testing.assert_allclose(y[2:], 2 * np.cos(2 * np.pi / 12) * y[1:-1] - y[:-2], atol=1e-6)


# ---- through the corridor


@pytest.mark.slow
def test_a_network_predicts_better_than_persistence() -> None:
    from neurosearch.baselines.base import run_baselines
    from neurosearch.trial import run_trial

    architecture = {
        "encoder": {"current": {"normalisation": "mirrored"}},
        "kenyon": {"size": 300, "fan_in": 3, "drive": 70.0, "sparsity": 0.4, "inhibition": 0.0},
        "rule": {"delta_potential": {"eta": 0.6}},
    }
    score = run_trial({"architecture": {"mushroom_body": architecture}, "task": {"mackey_glass": {"steps": 16}}}, [0])
    assert score.status == "ok", score.reason
    other = run_baselines(MackeyGlass(), 0)["persistence"].metrics
    assert score.metrics["last_nrmse"] < other["last_nrmse"]
    assert score.metrics["held_out_smape"] < other["held_out_smape"]


def test_a_curve_of_errors_by_hand() -> None:
    target = np.array([[0.0], [2.0], [0.0], [2.0]])
    predicted = np.array([[1.0], [1.0], [0.0], [2.0]])
    assert prediction.curve(predicted, target, 2) == (1.0, 0.0)
    assert prediction.curve(np.array([[np.nan]] * 4), target, 2) == ()
