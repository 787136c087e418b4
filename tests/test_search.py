"""The search: exact budgets, resumption bit for bit, repeats, failures, fresh seeds; on analytic scores."""

import dataclasses
import threading
import time
from contextlib import suppress

import pytest
from small_arch import analytic, settings, study

from neurosearch.cli.summary import after, sound
from neurosearch.errors import UserError
from neurosearch.record import Score
from neurosearch.record.score import Timing
from neurosearch.search import driver, rescore, sampler
from neurosearch.search.goals import checked
from neurosearch.search.interrupt import Interrupt
from neurosearch.search.progress import Status, duration, line
from neurosearch.search.replay import differences, replay
from neurosearch.store.store import open_store
from neurosearch.study import ranking

SAMPLERS = ["tpe", "random", "cmaes", "nsga2"]


def search(loaded, path, n=None, workers=1, evaluate=analytic, **more):
    store = open_store(loaded, str(path))
    outcome = driver.run(loaded, store, evaluate, workers=workers, trials=n, **more)
    return outcome, store.trials()


def told(trials):
    """What must be equal between two runs: everything but the clock."""

    def timeless(trial):
        ran = dataclasses.replace(trial.ran, started=0, finished=0, launch=0, workers=1)
        return dataclasses.replace(trial, number=-1, seconds={}, asked=dataclasses.replace(trial.asked, at=0), ran=ran)

    return [timeless(trial) for trial in trials]


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_the_budget_is_exact_and_counts_what_is_stored(tmp_path, workers):
    loaded = study(tmp_path)
    outcome, trials = search(loaded, tmp_path / "j", 13, workers)
    assert (outcome.ended, outcome.stored, outcome.fresh, len(trials)) == ("budget", 13, 13, 13)
    assert [t.number for t in trials] == list(range(13))
    outcome, trials = search(loaded, tmp_path / "j", 20, workers)
    assert (outcome.stored, outcome.fresh, len(trials)) == (20, 7, 20)
    outcome, trials = search(loaded, tmp_path / "j", 20, workers)
    assert (outcome.stored, outcome.fresh) == (20, 0)
    assert len({t.digest for t in trials}) == 20
    assert len({t.asked.ask for t in trials}) == 20


@pytest.mark.parametrize("kind", SAMPLERS)
def test_one_worker_resumes_bit_for_bit(tmp_path, kind):
    loaded = study(tmp_path, sampler=kind)
    _, whole = search(loaded, tmp_path / "whole", 45)
    for n in (1, 2, 17, 30, 45):
        _, parts = search(loaded, tmp_path / "parts", n)
    assert told(parts) == told(whole)


def test_resumption_is_exact_beyond_the_window_and_with_repeats(tmp_path, monkeypatch):
    for name, value in {"WINDOW": 30, "KEPT": 20, "KEPT_BEST": 8}.items():
        monkeypatch.setattr(sampler, name, value)
    space = """
      rule: {choice: [stdp, delta]}
      rule.eta: {float: [0.01, 0.05], step: 0.01}
      cells.size: {int: [1, 12]}
    """
    loaded = study(tmp_path, space)
    outcome, whole = search(loaded, tmp_path / "whole", 75)
    assert outcome.duplicates > 0
    for n in (29, 31, 52, 75):
        _, parts = search(loaded, tmp_path / "parts", n)
    assert told(parts) == told(whole)


def test_several_objectives_and_constraints(tmp_path):
    loaded = study(tmp_path, objectives="[accuracy, synaptic_operations]", constraints="{writes: {max: 12}}", trials=60)
    _, trials = search(loaded, tmp_path / "j", workers=2)
    front = ranking.front(loaded, trials)
    assert front
    for one in front:
        assert one.score.metrics["writes"] <= 12
        for other in trials:
            m, o = one.score.metrics, other.score.metrics
            beaten = o["accuracy"] > m["accuracy"] and o["synaptic_operations"] < m["synaptic_operations"]
            assert not (beaten and o["writes"] <= 12)


@pytest.mark.parametrize("kind", ["tpe", "nsga2"])
def test_resumption_with_several_objectives(tmp_path, kind):
    loaded = study(tmp_path, objectives="[accuracy, synaptic_operations]", sampler=kind)
    _, whole = search(loaded, tmp_path / "whole", 70)
    for n in (33, 70):
        _, parts = search(loaded, tmp_path / "parts", n)
    assert told(parts) == told(whole)


def test_drivers_of_one_database_learn_from_each_other_and_are_resumed(tmp_path):
    loaded, url = study(tmp_path), f"sqlite:///{tmp_path / 'trials.db'}"
    together = threading.Barrier(2)

    def evaluate(configuration, seeds, cancel):
        with suppress(threading.BrokenBarrierError):  # the other one may be done while this one waits
            together.wait(10)  # both drivers are at work before either stores anything
        time.sleep(0.01)
        return analytic(configuration, seeds, cancel)

    outcomes = []

    def drive():
        outcomes.append(search(loaded, url, 30, 1, evaluate)[0])
        together.abort()

    other = threading.Thread(target=drive)
    open_store(loaded, url)
    other.start()
    drive()
    other.join()
    assert all(outcome.fresh > 3 for outcome in outcomes)
    trials = open_store(loaded, url).trials()
    assert 30 <= len(trials) == sum(outcome.fresh for outcome in outcomes) <= 32, "one more each, at most"
    digests = [t.digest for t in trials]
    assert len(digests) - len(set(digests)) <= 6, "what another driver has stored is not run again"
    outcome, trials = search(loaded, url, 40)
    assert (outcome.stored, len(trials), outcome.fresh) == (40, 40, 40 - sum(o.fresh for o in outcomes))


def test_the_model_learns(tmp_path):
    found = {}
    for kind in ("tpe", "random"):
        scores = []
        for seed in range(3):
            loaded = study(tmp_path, sampler=kind, seed=seed)
            _, trials = search(loaded, tmp_path / f"{kind}{seed}", 80)
            scores.append(sorted(t.score.metrics["accuracy"] for t in trials)[-20])
        found[kind] = sum(scores) / len(scores)
    assert found["tpe"] > found["random"] + 0.02


def test_a_space_that_holds_no_more_ends_the_search(tmp_path):
    loaded = study(tmp_path, "\n  rule: {choice: [stdp, delta]}\n  sign: {choice: [positive, signed]}\n")
    outcome, trials = search(loaded, tmp_path / "j", 50, workers=2)
    assert outcome.ended == "exhausted"
    assert len(trials) == 4
    assert outcome.duplicates >= 100


def test_a_study_without_dimensions_is_one_trial(tmp_path):
    loaded = study(tmp_path, "\n  rule: stdp\n")
    outcome, trials = search(loaded, tmp_path / "j", 50)
    assert (outcome.ended, len(trials), trials[0].params) == ("exhausted", 1, {})


def test_a_crash_is_tried_once_more_and_then_stored_with_its_reason(tmp_path):
    calls: dict[str, int] = {}

    def evaluate(configuration, seeds, cancel):
        key = str(configuration)
        calls[key] = calls.get(key, 0) + 1
        rule = next(iter(settings(configuration)["rule"]))
        if rule == "delta" and calls[key] == 1:
            return Score("crashed", {}, reason="first")
        return Score("crashed", {}, reason="always") if rule == "stdp" else analytic(configuration, seeds)

    _, trials = search(study(tmp_path), tmp_path / "j", 20, evaluate=evaluate)
    by_rule = {rule: [t for t in trials if t.params["rule"] == rule] for rule in ("delta", "stdp", "covariance")}
    assert all(by_rule.values())
    assert {(t.score.status, t.score.reason, t.ran.attempts) for t in by_rule["stdp"]} == {("crashed", "always", 2)}
    assert {(t.score.status, t.ran.attempts) for t in by_rule["delta"]} == {("ok", 2)}
    assert {(t.score.status, t.ran.attempts) for t in by_rule["covariance"]} == {("ok", 1)}
    assert by_rule["delta"][0].ran.earlier_reasons == ("first",)


def test_the_model_avoids_what_fails(tmp_path):
    def evaluate(configuration, seeds, cancel):
        failed = next(iter(settings(configuration)["rule"])) == "stdp"
        return Score("not_finite", {}, reason="inf") if failed else analytic(configuration, seeds)

    _, trials = search(study(tmp_path), tmp_path / "j", 100, evaluate=evaluate)
    late = [t.params["rule"] for t in trials[50:]]
    assert late.count("stdp") < 8
    assert ranking.best(study(tmp_path), trials, {}).score.status == "ok"


@pytest.mark.parametrize("objective", ["accuracy", "spikes"])
def test_a_failure_counts_as_the_worst_that_was_seen(tmp_path, objective):
    """The best there is borders on what fails, so a model that learns nothing from failures keeps running into them."""
    sign = {"accuracy": -1, "spikes": 1}[objective]
    loaded = study(tmp_path, "\n  rule.eta: {float: [0.0, 1.0]}\n", objectives=f"[{objective}]")
    asked, late = sampler.Sampler(loaded), []
    for ask in range(160):
        eta = asked.ask(ask)["rule.eta"]
        value = eta if objective == "accuracy" else 2 - eta
        asked.tell(ask, (sign * value,) if eta <= 0.5 else None, {})
        late += [eta] if ask >= 60 else []
    assert sum(eta > 0.5 for eta in late) < 60, "of 100; 97 of them where failures are not counted"
    assert sum(eta > 0.3 for eta in late) > 60, "and it still comes close to the best"


def test_a_search_that_has_settled_still_tries_the_other_choices_with_what_it_knows_of_them(tmp_path):
    """Here delta wins always, and covariance is the better the higher its rate: nobody asks, but it is found out."""

    def evaluate(configuration, seeds, cancel):
        ((rule, numbers),) = settings(configuration)["rule"].items()
        return Score("ok", {"accuracy": 0.9 if rule == "delta" else 0.1 + 0.1 * numbers["eta"]}, reason="")

    space = "\n  rule: {choice: [stdp, delta, covariance]}\n  rule.eta: {float: [0.0, 1.0]}\n"
    _, trials = search(study(tmp_path, space), tmp_path / "j", 400, evaluate=evaluate)
    late = trials[60:]
    others = [t for t in late if t.params["rule"] != "delta"]
    assert 0.02 * len(late) < len(others) < 0.2 * len(late)
    assert {t.params["rule"] for t in others} == {"stdp", "covariance"}
    assert sum(t.params["rule.eta"] for t in others) / len(others) > 0.6, "drawn evenly it would be 0.5"


@pytest.mark.parametrize("error", [UserError("there is no compiler; install g++"), ValueError("a bug")])
def test_an_error_ends_the_search_and_loses_nothing(tmp_path, error):
    count = iter(range(100))

    def evaluate(configuration, seeds, cancel):
        if next(count) == 7:
            raise error
        return analytic(configuration, seeds)

    loaded = study(tmp_path)
    with pytest.raises(type(error), match=str(error)):
        search(loaded, tmp_path / "j", 20, evaluate=evaluate, workers=2)
    stored = len(open_store(loaded, str(tmp_path / "j")).trials())
    assert 5 <= stored <= 7
    outcome, _ = search(loaded, tmp_path / "j", 20)
    assert outcome.stored == 20


def test_workers_run_side_by_side_and_are_busy(tmp_path):
    alive, most = [0], [0]
    lock = threading.Lock()

    def evaluate(configuration, seeds, cancel):
        with lock:
            alive[0] += 1
            most[0] = max(most[0], alive[0])
        time.sleep(0.05)
        with lock:
            alive[0] -= 1
        return dataclasses.replace(analytic(configuration, seeds), timing=Timing())

    outcome, trials = search(study(tmp_path, sampler="random"), tmp_path / "j", 40, workers=3, evaluate=evaluate)
    assert most[0] == 3
    assert 40 * 0.05 <= outcome.seconds["simulate"] <= 3 * outcome.wall
    assert outcome.utilisation == pytest.approx(outcome.seconds["simulate"] / (3 * outcome.wall))
    assert all(t.asked.at <= t.ran.started <= t.ran.finished for t in trials)


def test_an_interrupt_stores_what_finished_and_the_search_goes_on(tmp_path):
    loaded, interrupt = study(tmp_path), Interrupt()
    count = iter(range(100))

    def evaluate(configuration, seeds, cancel):
        if next(count) == 6:
            interrupt.asked = True
            cancel.set()
        if cancel.is_set():
            return Score("stopped", {"accuracy": 1.0})
        return analytic(configuration, seeds)

    outcome, trials = search(loaded, tmp_path / "j", 20, evaluate=evaluate, interrupt=interrupt)
    assert outcome.ended == "interrupted"
    assert len(trials) == 6
    outcome, resumed = search(loaded, tmp_path / "j", 20)
    _, whole = search(loaded, tmp_path / "whole", 20)
    assert told(resumed) == told(whole)


def test_a_timeout_ends_the_asking(tmp_path):
    def evaluate(configuration, seeds, cancel):
        time.sleep(0.1)
        return analytic(configuration, seeds)

    outcome, trials = search(study(tmp_path), tmp_path / "j", 100, evaluate=evaluate, timeout=0.5)
    assert outcome.ended == "timeout"
    assert 1 <= len(trials) < 100


def noisy(configuration, seeds, cancel=None):
    """The same configuration is lucky on seed 0 and honest on others."""
    score = analytic(configuration, seeds)
    size = settings(configuration)["cells"]["size"]
    lucky = 0.3 if seeds == (0,) and size % 7 == 0 else 0.0
    return dataclasses.replace(score, metrics={**score.metrics, "accuracy": score.metrics["accuracy"] + lucky})


def test_the_best_is_the_best_on_fresh_seeds(tmp_path):
    loaded = study(tmp_path, rescore="{top: 4, seeds: [11, 12, 13]}")
    _, trials = search(loaded, tmp_path / "j", 60, evaluate=noisy)
    store = open_store(loaded, str(tmp_path / "j"))
    runs = []

    def counted(configuration, seeds, cancel):
        runs.append(seeds)
        return noisy(configuration, seeds)

    rescored = rescore.rescore(loaded, store, counted, workers=2)
    assert sorted(runs) == [(11,)] * 4 + [(12,)] * 4 + [(13,)] * 4
    assert set(rescored) == {t.number for t in ranking.finalists(loaded, trials)}
    winner = ranking.best(loaded, trials, rescored)
    assert winner is not None
    assert rescored[winner.number].mean("accuracy") == max(r.mean("accuracy") for r in rescored.values())
    rescore.rescore(loaded, open_store(loaded, str(tmp_path / "j")), counted)
    assert len(runs) == 12


def test_replay_compares_every_bit(tmp_path):
    _, trials = search(study(tmp_path), tmp_path / "j", 5)
    assert replay(trials[3], analytic)[1] == []

    def nearly(configuration, seeds, cancel):
        score = analytic(configuration, seeds)
        return dataclasses.replace(
            score, metrics={**score.metrics, "accuracy": score.metrics["accuracy"] * (1 + 2e-16)}
        )

    score, different = replay(trials[3], nearly)
    old, new = trials[3].score.metrics["accuracy"], score.metrics["accuracy"]
    assert old != new
    assert different == [f"accuracy: {old!r} → {new!r}"]
    assert differences(Score("ok", {}, (0.1,)), Score("silent", {"accuracy": 0.1}, (0.2,), reason="why")) == [
        "status: ok → silent why", "accuracy: None → 0.1", "the learning curve differs",
    ]  # fmt: skip
    older = Score("ok", {"accuracy": 0.1})  # stored before there was a metric `undecided`
    assert differences(older, Score("ok", {"accuracy": 0.1, "undecided": 0.5})) == []
    assert differences(Score("ok", {"accuracy": 0.1, "undecided": 0.5}), older) == ["undecided: 0.5 → None"]


def test_the_model_sees_a_bounded_history_with_the_best_in_it(tmp_path):
    one, losses = sampler.Sampler(study(tmp_path)), []
    for number in range(400):
        losses.append(-one.ask(number)["rule.eta"])
        one.tell(number, (losses[-1],), {})
        assert len(one._window) < sampler.WINDOW
    assert one.told == 400
    assert min(told.losses[0] for told in one._window) == min(losses)
    assert {told.ask for told in one._window} >= set(range(390, 400)), "and the most recent"


def test_a_sampler_without_its_package_is_refused_by_check_too(tmp_path, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(UserError, match="sampler: cmaes needs cmaes, which is not installed"):
        sound(study(tmp_path, sampler="cmaes"))


CHANGING = "{class_incremental: {inner: {digits: {samples: 200, held_out: 100}}}}"


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"objectives": "[nrmse]"}, r"st\.yaml: objectives: task digits does not provide nrmse; available: "),
        ({"objectives": "[accuracy, forgetting]"}, r"st\.yaml: objectives: task digits does not provide forgetting"),
        ({"constraints": "{forgetting: {max: 0}}"}, r"constraints: task digits does not provide forgetting"),
        ({"constraints": "{decision_latency: {max: 9}}"}, r": task digits does not provide decision_latency"),
        ({"task": "lorenz"}, r"objectives: task lorenz does not provide accuracy; available: smape, nrmse, "),
        ({"task": "recall"}, r"objectives: task recall does not provide accuracy; available: recall_error, overlap, "),
        ({"task": "recall", "objectives": "[footprint_bytes]"}, r"task recall does not provide footprint_bytes"),
    ],
)  # fmt: skip
def test_a_goal_that_the_task_has_not_is_refused_before_anything_runs(tmp_path, more, said):
    with pytest.raises(UserError, match=said) as error:
        checked(study(tmp_path, **more))
    assert "held_out" not in str(error.value)
    assert "\n" not in str(error.value)


def test_goals_that_a_task_has_or_may_have_are_let_pass(tmp_path):
    for more in (
        {"constraints": "{writes: {max: 9}, activation_sparsity: {min: 0.5}, kappa: {min: 0}}"},
        {"task": CHANGING, "objectives": "[forgetting, backward_transfer, adaptation_time]"},
        {"task": "{cut_short: {inner: digits}}", "objectives": "[decision_latency]"},
        {"task": "lorenz", "objectives": "[nrmse, smape, spikes]"},
        {"task": "recall", "objectives": "[capacity, recall_error, steps_to_converge, writes]"},
    ):
        loaded = study(tmp_path, **more)
        assert checked(loaded) is loaded
    either = "\n  task: {choice: [digits, lorenz]}\n"
    for objective in ("nrmse", "accuracy"):
        checked(study(tmp_path, either, objectives=f"[{objective}]"))
    with pytest.raises(UserError, match="tasks digits, lorenz do not provide overlap; available: accuracy, "):
        checked(study(tmp_path, either, objectives="[overlap]"))
    checked(study(tmp_path, "\n  task.steps: {int: [10, 20]}\n", objectives="[overlap]"))  # left to the first trial


@pytest.mark.parametrize(("asked", "goal"), [("objectives", "[kappa]"), ("constraints", "{kappa: {min: 0}}")])
def test_a_goal_that_the_first_trial_has_not_ends_the_search(tmp_path, asked, goal):
    said = rf"st\.yaml: {asked}: task digits with this architecture does not provide kappa; available: accuracy, "
    with pytest.raises(UserError, match=said):
        search(study(tmp_path, **{asked: goal}), tmp_path / "j", 5)


def test_the_end_of_a_launch_says_which_constraint_left_nothing(tmp_path):
    loaded = study(tmp_path, constraints="{accuracy: {min: 0.99}, synaptic_operations: {min: 60, max: 100000}}")
    outcome, trials = search(loaded, tmp_path / "j", 6)
    values = [t.score.metrics["accuracy"] for t in trials]
    few = sum(t.score.metrics["synaptic_operations"] < 60 for t in trials)
    said = after(loaded, open_store(loaded, str(tmp_path / "j")), outcome, "st.yaml", interrupted=False)
    assert "no valid trial yet: 6 infeasible (accuracy below 0.99 in 6 of 6, the highest is " in said
    assert f"the highest is {max(values):.4g}" in said
    assert "above" not in said
    assert (f"synaptic_operations below 60 in {few} of 6" in said) == (few > 0)


def test_gp_searches(tmp_path):
    pytest.importorskip("torch", reason="the sampler gp needs torch, which is not installed")
    _, trials = search(study(tmp_path, sampler="gp"), tmp_path / "j", 45)
    best_of = [max(t.score.metrics["accuracy"] for t in part) for part in (trials[:40], trials[40:])]
    assert best_of[1] > best_of[0] - 0.05, "what the model proposes is about as good as the best it has seen"


def test_gp_without_torch_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(UserError, match="sampler: gp needs torch, which is not installed; `pip install torch`"):
        search(study(tmp_path, sampler="gp"), tmp_path / "j", 5)


def test_progress_says_it_all():
    said = line(Status(50, 200, fresh=50, seconds=30, best=0.91234, builds=3, failures=1))
    assert said == "50/200 trials · best accuracy 0.9123 · 100.0 trials/min · 3 builds · 1 failed · 1 min 30 s left"
    assert "best accuracy none yet" in line(Status(0, 200))
    assert [duration(s) for s in (3, 200, 7500)] == ["3 s", "3 min 20 s", "2 h 05 min"]
