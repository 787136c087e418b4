"""The contract of engines (`neurosearch/simulate/engine.py`), over everything that claims to be one."""

import pickle
import threading
from dataclasses import replace

import networks
import numpy as np
import pytest

from neurosearch.errors import UserError
from neurosearch.parts.rules.delta_potential import DeltaPotential
from neurosearch.parts.rules.stdp import Stdp
from neurosearch.simulate import builder
from neurosearch.simulate.automatic import Automatic
from neurosearch.simulate.compiled import Compiled
from neurosearch.simulate.engine import Limits, Unsupported
from neurosearch.simulate.reference_engine import Reference
from neurosearch.simulate.stock import Stock

ENGINES = [
    Reference(),
    pytest.param(Compiled(strict=True), marks=pytest.mark.slow),
    pytest.param(Compiled(), marks=pytest.mark.slow),
    pytest.param(Stock(), marks=pytest.mark.slow),
    pytest.param(Automatic(), marks=pytest.mark.slow),
]
every_engine = pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: f"{engine}".replace("()", ""))

NAMES = ("learned.w", "learned.writes", "learned.i", "learned.j", "output.v", "hidden.theta")


def graded():
    encoder = networks.make("encoders", "current")
    return networks.case(networks.layered(DeltaPotential(eta=0.0317), encoder=encoder), networks.stream(samples=7))


PLANS = {
    "learning at the decision": lambda: networks.case(networks.layered(DeltaPotential(eta=0.0317))),
    "a taught rule, moving input": lambda: networks.case(
        networks.layered(Stdp(eta=0.0317)), networks.stream(samples=9, frames=3)
    ),
    "a graded input": graded,
}


def asked(c, **more):
    return replace(c.request(), probes=NAMES, raster=(1, c.line.samples - 2), **more)


@every_engine
@pytest.mark.parametrize("name", PLANS)
def test_every_engine_records_the_same(engine, name):
    request = asked(PLANS[name]())
    assert engine.supports(request.plan) == ""
    record, reference = engine.run(request), Reference().run(request)
    assert (record.status, record.reason) == ("ok", "")
    assert record.completed == record.samples == request.line.samples
    assert record.populations == reference.populations
    np.testing.assert_array_equal(record.raster, reference.raster)
    assert len(record.raster) > 100
    for kind in ("spikes", "events"):
        mine, theirs = getattr(record, kind), getattr(reference, kind)
        assert list(mine) == list(theirs)
        for key, counts in mine.items():
            np.testing.assert_array_equal(counts, theirs[key], err_msg=key)
            assert len(counts) == record.completed
    assert sum(record.events["to_hidden"]) > 100
    tolerance = 0 if engine == Compiled(strict=True) or engine == Reference() else 1e-9
    np.testing.assert_allclose(record.readout, reference.readout, rtol=0, atol=tolerance)
    assert set(record.arrays) == set(NAMES)
    for key, values in record.arrays.items():
        np.testing.assert_allclose(values, reference.arrays[key], rtol=0, atol=tolerance, err_msg=key)


@every_engine
def test_a_run_is_what_the_stepper_did(engine):
    """The reference's own record, too, is compared with states that it did not make."""
    c = PLANS["learning at the decision"]()
    networks.same(c.run(engine), c.reference(), c.line, tolerance=1e-9)


@every_engine
def test_counts_are_those_of_the_raster_and_the_wiring(engine):
    c = PLANS["a taught rule, moving input"]()
    record = c.run(engine)
    for k, name in enumerate(record.populations):
        steps = record.raster[record.raster[:, 1] == k, 0]
        assert np.histogram(steps, c.line.boundaries)[0].tolist() == record.spikes[name].tolist()
    fan_out = np.bincount(c.plan.pairs("to_hidden", c.seed)[0], minlength=networks.INPUTS)
    of_input = record.raster[record.raster[:, 1] == record.populations.index("input")]
    assert record.events["to_hidden"].sum() == fan_out[of_input[:, 2]].sum()


@every_engine
def test_values_at_the_start_take_the_place_of_the_plans(engine):
    c = PLANS["learning at the decision"]()
    weights = np.linspace(-1, 1, networks.HIDDEN * networks.OUTPUTS)
    theta = np.linspace(0, 0.5, networks.HIDDEN)
    line = replace(c.line, tables={**c.line.tables, "learn": np.zeros(c.line.samples)})
    request = asked(c, line=line, start={"learned.w": weights, "hidden.theta": theta})
    record = engine.run(request)
    np.testing.assert_array_equal(record.arrays["learned.w"], weights)
    np.testing.assert_array_equal(record.raster, Reference().run(request).raster)
    assert not np.array_equal(record.readout, engine.run(replace(request, start={})).readout)


@every_engine
def test_cancel_is_a_status(engine):
    c = PLANS["learning at the decision"]()
    cancel = threading.Event()
    cancel.set()
    record = engine.run(c.request(), cancel=cancel)
    assert record.status == "stopped"
    assert "stopped" in record.reason
    assert record.completed == len(record.readout) < record.samples


@every_engine
def test_a_time_limit_is_a_status(engine):
    c = networks.case(networks.layered(DeltaPotential(eta=0.0317)), networks.stream(samples=300, steps=100_000))
    assert engine.supports(c.plan) == ""  # built, so that the limit meets the run
    record = engine.run(c.request(), Limits(seconds=0.3))
    assert record.status == "time_limit"
    assert record.reason.startswith("stopped by its time limit")
    assert record.completed == len(record.readout) < record.samples
    assert all(len(counts) == record.completed for counts in (*record.spikes.values(), *record.events.values()))


@every_engine
def test_a_network_that_explodes_keeps_what_came_before(engine):
    wild = DeltaPotential(eta=1e3, normalise=0.0, w_min=-1e308, w_max=1e308)
    c = networks.case(networks.layered(wild), networks.stream(samples=400, steps=12))
    record = engine.run(asked(c))
    reference = Reference().run(asked(c))
    assert record.status == reference.status == "not_finite"
    assert 0 < record.completed == reference.completed < record.samples
    assert record.reason == f"a readout became infinite or not a number after {record.completed} of 400 samples"
    assert record.readout.shape == (record.completed, networks.OUTPUTS)
    assert all(len(counts) == record.completed for counts in (*record.spikes.values(), *record.events.values()))


@every_engine
def test_digests_tell_plans_apart_and_numbers_are_none_of_them(engine):
    one, other = PLANS["learning at the decision"](), PLANS["a taught rule, moving input"]()
    more = replace(one.plan, sizes={**one.plan.sizes, "hidden": 99}, values=dict.fromkeys(one.plan.values, 1.0))
    assert engine.digest(one.plan) == engine.digest(more) != engine.digest(other.plan)


@every_engine
def test_an_engine_can_be_sent_to_another_process(engine):
    assert pickle.loads(pickle.dumps(engine)) == engine


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"seed": -1}, r"^seed = -1 is outside 0 to 2147483647; give a seed in this range$"),
        ({"seed": 2**31}, "seed = 2147483648 is outside"),
        ({"raster": (3, 2)}, "raster = 3 to 2 is outside the samples of the stream; give .* from 0 to 11"),
        ({"raster": (0, 12)}, "raster = 0 to 12 is outside"),
        ({"probes": ("learned.x",)}, "the plan has no variable learned.x; did you mean 'learned.w'"),
        ({"start": {"learned.u": np.zeros(120)}}, "the plan has no variable learned.u; "),
        ({"start": {"learned.w": np.zeros(7)}}, r"learned.w starts with values of shape \(7,\); give 120 finite"),
        ({"start": {"hidden.theta": np.full(30, np.nan)}}, "hidden.theta starts with .* give 30 finite numbers"),
    ],
)
def test_a_bad_request_is_refused_when_it_is_made(more, sentence):
    request = PLANS["learning at the decision"]().request()
    with pytest.raises(UserError, match=sentence):
        replace(request, **more)


def refused(self, plan, **more):
    raise builder.Unsupported("a feature from tomorrow is not implemented")


def test_what_an_engine_does_not_support_is_one_sentence(monkeypatch, tmp_path):
    """The refusal is made to happen, since no shipped part is refused; everything after it is real."""
    monkeypatch.setattr(builder.Builder, "text", refused)
    monkeypatch.setenv("NEUROSEARCH_CACHE", str(tmp_path))
    request = PLANS["learning at the decision"]().request()
    assert Compiled().supports(request.plan) == "a feature from tomorrow is not implemented"
    with pytest.raises(Unsupported) as caught:
        Compiled().run(request)
    assert str(caught.value) == (
        "the compiled program cannot run this plan: a feature from tomorrow is not implemented; use Brian2's own device"
    )
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


def test_the_default_engine_takes_the_next_one_and_says_so_once(monkeypatch, tmp_path, caplog):
    monkeypatch.setattr(builder.Builder, "text", refused)
    monkeypatch.setenv("NEUROSEARCH_CACHE", str(tmp_path))
    engine = Automatic(fallback=Reference())
    request = PLANS["a graded input"]().request()
    assert engine.supports(request.plan) == ""
    records = [engine.run(request) for _ in range(2)]
    assert records[0].build.compiler == "none, the NumPy reference: a feature from tomorrow is not implemented"
    np.testing.assert_array_equal(records[0].readout, records[1].readout)
