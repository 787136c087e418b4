"""Text and numbers of studies that once passed, or ended in a traceback: each is a sentence with file and place."""

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurosearch.errors import UserError
from neurosearch.files import paths
from neurosearch.spelling import quoted, shortened
from neurosearch.study import document, space
from neurosearch.study import study as studies

STUDY = {
    "format": "1",
    "about": "Is it refused?",
    "architecture": "{mushroom_body: {encoder: current}}",
    "task": "digits",
    "space": "{rule.eta: {float: [0.1, 0.2]}}",
}


def load(folder, **lines):
    file = folder / "st.yaml"
    file.write_text("".join(f"{key}: {value}\n" for key, value in (STUDY | lines).items()))
    return studies.load(file)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ({"rescore": "{seeds: [-5]}"}, r"rescore\.seeds\.0 = -5: it should be greater than or equal to 0"),
        ({"seeds": "[2147483648]"}, r"seeds\.0 = 2147483648: it should be less than 2147483648"),
        ({"seed": "4294967296"}, r"seed = 4294967296: give an integer from 0 to 2147483647"),
        ({"seed": "0x10"}, r"seed = '0x10': .*; write 16"),
        ({"limits": "{memory_gb: 1e300}"}, r"limits\.memory_gb = 1e\+300: it should be less than or equal to 1000000"),
        ({"limits": "{seconds: 1e300}"}, r"limits\.seconds = 1e\+300"),
        ({"format": "true"}, r"format = True, but this version reads format 1"),
        ({"trials": "1" * 401}, r"trials = 1+ \.\.\. 1+ \(401 characters\) is larger than 1e308"),
        ({"trials": "1" * 5000}, r"st\.yaml, line 6, column 9: .* cannot be read as int"),
        ({"task": f"{{digits: {{samples: {10**19}}}}}"}, r"samples = 1\d+ is too large; .*below 2\^63"),
        ({"space": "{rule.eta: {float: [0, 1], step: 1e-320}}"}, r"step = 1e-320 divides \[0, 1\] into inf steps"),
        ({"space": "{rule.eta: {float: [1, 1.5], step: 1e-17}}"}, r"step = 1e-17 divides"),
        ({"space": "{rule.eta: {float: [0, 1], step: 1e19}}"}, r"step = 1e\+19 is larger than the range \[0, 1\]"),
        ({"space": "{rule.eta: {float: [-1e308, 1e308]}}"}, r"too wide to be searched"),
        ({"space": f"{{kenyon.size: {{int: [0, {2**53 + 1}]}}}}"}, r"too wide to be searched"),
        ({"architecture": "&a {mushroom_body: *a}"}, r"architecture\.mushroom_body.* or contains itself"),
        ({"about": "!!int twelve"}, r"st\.yaml, line 2, column 8: 'twelve' cannot be read as int; fix the file"),
        ({"about": "!!timestamp never"}, r"line 2, column 8: could not determine a constructor .*timestamp"),
        ({"about": "!!timestamp 2026-01-01"}, r"line 2, column 8: could not determine a constructor .*timestamp"),
        ({"about": "!!binary x"}, r"line 2, column 8: could not determine a constructor .*binary"),
        ({"about": "!!map x"}, r"line 2, column 8: a mapping is expected here"),
        ({"about": r'"\ud800"'}, r"about' = '\\ud800' holds half a character"),
        ({"about": r'"\Uffffffff"'}, r"st\.yaml: .*; fix the file"),
        ({"architecture": r'"./a\0b.py:Mine"'}, r"st\.yaml: the path './a\\x00b\.py': embedded null byte"),
        ({"architecture": f"./{'a' * 300}.py:Mine"}, r"st\.yaml: the path .*: File name too long"),
        ({"architecture": "~nobody-of-it/a.py:Mine"}, r"the path '~nobody-of-it/a\.py': Could not determine"),
        ({"architecture": f"{'a' * 300}.json"}, r"the path .*: File name too long"),
        ({"sampler": "x" * 5000}, r"sampler = 'x+ \.\.\. x+' \(5,002 characters\)"),
        ({"task": "x" * 5000}, r"there is no 'x+ \.\.\. x+' \(5,002 characters\) in tasks"),
        ({"objectives": f"[{'x' * 5000}]"}, r"objectives: 'x+ \.\.\. x+' \(5,002 characters\) is no"),
    ],
)  # fmt: skip
def test_what_passed_or_failed_late_is_a_short_sentence(tmp_path, lines, said):
    with pytest.raises(UserError, match=said) as error:
        load(tmp_path, **lines)
    assert len(str(error.value)) < 1000 + 2 * len(str(tmp_path))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"a": ' + "1" * 5000 + "}", r"s\.json: .*4300 digits.*; give smaller numbers"),
        ('{"a": ' + "[" * 100_000, r"s\.json is nested too deeply"),
        ('{"\\ud800": 1}', r"holds half a character"),
    ],
)
def test_json_that_python_refuses_is_a_sentence(text, said):
    with pytest.raises(UserError, match=said):
        document.loads(text, "s.json")


def test_a_few_lines_that_say_billions_are_refused_at_once():
    lines = ["a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 20)]
    with pytest.raises(UserError, match=r"s\.yaml holds more than 1,000,000 values; use aliases"):
        document.loads("\n".join(lines), "s.yaml")


def test_an_alias_is_read_as_often_as_it_stands():
    assert document.loads("a: &x {b: [1, 2]}\nc: *x", "s.yaml") == {"a": {"b": [1, 2]}, "c": {"b": [1, 2]}}


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=60))
def test_any_text_is_data_or_one_sentence(text):
    for name in ("s.yaml", "s.json"):
        said = name
        try:
            document.loads(text, name)
        except UserError as error:
            said = str(error)
        assert said.startswith(name)
        assert "\n" not in said


@given(low=st.integers(-50, 50), steps=st.integers(1, 60), tenths=st.sampled_from([1, 2, 5, 7, 25]), at=st.floats(0, 1))
def test_a_value_of_a_grid_is_the_number_one_would_write(low, steps, tenths, at):
    """The nearest float to low + k step, worked out in fractions of the decimal numbers."""
    high = float(Fraction(low, 10) + steps * Fraction(tenths, 100))
    dimension = space.Float(low / 10, high, step=tenths / 100)
    value = dimension.snap(dimension.low + at * (high - dimension.low))
    k = round((value - dimension.low) / dimension.step)
    assert value == float(Fraction(low, 10) + k * Fraction(tenths, 100))
    assert abs(value - (dimension.low + at * (high - dimension.low))) <= tenths / 200 * (1 + 1e-9)


def test_a_third_step_of_a_tenth_is_three_tenths():
    assert space.Float(0.0, 1.0, step=0.1).snap(0.31) == 0.3


def test_an_infinite_bound_is_no_number(tmp_path):
    for bound in (math.inf, math.nan, 10**400):
        with pytest.raises(UserError, match="is not a number"):
            space.parse({"float": [0, bound]}, "s.yaml", "rule.eta")


@given(st.integers(), st.integers(10, 200))
def test_a_quoted_value_is_short_and_whole_where_it_fits(value, limit):
    text = quoted("x" * abs(value % 1000), limit)
    assert len(text) <= limit + 40
    assert shortened("x" * limit, limit) == "x" * limit
    assert quoted(10**5000).startswith("a whole number of thousands of digits")


def test_a_path_is_made_absolute_or_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert paths.located("a/b") == tmp_path / "a" / "b"
    assert paths.located("b", tmp_path / "c") == tmp_path / "c" / "b"
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(UserError, match=r"the path 'loop'"):
        paths.located("loop")
    with pytest.raises(UserError, match=r"half a character"):
        paths.located("\ud800")
