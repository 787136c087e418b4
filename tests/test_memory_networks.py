"""Associative memories as networks: engines agree, storing is the rule's text, spikes say the phases."""

import networks
import numpy as np
import pytest

from neurosearch import catalogue, trial
from neurosearch.errors import UserError
from neurosearch.hardware.weight_memory import WeightMemory
from neurosearch.recall import kernel
from neurosearch.recall.posterior import Memory
from neurosearch.simulate.reference import Stepper
from neurosearch.timeline import timeline

make = networks.make


def covariance(mean):
    return make("storage", "covariance", mean=mean)


WRITTEN = {"rule": "0.3*exp(0.7*cos(x_post - x_pre) + 0.4*sin(x_post - x_pre))"}  # no short sum of products
SPARSE = make("priors", "binary", low=0.0, high=1.0, active=0.23)
KINDS = {
    "binary": ("rate_memory", {}),
    "gaussian": ("rate_memory", {"prior": make("priors", "gaussian", mean=0.137), "storage": covariance(0.071)}),
    "bounded": ("rate_memory", {"prior": make("priors", "bounded", a=1.3), "storage": covariance(0.213)}),
    "sparse": ("rate_memory", {"prior": SPARSE, "storage": make("storage", "sparse_covariance", f=0.23)}),
    "sine": ("phase_memory", {}),
    "stdp": ("phase_memory", {"storage": make("storage", "periodic_stdp", harmonics=2, tau_minus=0.83)}),
    "written": ("phase_memory", {"storage": make("storage", "written", **WRITTEN)}),
}


def memory_of(kind, **more):
    name, values = KINDS[kind]
    return catalogue.find("architectures", name)(**{**values, **more})


def asked(architecture, units=14, load=3, cues=2, steps=40, **more):
    return make("tasks", "recall", units=units, load=load, cues=cues, steps=steps, looks=4,
                **{"prior": architecture.prior, "noise": architecture.noise, **more})  # fmt: skip


def case(kind, memory=None, **more):
    architecture = memory_of(kind)
    shown = asked(architecture, **more).stream(5)
    return networks.case(architecture.graph(shown.shape, shown.outputs), shown, memory)


def learned(c, reference):
    n = c.plan.sizes["memory"]
    return reference.state.synapses["stored"]["w"].reshape(n, n)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_engines_agree_and_storing_is_the_sum_of_the_rules_text(kind):
    c = case(kind)
    reference = c.reference()
    networks.same(c.compiled(), reference, c.line)
    assert np.abs(reference.readout[-1] - reference.readout[-4]).max() > 0.01, "nothing was recalled"
    patterns = c.shown.values[:3].astype(float)
    expected = kernel.store(memory_of(kind).storage, patterns)
    apart = ~np.eye(len(expected), dtype=bool)
    np.testing.assert_allclose(learned(c, reference)[apart], expected[apart], rtol=1e-9, atol=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["gaussian", "sine"])
def test_brian2s_own_device_agrees(kind):
    c = case(kind, units=6, cues=1, steps=12)
    networks.same(c.brian(), c.reference(), c.line, tolerance=1e-10)


@pytest.mark.parametrize("kind", KINDS)
def test_the_network_is_the_derived_dynamics(kind):
    """What the stepper reads from the plan is what NumPy makes of the derivation, step by step."""
    c = case(kind)
    architecture, result = memory_of(kind), c.reference()
    memory = Memory(architecture.storage, architecture.prior, architecture.noise, 14)
    cues, looked = c.shown.values[3:].astype(float), np.flatnonzero(c.shown.recall.truth >= 0).reshape(2, -1)
    when = np.cumsum(c.shown.frame_steps[looked[0]]) - 1
    w, rate = learned(c, result).copy(), architecture.dt / architecture.tau_mem
    np.fill_diagonal(w, 0)
    path = memory.recall(w, cues, 3, int(when[-1]), rate)
    np.testing.assert_allclose(result.readout[looked], path[when].swapaxes(0, 1), rtol=1e-7, atol=1e-9)


def test_a_memory_counts_its_load_and_learns_nothing_from_cues():
    c = case("binary", load=7)
    state = c.reference().state
    np.testing.assert_array_equal(state.neurons["memory"]["stored"], 7)
    np.testing.assert_array_equal(state.neurons["memory"]["others"], 6)
    assert state.synapses["stored"]["writes"].max() == 7


def test_the_mistuned_gains_reach_the_dynamics():
    told = {}
    for name, more in {
        "matched": {},
        "response": {"response": -1.0},
        "inhibition": {"inhibition": 0.8},
        "leak": {"leak": 2.0},
        "load": {"load": 30},
    }.items():
        architecture = memory_of("sparse", **more)
        shown = asked(architecture).stream(5)
        plan = networks.case(architecture.graph(shown.shape, shown.outputs), shown).plan
        told[name] = Stepper(plan, timeline(shown), shown.values, 0).run().readout[-1]
    for name in set(told) - {"matched"}:
        assert np.abs(told[name] - told["matched"]).max() > 1e-3, name


@pytest.mark.parametrize("frequency", [8.0, 40.0, 13.7])
def test_one_spike_a_cycle_at_the_phase_of_the_dynamics(frequency):
    architecture = memory_of("sine", frequency=frequency)
    shown = asked(architecture, units=30, cues=1, steps=1500).stream(3)
    c = networks.case(architecture.graph(shown.shape, shown.outputs), shown)
    result, cycle = c.reference(), 1 / (frequency * 1e-3)
    phase = np.mod(result.state.neurons["memory"]["x"], 2 * np.pi)
    spikes = result.raster["clock"]
    late = spikes[spikes[:, 0] >= c.line.steps - 1 - 3 * int(cycle)]  # recall has converged
    for unit in range(30):
        times = late[late[:, 1] == unit, 0]
        assert np.abs(np.diff(times) - cycle).max() < 1 + 1e-9, "one spike a cycle"
        fired = 2 * np.pi * ((times * frequency * 1e-3) % 1)
        away = np.mod(phase[unit] - fired + np.pi, 2 * np.pi) - np.pi
        assert away.min() > -1e-2
        assert away.max() < 2 * np.pi / cycle + 1e-2, "at that phase, to one step"


@pytest.mark.slow
def test_phases_told_by_spikes_are_as_good_as_the_phases():
    def error(readout):
        task = {"units": 100, "load": 4, "cues": 4, "steps": 400, "prior": "circle", "noise": "von_mises"}
        score = trial.run_trial({"architecture": {"phase_memory": {"readout": readout}}, "task": {"recall": task}}, [1])
        assert score.status == "ok"
        assert score.metrics["spikes"] > 0
        return score.metrics["recall_error"]

    assert error("spikes") == pytest.approx(error("phases"), abs=0.05)


@pytest.mark.slow
def test_storage_goes_through_the_weight_memory():
    c = case("binary", memory=WeightMemory(bits=3, range=2.0))
    reference = c.reference()
    networks.same(c.compiled(), reference, c.line)
    levels = (reference.state.synapses["stored"]["w"] + 2.0) / (4.0 / 7)
    np.testing.assert_allclose(levels, np.rint(levels), atol=1e-9)


@pytest.mark.parametrize(
    ("name", "values", "said"),
    [
        (
            "rate_memory",
            {"dt": 0.02},
            r"dt = 0\.02 s is too large .* tau_mem = 0\.01 s; use a dt of at most 0\.01 s",
        ),
        (
            "phase_memory",
            {"dt": 0.02},
            r"is too large .* use a dt of at most [\d.]+ s or a tau_mem of at least [\d.]+ s",
        ),
        ("rate_memory", {"prior": make("priors", "circle")}, "prior for phases; use the architecture phase_memory"),
        ("rate_memory", {"encoder": make("encoders", "poisson")}, "use the encoder current"),
        ("rate_memory", {"storage": make("storage", "written", rule="x_pre + 0*x_post + y")}, "unknown symbol `y`"),
    ],
)
def test_bad_settings_are_said_in_a_sentence(name, values, said):
    with pytest.raises(UserError, match=said):
        catalogue.find("architectures", name)(**values).graph((30,), 30)


def test_a_memory_refuses_a_task_of_classes():
    with pytest.raises(UserError, match="recalls the 64 values that it is shown, but the task has 10 outputs"):
        memory_of("binary").graph((8, 8), 10)
