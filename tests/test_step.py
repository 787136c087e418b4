"""The order of one step, pinned: hand-worked traces on networks of one or two neurons (docs/step.md)."""

from dataclasses import dataclass, replace

import networks
import numpy as np
import pytest

from neurosearch import catalogue
from neurosearch.declare import quantity
from neurosearch.graph import Graph, Input, Population, Projection, Random, Teacher
from neurosearch.language.text import RuleError
from neurosearch.parts.encoders.base import Encoder, SpikingEncoder
from neurosearch.parts.neurons.base import Neuron
from neurosearch.parts.neurons.li import Li
from neurosearch.parts.neurons.lif import Lif
from neurosearch.parts.neurons.lif_refractory import LifRefractory
from neurosearch.parts.rules.base import Rule
from neurosearch.parts.rules.covariance import Covariance
from neurosearch.parts.rules.delta import Delta
from neurosearch.parts.rules.delta_potential import DeltaPotential
from neurosearch.parts.rules.delta_trace import DeltaTrace
from neurosearch.parts.rules.stdp import Stdp
from neurosearch.parts.stp.tsodyks_markram import TsodyksMarkram
from neurosearch.parts.wiring.all_to_all import AllToAll
from neurosearch.record import Stream


@dataclass(frozen=True)
class Given(Encoder):
    """A spike in every frame whose value is above one half."""

    threshold = "drive > 0.5"


def graph(
    rule=None,
    neuron=None,
    weight=0.3,
    stp=None,
    inputs=1,
    outputs=1,
    teacher=None,
    teaching_steps=0,
    decision="received",
):
    neuron = neuron or Lif(tau_mem=0.02)
    return Graph(
        input=Input("input", inputs, Given()),
        populations=(Population("out", outputs, neuron, teacher=teacher),),
        projections=(Projection("learned", "input", "out", AllToAll(), Random(weight), rule=rule, stp=stp),),
        readout="out",
        decision=decision,
        teaching_steps=teaching_steps,
    )


def shown(trains, samples=1, labels=None, phase=None, outputs=1):
    """Spike trains [steps, inputs] cut into equal samples, one step a frame."""
    trains = np.asarray(trains, np.float32)
    trains = trains[:, None] if trains.ndim == 1 else trains
    steps = len(trains)
    labels = np.zeros(samples) if labels is None else np.asarray(labels)
    phase = np.ones(samples) if phase is None else np.asarray(phase)
    return Stream(
        trains,
        (trains.shape[1],),
        np.arange(steps, dtype=np.int32),
        np.ones(steps, np.int32),
        np.full(samples, steps // samples, np.int32),
        labels.astype(np.int32),
        phase.astype(np.int8),
        outputs,
        f"given {trains.tobytes().hex()}",
    )


def both(g, s, **options):
    """The stepper's state, after the compiled program has been held to it bit for bit."""
    c = networks.case(g, s, **options)
    reference = c.reference()
    networks.same(c.compiled(), reference, c.line)
    return reference


def weight(reference):
    return float(reference.state.synapses["learned"]["w"][0])


@pytest.mark.slow
def test_a_spike_arrives_in_the_step_in_which_it_is_fired_and_after_integration():
    """Input at step 2 lifts the potential at step 2, too late for that step's threshold: the output fires at step 3."""
    reference = both(graph(weight=1.2, rule=DeltaPotential(eta=0)), shown([0, 0, 1, 0, 0, 0]))
    assert reference.raster["input"].tolist() == [[2, 0]]
    spikes = both(graph(weight=1.2, rule=Delta(eta=0)), shown([0, 0, 1, 0, 0, 0])).raster["out"]
    assert spikes.tolist() == [[3, 0]]  # 1.2 exp(-1/20) = 1.14 > 1


@pytest.mark.slow
def test_coincident_spikes_count_as_neither_potentiation_nor_depression():
    """Pre at 0 and 1, post at 1 (driven by the first): the pair (1, 1) must leave no mark."""
    rule = Stdp(eta=0.1, depression=0.5, tau_plus=0.02, tau_minus=0.02, w_max=2.0)
    trains = [1, 1, 0, 1, 0, 0, 0]
    reference = both(graph(rule=rule, weight=1.2), shown(trains))
    assert reference.raster["out"].tolist() == [[1, 0], [4, 0]]
    decay = np.exp(-1 / 20)
    potentiation = 0.1 * decay  # only the input of step 0 is in the trace at step 1
    potentiation += 0.1 * (decay + decay**3 + decay**4)  # at step 4, by the inputs of steps 3, 1 and 0
    depression = 0.1 * 0.5 * decay**2  # the input at step 3 meets the trace of the output at step 1
    assert weight(reference) == pytest.approx(1.2 + potentiation - depression, abs=1e-12)


@pytest.mark.slow
def test_delivery_uses_the_weight_from_before_this_steps_change():
    rule = Stdp(eta=0.5, depression=1.0, w_max=2.0)
    reference = both(graph(rule=rule, weight=1.2, neuron=Lif(tau_mem=0.02, v_threshold=1.0)), shown([1, 0, 1, 0, 0]))
    first = 1.2 + 0.5 * 0  # nothing before the output spike
    assert reference.raster["out"].tolist()[0] == [1, 0]
    received = reference.state.neurons["out"]["received"]
    del received  # reset by the sample's end; the read-out keeps it
    trace = np.exp(-1 / 20)
    at_post = first + 0.5 * trace  # potentiation at step 1
    assert float(reference.readout[0, 0]) == pytest.approx(first + at_post, abs=1e-12)


@pytest.mark.slow
def test_the_last_sample_learns_and_the_first_boundary_does_not():
    """K samples: learning happens at the steps T, 2T, ..., KT, and never at step 0."""
    rule = Delta(eta=1.0, amplitude=3.0, normalise=0.0, w_max=100.0)
    for samples in (1, 2, 3):
        reference = both(graph(rule=rule, weight=0.0, decision="count"), shown([1, 0, 0, 0] * samples, samples))
        writes = int(reference.state.synapses["learned"]["writes"][0])
        assert writes >= 1
        if samples == 1:
            assert weight(reference) == 3.0  # eta (amplitude - 0) count, once


@pytest.mark.slow
def test_the_decision_is_latched_before_the_target_is_shown_and_counters_start_anew():
    rule = DeltaPotential(eta=1.0, normalise=0.0, w_max=10.0)
    reference = both(graph(rule=rule, weight=0.25, neuron=Li()), shown([1, 0, 1, 0, 1, 1], 3))
    # sample 1: received 0.25; w += (1 - 0.25) 1 = 1.0; sample 2: received 1.0, no error; sample 3: two spikes
    np.testing.assert_allclose(reference.readout[:, 0], [0.25, 1.0, 2.0], atol=1e-12)
    assert weight(reference) == pytest.approx(1.0 + (1 - 2.0) * 2, abs=1e-12)


@pytest.mark.slow
def test_teaching_begins_after_the_decision_and_ends_with_the_sample():
    """The teacher's spikes are learned from, but not scored."""
    teacher = Teacher(amplitude=30.0, suppression=0.0)
    rule = Covariance(eta=0.1, rate=0.0)
    g = graph(rule=rule, weight=0.0, teacher=teacher, teaching_steps=4, decision="count")
    reference = both(g, shown([1, 0, 0, 1, 0, 0], 2))
    assert reference.readout.tolist() == [[0.0], [0.0]]
    steps = reference.raster["out"][:, 0]
    assert len(steps) > 0
    assert all(3 <= n % 7 < 7 for n in steps)
    assert weight(reference) > 0


@pytest.mark.slow
def test_held_out_samples_are_decided_but_not_learned():
    rule = DeltaPotential(eta=1.0, normalise=0.0)
    reference = both(graph(rule=rule, weight=0.25, neuron=Li()), shown([1, 1, 1], 3, phase=[0, 1, 2]))
    assert int(reference.state.synapses["learned"]["writes"][0]) == 1
    np.testing.assert_allclose(reference.readout[:, 0], [0.25, 0.25, 1.0], atol=1e-12)


@pytest.mark.slow
def test_a_refractory_neuron_neither_integrates_nor_receives_nor_fires():
    neuron = LifRefractory(tau_mem=0.02, t_refractory=3e-3)
    reference = both(graph(rule=Delta(eta=0), neuron=neuron, weight=1.5, decision="count"), shown([1] * 12))
    steps = reference.raster["out"][:, 0].tolist()
    assert steps[0] == 1
    # fires at n; steps n+1, n+2 rest; at n+3 it receives again; fires at n+4
    assert np.diff(steps).tolist() == [4] * (len(steps) - 1)


@pytest.mark.slow
@pytest.mark.parametrize("steps", [0, 1, 2, 3, 7, 11])
def test_a_neuron_receives_again_in_the_very_step_in_which_its_refractory_time_ends(steps):
    """Driven over its threshold in every step; times such as 7 * 0.1 ms, whose quotient is below 7 in floats, too."""
    neuron = LifRefractory(tau_mem=0.02, t_refractory=steps * 1e-4)
    driven = replace(graph(rule=Delta(eta=0), neuron=neuron, weight=1.5, decision="count"), dt=1e-4)
    fired = both(driven, shown([1] * 40)).raster["out"][:, 0]
    assert fired[0] == 1
    assert np.diff(fired).tolist() == [max(steps, 1) + 1] * (len(fired) - 1)
    assert len(fired) > 2


@pytest.mark.parametrize(("milliseconds", "steps"), [(1.4, 1), (1.6, 2), (2.4, 2), (2.6, 3), (2.9, 3)])
def test_a_refractory_time_is_rounded_to_the_nearest_step(milliseconds, steps):
    neuron = LifRefractory(tau_mem=0.02, t_refractory=milliseconds * 1e-3)
    c = networks.case(graph(rule=Delta(eta=0), neuron=neuron, weight=1.5, decision="count"), shown([1] * 20))
    assert np.unique(np.diff(c.reference().raster["out"][:, 0])).tolist() == [steps + 1]


@pytest.mark.slow
def test_short_term_depression_releases_from_values_before_the_spike():
    """Tsodyks & Markram: releases of a train at interval d follow u and x by hand."""
    stp = TsodyksMarkram(U=0.4, tau_facilitation=0.05, tau_depression=0.1)
    trains = [1, 0, 0, 1, 0, 1, 0]
    reference = both(graph(rule=DeltaPotential(eta=0), neuron=Li(), weight=1.0, stp=stp), shown(trains))
    u, x, total = 0.0, 1.0, 0.0
    for spike in trains:
        u *= np.exp(-1e-3 / 0.05)
        x = 1 + (x - 1) * np.exp(-1e-3 / 0.1)
        if spike:
            u += 0.4 * (1 - u)
            total += u * x
            x -= u * x
    assert float(reference.readout[0, 0]) == pytest.approx(total, abs=1e-12)


@pytest.mark.slow
def test_eligibility_decays_and_is_paid_out_at_the_samples_end():
    """de/dt = -e/tau with unit steps at presynaptic spikes, turned into a change by the modulator."""

    @dataclass(frozen=True)
    class Paid(Rule):
        tau: float = quantity(0.2, "second", low=1e-3)

        synapse = "de/dt = -e/tau : 1"
        on_pre = "e += 1"
        on_sample = "w = w + e; e = 0"
        readout = "received"
        spiking = False

    trains = [1, 0, 0, 1, 0, 0, 0, 0]
    reference = both(graph(rule=Paid(tau=0.02), neuron=Li(), weight=0.0), shown(trains, 2))
    after = np.exp(-1e-3 * 3 / 0.02) + 1.0  # at the end of step 3: spikes at 0 and 3
    assert weight(reference) == pytest.approx(after, abs=1e-12)


@pytest.mark.slow
def test_a_late_label_meets_the_traces_of_its_sample():
    """Two spikes, one, none; each label one sample late; w = 0.3 at first."""
    rule = DeltaTrace(eta=0.1, carry=0.5, normalise=0.0)
    late = replace(shown([1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0], 3), delay=1)
    first = 0.3 + 0.1 * (1 - 0.3 * 2) * 2
    second = first + 0.1 * (1 - (0.5 * 0.3 * 2 + 0.3 * 1)) * (0.5 * 2 + 1)  # sample 1 still arrived by the old weight
    assert weight(both(graph(rule=rule, neuron=Li(), weight=0.3), late)) == pytest.approx(second, abs=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize(("cls", "middle"), [(Stdp, 0.5), (Covariance, 3.0)])
def test_within_the_dead_zone_nothing_is_written(cls, middle):
    writes = [
        networks.case(networks.layered(cls(eta=0.1, dead_zone=dead_zone))).compiled().arrays["learned.writes"].sum()
        for dead_zone in (0.0, middle, 100.0)
    ]
    assert writes[0] > writes[1] > writes[2] == 0


@pytest.mark.slow
def test_covariance_is_divided_by_the_squared_counts():
    trains = [1, 0, 1, 0, 0, 1, 0, 0]  # three spikes, one sample; w = 30 makes the output fire
    plain, divided = (
        weight(both(graph(rule=Covariance(eta=0.1, w_max=99, normalise=n), weight=30.0), shown(trains))) - 30.0
        for n in (0.0, 1.0)
    )
    assert plain > 0
    assert divided == pytest.approx(plain / 3**2, rel=1e-12)


def test_cheap_eligibility_equals_its_textbook_form():
    """Storage scaled by exp(t/tau) against a differential equation on every synapse."""
    rule = networks.make("rules", "modulated_stdp", presynaptic=0.37, eta=0.05, amplitude=2.9)
    cheap = networks.case(networks.layered(rule)).reference()
    textbook = networks.case(networks.layered(rule), optimise=False)
    assert any(v.rhs for s in textbook.plan.shape.synapses for v in s.variables)
    other = textbook.reference()
    np.testing.assert_allclose(cheap.state.synapses["learned"]["w"], other.state.synapses["learned"]["w"], atol=1e-12)
    assert cheap.state.synapses["learned"]["writes"].sum() > 100
    for name in cheap.raster:
        np.testing.assert_array_equal(cheap.raster[name], other.raster[name])


class Named(SpikingEncoder):
    """Declares a variable of this name."""

    threshold = "drive > 0.5"

    def __init__(self, name):
        object.__setattr__(self, "equations", f"{name} : 1")
        object.__setattr__(self, "normalisation", networks.make("normalisations", "raw"))
        object.__setattr__(self, "stp", None)


@dataclass(frozen=True)
class Awkward(SpikingEncoder):
    """Draws against what is constant through a frame, against what is not, and twice; time, units, comparisons."""

    rate: float = quantity(180.0, "Hz", low=1, high=1e4)
    tau: float = quantity(5e-3, "second", low=1e-4, high=1)

    equations = "x : 1"
    each_step = """x = 0.9*x + exp(-drive*tau*rate)*dt*rate - 0.01*drive
                   x += int(uniform(1) < 0.2)*rate*tau"""
    threshold = """((uniform(0) < 0.3*drive) and (uniform(0) < 0.7*drive + x)) or (uniform(2) < 0.01) or \
                   (not (elapsed != floor(9*drive)) and (drive*tau > 2*dt))"""
    at_sample = "x = 0.1*uniform(3)"


@dataclass(frozen=True)
class Renaming(SpikingEncoder):
    """A local name for what is computed once a frame, which then changes; integers are divided, too."""

    equations = "x : 1"
    each_step = """y = 0.3*drive
                   y += 0.1
                   n = int(9*drive)
                   x += y*(n/7 + 1/3)"""
    threshold = "x > 1"
    reset = "x -= 1"
    at_sample = "x = 0"


def test_a_name_for_a_value_is_a_copy_and_a_quotient_of_whole_numbers_is_exact():
    c = networks.case(networks.layered(networks.make("rules", "delta", eta=0.1), encoder=Renaming(), stp=False))
    reference = c.reference()
    assert len(reference.raster["input"]) > 50
    networks.same(c.compiled(), reference, c.line)
    networks.same(c.brian(), reference, c.line, tolerance=1e-12)


@pytest.mark.parametrize("name", ["framewise_0", "draw_odds", "pick"])
def test_names_of_ours_are_refused(name):
    with pytest.raises(RuleError, match=f"`{name}` is reserved in C.. or in the rule language"):
        networks.case(networks.layered(networks.make("rules", "delta"), encoder=Named(name), stp=False))


@pytest.mark.parametrize("encoder", [*catalogue.names("encoders"), "awkward"])
@pytest.mark.parametrize("frames", [1, 3])
def test_what_is_computed_once_a_frame_is_what_every_step_would_compute(encoder, frames):
    made = Awkward() if encoder == "awkward" else networks.make("encoders", encoder)
    graph = networks.layered(networks.make("rules", "delta_potential", eta=0.317), encoder=made, stp=False)
    shown = networks.stream(samples=14, steps=20, frames=frames)
    cheap = networks.case(graph, shown)
    textbook = networks.case(graph, shown, optimise=False)
    source = {kind: case.plan.shape.group("input") for kind, case in (("cheap", cheap), ("textbook", textbook))}
    assert "drive" not in source["cheap"].threshold or encoder in ("recorded", "awkward")
    same_text = replace(source["cheap"], can_skip="", only_spike_step="") == source["textbook"]
    assert same_text == (encoder in ("current", "recorded", "send_on_change"))
    reference, other = cheap.reference(), textbook.reference()
    assert len(other.raster["hidden"]) > 20
    for name in other.raster:
        np.testing.assert_array_equal(reference.raster[name], other.raster[name])
    np.testing.assert_array_equal(reference.readout, other.readout)
    if encoder == "awkward":
        assert source["cheap"].threshold.count("draw_lot(") == 2
        assert sum(v.role == "frame_constant" for v in source["cheap"].variables) >= 5
        networks.same(cheap.compiled(), reference, cheap.line)
        networks.same(cheap.brian(), reference, cheap.line, tolerance=1e-12)


@pytest.mark.parametrize("current", [1.05, 1.7, 4.0])
def test_lif_rate_is_the_closed_form(current):
    """Interval of a LIF neuron under constant current: tau ln(I / (I - threshold)) (Lapicque), to one step."""

    @dataclass(frozen=True)
    class Driven(Lif):
        bias: float = quantity(0.0)
        equations = "dv/dt = (v_leak - v + bias + current)/tau_mem : 1"

    neuron = Driven(tau_mem=0.02, bias=current)
    g = graph(rule=Delta(eta=0), neuron=neuron, weight=0.0, decision="count")
    reference = networks.case(g, shown(np.zeros(1500))).reference()
    interval = np.diff(reference.raster["out"][:, 0]).mean() * 1e-3
    exact = 0.02 * np.log(current / (current - 1.0))
    assert exact - 1e-9 <= interval <= exact + 1.0e-3


def test_a_neuron_in_si_units_takes_any_rule():
    """Volt, ampere and ohm: the weight meets its unit in ``receive``."""

    @dataclass(frozen=True)
    class Volts(Neuron):
        tau_mem: float = quantity(20e-3, "second", low=1e-4)
        r: float = quantity(1e8, "ohm")
        i_unit: float = quantity(2e-10, "amp")
        tau_syn: float = quantity(20e-3, "second", low=1e-4)
        v_threshold: float = quantity(10e-3, "volt")

        equations = """dv/dt = (r*g - v)/tau_mem : volt
                       dg/dt = -g/tau_syn : amp"""
        threshold = "v > v_threshold"
        reset = "v = 0"
        receive = "g += i_unit*w"

    neuron = Volts(tau_mem=0.011, tau_syn=0.004)
    c = networks.case(graph(rule=Stdp(), neuron=neuron, weight=0.9), shown([1, 0, 1, 0, 0] * 8))
    reference = c.reference()
    assert len(reference.raster["out"]) > 2
    networks.same(c.compiled(), reference, c.line)
