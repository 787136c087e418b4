"""River's data sets and generators through one adapter."""

import importlib.util
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neurosearch import config
from neurosearch.baselines.base import run_baselines
from neurosearch.errors import UserError
from neurosearch.parts.tasks import river
from neurosearch.parts.tasks.river import River
from neurosearch.record import HELD_OUT, STREAM, WARM_UP
from neurosearch.trial import run_trial

ROOT = Path(__file__).resolve().parent.parent
pytestmark = pytest.mark.skipif(importlib.util.find_spec("river") is None, reason="the package river is not installed")


def test_a_data_set_in_its_own_order() -> None:
    from river import datasets

    stream = River().stream(0)
    given = list(datasets.ImageSegments())
    assert np.bincount(stream.phase).tolist() == [200, 2310]
    assert (stream.outputs, stream.shape) == (7, (18,))
    names = sorted({y for _, y in given})
    assert [names[k] for k in stream.labels[stream.phase == STREAM]] == [y for _, y in given]
    table = np.array([list(x.values()) for x, _ in given], float)
    low, high = table[:200].min(axis=0), table[:200].max(axis=0)
    scaled = np.clip((table - low) / np.where(high > low, high - low, 1), 0, 1)
    np.testing.assert_allclose(stream.values, scaled, atol=1e-6)


def test_order_and_length_are_choices() -> None:
    drawn, given = River(order="drawn").stream(1), River().stream(1)
    assert not np.array_equal(drawn.labels, given.labels)
    assert drawn.key == given.key
    some = River(samples=100, last=50, lead_in=20).stream(0)
    assert np.bincount(some.phase).tolist() == [20, 100, 50]
    assert np.array_equal(some.labels[some.phase == HELD_OUT], given.labels[given.phase == STREAM][100:150])
    assert (some.labels[some.phase == WARM_UP] == -1).all()


def test_a_generator_is_given_the_seed_and_its_arguments() -> None:
    one, other = River(name="SEA", samples=300).stream(0), River(name="SEA", samples=300).stream(1)
    assert one.key != other.key
    assert np.array_equal(one.values, River(name="SEA", samples=300).stream(0).values)
    noisy = River(name="SEA", samples=300, arguments={"noise": 0.5}).stream(0)
    assert not np.array_equal(noisy.labels, one.labels)
    fixed = River(name="SEA", samples=300, arguments={"seed": 7})
    assert fixed.stream(0).key == fixed.stream(1).key
    assert (River(name="SEA").stream(0).phase == STREAM).sum() == 5000


def test_it_is_written_into_a_study() -> None:
    made = config.build_part("tasks", {"river": {"name": "SEA", "arguments": {"variant": 2}}})
    assert made == River(name="SEA", arguments={"variant": 2})
    assert config.build_part("tasks", {"river": config.to_dict(made)}) == made
    assert len({made, River()}) == 2


def test_values_are_predicted_too() -> None:
    from river import datasets

    task = River(name="TrumpApproval", last=100)
    stream = task.stream(0)
    given = np.array([y for _, y in datasets.TrumpApproval()])
    low, high = given[:200].min(), given[:200].max()
    assert stream.targets is not None
    assert (stream.labels == -1).all()
    assert np.isnan(stream.targets[stream.phase == WARM_UP]).all()
    shown = stream.targets[stream.phase != WARM_UP, 0]
    np.testing.assert_allclose(shown, (given - low) / (high - low), rtol=1e-5)
    score = run_baselines(task, 0)
    assert score["persistence"].metrics["nrmse"] < 0.3, "tomorrow's approval is much like today's"


def test_every_seed_of_a_generator_is_its_own_stream_in_every_process() -> None:
    one, other = River(name="RandomRBF", samples=50, lead_in=10), River(name="RandomTree", samples=50, lead_in=10)
    for task in (one, other):
        assert task.stream(0).key != task.stream(1).key
        made = f"River(name={task.name!r}, samples=50, lead_in=10)"
        code = f"from neurosearch.parts.tasks.river import River; print({made}.stream(0).key)"
        ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
        assert ran.stdout.strip() == task.stream(0).key


def test_several_values_at_once() -> None:
    stream = River(name="SolarFlare").stream(0)
    assert stream.targets is not None
    assert stream.outputs == stream.targets.shape[1] == 3
    assert np.isfinite(stream.targets[stream.phase == STREAM]).all()


def test_a_feature_that_comes_later_is_missing_before() -> None:
    with pytest.raises(UserError, match="'b' of sample 0 is missing"):
        river._numbers("x", [{"a": 1}, {"a": 2, "b": 3}])
    with pytest.raises(UserError, match="'a' is a text with 101 different values"):
        river._numbers("x", [{"a": f"word {k}"} for k in range(101)])


def test_words_are_channels_and_dates_are_seconds() -> None:
    words = River(name="Mv", samples=300).stream(0)
    assert words.values.shape[1] > 10
    columns = words.values[:, np.isin(words.values, (0, 1)).all(axis=0)]
    assert columns.shape[1] >= 6, "three features of two or more words each"
    dates = River(name="WaterFlow", samples=300).stream(0)
    steps = np.diff(dates.values[dates.frame_row[dates.phase == STREAM], 0])
    assert (steps >= 0).all()
    assert steps[:100].min() > 0


@pytest.mark.slow
def test_a_network_predicts_a_value_of_river() -> None:
    body = {"encoder": "current", "rule": {"delta_potential": {"eta": 0.3}}, "kenyon": {"size": 100, "drive": 40.0}}
    task = {"river": {"name": "Friedman", "samples": 400, "lead_in": 50}}
    score = run_trial({"architecture": {"mushroom_body": body}, "task": task}, [0])
    assert score.status == "ok", score.reason
    assert score.metrics["last_nrmse"] < 1.5
    assert "accuracy" not in score.metrics


@pytest.mark.parametrize(
    ("task", "sentence"),
    [
        (River(name="ImageSegment"), r"'ImageSegment' is not a data set of river; did you mean .*ImageSegments"),
        (River(name="SEA", arguments={"colour": 1}), r"arguments = \{'colour': 1\} do not fit SEA"),
        (River(arguments=[1]), r"River.arguments = \[1\] must be a mapping of names to values"),
        (River(name="Elec2"), r"has to be downloaded first; run `python -c"),
        (River(last=3000), r"River.last = 3000, but ImageSegments has 2310 samples"),
        (River(samples=5000), r"River.samples = 5000, but River has 2310 samples"),
    ],
)
def test_what_is_refused(task: River, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence) as error:
        task.stream(0)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        ("Hyperplane", {"n_features": -3}, "IndexError: list index out of range"),
        ("Hyperplane", {"n_features": 0}, "IndexError: "),
        ("RandomRBF", {"n_features": "abc"}, "'str' object cannot be interpreted as an integer"),
        ("RandomRBF", {"n_classes": 0}, "empty range"),
        ("RandomRBF", {"n_centroids": 0}, "IndexError: "),
        ("RandomTree", {"n_cat_features": 0, "n_num_features": 0}, "empty range"),
        ("ConceptDriftStream", {"width": 0}, "ZeroDivisionError: "),
        ("ConceptDriftStream", {"alpha": 90}, "OverflowError: math range error"),
        ("ConceptDriftStream", {"stream": "Agrawal"}, "AttributeError: 'str' object has no attribute 'n_features'"),
        ("FriedmanDrift", {"drift_type": "foo"}, 'Invalid "drift_type: foo" Valid options are: '),
    ],
)
def test_arguments_that_river_stumbles_over_are_one_sentence(name: str, arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError) as error:
        River(name=name, arguments=arguments, samples=50).stream(0)
    text = str(error.value)
    assert text.startswith(f"River.arguments = {arguments} do not fit {name}: {said}")
    assert text.endswith(f"; give arguments that river's {name} accepts")
    assert "\n" not in text


def test_arguments_that_are_no_plain_data_are_refused() -> None:
    with pytest.raises(UserError, match=r"River\.arguments = .*date is not JSON serializable\); write the others as"):
        River(name="SEA", arguments={"variant": date(2026, 1, 1)}).stream(0)
    with pytest.raises(UserError, match="x: its samples have no features; give other arguments"):
        river._numbers("x", [{}, {}])


def test_absent_river_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"not installed; run `pip install 'neurosearch\[stream\]'`"):
        River().stream(0)
