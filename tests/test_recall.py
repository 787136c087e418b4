"""The task recall and its scores: what is shown, what counts, and what a wrong setting says."""

import dataclasses

import networks
import numpy as np
import pytest

from neurosearch import catalogue, trial
from neurosearch.errors import UserError
from neurosearch.evaluate import recall
from neurosearch.evaluate.score import score
from neurosearch.hardware.operations import Inventory, Pathway
from neurosearch.parts.tasks.recall import looks
from neurosearch.record import DIRECTIONS, HELD_OUT, STREAM, Record

make = networks.make


def task(**values):
    return make("tasks", "recall", **{"units": 12, "load": 3, "cues": 4, "steps": 20, "looks": 4, **values})


def told(shown, readout, status="ok", completed=None):
    k = len(shown.phase) if completed is None else completed
    return Record(
        status,
        k,
        len(shown.phase),
        readout[:k],
        {"memory": np.zeros(k, int)},
        {"shown": np.ones(k, int)},
        {},
        np.zeros((0, 3)),
    )


def exact(shown):
    return np.where((shown.recall.truth >= 0)[:, None], shown.values[shown.recall.truth], 0).astype(float)


def test_patterns_are_shown_once_and_then_cues_with_learning_off():
    shown = task().stream(3)
    assert (shown.phase[:3] == STREAM).all()
    assert (shown.phase[3:] == HELD_OUT).all()
    np.testing.assert_array_equal(shown.frame_steps[:3], 1)
    looked = shown.frame_steps[3:].reshape(4, -1)
    assert (looked.sum(1) == 21).all()  # one step to begin, twenty to recall
    assert shown.recall.fresh.reshape(-1)[3:].reshape(4, -1)[:, 1:].sum() == 0
    np.testing.assert_array_equal(shown.recall.truth[:3], -1)
    np.testing.assert_array_equal(np.unique(shown.recall.truth[3:]), [0, 1, 2])
    assert set(np.unique(shown.values[:3])) == {-1.0, 1.0}


def test_same_seed_same_stream_and_more_load_only_adds():
    a, b, c = task().stream(3), task().stream(3), task().stream(4)
    np.testing.assert_array_equal(a.values, b.values)
    assert a.key == b.key != c.key
    assert np.abs(a.values - c.values).max() > 0.1
    np.testing.assert_array_equal(task(load=5).stream(3).values[:3], a.values[:3])
    assert task(load=5).stream(3).key != a.key


@pytest.mark.parametrize(
    ("prior", "noise", "cue", "no_memory"),
    [
        (make("priors", "gaussian"), make("noises", "normal", sd=0.5), 0.5, np.sqrt(1 / 5)),
        (make("priors", "gaussian", spread=2.0), make("noises", "normal", sd=1.0), 1.0, np.sqrt(1 / 1.25)),
        (make("priors", "circle"), make("noises", "von_mises", kappa=1.0), 1.28, 1.28),
        (make("priors", "bounded"), make("noises", "normal", sd=5.0), 5.0, 0.163),
    ],
)
def test_references_are_the_known_ones(prior, noise, cue, no_memory):
    found = task(units=3000, prior=prior, noise=noise).stream(0).recall.references
    assert found["cue"] == pytest.approx(cue, rel=0.05)
    assert found["no_memory"] == pytest.approx(no_memory, rel=0.05)


@pytest.mark.parametrize("prior", ["gaussian", "binary", "bounded", "circle"])
def test_draws_have_the_priors_moments(prior):
    p = make("priors", prior)
    values, (points, weight) = p.draw(0, 40, 500), p.nodes()
    assert p.allows(values).all()
    assert values.mean() == pytest.approx((weight * points).sum(), abs=0.05)
    assert (values**2).mean() == pytest.approx((weight * points**2).sum(), rel=0.03)


@pytest.mark.parametrize(
    ("name", "values", "spread"), [("normal", {"sd": 0.7}, 0.7), ("von_mises", {"kappa": 4.0}, 0.55)]
)
def test_noise_has_its_width(name, values, spread):
    deviation = make("noises", name, **values).deviation((np.arange(10_000) + 0.5) / 10_000)
    assert np.sqrt((deviation**2).mean()) == pytest.approx(spread, rel=0.03)
    assert abs(deviation.mean()) < 1e-3


def test_a_perfect_memory():
    shown = task().stream(3)
    s = score(told(shown, exact(shown)), shown)
    assert s.status == "ok"
    assert s.metrics["recall_error"] == 0
    assert s.metrics["overlap"] == pytest.approx(1)
    assert s.metrics["capacity"] == 3
    assert s.metrics["steps_to_converge"] == 0
    assert set(s.metrics) <= set(DIRECTIONS)
    assert s.recalled.load == 3
    assert s.recalled.cues == 4


def test_operations_of_a_memory_are_its_deliveries_and_what_it_carries_in_every_step():
    """4 cues of 21 steps (the first begins the recall): 1 delivery a look, and 144 or 12 values in each step."""
    shown = task().stream(3)
    record = dataclasses.replace(told(shown, exact(shown)), arrays={"stored.writes": np.full(144, 3)})
    ways = {
        "stored": Pathway("memory", "memory", 144, 144, carries="values", plastic=True),
        "pool": Pathway("pool", "memory", 12, 12, carries="values", bits=0),
        "cut": Pathway("pool", "memory", 12, 12, zero=True, carries="values", bits=0),
        "spiking": Pathway("memory", "memory", 12, 12),
    }
    s = score(record, shown, inventory=Inventory({"memory": 12, "pool": 1}, {}, (), ways, 1e-3))
    assert s.activity.events == {"shown": len(looks(20, 4)), "stored": 144 * 21, "pool": 12 * 21}
    assert s.metrics["synaptic_operations"] == sum(s.activity.events.values())
    assert s.metrics["writes"] == 144 * 3 / 3  # three patterns
    assert s.metrics["writes_per_synapse"] == 3


def test_scores_count_the_end_and_say_the_way():
    """Error 1, 0.5, 0.1, 0.1 at the looks: converged at the third; the best is there, too."""
    shown = task(prior=make("priors", "gaussian")).stream(3)
    away = np.tile([1.0, 0.5, 0.1, 0.1, 0.1], 4)[: len(shown.phase) - 3]
    each = len(looks(20, 4))
    away = np.tile(np.r_[[1.0, 0.5], np.full(each - 2, 0.1)], 4)
    readout = exact(shown)
    readout[3:] += away[:, None]
    s = score(told(shown, readout), shown)
    assert s.metrics["recall_error"] == pytest.approx(0.1)
    assert s.metrics["steps_to_converge"] == looks(20, 4)[2]
    assert list(s.recalled.error_at) == list(looks(20, 4))
    assert s.metrics["capacity"] == 3
    half = readout.copy()
    half[3 + each - 1 :: each][:2] += 5  # two of four cues end far away
    assert score(told(shown, half), shown).metrics["capacity"] == 1.5


def test_phases_are_compared_on_the_circle():
    shown = task(prior=make("priors", "circle"), noise=make("noises", "von_mises")).stream(3)
    s = score(told(shown, exact(shown) + 2 * np.pi * 3 - 0.2), shown)
    assert s.metrics["recall_error"] == pytest.approx(0.2, abs=1e-6)
    assert s.metrics["overlap"] == pytest.approx(np.cos(0.2), abs=1e-6)


def test_a_run_that_ended_early_or_diverged_has_no_scores():
    shown = task().stream(3)
    assert score(told(shown, exact(shown), "not_finite", 5), shown).metrics == {}
    assert score(told(shown, exact(shown), "ok", 5), shown).status == "stopped"


def test_what_varies_in_nothing_overlaps_with_nothing():
    assert recall.overlap(np.zeros((2, 5)), np.ones((2, 5)), 0.0) == 0


@pytest.mark.slow
def test_a_trial_is_one_load_and_repeats_bit_for_bit():
    configuration = {"architecture": "rate_memory", "task": {"recall": {"load": 11, "cues": 5}}}
    first, again = (trial.run_trial(configuration, [0]) for _ in range(2))
    assert first.status == "ok"
    assert first.metrics == again.metrics
    assert first.metrics["recall_error"] < 0.01  # binary patterns, cue noise 0.5: section G4c
    assert first.metrics["synaptic_operations"] > 200 * 200 * 100
    assert first.metrics["writes_per_synapse"] == 11
    both = trial.run_trial(configuration, [0, 1])
    assert both.recalled.error_at[100] < 0.01


@pytest.mark.slow
def test_binary_recall_keeps_its_promise_and_the_flipped_phase_response_fails():
    crowded = trial.run_trial({"architecture": "rate_memory", "task": {"recall": {"load": 41}}}, [0, 1])
    assert crowded.metrics["recall_error"] < 0.12
    phases = {"units": 100, "load": 5, "prior": "circle", "noise": "von_mises", "cues": 10}
    right, flipped = (
        trial.run_trial({"architecture": {"phase_memory": {"response": sign}}, "task": {"recall": phases}}, [0, 1])
        for sign in (1.0, -1.0)
    )
    cue = right.recalled.references["cue"]
    assert right.metrics["recall_error"] < 0.6 * cue
    assert flipped.metrics["recall_error"] > 1.2 * cue


@pytest.mark.slow
def test_a_gaussian_prior_runs_past_the_memory():
    """The warning, kept true: better than without a memory on the way, worse at the end."""
    both = {"prior": "gaussian"}
    s = trial.run_trial(
        {"architecture": {"rate_memory": both}, "task": {"recall": {"load": 5, "steps": 300, "looks": 20, **both}}},
        [0, 1],
    )
    assert s.recalled.best_error < 0.7 * s.recalled.references["no_memory"]
    assert s.metrics["recall_error"] > 1.3 * s.recalled.references["no_memory"]


def test_patterns_of_ones_own(tmp_path):
    file = tmp_path / "mine.npy"
    np.save(file, np.sign(np.random.default_rng(0).normal(size=(6, 9))))
    shown = task(file=str(file)).stream(0)
    assert shown.values.shape == (3 + 4, 9)
    np.testing.assert_array_equal(shown.values[:3], np.load(file)[:3])


@pytest.mark.parametrize(
    ("content", "values", "said"),
    [
        (np.full((4, 9), 0.5), {}, r"value \[0, 0\] = 0\.5 is outside the support of the prior Binary \(-1 or 1\)"),
        (
            np.full((4, 9), 1.5),
            {"prior": make("priors", "bounded")},
            r"outside the support of the prior Bounded \(0 to 1\)",
        ),
        (np.full((4, 9), np.nan), {"prior": make("priors", "gaussian")}, r"= nan is outside the support"),
        (np.ones((2, 9)), {}, r"holds 2 patterns, fewer than Recall\.load = 3"),
        (np.ones(9), {}, r"does not hold an array of patterns"),
        (b"nonsense", {}, r"mine\.npy is not an NPY file; write an array of patterns .* with numpy\.save"),
        (None, {}, r"there is no file .*mine\.npy; write an array of patterns"),
    ],
)
def test_patterns_that_do_not_fit(tmp_path, content, values, said):
    file = tmp_path / "mine.npy"
    if isinstance(content, bytes):
        file.write_bytes(content)
    elif content is not None:
        np.save(file, content)
    with pytest.raises(UserError, match=said) as caught:
        task(file=str(file), **values).stream(0)
    assert "\n" not in str(caught.value)


def test_wrong_settings():
    with pytest.raises(
        UserError, match=r"Recall\.load = 0: without patterns there is nothing to recall; give 1 or more"
    ):
        task(load=0)
    with pytest.raises(UserError, match=r"Recall\.noise = Normal does not fit the prior Circle; choose von_mises"):
        task(prior=make("priors", "circle"))
    with pytest.raises(UserError, match=r"Binary\.low = 2\.0 must be below Binary\.high"):
        make("priors", "binary", low=2.0)


def test_all_kinds_are_found():
    assert {"binary", "bounded", "circle", "gaussian"} == set(catalogue.names("priors"))
    assert {"normal", "von_mises"} == set(catalogue.names("noises"))
    for kind in ("priors", "noises", "storage"):
        assert all(catalogue.about(kind, name) for name in catalogue.names(kind))
