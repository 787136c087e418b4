"""What an arriving weight does to a neuron: nothing, one thing, or several, in whatever order synapses deliver."""

from dataclasses import dataclass, replace

import networks
import numpy as np
import pytest
from test_step import graph, shown

from neurosearch.declare import quantity
from neurosearch.errors import UserError
from neurosearch.graph import Random
from neurosearch.parts.neurons.base import Neuron

TRAINS = np.array([[1, 1, 0], [0, 1, 1], [1, 0, 0], [0, 0, 0], [1, 1, 1], [0, 0, 0]])


@dataclass(frozen=True)
class Conductances(Neuron):
    """Excitation and inhibition apart, which nothing forgets; a gain that no delivery changes."""

    scale: float = quantity(2.0)

    equations = """ge : 1
                   gi : 1
                   gain : 1"""
    each_step = "gain = 1.5"
    receive = "ge += scale*w*int(w > 0)*gain; gi -= w*int(w < 0)"


@dataclass(frozen=True)
class Deaf(Neuron):
    """Arriving weights are only counted."""

    equations = "v : 1"
    receive = ""


def case(neuron):
    """Three inputs of weights of either sign."""
    made = graph(neuron=neuron, inputs=3, decision="received")
    (learned,) = made.projections
    made = replace(made, projections=(replace(learned, weights=Random(0.5, 0.2, 0.5)),))
    return networks.case(made, shown(TRAINS), seed=1)


def test_a_neuron_may_receive_in_several_variables():
    c = case(Conductances())
    reference = c.reference()
    w, own = reference.state.synapses["learned"]["w"], reference.state.neurons["out"]
    assert (w > 0).any()
    assert (w < 0).any()
    spikes = TRAINS.sum(axis=0)
    np.testing.assert_allclose(own["ge"], [2 * 1.5 * (w * spikes)[w > 0].sum()], rtol=1e-12)
    np.testing.assert_allclose(own["gi"], [-(w * spikes)[w < 0].sum()], rtol=1e-12)
    networks.same(c.compiled(), reference, c.line)
    networks.same(c.brian(), reference, c.line, tolerance=1e-12)


def test_a_neuron_may_do_nothing_with_what_it_receives():
    c = case(Deaf())
    reference = c.reference()
    w = reference.state.synapses["learned"]["w"]
    assert reference.state.neurons["out"]["v"][0] == 0
    np.testing.assert_allclose(reference.readout[0], [(w * TRAINS.sum(axis=0)).sum()], rtol=1e-12)
    networks.same(c.compiled(), reference, c.line)


@pytest.mark.parametrize(
    ("receive", "words"),
    [
        ("ge = w", ["must be added (`+=`)", "ge = w"]),
        ("ge *= w", ["must be added (`+=`)"]),
        ("ge += w*(1 - ge)", ["`ge` is being added to here", "order of synapses"]),
        ("ge += w; gi += w*ge", ["`ge` is being added to here", "gi += w * ge"]),
        ("ge += w*weight", ["unknown symbol `weight`"]),
        ("ge += w*uniform(0)", ["`uniform` can't be drawn here"]),
        ("ge += w*tau", ["left side is in 1, the right side in second"]),
        ("elsewhere += w", ["must be added (`+=`) to a variable of the neuron"]),
    ],
)
def test_what_would_depend_on_the_order_of_synapses_is_refused(receive, words):
    body = {"receive": receive, "__annotations__": {"tau": float}, "tau": quantity(1e-2, "second")}
    mine = dataclass(frozen=True)(type("Mine", (Conductances,), {**body, "__module__": __name__}))
    with pytest.raises(UserError) as caught:
        case(mine())
    assert all(word in str(caught.value) for word in ["Mine.receive", *words])
