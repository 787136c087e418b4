"""The corridor: statuses instead of crashes, the same score in any order, and the fallback that says why."""

import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from neurosearch import trial
from neurosearch.simulate import builder
from neurosearch.simulate.builder import Unsupported

pytestmark = pytest.mark.slow


def configuration(samples=60, **kenyon):
    body = {"size": 60, "drive": 20.0, **kenyon}
    task = {"digits": {"samples": samples, "lead_in": 10, "held_out": 10, "steps": 12}}
    return {"architecture": {"mushroom_body": {"kenyon": body}}, "task": task}


def test_the_same_configuration_and_seed_give_the_same_bits_in_any_order_and_with_any_number_of_workers():
    wanted = [(seed, size) for seed in (1, 2, 3) for size in (40, 60)]
    one = {w: trial.run_trial(configuration(size=w[1]), [w[0]]) for w in wanted}
    with ThreadPoolExecutor(3) as pool:
        many = list(pool.map(lambda w: (w, trial.run_trial(configuration(size=w[1]), [w[0]])), reversed(wanted)))
    for w, score in many:
        assert score.metrics == one[w].metrics
        assert score.curve == one[w].curve
    assert len({tuple(s.metrics.values()) for s in one.values()}) == len(wanted)


def test_a_silent_network_is_a_status():
    score = trial.run_trial(configuration(drive=1e-3, homeostasis=0.0), [0])
    assert score.status == "silent"
    assert score.metrics["accuracy"] == 0.0
    assert "kenyon" in score.reason


def test_a_saturated_network_is_a_status():
    score = trial.run_trial(configuration(drive=1e5, homeostasis=0.0, inhibition=0.0, negative=0.0), [0])
    assert score.status == "saturated"


def test_a_network_that_explodes_is_a_status_and_its_missing_samples_count_as_wrong():
    wild = configuration(samples=300)
    wild["architecture"]["mushroom_body"]["rule"] = {
        "delta_potential": {"eta": 1000.0, "normalise": 0.0, "w_min": -1e308, "w_max": 1e308}
    }
    score = trial.run_trial(wild, [0])
    assert score.status == "not_finite"
    assert score.metrics["accuracy"] < 0.3


def test_a_time_limit_is_a_status():
    slow = configuration(samples=1400, size=100_000)
    score = trial.run_trial(slow, [0], limits=trial.Limits(seconds=0.5))
    assert score.status == "time_limit"


def test_a_memory_limit_is_a_status():
    score = trial.run_trial(configuration(size=100_000), [0], limits=trial.Limits(memory_bytes=30_000_000))
    assert score.status == "memory_limit"


def test_cancel_stops_within_a_moment():
    cancel = threading.Event()
    threading.Timer(0.3, cancel.set).start()
    score = trial.run_trial(configuration(samples=1400, size=100_000), [0], cancel)
    assert score.status == "stopped"


def test_a_mean_over_seeds_is_the_mean():
    each = [trial.run_trial(configuration(), [seed]).metrics["accuracy"] for seed in (4, 5)]
    assert trial.run_trial(configuration(), [4, 5]).metrics["accuracy"] == pytest.approx(np.mean(each))


def test_where_our_device_refuses_brian2s_own_gives_the_same_score_and_the_reason_is_said(monkeypatch, caplog):
    """The refusal is made to happen (no shipped model is refused); everything after it is real."""
    small = configuration(samples=20)
    prepared = trial.prepare(small, 0)
    ours = trial.scored(prepared, trial.DEFAULT.run(trial.request(prepared, 0)))

    def refuse(self, plan, **more):
        raise Unsupported("a feature from tomorrow")

    monkeypatch.setattr(builder.Builder, "text", refuse)
    monkeypatch.setenv("NEUROSEARCH_CACHE", str(tempfile.mkdtemp()))
    record = trial.DEFAULT.run(trial.request(prepared, 0))
    assert record.build.compiler == "none, Brian2's own device: a feature from tomorrow"
    assert "a feature from tomorrow" in caplog.text
    assert trial.scored(prepared, record).metrics == pytest.approx(ours.metrics)
