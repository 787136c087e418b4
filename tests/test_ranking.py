"""Which trial is better: losses, constraints, order, front and finalists, worked out by hand."""

import math

import pytest
from small_arch import study

from neurosearch.record import Score, Trial
from neurosearch.study import ranking
from neurosearch.study.ranking import Rescored

TWO = {"objectives": "[accuracy, spikes]"}  # the first to be maximised, the second to be minimised


def trial(number, accuracy, spikes=1.0, status="ok", **more):
    return Trial(number, {}, Score(status, {"accuracy": accuracy, "spikes": spikes, **more}))


def numbers(trials):
    return [t.number for t in trials]


def test_losses_are_to_be_minimised_and_only_of_runs_that_ended(tmp_path):
    loaded = study(tmp_path, **TWO)
    for status in ("ok", "silent", "saturated"):
        assert ranking.losses(loaded, trial(0, 0.75, 3.0, status).score) == (-0.75, 3.0)
    for status in ("crashed", "not_finite", "stopped", "timeout"):
        assert ranking.losses(loaded, trial(0, 0.75, 3.0, status).score) is None
    assert ranking.losses(loaded, Score("ok", {"accuracy": 1.0})) is None


def test_a_bound_is_kept_up_to_itself(tmp_path):
    loaded = study(tmp_path, constraints="{writes: {min: 2, max: 5}, spikes: {max: 0}}")
    violations = ranking.violations(loaded, trial(0, 0.5, 0.0, writes=4.0).score)
    assert violations == {"writes_max": -1.0, "writes_min": -2.0, "spikes_max": 0.0}
    for writes, spikes, keeps in [(2, 0, True), (5, 0, True), (1.5, 0, False), (5.5, 0, False), (3, 0.5, False)]:
        assert ranking.feasible(loaded, trial(0, 0.5, spikes, writes=writes).score) is keeps


def test_a_score_that_is_missing_keeps_no_bound(tmp_path):
    loaded = study(tmp_path, constraints="{writes: {min: 2, max: 5}}")
    violations = ranking.violations(loaded, trial(0, 0.5).score)
    assert set(violations) == {"writes_max", "writes_min"}
    assert all(1e299 < violation < math.inf for violation in violations.values())  # a sampler needs a finite number


def test_the_order_is_by_the_first_objective_then_the_next_then_the_earlier(tmp_path):
    loaded = study(tmp_path, **TWO, constraints="{writes: {max: 5}}")
    trials = [
        trial(0, 0.5, 9, writes=1), trial(1, 0.9, 4, writes=1), trial(2, 0.9, 3, writes=1), trial(3, 0.9, 3, writes=1),
        trial(4, 1.0, 1, writes=6), trial(5, 1.0, 1, "silent", writes=1), trial(6, 1.0, 1, "crashed", writes=1),
    ]  # fmt: skip
    assert numbers(ranking.order(loaded, reversed(trials))) == [2, 3, 1, 0]


def test_a_trial_that_ties_in_one_objective_and_loses_in_the_other_is_not_in_the_front(tmp_path):
    loaded = study(tmp_path, **TWO)
    ties = [trial(0, 0.9, 4), trial(1, 0.9, 5), trial(2, 0.8, 4), trial(3, 0.7, 3), trial(4, 0.7, 3)]
    assert numbers(ranking.front(loaded, ties)) == [0, 3]
    assert numbers(ranking.front(loaded, reversed(ties))) == [0, 3]  # of equals the earlier, in whichever order


def test_finalists_are_the_head_of_the_order_or_of_the_front(tmp_path):
    trials = [trial(0, 0.9, 4), trial(1, 0.85, 5), trial(2, 0.8, 4), trial(3, 0.7, 3), trial(4, 0.6, 2)]
    one = study(tmp_path, rescore="{top: 2, seeds: [7]}")
    assert numbers(ranking.finalists(one, iter(trials))) == [0, 1]
    two = study(tmp_path, **TWO, rescore="{top: 2, seeds: [7]}")
    assert numbers(ranking.finalists(two, iter(trials))) == [0, 3]


def fresh(number, *accuracies):
    return Rescored(number, (7, 8), tuple(Score("ok", {} if a is None else {"accuracy": a}) for a in accuracies))


def test_the_best_is_the_finalist_with_the_best_mean_on_fresh_seeds(tmp_path):
    loaded = study(tmp_path, rescore="{top: 3, seeds: [7, 8]}")
    trials = [trial(0, 0.9), trial(1, 0.8), trial(2, 0.7), trial(3, 0.6)]
    assert ranking.best(loaded, trials, {}).number == 0
    again = {0: fresh(0, 0.5, 0.7), 1: fresh(1, 0.7, 0.6), 3: fresh(3, 1.0, 1.0)}  # 3 is no finalist
    assert ranking.best(loaded, trials, again).number == 1
    tie = {1: fresh(1, 0.5, 0.7), 2: fresh(2, 0.7, 0.5)}
    assert ranking.best(loaded, trials, tie).number == 1
    assert ranking.best(loaded, trials, {0: fresh(0, 0.9, None), 2: fresh(2, 0.2, 0.2)}).number == 2
    assert ranking.best(loaded, trials, {0: fresh(0, None, None)}).number == 0
    assert ranking.best(loaded, [trial(0, 0.9, status="silent")], {}) is None


def test_the_best_of_a_score_to_be_minimised(tmp_path):
    loaded = study(tmp_path, objectives="[spikes]", rescore="{top: 2, seeds: [7]}")
    trials = [trial(0, 0, 5.0), trial(1, 0, 3.0), trial(2, 0, 4.0)]
    again = {n: Rescored(n, (7,), (Score("ok", {"spikes": v}),)) for n, v in ((1, 6.0), (2, 5.0))}
    assert ranking.best(loaded, trials, {}).number == 1
    assert ranking.best(loaded, trials, again).number == 2


def test_the_mean_on_fresh_seeds_needs_every_seed():
    assert fresh(0, 0.5, 0.75).mean("accuracy") == 0.625
    assert fresh(0, 0.5, None).values("accuracy") == [0.5]
    assert math.isnan(fresh(0, 0.5, None).mean("accuracy"))
    assert math.isnan(Rescored(0, (), ()).mean("accuracy"))


@pytest.mark.parametrize("top", [0, 1])
def test_without_finalists_the_best_is_the_head_of_the_order(tmp_path, top):
    loaded = study(tmp_path, rescore=f"{{top: {top}, seeds: [7]}}")
    assert ranking.best(loaded, [trial(0, 0.5), trial(1, 0.9)], {}).number == 1
