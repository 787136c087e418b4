"""The rule language: what it accepts, what it refuses, and the sentence it refuses with."""

from dataclasses import dataclass

import networks
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurosearch.errors import UserError
from neurosearch.language import text as tx
from neurosearch.language import units
from neurosearch.parts.neurons.lif import Lif
from neurosearch.parts.rules.base import Rule
from neurosearch.simulate.reference import FUNCTIONS


def refused(part, **graph):
    with pytest.raises(UserError) as caught:
        networks.case(networks.layered(part, **graph))
    return str(caught.value)


def rule(**texts):
    """A rule class from its texts, with one parameter of each kind."""
    body = {
        "__annotations__": {"eta": float, "tau": float},
        "eta": networks.make_quantity(0.1),
        "tau": networks.make_quantity(0.02, "second"),
    }
    kind = dataclass(frozen=True)(type("Mine", (Rule,), {**body, "__module__": __name__, **texts}))
    return kind()


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        ({"on_pre": "w += rand()"}, ["Mine.on_pre", "hidden state", "uniform(0)"]),
        ({"post": "dy/dt = -y/tau : 1", "on_pre": "w += y_pst"}, ["Mine.on_pre", "`y_pst`", "did you mean `y_post`"]),
        ({"pre": "x : 1", "on_pre": "x_pre += 1; w += x_pre"}, ["`x_pre` is not a synaptic variable", "pre_spike"]),
        ({"on_pre": "v_post += w"}, ["`v_post` is not a synaptic variable"]),
        ({"on_pre": "w += 0.1*v_post"}, ["order of synapses", "trace"]),
        ({"on_pre": "w += eta*tau"}, ["Mine.on_pre", "left side is in 1", "second"]),
        ({"on_pre": "w += eta + tau"}, ["can't combine", "`eta` [1]", "`tau` [second]"]),
        ({"pre": "dx/dt = -x*tau : 1"}, ["Mine.pre", "dx/dt"]),
        (
            {"post": "s : sum of w over post", "on_pre": "w += s_post"},
            ["Mine.on_pre", "`s_post` is summed at the decision"],
        ),
        ({"post": "s : sum of w over post", "on_post": "w -= s_post"}, ["Mine.on_post", "keep it in post_decision"]),
        ({"post": "s : sum of count over group\ny : 1", "post_spike": "y = s"}, ["Mine.post_spike", "summed at"]),
        ({"post": "s : sum of count over pre\ndy/dt = (s - y)/tau : 1"}, ["Mine.post", "dy/dt", "summed at"]),
        ({"post": "dy/dt = (uniform(0) - y)/tau : 1"}, ["Mine.post", "dy/dt", "can't be drawn here"]),
        ({"synapse": "de/dt = (gauss(0) - e)/tau : 1"}, ["Mine.synapse", "de/dt", "can't be drawn here"]),
        ({"on_pre": "W = w + 1"}, ["`W` is neither a synaptic variable nor read later"]),
        ({"on_sample": "w += count"}, ["needs its side", "count_pre", "count_post"]),
        ({"on_pre": "w = w if w > 0 else 0"}, ["IfExp is not part of the rule language"]),
        ({"on_pre": "w += __import__('os')"}, ["Mine.on_pre", "unknown symbol `__import__`"]),
        ({"on_pre": "w.x = 3"}, ["assigns one name"]),
        ({"on_pre": "w += 1 +"}, ["syntax error"]),
        ({"on_pre": "w += t"}, ["`t` is not a symbol", "elapsed"]),
        ({"post": "a : 1 (shared)"}, ["unknown flag"]),
        ({"post": "s : sum of count_pre over everything"}, ["`everything`"]),
        ({"post": "count : 1"}, ["`count` is taken"]),
        ({"post": "double : 1"}, ["`double` is a word of C++"]),
        ({"on_pre": "new = 1; w += new"}, ["`new` is a word of C++", "new = 1"]),
        ({"on_pre": "exp = 1; w += exp"}, ["`exp` is a word of C++ or of the rule language"]),
        ({"post": "y_post : 1"}, ["end in _pre or _post"]),
        ({"on_pre": "w += exp(tau)"}, ["`exp` takes a plain number", "second"]),
        ({"on_pre": "w += uniform(w)"}, ["integer"]),
        ({"on_pre": "w += 0 < w < 1"}, ["chained comparison"]),
    ],
)
def test_refusals_name_rule_block_and_symbol_and_say_what_to_write(texts, words):
    said = refused(rule(**texts))
    for word in words:
        assert word in said, said


def test_a_neuron_must_add_arriving_weights():
    @dataclass(frozen=True)
    class Last(Lif):
        receive = "v = w"

    assert "must be added" in refused(networks.make("rules", "delta"), neuron=Last())


def test_a_text_with_an_annotation_is_not_a_parameter():
    with pytest.raises(UserError, match=r"on_pre is a text"):
        type("Typo", (Rule,), {"__annotations__": {"on_pre": str}, "on_pre": "w += 1"})


def test_counting_spikes_of_a_population_that_has_none():
    said = refused(rule(on_sample="w += count_post", readout="received", spiking=False))
    assert "does not spike" in said


NUMBERS = st.floats(-3, 3, allow_nan=False).map(lambda x: round(x, 3))
LEAVES = st.one_of(NUMBERS.map(lambda x: f"({x!r})"), st.sampled_from(["a", "b", "c"]))
EXPRESSIONS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "*"]), inner).map(lambda x: f"({x[0]} {x[1]} {x[2]})"),
        inner.map(lambda x: f"-{x}"),
        inner.map(lambda x: f"tanh({x})"),
        st.tuples(inner, inner).map(lambda x: f"int({x[0]} > {x[1]})"),
        st.tuples(inner, inner, inner).map(lambda x: f"clip({x[0]}, {x[1]}, {x[2]})"),
    ),
    max_leaves=12,
)


@given(EXPRESSIONS, NUMBERS, NUMBERS, NUMBERS)
def test_canonical_spelling_and_renaming_keep_the_value(source, a, b, c):
    value = {"a": a, "b": b, "c": c}
    canonical = tx.expression(source, "here")
    before = tx.evaluate(tx.tree(canonical), value, FUNCTIONS)
    renamed = tx.rename(canonical, {"a": "x", "b": "(y + 0)"})
    after = tx.evaluate(tx.tree(renamed), {"x": a, "y": b, "c": c}, FUNCTIONS)
    np.testing.assert_array_equal(before, after)
    assert tx.expression(canonical, "here") == canonical


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("volt*amp*second", "kg*metre**2/second**2"),  # a joule
        ("volt", "ohm*amp"),
        ("siemens", "1/ohm"),
        ("farad", "amp*second/volt"),
        ("hertz", "1/second"),
        ("Hz*second", "1"),
        ("second**-1", "Hz"),
    ],
)
def test_units_are_those_of_the_international_system(left, right):
    assert units.dimension(left, "here") == units.dimension(right, "here")


def test_base_units_are_independent():
    base = [units.dimension(name, "here") for name in ("metre", "kg", "second", "amp")]
    assert base == [(1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0), (0, 0, 0, 1)]
    assert units.dimension("1", "here") == (0, 0, 0, 0)


SYMBOLS = {name: units.dimension(unit, "here") for name, unit in {
    "t": "second", "f": "Hz", "v": "volt", "i": "amp", "r": "ohm", "x": "1"}.items()}  # fmt: skip


@pytest.mark.parametrize(
    ("source", "unit"),
    [
        ("sqrt(t*t)", "second"), ("sqrt(t)**2", "second"), ("sqrt(v/r*i)", "amp"), ("sqrt(x)", "1"),
        ("abs(-v)", "volt"), ("clip(t, 0, 2/f)", "second"), ("sign(v)", "1"), ("int(v > r*i)", "1"),
        ("exp(-t*f)", "1"), ("x**x", "1"), ("v**2/r", "volt*amp"), ("t**-1", "Hz"), ("v - r*i", "volt"),
        ("(t > 1/f) and not (v == 0)", "1"), ("0*v + i*r", "volt"), ("t % (1/f)", "second"),
    ],
)  # fmt: skip
def test_an_expression_has_the_dimension_of_its_value(source, unit):
    assert units.of(source, SYMBOLS, "here", source) == units.dimension(unit, "here")


def test_a_bare_zero_fits_any_unit():
    assert units.of("0", SYMBOLS, "here", "0") is None
    assert units.of("-0", SYMBOLS, "here", "-0") is None
    assert units.of("abs(0)", SYMBOLS, "here", "abs(0)") is None
    assert units.of("v + 0", SYMBOLS, "here", "v + 0") == units.dimension("volt", "here")
    assert units.of("0 - v", SYMBOLS, "here", "0 - v") == units.dimension("volt", "here")
    assert units.of("1", SYMBOLS, "here", "1") == units.ONE


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("t + sqrt(t)", ["`t` [second]", "`sqrt(t)` [s^0.5]"]),
        ("t > v", ["can't compare", "`t` [second]", "`v` [volt]"]),
        ("x + t", ["can't combine"]),
        ("t + 1", ["can't combine", "`1` [1]"]),
        ("exp(v)", ["`exp` takes a plain number", "`v` is in volt"]),
        ("log(x, t)", ["`log` takes a plain number", "`t` is in second"]),
        ("clip(t, x, t)", ["can't clip"]),
        ("clip(t, t, x)", ["can't clip"]),
        ("v**x", ["needs a numeric power"]),
        ("x > 0 and (t > v)", ["can't compare"]),
        ("x*(t + v)", ["can't combine"]),
        ("q + x", ["unknown symbol `q`"]),
    ],
)
def test_dimensions_that_do_not_agree_are_refused(source, words):
    with pytest.raises(UserError) as caught:
        units.of(source, SYMBOLS, "here", source)
    assert all(word in str(caught.value) for word in ["here", *words])


@pytest.mark.parametrize("unit", ["volt + volt", "volt**x", "sqrt(volt)", "-volt", "volt > 0"])
def test_what_is_no_unit_is_refused(unit):
    with pytest.raises(UserError, match=r"not a unit|unknown symbol"):
        units.dimension(unit, "here")


def test_units_are_products_and_powers():
    assert units.dimension("volt/ohm", "here") == units.dimension("amp", "here")
    assert units.dimension("farad*ohm", "here") == units.SECOND
    assert units.spell(units.dimension("1/second", "here")) == "Hz"
    assert units.spell(units.dimension("metre**2*kg", "here")) == "m^2 kg^1"
    with pytest.raises(UserError, match=r"unknown symbol `volts`; did you mean `volt`"):
        units.dimension("volts", "here")
