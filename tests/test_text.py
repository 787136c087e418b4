"""The rule language: what it accepts, what it refuses, and the sentence it refuses with."""

from dataclasses import dataclass

import networks
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurosearch.errors import UserError
from neurosearch.language import arrays, declarations, units
from neurosearch.language import text as tx
from neurosearch.language.declarations import Line
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
        ({"on_pre": "writes = 3; w += writes"}, ["Mine.on_pre", "`writes` is taken"]),
        ({"post_spike": "onset = 3; y = onset", "post": "y : 1"}, ["Mine.post_spike", "`onset` is taken"]),
        ({"synapse": "dw/dt = -w/tau : 1"}, ["the weight `w` has no differential equation", "on_sample"]),
        ({"post": "x = 2*count : 1"}, ["declared without a value", "`x : unit`"]),
        ({"post": "dy/dt = (xi - y)/tau : 1"}, ["`xi` is not a symbol", "gauss(0)"]),
        ({"post": "dy/dt = -y*y/tau : 1"}, ["linear in their own variable", "a neuron with another `method`"]),
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
        ({"post": "double : 1"}, ["`double` is reserved in C++"]),
        ({"on_pre": "new = 1; w += new"}, ["`new` is reserved in C++", "new = 1"]),
        ({"on_pre": "exp = 1; w += exp"}, ["`exp` is reserved in C++ or in the rule language"]),
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


@pytest.mark.parametrize("name", sorted(tx.LOWERED))
def test_functions_of_lowered_texts_are_not_for_users(name):
    with pytest.raises(UserError, match=f"unknown symbol `{name}`"):
        tx.expression(f"1 + {name}(0)", "here")
    with pytest.raises(UserError, match=f"`{name}` is reserved in C\\+\\+ or in the rule language"):
        tx.block(f"{name} = 1", "here")


@pytest.mark.parametrize("name", ["_x", "x_pre", "x_post", f"{tx.FRAMEWISE}x", "exp", "draw"])
def test_names_that_are_ours_cannot_be_declared(name):
    for declaration in (f"{name} : 1", f"d{name}/dt = 1/tau : 1", f"{name} : sum of w over post"):
        with pytest.raises(UserError, match=rf"here: `{name}`"):
            declarations.lines(declaration, "here")


@pytest.mark.parametrize("name", ["pre", "post", "x_post_", "pre_x", "a_b"])
def test_other_names_can_be_declared(name):
    assert [line.name for line in declarations.lines(f"{name} : 1", "here")] == [name]


@pytest.mark.parametrize(
    ("declaration", "expected"),
    [
        ("x : 1", Line("x")),
        ("x : volt  # of the membrane", Line("x", "volt")),
        ("n : integer", Line("n", integer=True)),
        ("dv/dt = (u - v)/tau : volt (unless refractory)", Line("v", "volt", "(u - v) / tau", held=True)),
        ("s : sum of w*x_pre over post", Line("s", rhs="w * x_pre", over="post")),
        ("s : sum of count over group", Line("s", rhs="count", over="group")),
        ("s : sum of count**2 over pre", Line("s", rhs="count ** 2", over="pre")),
    ],
)
def test_a_declaration_is_read(declaration, expected):
    assert declarations.lines(f"\n# first\n{declaration}\n", "here") == (expected,)


@pytest.mark.parametrize(
    ("declaration", "said"),
    [
        ("x : 1\ny : 1\nx : volt", "`x` is declared 2 times"),
        ("dn/dt = 1/tau : integer", "an integer cannot follow a differential equation"),
        ("s : sum of w over all", "a sum runs over"),
        ("g : 1 (unless refractory)", "is for differential equations"),
        ("x : 1 (shared)", "unknown flag"),
        ("x = 1", "expected"),
    ],
)
def test_a_declaration_that_is_no_variable_is_refused(declaration, said):
    with pytest.raises(UserError, match=said):
        declarations.lines(declaration, "here")


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("3", True), ("3.0", False), ("n", True), ("x", False), ("int(x)", True), ("-n", True), ("n + 2*n - 1", True),
        ("n/2", False), ("n**2", False), ("n + x", False), ("x + n", False), ("draw_lot(n)", True), ("floor(x)", False),
    ],
)  # fmt: skip
def test_a_value_is_an_integer_by_its_form(source, expected):
    assert declarations.whole(source, {"n"}) is expected


def test_names_and_functions_of_an_expression():
    assert tx.names("exp(-x/tau) + int(a > 0)*uniform(0)") == {"x", "tau", "a"}
    assert tx.calls("exp(-x/tau) + int(a > 0)*uniform(0)") == {"exp", "int", "uniform"}
    assert tx.names("") == tx.calls("x") == frozenset()


SAME = (
    "a + b", "a - b", "a*b", "a/b", "a % b", "abs(b)**a", "b**2", "-a", "a < b", "a <= a", "a > b", "b >= b", "a == a",
    "a != b", "(a < b) and (b < c)", "(a < b) or (b < c)", "not (a < b)", "exp(a)", "log(abs(b))", "sqrt(abs(b))",
    "tanh(a)", "sin(b)", "cos(b)", "abs(b)", "sign(b)", "floor(b)", "clip(b, a, c)", "int(b)", "int(a < b)",
)  # fmt: skip


@pytest.mark.parametrize("source", SAME)
def test_arrays_and_the_reference_compute_the_same(source):
    numbers = np.random.default_rng(1)
    a, b = numbers.normal(size=(2, 40)) * 2
    env = {"a": a, "b": b, "c": a + 1.5}
    checked = tx.expression(source, "here")
    found = arrays.value(checked, env)
    np.testing.assert_allclose(found, tx.evaluate(tx.tree(checked), env, FUNCTIONS), rtol=1e-14)
    plain = {"exp": np.exp, "log": np.log, "sqrt": np.sqrt, "tanh": np.tanh, "sin": np.sin, "cos": np.cos,
             "sign": np.sign, "floor": np.floor, "clip": np.clip, "int": np.trunc, "abs": abs}  # fmt: skip
    one = [eval(source, {**plain, **{k: float(v[n]) for k, v in env.items()}}) for n in range(40)]
    np.testing.assert_allclose(found, one, rtol=1e-12)


def test_what_a_statement_reads():
    plain, update = tx.block("y = 2*x; y += exp(z)", "here")
    assert (plain.reads, update.reads) == ({"x"}, {"y", "z"})
    assert tx.text((plain, update)) == "y = 2 * x\ny += exp(z)"


def test_a_new_name_takes_the_dimension_of_its_value():
    known = {"tau": units.SECOND, "x": units.ONE}
    units.check_block(tx.block("d = 2*tau; tau = d; tau += d; tau *= x; x -= 0; tau /= 2", "here"), known)
    for statements, said in [
        ("d = tau; x = d", r"the left side is in 1, the right side in second"),
        ("tau = x", r"the left side is in second, the right side in 1"),
        ("x += tau", r"the left side is in 1"),
        ("x -= tau", r"the left side is in 1"),
        ("tau *= tau", r"`\*=` takes a plain number, got second"),
        ("tau /= tau", r"`/=` takes a plain number, got second"),
    ]:
        with pytest.raises(UserError, match=said):
            units.check_block(tx.block(statements, "here"), known)


def test_units_are_products_and_powers():
    assert units.dimension("volt/ohm", "here") == units.dimension("amp", "here")
    assert units.dimension("farad*ohm", "here") == units.SECOND
    assert units.spell(units.dimension("1/second", "here")) == "Hz"
    assert units.spell(units.dimension("metre**2*kg", "here")) == "m^2 kg^1"
    with pytest.raises(UserError, match=r"unknown symbol `volts`; did you mean `volt`"):
        units.dimension("volts", "here")


@pytest.mark.parametrize(
    ("source", "part"),
    [
        ("-e/(tau - tau)", "-e / (tau - tau)"),
        ("(a + b)/(a*b - b*a)", "(a + b) / (a * b - b * a)"),
        ("v + log(-1)", "log(-1)"),
        ("v + abs(sqrt(0 - 4))", "abs(sqrt(0 - 4))"),
        ("v*exp(1000)", "exp(1000)"),
        ("-e/tau", ""),
        ("log(a - b) + 1/(a - b) + 1/(tau*a - b)", ""),
    ],
)
def test_parts_that_never_have_a_value_are_found(source: str, part: str) -> None:
    assert arrays.undefined(source) == part
