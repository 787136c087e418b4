"""What a configuration is run as: settings that the sizes of a task limit are stored and shown as they are run."""

import dataclasses
import functools
import logging

import numpy as np
import pytest
import small_arch
from test_search import search, told

from neurosearch import catalogue, config
from neurosearch.lower.lower import lower
from neurosearch.record import Score
from neurosearch.report.report import as_csv
from neurosearch.search import sampler
from neurosearch.study import effective as module
from neurosearch.study.configuration import Configuration
from neurosearch.study.effective import effective, effective_data, params_as_run
from neurosearch.study.study import load

FAN_IN = {"mushroom_body": "kenyon.fan_in", "recurrent_ei": "excitatory.fan_in"}


@pytest.fixture
def task(tmp_path):
    """Data of one channel."""
    x, y = np.linspace(0, 1, 40)[:, None], np.arange(40) % 2
    np.savez(tmp_path / "one.npz", x=x, y=y, x_test=x[:4], y_test=y[:4])
    return {"arrays": {"file": str(tmp_path / "one.npz"), "steps": 4, "lead_in": 0}}


@pytest.mark.parametrize("name", FAN_IN)
@pytest.mark.parametrize(("shape", "fan_in", "runs_as"), [((1,), 5, 1), ((3, 2), 5, 5), ((3, 2), 9, 6), ((3,), 3, 3)])
def test_the_effective_settings_declare_the_same_network(name, shape, fan_in, runs_as):
    asked = config.replace(catalogue.find("architectures", name)(), {FAN_IN[name]: fan_in})
    runs = asked.effective(shape, 2)
    assert config.paths(runs)[FAN_IN[name]][1] == runs_as
    assert (runs is asked) == (fan_in == runs_as)
    assert runs.graph(shape, 2) == asked.graph(shape, 2)
    assert lower(runs.graph(shape, 2)).values == lower(asked.graph(shape, 2)).values
    assert runs.effective(shape, 2) == runs


def test_what_is_limited_is_reported_once_and_everything_else_stays(task, caplog, monkeypatch):
    monkeypatch.setattr(module, "_REPORTED", set())
    data = config.to_dict(config.build(Configuration, {"architecture": "mushroom_body", "task": task}))
    body = data["architecture"]["mushroom_body"]
    with caplog.at_level(logging.WARNING):
        run, again = effective_data(data, 0), effective_data(data, 0)
    assert run == again
    expected = {**body, "kenyon": {**body["kenyon"], "fan_in": 1}}
    assert run == {**data, "architecture": {"mushroom_body": expected}}
    said = "kenyon.fan_in = 8 is run, stored and shown as 1: the task has 1 channel"
    assert [r.getMessage() for r in caplog.records] == [said]
    assert effective_data(run, 0) == run


def test_a_search_runs_equal_effective_configurations_once(task, tmp_path):
    file = tmp_path / "one.yaml"
    file.write_text(
        f"format: 1\nabout: fan-in\narchitecture: mushroom_body\ntask: {task}\ntrials: 6\nseed: 1\n"
        "space:\n  kenyon.fan_in: {int: [3, 8]}\n"
    )
    study = load(file)
    seen = []

    def evaluate(configuration, seeds, cancel):
        seen.append(configuration)
        return Score("ok", {"accuracy": 0.5})

    outcome, trials = search(study, tmp_path / "j", evaluate=evaluate, effective=functools.partial(effective, seed=0))
    assert (outcome.ended, len(trials)) == ("exhausted", 1)
    (trial,) = trials
    assert trial.configuration == seen[0]
    assert trial.configuration["architecture"]["mushroom_body"]["kenyon"]["fan_in"] == 1
    assert trial.digest == config.digest(seen[0])
    assert trial.params["kenyon.fan_in"] >= 3, "the sampler keeps what it proposed"
    assert params_as_run(trial) == {"kenyon.fan_in": 1}
    head, line = (row.split(",") for row in as_csv(study, trials).splitlines())
    assert line[head.index("kenyon.fan_in")] == "1"


def test_resumption_is_exact_where_other_parameters_are_run_as_the_same(tmp_path, monkeypatch):
    for name, value in {"WINDOW": 30, "KEPT": 20, "KEPT_BEST": 8}.items():
        monkeypatch.setattr(sampler, name, value)
    space = """
      rule: {choice: [stdp, delta]}
      rule.eta: {float: [0.01, 0.05], step: 0.01}
      cells.size: {int: [1, 40]}
    """
    loaded = small_arch.study(tmp_path, space)

    def limited(made):
        cells = dataclasses.replace(made.architecture.cells, size=min(made.architecture.cells.size, 8))
        return dataclasses.replace(made, architecture=dataclasses.replace(made.architecture, cells=cells))

    outcome, whole = search(loaded, tmp_path / "whole", 60, effective=limited)
    assert outcome.duplicates > 0
    assert len({trial.digest for trial in whole}) == 60
    assert max(trial.params["cells.size"] for trial in whole) > 8
    assert all(params_as_run(trial)["cells.size"] <= 8 for trial in whole)
    for n in (23, 31, 47, 60):
        _, parts = search(loaded, tmp_path / "parts", n, effective=limited)
    assert told(parts) == told(whole)
