"""River's data sets and generators through one adapter."""

import importlib.util

import numpy as np
import pytest

from neurosearch import config
from neurosearch.errors import UserError
from neurosearch.record import HELD_OUT, LEAD_IN, STREAM
from neurosearch.tasks.river import River

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
    assert (some.labels[some.phase == LEAD_IN] == -1).all()


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


@pytest.mark.parametrize(
    ("task", "sentence"),
    [
        (River(name="ImageSegment"), r"'ImageSegment' is no data set of river; did you mean .*ImageSegments"),
        (River(name="SEA", arguments={"colour": 1}), r"arguments = \{'colour': 1\} do not fit SEA"),
        (River(name="TrumpApproval"), "it is for regression, not binary classification or multi-class"),
        (River(name="Elec2"), r"has to be downloaded first; run `python -c"),
        (River(last=3000), r"River.last = 3000, but ImageSegments has 2310 samples"),
        (River(samples=5000), r"River.samples = 5000, but River has 2310 samples"),
    ],
)
def test_what_is_refused(task: River, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence) as error:
        task.stream(0)
    assert "\n" not in str(error.value)


def test_absent_river_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"not installed; run `pip install 'neurosearch\[stream\]'`"):
        River().stream(0)
