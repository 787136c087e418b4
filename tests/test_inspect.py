"""Reports: what is said of a study is what its trials are, with few trials or none, and the pictures are drawn."""

import csv
import io
import json
import math
import re
import sys
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from matplotlib.image import imread
from small_arch import study as small_study

from neurosearch import rerun
from neurosearch.cli.export import export
from neurosearch.errors import UserError
from neurosearch.evaluate.interval import interval
from neurosearch.export.found import load as load_found
from neurosearch.inspect import best, choices, failures, importance, timing
from neurosearch.inspect.comparison import Comparison, Contender, compare
from neurosearch.inspect.tables import metric, table
from neurosearch.record import Score, Trial
from neurosearch.record.trial import Ran
from neurosearch.report import plots, raster, text
from neurosearch.report import report as reports
from neurosearch.report.report import Options, report
from neurosearch.search import driver
from neurosearch.search import rescore as finalists
from neurosearch.search.replay import differences
from neurosearch.simulate.automatic import Automatic
from neurosearch.store.store import open_store
from neurosearch.study import study as studies
from neurosearch.study.ranking import Rescored
from neurosearch.trial import run_trial

STUDY = """
format: 1
about: Does a tiny network learn some digits?
architecture: {mushroom_body: {kenyon: {size: 50, drive: 10}}}
task: {digits: {samples: 60, lead_in: 10, held_out: 20, steps: 16}}
space:
  encoder.normalisation: {choice: [raw, on_off]}
  rule.eta: {float: [0.01, 1], log: true}
  kenyon.size: {int: [20, 60]}
trials: 14
rescore: {top: 2, seeds: [11, 12]}
"""


def evaluate(configuration, seeds, cancel):
    return run_trial(configuration, seeds, cancel)


@pytest.fixture(scope="module")
def launched(tmp_path_factory):
    """A study with all its trials, and its store."""
    folder = tmp_path_factory.mktemp("tiny")
    (folder / "tiny.yaml").write_text(STUDY)
    study = studies.load(folder / "tiny.yaml")
    store = open_store(study, str(folder / "tiny.journal"))
    driver.run(study, store, evaluate, workers=2)
    finalists.rescore(study, store, evaluate)
    return study, store


def trial(number, accuracy=None, status="ok", reason="", params=None, seconds=None, ran=None, **metrics):
    measured = {} if accuracy is None else {"accuracy": accuracy}
    return Trial(
        number, params or {}, Score(status, measured | metrics, reason=reason), seconds or {}, ran=ran or Ran()
    )


# -- the whole report


@pytest.mark.slow
def test_the_report_says_what_the_trials_are(launched, tmp_path):
    study, store = launched
    said = report(study, store, Options(folder=tmp_path))
    first = best.rows(study, store.trials(), store.rescored(), 1)[0]
    again = store.rescored()[first.trial.number]
    assert f"tiny: 14 of 14 trials in {store.place}" in said
    assert "± 95 % interval of the mean over 2 fresh seeds" in said
    line = next(line for line in said.splitlines() if line.split()[:1] == [str(first.trial.number)])
    assert f"{again.mean('accuracy'):.4f} ± {interval(again.values('accuracy')).half:.4f}" in line
    assert f"{first.trial.score.metrics['accuracy']:.4f}" in line
    assert f"{again.mean('held_out_accuracy'):.4f}" in line
    sections = [
        "Parameters of the best", "Compared with baselines on fresh seeds", "Importance for accuracy",
        "accuracy by option", "Failures", "Time of 2 workers", "without plasticity", "online softmax", "majority",
    ]  # fmt: skip
    for section in sections:
        assert section in said
    names = ["history.png", "importance.png", "choices.png", "learning.png", "raster.png"]
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(names)
    for name in names:
        picture = imread(tmp_path / name)
        assert picture.shape[0] > 300
        assert picture.shape[1] > 500
        assert picture[..., :3].std() > 0.02, f"{name} is blank"


@pytest.mark.slow
def test_json_holds_the_same_and_draws_only_where_it_is_told(launched, tmp_path, monkeypatch):
    study, store = launched
    monkeypatch.chdir(tmp_path)
    data = json.loads(report(study, store, Options(json=True)))
    assert list(tmp_path.iterdir()) == []
    assert data["trials"] == 14
    assert len(data["best"]) == 10
    top = data["best"][0]
    assert top["fresh_seeds"] == [11, 12]
    assert top["configuration"]["architecture"]["mushroom_body"]["kenyon"]["size"] == top["params"]["kenyon.size"]
    assert math.isclose(sum(data["importance"]["shares"].values()), 1)
    assert {c["name"] for c in data["comparison"]["contenders"]} >= {"majority", "online_softmax", "last_label"}
    assert sum(launch["trials"] for launch in data["launches"]) == 14
    assert data["pictures"] == []
    data = json.loads(report(study, store, Options(json=True, folder=tmp_path / "pictures")))
    assert len(data["pictures"]) == len(list((tmp_path / "pictures").iterdir())) == 5


@pytest.mark.slow
def test_csv_has_one_line_a_trial(launched):
    study, store = launched
    rows = list(csv.DictReader(io.StringIO(report(study, store, Options(csv=True)))))
    assert [int(row["trial"]) for row in rows] == list(range(14))
    for row, t in zip(rows, store.trials(), strict=True):
        assert float(row["accuracy"]) == t.score.metrics["accuracy"]
        assert float(row["rule.eta"]) == t.params["rule.eta"]
        assert float(row["seconds_simulate"]) == t.seconds["simulate"]


@pytest.mark.slow
def test_the_others_see_the_very_streams_of_the_network(launched):
    study, store = launched
    stored = store.trials()[0]
    compared = compare(study, stored, None)
    network, unlearned, *_ = compared.contenders
    assert network.values == (stored.score.metrics["accuracy"],)
    assert network.curve == stored.score.curve
    assert not compared.fresh
    assert compared.seeds == (0,)
    fixed = rerun.without_learning(stored.configuration, 0)
    assert fixed.metrics["writes"] == 0
    assert unlearned.values == (fixed.metrics["accuracy"],)
    assert "on one seed" in compared.verdict or "LOSES" in compared.verdict
    names = [c.name for c in compared.contenders]
    assert "online_softmax on the same encoded input" in names
    assert not {"hoeffding_tree", "nearest_neighbours"} & set(names), "slow, so only on request"


@pytest.mark.slow
def test_all_baselines_stand_there_on_request(launched, monkeypatch, tmp_path):
    study, store = launched
    compared = compare(study, store.trials()[0], None, everything=True)
    names = [c.name for c in compared.contenders]
    assert {"hoeffding_tree", "adaptive_random_forest", "nearest_neighbours"} <= set(names)
    assert all(not c.samples for c in compared.contenders), "a short stream is seen whole by all"
    monkeypatch.setitem(sys.modules, "river", None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(UserError, match="--baselines all needs river"):
        report(study, store, Options(folder=tmp_path, everything=True))


@pytest.mark.slow
def test_a_prediction_is_compared_by_its_error(tmp_path):
    file = tmp_path / "mg.yaml"
    file.write_text(
        "format: 1\nabout: prediction\ntrials: 2\nobjectives: [nrmse]\n"
        "architecture: {mushroom_body: {encoder: current, rule: delta_potential, kenyon: {size: 40, drive: 40.0}}}\n"
        "task: {mackey_glass: {}}\nspace:\n  rule.eta: {float: [0.001, 1.0], log: true}\n"
    )
    study = studies.load(file)
    store = open_store(study, str(tmp_path / "mg.journal"))
    driver.run(study, store, run_trial, workers=2)
    (top,) = best.rows(study, store.trials(), {}, 1)  # not trial 0: with two workers either may finish first
    compared = compare(study, top.trial, None)
    by_name = {c.name: c for c in compared.contenders}
    assert compared.metric == "nrmse"
    assert {"rls", "persistence", "nlms on the same encoded input"} <= set(by_name)
    strongest = min((c for c in compared.contenders[1:]), key=lambda c: c.whole.mean)
    assert strongest.name.removesuffix(" on the same encoded input") == "rls"
    assert f"LOSES to {strongest.name}" in compared.verdict
    said = report(study, store, Options(folder=tmp_path))
    assert re.search(r"^learner +nrmse +last window +held out$", said, re.MULTILINE)
    assert compared.verdict in said
    assert "Linear baselines that beat it: " in compared.verdict
    top_row = re.search(r"^trial +nrmse, search +held out nrmse.*\n.*$", said, re.MULTILINE)
    assert top_row is not None
    assert metric(top.trial.score.metrics["held_out_nrmse"]) in top_row[0].splitlines()[1]
    everything = compare(study, top.trial, None, everything=True)
    assert everything.notes == ("`--baselines all` adds nothing here: no optional baseline predicts values.",)
    assert everything.notes[0] in text._comparison(everything)
    assert compared.notes == ()
    by_smape = compare(replace(study, objectives=("smape",)), top.trial, None)
    assert (by_smape.by, by_smape.metric) == ("smape", "nrmse")
    assert re.search(r"^learner +smape +nrmse +last window +held out$", text._comparison(by_smape), re.MULTILINE)
    stored = top.trial
    again = rerun.with_weights(_exported(study, stored, tmp_path))
    assert {name for name in again.metrics if "smape" in name or "nrmse" in name} == {
        "held_out_smape",
        "held_out_nrmse",
    }
    assert again.metrics["held_out_nrmse"] == stored.score.metrics["held_out_nrmse"]


def _exported(study, stored, folder):
    export(stored.configuration, "json", folder / "found.json", 0, study=study, trial=stored)
    return load_found(folder / "found.json")


@pytest.mark.slow
def test_the_objective_is_compared_where_everyone_has_it(launched):
    study, store = launched
    stored = store.trials()[0]
    compared = compare(replace(study, objectives=("kappa",)), stored, None)
    network, *others = compared.contenders
    assert network.values == (stored.score.metrics["kappa"],)
    assert network.whole.mean == stored.score.metrics["accuracy"]
    assert compared.verdict.startswith("trial 0 ")
    assert "(kappa " in compared.verdict
    majority = next(c for c in others if c.name == "majority")
    assert majority.values[0] < majority.whole.mean
    assert re.search(r"^learner +kappa +accuracy +last window", text._comparison(compared), re.MULTILINE)
    costs = compare(replace(study, objectives=("writes", "accuracy")), stored, None)
    assert costs.notes == ("The comparison is by accuracy, not by the objective writes.",)
    assert text._comparison(costs).endswith(costs.notes[0])
    assert {c.name for c in costs.contenders if c.linear} == {
        f"{name}{where}"
        for name in ("online_softmax", "passive_aggressive")
        for where in ("", " on the same encoded input")
    }


@pytest.mark.slow
def test_learned_weights_are_not_scored_on_what_they_have_seen(launched, tmp_path):
    study, store = launched
    again = rerun.with_weights(_exported(study, store.trials()[0], tmp_path))
    assert not set(again.metrics) & {"accuracy", "last_accuracy", "samples_to_80", "fading_accuracy", "kappa"}
    assert {"held_out_accuracy", "spikes"} <= set(again.metrics)


@pytest.mark.slow
def test_the_raster_shows_the_last_streamed_samples(launched):
    study, store = launched
    shown = raster.of_trial(study, store.trials()[0], samples=4)
    assert (shown.first, shown.last) == (66, 70)
    assert len(shown.record.raster)
    assert shown.record.raster[:, 0].min() >= 66 * 16
    assert shown.record.raster[:, 0].max() < 70 * 16
    counted = shown.record.spikes["kenyon"][66:70].sum()
    kenyon = shown.record.populations.index("kenyon")
    assert (shown.record.raster[:, 1] == kenyon).sum() == counted


@pytest.mark.slow
def test_data_that_changed_since_are_said_and_not_compared(launched):
    study, store = launched
    stored = store.trials()[0]
    made = replace(stored.score.provenance, data="other")
    other = replace(stored, score=replace(stored.score, provenance=made))
    with pytest.raises(UserError, match="the data of the task changed since trial 0 was stored; restore the data"):
        compare(study, other, None)
    assert differences(other.score, stored.score) == [
        "the data of the task changed since the trial was stored; restore them"
    ]


@pytest.mark.slow
def test_an_exported_trial_is_the_stored_one(launched, tmp_path):
    study, store = launched
    stored = store.trials()[3]
    said = export(stored.configuration, "json", tmp_path, 0, study=study, trial=stored)
    assert "the same as trial 3 stored, bit for bit" in said
    data = json.loads((tmp_path / "tiny-3.json").read_text())
    assert data["provenance"]["trial"] == 3
    assert data["provenance"]["versions"]["brian2"]
    assert data["score"]["metrics"] == dict(stored.score.metrics)
    said = export(stored.configuration, "json", tmp_path, 5, study=study, trial=stored)
    assert "seed 5 is not among the trial's seeds [0]" in said
    wrong = replace(stored, score=replace(stored.score, metrics={**stored.score.metrics, "accuracy": 2.0}))
    said = export(stored.configuration, "json", tmp_path, 0, study=study, trial=wrong)
    assert "not the same as trial 3 stored (accuracy 2.0 → " in said


@pytest.mark.slow
def test_what_cannot_be_run_again_is_said_and_the_rest_stands(launched, tmp_path, monkeypatch):
    study, store = launched
    gone = UserError("no C++ compiler is on the PATH; install one")

    def fail(*arguments, **options):
        raise gone

    monkeypatch.setattr(Automatic, "run", fail)
    monkeypatch.setenv("NEUROSEARCH_CACHE", str(tmp_path / "cache"))  # another test may have kept what this one misses
    said = report(study, store, Options(folder=tmp_path))
    assert "could not be compared with the baselines: no C++ compiler" in said
    assert "trial could not be drawn: no C++ compiler" in said
    assert "Parameters of the best" in said
    assert (tmp_path / "history.png").is_file()


# -- few trials


def fake_store(study, trials, rescored=None):
    return SimpleNamespace(study=study, place="somewhere", trials=lambda: trials, rescored=lambda: rescored or {})


def test_no_trial_is_a_sentence(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    study = small_study(tmp_path)
    store = open_store(study, str(tmp_path / "j"))
    said = report(study, store)
    assert said.splitlines()[-1] == "no trial is stored yet; run `neurosearch launch st.yaml`"
    assert json.loads(report(study, store, Options(json=True)))["best"] == []
    assert report(study, store, Options(csv=True)).startswith("trial,status,")
    assert not (tmp_path / "neurosearch-runs").exists()


def test_failures_alone_are_listed_by_reason(tmp_path):
    study = small_study(tmp_path)
    reasons = [f"stopped by its time limit after {n} of 1437 samples" for n in (3, 40, 500)]
    trials = [trial(n, status="time_limit", reason=reason) for n, reason in enumerate(reasons)]
    trials.append(trial(3, status="crashed", reason="the program was ended by signal SIGSEGV"))
    said = report(study, fake_store(study, trials), Options(folder=tmp_path / "p"))
    assert "there is no best trial" in said
    assert "4 of them failed" in said
    rows = [line.split() for line in said.splitlines() if "limit" in line or "SEGV" in line]
    assert [row[:3] for row in rows] == [["3", "time_limit", "0"], ["1", "crashed", "3"]]
    assert (tmp_path / "p" / "history.png").is_file()


@pytest.mark.slow
def test_one_trial_is_enough(launched, tmp_path):
    study, store = launched
    said = report(study, fake_store(study, store.trials()[:1]), Options(folder=tmp_path))
    assert "none was run on fresh seeds yet" in said
    assert "it needs 10 feasible trials, and there are 1" in said
    assert {p.name for p in tmp_path.iterdir()} == {"history.png", "choices.png", "learning.png", "raster.png"}


@pytest.mark.slow
def test_an_objective_that_never_changes_has_no_importance(launched, tmp_path):
    study, store = launched
    same = [replace(t, score=replace(t.score, metrics={**t.score.metrics, "accuracy": 0.5})) for t in store.trials()]
    said = report(study, fake_store(study, same), Options(folder=tmp_path))
    assert "accuracy is 0.5 in every feasible trial, so no parameter matters" in said
    assert not (tmp_path / "importance.png").exists()


# -- its parts


def test_the_best_are_those_that_were_best_on_fresh_seeds(tmp_path):
    study = small_study(tmp_path, rescore="{top: 2, seeds: [1, 2]}")
    trials = [trial(0, 0.95), trial(1, 0.9), trial(2, 0.8), trial(3, 0.99, status="not_finite")]

    def again(number, *values):
        return Rescored(number, (1, 2), tuple(Score("ok", {"accuracy": v}) for v in values))

    rows = best.rows(study, trials, {0: again(0, 0.7, 0.8), 1: again(1, 0.84, 0.86)}, 10)
    assert [row.trial.number for row in rows] == [1, 0, 2]
    assert rows[0].fresh["accuracy"].mean == pytest.approx(0.85)
    assert rows[0].fresh["accuracy"].half == pytest.approx(12.706 * 0.01, rel=1e-3)
    assert rows[2].fresh == {}


def test_the_front_is_of_several_objectives_alone(tmp_path):
    study = small_study(tmp_path, objectives="[accuracy, writes]")
    trials = [trial(0, 0.9, writes=100.0), trial(1, 0.8, writes=10.0), trial(2, 0.7, writes=50.0)]
    assert [row.trial.number for row in best.front(study, trials, {})] == [0, 1]
    assert best.front(small_study(tmp_path, name="one"), trials, {}) == []
    plots.save(tmp_path / "front.png", lambda: plots.front(study, trials, best.front(study, trials, {})))
    assert imread(tmp_path / "front.png")[..., :3].std() > 0.02


def planted(study, n=200):
    """Trials whose accuracy depends on the rule, on eta under delta, and on nothing else."""
    numbers, made = np.random.default_rng(5), []
    for k in range(n):
        rule = str(numbers.choice(["stdp", "delta", "covariance"]))
        params = {"rule": rule, "rule.eta": float(10 ** numbers.uniform(-4, -1))}
        params |= {"sign": str(numbers.choice(["positive", "signed"])), "cells.size": int(numbers.integers(50, 400))}
        accuracy = {"stdp": 0.2, "delta": 0.6, "covariance": 0.3}[rule] + 0.02 * numbers.random()
        if rule == "delta":
            accuracy += 0.3 - 0.1 * abs(math.log10(params["rule.eta"] / 0.01))
        made.append(trial(k, accuracy, params=params))
    return made


def test_importance_finds_what_was_planted(tmp_path):
    study = small_study(tmp_path)
    it = importance.importance(study, planted(study))
    assert it.top == 20
    assert math.isclose(sum(it.shares.values()), 1)
    assert set(list(it.shares)[:2]) == {"rule", "rule[delta].eta"}
    assert it.explained["rule"] > 0.8
    assert it.explained["rule[delta].eta"] > 0.6
    for name in ("rule[stdp].eta", "rule[covariance].eta", "sign", "cells.size"):
        assert it.explained[name] < 0.1
        assert it.shares[name] < 0.1


@pytest.mark.filterwarnings("error")
def test_importance_of_options_that_were_tried_once_warns_nobody(tmp_path):
    study = small_study(tmp_path)
    trials = [t for t in planted(study, 30) if t.params["rule"] != "stdp"]
    trials.append(trial(99, 0.1, params={"rule": "stdp", "rule.eta": 0.001}))
    assert importance.importance(study, trials).shares


def test_importance_says_why_it_says_nothing(tmp_path):
    study = small_study(tmp_path)
    assert "needs 10 feasible trials, and there are 2" in importance.importance(study, planted(study, 2)).reason
    empty = [trial(n, n / 20) for n in range(12)]
    assert importance.importance(study, empty).reason == "the study samples nothing"


def test_each_option_has_its_best_and_median(tmp_path):
    study = small_study(tmp_path)
    trials = [
        trial(0, 0.5, params={"rule": "stdp"}),
        trial(1, 0.7, params={"rule": "stdp"}),
        trial(2, 0.9, params={"rule": "delta"}),
        trial(3, status="crashed", params={"rule": "delta"}),
        trial(4, 0.3, params={"rule": "stdp"}),
    ]
    found = [o for o in choices.options(study, trials) if o.path == "rule"]
    assert [(o.option, o.trials, o.measured, o.best, o.median, o.number) for o in found] == [
        ("delta", 2, 1, 0.9, 0.9, 2),
        ("stdp", 3, 3, 0.7, 0.5, 1),
        ("covariance", 0, 0, None, None, None),
    ]


def test_a_violated_constraint_is_a_reason(tmp_path):
    study = small_study(tmp_path, constraints="{writes: {max: 5}}")
    found = failures.failures(study, [trial(0, 0.9, writes=9.0), trial(1, 0.9, writes=1.0), trial(2, 0.8, writes=8.0)])
    assert [(f.status, f.reason, f.count, f.number) for f in found] == [("infeasible", "violates writes_max", 2, 0)]


def test_time_is_accounted_for_by_launch():
    def ran(number, launch, finished, workers, **seconds):
        return trial(number, 0.5, seconds=seconds, ran=Ran(launch=launch, finished=finished, workers=workers))

    trials = [
        ran(0, 100.0, 104.0, 2, build=2.0, simulate=1.0, other=0.5, sample=0.1),
        ran(1, 100.0, 106.0, 2, build=0.0, simulate=5.0, other=0.5, sample=0.1),
        ran(2, 500.0, 502.0, 1, build=0.0, simulate=1.5, other=0.0, sample=0.3),
    ]
    first, second = timing.launches(trials)
    assert (first.trials, first.workers, first.wall, first.idle) == (2, 2, 6.0, 3.0)
    assert first.utilisation == pytest.approx(6 / 10)
    assert second.idle == 0.5
    total = timing.total([first, second])
    assert (total.wall, total.simulate, total.build, total.idle, total.trials) == (8.0, 7.5, 2.0, 3.5, 3)
    assert total.utilisation == pytest.approx(7.5 / 12)
    assert timing.total([]) is None


def contender(name, *values):
    return Contender(name, interval(values), None, None, (), values)


@pytest.mark.parametrize(
    ("own", "other", "says"),
    [
        ((0.80, 0.82), (0.86, 0.87), "trial 7 LOSES to online softmax by 0.0550 (accuracy 0.8100 against 0.8650)"),
        ((0.90, 0.91, 0.92), (0.80, 0.81, 0.82), "trial 7 beats the best baseline, online softmax, by 0.1000"),
        ((0.90, 0.80), (0.80, 0.85), "not significant with 2 seeds"),
        ((0.9,), (0.8,), "on one seed"),
        ((0.9,), (0.9,), "trial 7 is no better than online softmax"),
    ],
)
def test_a_defeat_is_said_plainly(own, other, says):
    chance = contender("majority", *(0.1 for _ in own))
    contenders = (contender("trial 7", *own), chance, contender("online_softmax", *other))
    compared = Comparison(tuple(range(len(own))), True, contenders)
    assert says in compared.verdict


def test_who_saw_the_beginning_only_is_named_and_does_not_decide():
    part = replace(contender("nearest_neighbours", 0.99, 0.99), samples=5000)
    contenders = (contender("trial 7", 0.9, 0.91), contender("majority", 0.1, 0.1), part)
    assert "beats the best baseline, majority" in Comparison((1, 2), True, contenders).verdict


def test_of_errors_the_smaller_is_the_better():
    contenders = (contender("trial 7", 0.2, 0.2), contender("rls", 0.1, 0.1), contender("persistence", 0.4, 0.4))
    said = Comparison((1, 2), True, contenders, "nrmse").verdict
    assert said == "trial 7 LOSES to rls by 0.1000 (nrmse 0.2000 against 0.1000)"


def test_each_linear_baseline_that_beats_the_network_is_named():
    linear = [replace(contender(n, v, v), linear=True) for n, v in (("a_line", 0.6), ("b_line", 0.7), ("weak", 0.4))]
    short = replace(linear[0], name="short", samples=50)
    contenders = (contender("trial 7", 0.5, 0.5), contender("random_features", 0.9, 0.9), *linear, short)
    said = Comparison((1, 2), True, contenders).verdict
    assert said == (
        "trial 7 LOSES to random features by 0.4000 (accuracy 0.5000 against 0.9000; short has 0.6000 on the first 50 "
        "samples alone). Linear baselines that beat it: b line (0.7000), a line (0.6000), "
        "short (0.6000, first 50 samples)"
    )
    strong = (contender("trial 7", 0.95, 0.95), *contenders[1:])
    assert "inear" not in Comparison((1, 2), True, strong).verdict


def test_an_objective_is_compared_in_its_direction():
    contenders = (contender("trial 7", 300.0, 310.0), contender("majority", 100.0, 100.0))
    said = Comparison((1, 2), True, contenders, objective="samples_to_80").verdict
    assert said == "trial 7 LOSES to majority by 205 (samples_to_80 305 against 100)"


def test_numbers_stand_under_each_other():
    said = table(["path", "n"], [["rule", 3], ["kenyon.size", 1200], ["x", None]])
    assert said.splitlines() == ["path            n", "rule            3", "kenyon.size  1200", "x"]
    assert [metric(v) for v in (None, 0.93123, 12.345, 2308.4)] == ["-", "0.9312", "12.35", "2,308"]
    assert metric(8.46, 469.0) == "8"


def test_pictures_go_where_they_are_told_or_it_is_a_sentence(tmp_path):
    study = small_study(tmp_path)
    (tmp_path / "file").write_text("")
    store = fake_store(study, [trial(0, status="crashed", reason="x")])
    with pytest.raises(UserError, match=r"history\.png cannot be written: .*; choose another folder with --out"):
        report(study, store, Options(folder=tmp_path / "file" / "p"))


def test_drawing_leaves_the_styles_of_the_process_alone(tmp_path):
    import matplotlib

    before = dict(matplotlib.rcParams)
    study = small_study(tmp_path)
    plots.save(tmp_path / "h.png", lambda: plots.history(study, planted(study, 20), "rule"))
    assert dict(matplotlib.rcParams) == before
    assert reports.Options() == Options()
