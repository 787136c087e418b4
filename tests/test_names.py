"""Names of a user's classes: what Brian2 or C++ keeps for itself is refused by name, everything else works."""

from dataclasses import dataclass, field, make_dataclass

import networks
import pytest
from brian2.core.functions import DEFAULT_CONSTANTS, DEFAULT_FUNCTIONS
from brian2.core.namespace import DEFAULT_UNITS

from neurosearch import catalogue
from neurosearch.declare import quantity
from neurosearch.errors import UserError
from neurosearch.lower.brian_names import complaints
from neurosearch.lower.names import kept_names
from neurosearch.parts.neurons.lif import Lif
from neurosearch.parts.rules.base import Rule

USUAL = {
    "ms",
    "nS",
    "Hz",
    "volt",
    "second",
    "pi",
    "inf",
    "exprel",
    "tan",
    "ceil",
    "cosh",
    "e",
    "xi",
    "t",
    "N",
    "lastspike",
}
UNITS = sorted(DEFAULT_UNITS)[::50]  # of some 2,000
BRIAN = sorted(n for n in {*USUAL, *UNITS, *DEFAULT_FUNCTIONS, *DEFAULT_CONSTANTS} if n.isidentifier())
SHIPPED = [(kind, name) for kind in ("neurons", "encoders", "rules", "stp") for name in catalogue.names(kind)]


def neuron(**body):
    """A leaky neuron of a class of the user's with other texts."""
    return dataclass(frozen=True)(type("Mine", (Lif,), {"__module__": __name__, **body}))()


def refusal(part=None, rule=None):
    with pytest.raises(UserError) as caught:
        networks.case(networks.layered(rule or networks.make("rules", "stdp"), neuron=part))
    return str(caught.value)


def test_brian_keeps_the_names_that_modellers_use():
    known = {*DEFAULT_UNITS, *DEFAULT_FUNCTIONS, *DEFAULT_CONSTANTS, "xi", "t", "N", "lastspike"}
    assert known >= USUAL


@pytest.mark.parametrize("place", ["variable", "parameter", "local"])
def test_every_name_that_brian_keeps_is_refused_in_one_sentence(place):
    for name in BRIAN:
        if place == "variable":
            mine = neuron(equations=f"{Lif.equations}\n{name} : 1")
        elif place == "parameter":
            made = make_dataclass("Mine", [(name, float, quantity(1.0))], bases=(Lif,), frozen=True)
            made.__module__ = __name__
            mine = made()
        else:
            mine = neuron(each_step=f"{name} = 1 + v; v = v + 0*{name}")
        said = refusal(mine)
        assert f"{name}" in said
        assert said.startswith("Mine.")
        assert "\n" not in said


@pytest.mark.parametrize("name", ["lambda", "größe", "import"])
def test_names_that_are_none_in_python_or_c_are_refused(name):
    assert f"`{name}` is not valid in every engine" in refusal(neuron(equations=f"{Lif.equations}\n{name} : 1"))


@pytest.mark.parametrize(("kind", "name"), SHIPPED)
def test_no_shipped_class_has_a_name_that_brian_keeps(kind, name):
    """Nobody asks Brian2 about these at run time."""
    part = catalogue.find(kind, name)()
    kept = list(kept_names(part))
    assert [(place, n) for place, n in kept if complaints([n])[n]] == []


@dataclass(frozen=True)
class Textbook(Rule):
    """Pair-based STDP with the names of the textbook."""

    tau_pre: float = quantity(0.017, "second", low=1e-4)
    tau_post: float = quantity(0.023, "second", low=1e-4)
    A_pre: float = quantity(0.013)
    A_post: float = quantity(0.011)

    pre = "dx/dt = -x/tau_pre : 1"
    post = "dy/dt = -y/tau_post : 1"
    pre_spike = "x += A_pre"
    post_spike = "y += A_post"
    on_pre = "w -= y_post*tau_post/tau_pre"
    on_post = "w += x_pre"


def test_parameters_of_a_rule_may_end_in_pre_and_post():
    c = networks.case(networks.layered(Textbook()))
    reference = c.reference()
    assert reference.state.synapses["learned"]["writes"].sum() > 100
    networks.same(c.compiled(), reference, c.line)
    networks.same(c.brian(), reference, c.line, tolerance=1e-12)


def test_a_parameter_that_could_be_a_neuron_s_variable_is_refused():
    made = make_dataclass("Mine", [("v_post", float, quantity(1.0))], bases=(Rule,), frozen=True)
    made.on_post = "w += v_post"
    said = refusal(rule=made())
    assert "`v_post` could be a parameter or `v` of the postsynaptic neuron; rename the parameter" in said


def test_parameters_of_a_neuron_may_not():
    made = make_dataclass("Mine", [("tau_pre", float, quantity(1.0))], bases=(Lif,), frozen=True)
    made.__module__ = __name__
    assert "Mine.tau_pre: _pre and _post at the end of a name mean a side" in refusal(made())


@pytest.mark.parametrize("n", [120, 3000, 60_000])
def test_long_texts_are_refused_by_a_short_sentence(n):
    for mine in (neuron(each_step="v = " + " + ".join(["v"] * n)), neuron(threshold=" + ".join(["v"] * n) + " > 1")):
        said = refusal(mine)
        assert "write several statements" in said
        assert len(said) < 600


@pytest.mark.parametrize(
    ("start", "words"),
    [
        (3, "Mine.start = 3 must be a dictionary"),
        (["v"], "must be a dictionary"),
        ({"v": [1]}, "Mine.start['v'] = [1] must be a number or the name of a parameter"),
        ({"v": "v_treshold"}, "unknown symbol `v_treshold`; did you mean `v_threshold`"),
        ({"u": 1.0}, "Mine.start: unknown symbol `u`"),
        ({"v": True}, "must be a number"),
    ],
)
def test_first_values_are_numbers_or_parameters_of_declared_variables(start, words):
    assert words in refusal(neuron(start=start))


def test_terms_of_a_synaptic_equation_that_are_linear_by_form_are_accepted():
    """The sentence for a cubic one names the rule's own choices; a rule has no `method`."""
    linear = field(default=0.02, metadata={"unit": "second"})
    made = make_dataclass("Mine", [("tau", float, linear)], bases=(Rule,), frozen=True)
    made.on_pre = "w += e; e += 1"
    made.synapse = "de/dt = (1 - 2*e)/tau - e*x_pre/tau : 1"
    made.pre = "x : 1"
    networks.case(networks.layered(made())).reference()
    made.synapse = "de/dt = -e**3/tau : 1"
    said = refusal(rule=made())
    assert "must be linear in its own variable, `e`" in said
    assert "method" not in said
