"""Spaces: what is read, what is refused, and that only what exists is drawn."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurosearch.errors import UserError
from neurosearch.study import space
from neurosearch.study.space import Choice, Float, Int


class Chance:
    """Draws evenly, and notes the groups."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.groups: list[tuple[space.Under, list[str]]] = []

    def suggest(self, under, group):
        self.groups.append((under, list(group)))
        return {path: self.one(dimension) for path, dimension in group.items()}

    def one(self, dimension):
        if isinstance(dimension, Choice):
            return self.random.choice(dimension.options)
        return dimension.snap(self.random.uniform(dimension.low, dimension.high))


@pytest.mark.parametrize(
    ("data", "dimension"),
    [
        ({"float": [1e-4, 1e-1], "log": True}, Float(1e-4, 1e-1, log=True)),
        ({"float": [0, 1], "step": 0.1}, Float(0.0, 1.0, step=0.1)),
        ({"int": [500, 4000], "log": True, "step": 100}, Int(500, 4000, log=True, step=100)),
        ({"int": [1, 8]}, Int(1, 8)),
        ({"choice": ["stdp", "delta"]}, Choice(("stdp", "delta"))),
        ({"choice": [True, False, 1, 0.5]}, Choice((True, False, 1, 0.5))),
        (2000, 2000),
        ("stdp", "stdp"),
    ],
)
def test_parse_and_write_back(data, dimension):
    parsed = space.parse(data, "f.yaml", "a.b")
    assert parsed == dimension
    assert type(parsed) is type(dimension)
    assert space.parse(space.to_data(parsed), "f.yaml", "a.b") == parsed


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"float": [1, 0]}, r"f\.yaml: space\.a\.b\.float = \[1, 0\] is upside down; write \[0, 1\]"),
        ({"float": [0, 1], "log": True}, r"log: true must begin above 0"),
        ({"int": [0, 10], "step": 3}, r"step = 3 does not fit \[0, 10\]: the last value would be 9"),
        ({"float": [0, 1], "step": 0.3}, r"does not fit"),
        ({"float": [-1e308, 1e308]}, r"is too wide to be searched"),
        ({"int": [0, 2**70]}, r"is too wide to be searched"),
        ({"float": [0, 1], "step": 2}, r"step = 2 is larger than the range \[0, 1\]"),
        ({"float": [0, 1], "step": 1e-320}, r"divides \[0, 1\] into .* steps"),
        ({"float": [1, 1 + 2**-40], "step": 2**-60}, r"divides .* into steps that are no different numbers"),
        ({"float": [0, 1], "step": 0}, r"step = 0 must be a number above 0"),
        ({"int": [0, 10.5]}, r"10\.5 is not an integer"),
        ({"int": [0, True]}, r"True is not an integer"),
        ({"float": ["1e-4", 1]}, r"'1e-4' is not a number"),
        ({"float": [0, float("nan")]}, r"nan is not a number"),
        ({"float": [0, 1], "lag": True}, r"'lag' does not belong to a float; did you mean 'log'"),
        ({"float": [0, 1], "log": "yes"}, r"log = 'yes' must be true or false"),
        ({"float": [0]}, r"must be \[low, high\]"),
        ({"choice": []}, r"at least one option"),
        ({"choice": "stdp"}, r"must be a list"),
        ({"choice": ["a", "a"]}, r"'a' is given twice"),
        ({"choice": [["a"]]}, r"must be a name or a number"),
        ({"flaot": [0, 1]}, r"must be a value, \{float"),
        ({"float": [0, 1], "int": [0, 1]}, r"must be a value, \{float"),
        ([1, 2], r"must be a value"),
        (None, r"must be a value"),
    ],
)
def test_what_is_refused_names_file_path_and_value(data, said):
    with pytest.raises(UserError, match=said):
        space.parse(data, "f.yaml", "a.b")


SPACE = {
    "rule.eta": Float(0, 1),
    "rule": Choice(("stdp", "delta")),
    "rule.tau": Float(0, 1),
    "rule.kernel": Choice(("exp", "box")),
    "rule.kernel.width": Float(0, 1),
    "size": Int(1, 9),
}


def exists(path, chosen):
    if path in ("rule.tau", "rule.kernel"):
        return chosen["rule"] == "stdp"
    if path == "rule.kernel.width":
        return chosen["rule"] == "stdp" and chosen["rule.kernel"] == "box"
    return True


@settings(deadline=None)
@given(st.integers(0, 10_000))
def test_only_what_exists_is_drawn_and_groups_stand_under_their_choices(seed):
    chance = Chance(seed)
    drawn = space.sample(SPACE, exists, chance)
    assert set(drawn) == {path for path in SPACE if exists(path, drawn | {"rule.kernel": drawn.get("rule.kernel")})}
    assert list(drawn) == [path for path in SPACE if path in drawn]
    assert chance.groups[0] == ((), ["rule", "size"])
    for under, paths in chance.groups[1:]:
        assert under[0] == ("rule", drawn["rule"])
        assert all(space.is_under(path, under[-1][0]) for path in paths)


@settings(deadline=None)
@given(st.floats(-10, 5000), st.integers(1, 40), st.integers(0, 50), st.integers(0, 30))
def test_snap_stays_on_the_grid(value, step, low, steps):
    whole = Int(low, low + step * steps, step=step)
    snapped = whole.snap(value)
    assert whole.low <= snapped <= whole.high
    assert (snapped - low) % step == 0
    real = Float(low / 8, low / 8 + step * steps / 8, step=step / 8)
    assert real.low <= real.snap(value) <= real.high
    for dimension in (whole, real):  # the nearest value of the grid, wherever the grid begins
        grid = [dimension.low + n * dimension.step for n in range(steps + 1)]
        assert min(abs(value - x) for x in grid) == pytest.approx(abs(value - dimension.snap(value)), abs=1e-9)


@pytest.mark.parametrize(
    "given", [Float(0.5, 0.5, step=0.1), Float(0.5, 2.5, step=2.0), Int(3, 3, step=2), Int(3, 5, step=2)]
)
def test_a_grid_of_one_or_two_values_is_a_range(given):
    assert space.parse(space.to_data(given), "f.yaml", "a.b") == given
    assert given.snap(given.low - 1) == given.low
    assert given.snap(given.high + 1) == given.high


def test_text_of_a_dimension():
    assert space.text(Float(1e-4, 0.1, log=True)) == "float [0.0001, 0.1] log"
    assert space.text(Int(500, 4000, step=100)) == "int [500, 4000] step 100"
    assert space.text(Choice(("a", "b"))) == "choice [a, b]"
