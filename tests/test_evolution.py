"""NSGA-II and CMA-ES on spaces with choices: what exists under a choice is learned, and the rest as Optuna does it."""

import math
import pickle
import statistics

import optuna
import pytest
from small_arch import analytic, study

from neurosearch.search import driver, evolution, sampler
from neurosearch.search.cautions import cautions
from neurosearch.store.store import open_store

SPACE = """
  rule: {choice: [stdp, delta, covariance]}
  rule.eta: {float: [1e-4, 1e-1], log: true}
  rule.amplitude: {float: [0, 1]}
  cells.tau: {float: [0.001, 0.1], log: true}
"""
BEST = {"stdp": 0.2, "delta": 0.5, "covariance": 0.8}
"""Where on its axis from 0 to 1 the logarithm of each rule's eta is best."""

FLAT = """
  rule: delta
  rule.eta: {float: [1e-4, 1e-1], log: true}
  cells.size: {int: [50, 400], log: true}
  sign: {choice: [positive, signed]}
"""


def axis(params):
    return math.log10(params["rule.eta"] / 1e-4) / 3


def loss(params):
    """Smooth; each rule has an optimum of its own, and delta is the best rule."""
    tau = math.log10(params["cells.tau"] / 1e-3) / 2
    rule = {"stdp": 0.2, "delta": 0.0, "covariance": 0.3}[params["rule"]]
    amplitude = (params["rule.amplitude"] - 0.6) ** 2 if "rule.amplitude" in params else 0.0
    return rule + 2 * (axis(params) - BEST[params["rule"]]) ** 2 + (tau - 0.3) ** 2 + amplitude


def searched(loaded, n, worth, violations=lambda params: {}):
    one, asked = sampler.Sampler(loaded), []
    for k in range(n):
        asked.append(one.ask(k))
        one.attributes(k)
        one.tell(k, (worth(asked[-1]),), violations(asked[-1]))
    return asked


def spread(values):
    """Standard deviation, in units of that of even draws from 0 to 1."""
    return statistics.pstdev(values) * math.sqrt(12)


# Even draws have a spread of 1 (measured 0.97 to 1.09 before these numbers were learned). NSGA-II mutates one value a
# trial, here one of four, by an even draw, which alone keeps a spread of sqrt(1/4).
@pytest.mark.parametrize(("kind", "most"), [("nsga2", 0.8), ("cmaes", 0.3)])
def test_numbers_under_a_choice_gather_around_their_own_optimum(tmp_path, kind, most):
    asked = searched(study(tmp_path, SPACE, sampler=kind), 400, loss)
    found = [axis(params) for params in asked[-150:] if params["rule"] == "delta"]
    assert len(found) > 30
    assert spread(found) < most
    assert statistics.mean(found) == pytest.approx(BEST["delta"], abs=0.1)


def test_cma_es_has_an_optimum_for_every_choice(tmp_path):
    asked = searched(study(tmp_path, SPACE, sampler="cmaes"), 400, loss)
    for rule, best in BEST.items():
        found = [axis(params) for params in asked[-150:] if params["rule"] == rule]
        assert statistics.mean(found) == pytest.approx(best, abs=0.1)


@pytest.mark.parametrize(
    ("kind", "optunas"),
    [
        ("nsga2", lambda seed: optuna.samplers.NSGAIISampler(seed=seed)),
        ("cmaes", lambda seed: optuna.samplers.CmaEsSampler(seed=seed, warn_independent_sampling=False)),
    ],
)
def test_a_space_without_choices_of_parts_is_searched_as_by_optuna(tmp_path, monkeypatch, kind, optunas):
    def worth(params):
        return (math.log10(params["rule.eta"]) + 2) ** 2 + math.log(params["cells.size"] / 200) ** 2

    loaded = study(tmp_path, FLAT, sampler=kind)
    ours = searched(loaded, 120, worth)
    monkeypatch.setattr(sampler, "_make", lambda kind, seed: optunas(seed))
    assert ours == searched(loaded, 120, worth)


@pytest.mark.parametrize("kind", ["nsga2", "cmaes"])
def test_what_violates_a_constraint_is_avoided_under_choices_too(tmp_path, kind):
    def violations(params):
        return {"cost": axis(params) - 0.3}  # below the optimum of delta

    asked = searched(study(tmp_path, SPACE, sampler=kind), 400, loss, violations)
    late = [params for params in asked[-150:] if params["rule"] == "delta"]
    feasible = sum(violations(params)["cost"] <= 0 for params in late) / len(late)
    assert feasible > 0.55  # 0.3 of even draws


@pytest.mark.parametrize("kind", ["tpe", "random", "cmaes", "nsga2"])
def test_a_constrained_study_resumes_without_a_word_from_optuna(tmp_path, kind, recwarn, capfd):
    loaded = study(tmp_path, sampler=kind, constraints="{synaptic_operations: {max: 150}}")
    for trials in (6, 12):
        driver.run(loaded, open_store(loaded, str(tmp_path / "j")), analytic, workers=1, trials=trials)
    at_once = open_store(loaded, str(tmp_path / "k"))
    driver.run(loaded, at_once, analytic, workers=1, trials=12)
    resumed = open_store(loaded, str(tmp_path / "j"))
    assert [t.params for t in resumed.trials()] == [t.params for t in at_once.trials()]
    assert [str(warning.message) for warning in recwarn] == []
    assert capfd.readouterr().err == ""


class Hostile:
    def __reduce__(self):
        return exec, ("raise SystemExit('a stored state ran code')",)


def test_a_stored_state_of_cma_es_never_runs_code(tmp_path, caplog):
    loaded = study(tmp_path, FLAT, sampler="cmaes")
    one = sampler.Sampler(loaded)
    hostile = {"cma:generation": 0, "cma:optimizer:0": pickle.dumps(Hostile()).hex()}
    first = one.ask(0)
    one.tell(0, (1.0,), {})
    one.recall(1, first, hostile)
    one.tell(1, (1.0,), {})
    assert set(one.ask(2)) == set(first)
    assert "its noted state of CMA-ES cannot be read (builtins.exec is not part of a strategy's state)" in caplog.text


def test_the_state_of_a_choice_outlasts_the_window(tmp_path, monkeypatch):
    for name, value in {"WINDOW": 60, "KEPT": 15, "KEPT_BEST": 10, "KEPT_UNDER": 12}.items():
        monkeypatch.setattr(sampler, name, value)
    asks, begun = [], []

    class Counting(evolution._Strategy):
        def _init_optimizer(self, *arguments):
            begun.append(len(asks))
            return super()._init_optimizer(*arguments)

    monkeypatch.setattr(evolution, "_Strategy", Counting)
    searched(study(tmp_path, SPACE, sampler="cmaes"), 200, lambda params: asks.append(params) or loss(params))
    assert 0 < len(begun) < 60  # each of the four strategies until its first generation is told
    assert max(begun) < 60, "a strategy began anew though it had a state"


def test_check_says_what_a_sampler_does_not_learn(tmp_path):
    said = cautions(study(tmp_path, SPACE, sampler="cmaes"))
    assert said == [
        "the sampler cmaes learns only numbers and draws choices uniformly throughout the search: rule; "
        "tpe and nsga2 learn them too"
    ]
    assert (
        "draws it uniformly throughout the search: rule.eta, rule.amplitude;"
        in cautions(study(tmp_path, SPACE, sampler="gp"))[0]
    )
    for kind in ("tpe", "nsga2", "random"):
        assert cautions(study(tmp_path, SPACE, sampler=kind)) == []
