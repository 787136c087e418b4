"""The contract: one text, several engines; every rule and neuron of the catalogue, with short-term plasticity."""

from dataclasses import dataclass, replace

import networks
import numpy as np
import pytest

from neurosearch import catalogue
from neurosearch.declare import quantity
from neurosearch.graph import Constant, Population, Projection, Random
from neurosearch.hardware.weight_memory import WeightMemory
from neurosearch.parts.neurons.base import Neuron
from neurosearch.parts.neurons.li import Li
from neurosearch.parts.neurons.lif import Lif
from neurosearch.parts.rules.base import Rule
from neurosearch.parts.rules.delta_potential import DeltaPotential
from neurosearch.parts.wiring.all_to_all import AllToAll
from neurosearch.parts.wiring.probability import Probability

SPIKING = [n for n in catalogue.names("neurons") if catalogue.find("neurons", n).threshold]
RULES = catalogue.names("rules")


def lively(c, reference):
    """Enough happened for equality to mean something."""
    assert c.line.steps > 200
    assert len(reference.raster["hidden"]) > 100
    learned = reference.state.synapses["learned"]
    assert learned["writes"].sum() > 100
    assert len(np.unique(np.round(learned["w"], 9))) > 50, "weights at their bounds would agree and show nothing"


@pytest.mark.slow
@pytest.mark.parametrize("neuron", SPIKING)
@pytest.mark.parametrize("rule", RULES)
def test_compiled_program_equals_the_stepper_bit_for_bit(rule, neuron):
    c = networks.case(networks.layered(networks.make("rules", rule), networks.make("neurons", neuron)))
    reference = c.reference()
    lively(c, reference)
    networks.same(c.compiled(strict=True), reference, c.line)


@pytest.mark.slow
@pytest.mark.parametrize("rule", RULES)
def test_fast_floating_point_changes_only_the_last_bits(rule):
    c = networks.case(networks.layered(networks.make("rules", rule)))
    networks.same(c.compiled(strict=False), c.reference(), c.line, tolerance=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("rule", RULES)
def test_brian2s_own_device_agrees(rule):
    c = networks.case(networks.layered(networks.make("rules", rule)), networks.stream(samples=8))
    networks.same(c.brian(), c.reference(), c.line, tolerance=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("encoder", catalogue.names("encoders"))
@pytest.mark.parametrize("frames", [1, 4])
def test_encoders_with_still_and_moving_input(encoder, frames):
    shown = networks.stream(samples=14, steps=20, frames=frames)
    c = networks.case(networks.layered(DeltaPotential(eta=0.317), encoder=networks.make("encoders", encoder)), shown)
    reference = c.reference()
    assert len(reference.raster["hidden"]) > 20
    networks.same(c.compiled(), reference, c.line)


@pytest.mark.slow
@pytest.mark.parametrize("rounding", ["nearest", "stochastic"])
@pytest.mark.parametrize("rule", ["stdp", "delta_potential", "modulated_stdp"])
def test_weight_memory_agrees_and_stays_on_its_levels(rule, rounding):
    memory = WeightMemory(bits=4, range=0.713, rounding=rounding)
    strong = {"stdp": {"eta": 0.0873}, "delta_potential": {"eta": 0.0373, "normalise": 0.0}}
    values = strong.get(rule, {"eta": 0.0173, "normalise": 0.0, "presynaptic": 0.731})
    c = networks.case(networks.layered(networks.make("rules", rule, **values)), memory=memory)
    record, reference = c.compiled(), c.reference()
    networks.same(record, reference, c.line)
    low = 0.0 if rule == "stdp" else -0.713
    levels = (record.arrays["learned.w"] - low) / ((0.713 - low) / 15)
    np.testing.assert_allclose(levels, np.rint(levels), atol=1e-9)
    assert len(np.unique(np.rint(levels))) > 2
    assert record.arrays["learned.writes"].sum() > 20


@pytest.mark.slow
def test_recurrence_inhibition_and_two_rules_at_once():
    architecture = catalogue.find("architectures", "recurrent_ei")()
    graph = architecture.graph((networks.INPUTS,), networks.OUTPUTS)
    c = networks.case(graph, networks.stream(samples=8))
    reference = c.reference()
    assert reference.state.synapses["ee"]["writes"].sum() > 100
    assert len(reference.raster["inhibitory"]) > 20
    networks.same(c.compiled(), reference, c.line)


@pytest.mark.slow
def test_one_build_serves_every_size_length_probability_and_number():
    """Changing values builds nothing; each run still equals the stepper."""
    from neurosearch.simulate import build

    architecture = catalogue.find("architectures", "mushroom_body")
    digests, paths = set(), set()
    for size, fan_in, tau, steps, samples in ((40, 3, 0.0131, 11, 9), (77, 12, 0.0277, 17, 7), (5, 1, 0.0093, 23, 6)):
        a = architecture(rule=DeltaPotential(eta=0.271), output=_output(spread=0.1))
        kenyon = type(a.kenyon)(size=size, fan_in=fan_in, neuron=Lif(tau_mem=tau), drive=9.7, inhibition=0.37)
        a = type(a)(encoder=networks.make("encoders", "periodic"), kenyon=kenyon, rule=a.rule, output=a.output)
        c = networks.case(
            a.graph((networks.INPUTS,), networks.OUTPUTS), networks.stream(samples=samples, steps=steps), seed=size
        )
        networks.same(c.compiled(), c.reference(), c.line)
        digests.add(c.plan.shape.digest)
        paths.add(build.program(c.plan.shape.digest, networks.to_plain(c.plan.shape), strict=True).path)
    assert len(digests) == len(paths) == 1


def _output(**values):
    return catalogue.find("architectures", "mushroom_body")().output.__class__(**values)


@pytest.mark.slow
def test_learning_off_writes_nothing_and_is_the_same_network_before_it_learns():
    graph = networks.layered(DeltaPotential(eta=0.313), weights=Random(0.237, 0.0511))
    on, off = networks.case(graph), networks.case(graph, learning=False)
    a, b = on.compiled(), off.compiled()
    assert a.arrays["learned.writes"].sum() > 100
    assert b.arrays["learned.writes"].sum() == 0
    np.testing.assert_array_equal(a.readout[:3], b.readout[:3])  # lead-in and the first prediction: nothing learned yet
    assert np.abs(a.readout - b.readout).max() > 1e-3


@dataclass(frozen=True)
class Reduced(Rule):
    """Every kind of reduction at once."""

    eta: float = quantity(0.0371, low=0, high=10)

    pre = "slow : 1"
    pre_decision = "slow += 0.5*(count - slow)"
    post = """mass : sum of abs(w)*count_pre over post
              rivals : sum of received over group
              power : sum of (count + eta*slow)**2 over pre
              error : 1"""
    post_decision = "error = labelled*eta*(target - received/(1 + abs(rivals)))/(1 + power) - 1e-3*mass"
    on_sample = "w = clip(w + error_post*count_pre, -1, 1)"
    readout = "received"
    spiking = False


@pytest.mark.slow
def test_reductions_over_synapses_group_and_source_agree():
    c = networks.case(networks.layered(Reduced()))
    reference = c.reference()
    lively(c, reference)
    networks.same(c.compiled(), reference, c.line)
    networks.same(c.brian(), reference, c.line, tolerance=1e-12)
    state = reference.state
    i, j = state.pairs["learned"]
    assert len(set(j.tolist())) == networks.OUTPUTS
    assert len(i) == len(state.synapses["learned"]["w"])


@pytest.mark.slow
def test_graded_projections_carry_potentials_in_every_step():
    """A population of integrators feeds back through weighted, partly negative synapses."""
    base = networks.layered(DeltaPotential(eta=0.217))
    relay = Population("relay", 5, Li(tau_mem=0.0133))
    into = Projection("into", "hidden", "relay", Probability(p=0.4), Random(0.231, 0.117))
    back = Projection("back", "relay", "hidden", Probability(p=0.6), Random(0.393, 0.211, 0.5), graded="v*v + 0.1")
    graph = replace(base, populations=(*base.populations, relay), projections=(*base.projections, into, back))
    c = networks.case(graph)
    reference = c.reference()
    without = networks.case(replace(graph, projections=graph.projections[:-1])).reference()
    assert not np.array_equal(reference.raster["hidden"], without.raster["hidden"])
    networks.same(c.compiled(), reference, c.line)
    networks.same(c.brian(), reference, c.line, tolerance=1e-12)


@dataclass(frozen=True)
class Chained(Neuron):
    """Three sums over the same synapses, the last of which reads the others, under names in another order."""

    tau_mem: float = quantity(0.011, "second", low=1e-4)
    equations = "dv/dt = (-v + current)/tau_mem : 1\nx : 1\na : 1\nb : 1\nc : 1"
    each_step = "x = tanh(v) + 0.1*a - 0.05*b + 0.01*c - 0.1*current"
    threshold = "v + 0.1*a + 0.1*x > 0.6"
    reset = "v = 0"
    receive = "v += w"


@dataclass(frozen=True)
class Told(Neuron):
    """A value that others are linked to, written in each step."""

    tau_mem: float = quantity(0.007, "second", low=1e-4)
    equations = "dv/dt = -v/tau_mem : 1\nz : 1"
    each_step = "z = 1.1*v + 0.01"
    receive = "v += w"


@pytest.mark.slow
def test_sums_and_steps_that_read_each_other_keep_their_order():
    """Declared order, not that of names: ``b``, ``c``, then ``a``; ``teller`` before ``hidden``."""
    base = networks.layered(DeltaPotential(eta=0.217), neuron=Chained(), stp=False)
    teller = Population("teller", 1, Told())
    sums = "b = w*x_pre\nc = w*v_pre\na = w*b_post + c_pre"
    more = (
        Projection("rec", "hidden", "hidden", AllToAll(), Random(0.02, 0.04), graded=sums),
        Projection("to_teller", "hidden", "teller", AllToAll(), Constant(0.02)),
        Projection("telling", "teller", "hidden", AllToAll(), Constant(-0.7), graded="z"),
    )
    graph = replace(base, populations=(*base.populations, teller), projections=(*base.projections, *more))
    c = networks.case(graph)
    reference = c.reference()
    assert len(reference.raster["hidden"]) > 50
    networks.same(c.compiled(), reference, c.line)
    networks.same(c.brian(), reference, c.line, tolerance=1e-11)
