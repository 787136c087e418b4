"""Configurations: round trips, paths, and errors that say what to do; documents with the numbers of YAML 1.2."""

import math
from dataclasses import dataclass
from typing import Any, Literal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from neurosearch import config
from neurosearch.declare import Part, part, quantity
from neurosearch.errors import UserError
from neurosearch.study import document


@dataclass(frozen=True)
class Cells(Part):
    size: int = quantity(100, low=1, high=1000)
    tau: float = quantity(0.02, "second", low=1e-4, high=1)


@dataclass(frozen=True)
class Whole(Part):
    rule: Any = part("rules", "delta")
    stp: Any = part("stp")
    encoder: Any = part("encoders", "poisson")
    cells: Cells = Cells()
    extra: Cells | None = None
    sign: Literal["positive", "signed"] = "positive"
    fast: bool = False
    note: str = ""
    sizes: tuple[int, ...] = (1, 2)


@dataclass(frozen=True)
class Ordered(Part):
    low: float = 0.0
    high: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.low >= self.high:
            raise UserError("low must be below high")


number = st.floats(1e-4, 1, allow_nan=False)
cells = st.builds(Cells, st.integers(1, 1000), number)


@settings(deadline=None)  # the machine may be busy
@given(
    rule=st.sampled_from(["delta", "stdp", "covariance"]),
    stp=st.sampled_from(["off", "tsodyks_markram"]),
    normalisation=st.sampled_from(["raw", "on_off"]),
    eta=st.floats(0, 10),
    inner=cells,
    extra=st.none() | cells,
    sign=st.sampled_from(["positive", "signed"]),
    note=st.text(),
)
def test_data_and_yaml_round_trip(rule, stp, normalisation, eta, inner, extra, sign, note):
    base = Whole(cells=inner, extra=extra, note=note)
    changed = config.replace(
        base, {"rule.eta": eta, "rule": rule, "stp": stp, "encoder.normalisation": normalisation, "sign": sign}
    )
    data = config.to_dict(changed)
    assert config.build(Whole, data) == changed
    again = document.loads(document.dump(data), "x.yaml")
    assert config.build(Whole, again) == changed
    assert config.digest(config.to_dict(config.build(Whole, again))) == config.digest(data)
    assert changed.rule.eta == eta
    assert (changed.stp is None) == (stp == "off")


def test_a_part_is_a_name_or_a_name_with_settings():
    assert config.build(Whole, {"rule": "stdp"}) == config.build(Whole, {"rule": {"stdp": {}}})
    assert config.build(Whole, {"rule": {"stdp": {"eta": 1}}}).rule.eta == 1.0
    assert config.build(Whole, {"stp": "off"}).stp is None
    assert config.build(Whole, {"stp": None}).stp is None
    assert config.build(Whole, {"extra": "on"}).extra == Cells()


def test_choosing_what_is_chosen_keeps_its_settings_and_another_starts_from_defaults():
    base = config.build(Whole, {"rule": {"stdp": {"eta": 0.5}}})
    assert config.replace(base, {"rule": "stdp"}).rule.eta == 0.5
    other = config.replace(base, {"rule": "delta"})
    assert config.replace(other, {"rule": "stdp"}).rule.eta == 0.01


def test_fields_of_a_group_that_is_switched_on_in_the_same_change():
    assert config.replace(Whole(), {"extra.size": 7, "extra": "on"}).extra == Cells(size=7)
    assert config.replace(Whole(), {"stp": "tsodyks_markram", "stp.U": 0.4}).stp.U == 0.4
    assert config.replace(Whole(), {"encoder": "periodic", "encoder.normalisation": "on_off"}).encoder.jitter == 0


def test_several_changes_are_checked_together():
    assert config.replace(Ordered(), {"low": 5, "high": 6}) == Ordered(5, 6)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"rul": "stdp"}, r"f\.yaml: rul does not exist in Whole; did you mean 'rule'"),
        ({"rule": "sdtp"}, r"f\.yaml: rule = sdtp: there is no 'sdtp' in rules; did you mean 'stdp'"),
        ({"rule": {"stdp": {"etaa": 1}}}, r"rule\.etaa does not exist in Stdp; did you mean 'eta'"),
        ({"rule": {"stdp": {"eta": -1}}}, r"rule\.eta = -1 must be a number in \[0, "),
        ({"rule": {"stdp": {}, "delta": {}}}, r"rule = .* must be a name, or one name with its settings"),
        ({"rule": "off"}, r"rule = off, but it cannot be empty"),
        ({"rule": 3}, r"rule = 3 must be a name"),
        ({"cells": {"size": 1.5}}, r"cells\.size = 1\.5 must be an integer in \[1, 1000\]"),
        ({"cells": {"size": True}}, r"cells\.size = True must be an integer"),
        ({"cells": {"tau": "1e-3"}}, r"cells\.tau = '1e-3' must be a number in \[0\.0001, 1\] \(second\)"),
        ({"cells": {"tau": math.nan}}, r"cells\.tau = nan must be a number"),
        ({"cells": 4}, r"cells = 4 must be a mapping of the fields of Cells"),
        ({"sign": "negative"}, r"sign = 'negative' does not exist; .*known: positive, signed"),
        ({"fast": 1}, r"fast = 1 must be true or false"),
        ({"note": 1}, r"note = 1 must be text"),
        ([1], r"must be a mapping"),
    ],
)
def test_bad_data_names_file_path_value_and_what_is_allowed(data, said):
    with pytest.raises(UserError, match=said):
        config.build(Whole, data, "f.yaml")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"rule.tau_plus": 0.1}, r"rule\.tau_plus does not exist for rule = delta; it belongs to .*stdp"),
        ({"rule.nothing": 0.1}, r"rule\.nothing does not exist for rule = delta; .*known: .*eta"),
        ({"stp.U": 0.1}, r"stp\.U does not exist for stp = off; it belongs to tsodyks_markram"),
        ({"extra.size": 3}, r"extra\.size does not exist while extra is off"),
        ({"cells.sise": 3}, r"cells\.sise does not exist in Cells; did you mean 'size'"),
        ({"sign.x": 3}, r"sign has no fields"),
        ({"cell.size": 3}, r"cell\.size does not exist in Whole; did you mean 'cells'"),
    ],
)
def test_a_path_that_does_not_exist_says_where_it_would(changes, said):
    with pytest.raises(UserError, match=said):
        config.replace(Whole(), changes, "f.yaml")


def test_a_check_of_the_class_names_the_file():
    with pytest.raises(UserError, match=r"f\.yaml: low must be below high"):
        config.build(Ordered, {"low": 2}, "f.yaml")


def test_paths_and_description():
    found = config.paths(config.replace(Whole(), {"rule": "stdp"}))
    assert found["rule"][1] == "stdp"
    assert found["rule.tau_plus"][0].unit == "second"
    assert found["stp"][1] == "off"
    assert "stp.U" not in found
    described = config.describe(Whole)
    assert described["rule[stdp].tau_plus"].unit == "second"
    assert described["encoder[poisson].normalisation"].form == "part"
    assert described["cells.size"].low == 1


def test_digest_is_of_the_content():
    assert config.digest({"a": 1, "b": 2.5}) == config.digest({"b": 2.5, "a": 1})
    assert config.digest({"a": 1}) != config.digest({"a": 2})


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=12,
)


@settings(deadline=None)
@given(plain)
@example({"\x85": ["\u2028", "a\r\nb", "\ufeff"]})
def test_any_plain_data_survives_yaml(data):
    assert document.loads(document.dump(data), "x.yaml") == data


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-4", 1e-4), ("-1E+3", -1000.0), ("2.", 2.0), (".5", 0.5), ("off", "off"), ("no", "no"), ("yes", "yes"),
        ("12:30", "12:30"), ("2026-11-21", "2026-11-21"), ("true", True), ("null", None), ("~", None), ("", None),
        ("007", 7), ("1_000", "1_000"), (".inf", math.inf), ("0x1F", "0x1F"),
    ],
)  # fmt: skip
def test_scalars_are_those_of_yaml_1_2(text, value):
    loaded = document.loads(f"a: {text}", "x.yaml")["a"]
    assert loaded == value
    assert type(loaded) is type(value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: 1\nb:\n  c: 1\n  c: 2\n", r"f\.yaml, line 4, column 3: the key 'c' is given twice \(first in line 3\)"),
        ("a: [1,\nb: 2", r"f\.yaml, line \d+, column \d+: "),
        ("1: 2", r"f\.yaml, line 1, column 1: the key '1' must be text"),
        ("a: \x07", r"f\.yaml: .*fix the file"),
        ("a: *b", r"f\.yaml, line 1, column 4: found undefined alias"),
        ("a: !!python/object:os.system x", r"f\.yaml, line 1"),
    ],
)
def test_a_damaged_document_names_file_line_and_column(tmp_path, text, said):
    file = tmp_path / "f.yaml"
    file.write_text(text)
    with pytest.raises(UserError, match=said):
        document.load(file)


def test_json_is_read_too_and_as_strictly(tmp_path):
    file = tmp_path / "f.json"
    file.write_text('{"a": 1e-4}')
    assert document.load(file) == {"a": 1e-4}
    file.write_text('{"a": 1, "a": 2}')
    with pytest.raises(UserError, match=r"f\.json: the key 'a' is given twice"):
        document.load(file)
    file.write_text('{"a": 1,\n}')
    with pytest.raises(UserError, match=r"f\.json, line [12], column [0-9]: "):
        document.load(file)


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(UserError, match="No such file"):
        document.load(tmp_path / "none.yaml")
    (tmp_path / "latin.yaml").write_bytes(b"a: \xff")
    with pytest.raises(UserError, match="not UTF-8"):
        document.load(tmp_path / "latin.yaml")
