"""Metrics are declared beside their formulas: each once, with a direction, and a new file needs no list."""

import importlib
import json
import sys

import numpy as np
import pytest

from neurosearch.cli.main import main
from neurosearch.evaluate import metrics as collected
from neurosearch.evaluate.change import adapted
from neurosearch.evaluate.metrics import DIRECTIONS, metrics
from neurosearch.parts.tasks.class_incremental import ClassIncremental
from neurosearch.parts.tasks.cut_short import CutShort
from neurosearch.parts.tasks.digits import Digits
from neurosearch.parts.tasks.lorenz import Lorenz
from neurosearch.parts.tasks.recall import Recall
from neurosearch.record.metric import Metric
from neurosearch.record.score import Change
from neurosearch.search.goals import scores_of

SMALL = {"samples": 200, "lead_in": 0, "held_out": 40}
STREAMS = {
    "cut": CutShort(inner=ClassIncremental(inner=Digits(**SMALL), sessions=2, probes=5)),
    "values": Lorenz(samples=200, held_out=40),
    "memory": Recall(units=9, load=2, cues=2),
}


def test_what_streams_give_is_what_is_declared() -> None:
    given = {name: scores_of(task.stream(0)) for name, task in STREAMS.items()}
    assert set().union(*given.values()) == set(metrics()), "each declared metric is one that some stream gives"
    assert given["values"] & {"accuracy", "kappa"} == set()
    assert given["memory"] & {"accuracy", "nrmse"} == set()


def test_directions_are_those_of_the_metrics_under_the_documented_name() -> None:
    from neurosearch.record import DIRECTIONS as documented

    assert documented is DIRECTIONS
    assert dict(documented) == {name: metric.direction for name, metric in metrics().items()}
    assert (documented["accuracy"], documented["nrmse"], documented["footprint_bytes"]) == (
        "maximize", "minimize", "minimize",
    )  # fmt: skip
    assert "nothing" not in documented


def test_a_held_out_metric_says_what_a_search_may_use_instead() -> None:
    held_out = {name: metric for name, metric in metrics().items() if metric.judges == "held_out"}
    assert set(held_out) == {"held_out_accuracy", "held_out_smape", "held_out_nrmse"}
    for metric in metrics().values():
        assert (metric.instead != "") == (metric.judges == "held_out")
    for metric in held_out.values():
        instead = metrics()[metric.instead]
        assert (instead.judges, instead.direction) == ("stream", metric.direction)


@pytest.fixture
def wing(tmp_path, monkeypatch):
    """A new file in ``evaluate/``, beside those that are there; forgotten afterwards."""
    room = importlib.import_module("neurosearch.evaluate")
    monkeypatch.setattr(room, "__path__", [*room.__path__, str(tmp_path)])
    metrics.cache_clear()
    yield tmp_path / "new_wing.py"
    sys.modules.pop("neurosearch.evaluate.new_wing", None)
    vars(room).pop("new_wing", None)
    metrics.cache_clear()


def test_a_new_file_needs_no_list(wing) -> None:
    wing.write_text(
        "from neurosearch.record.metric import Metric\n"
        "from neurosearch.evaluate.accuracy import ACCURACY\n"  # used there, declared elsewhere
        "ENERGY = Metric('energy', 'minimize', 'joules a sample')\n"
    )
    assert DIRECTIONS["energy"] == "minimize"
    assert len(DIRECTIONS) == len(set(DIRECTIONS))


def test_a_metric_is_declared_once(wing) -> None:
    wing.write_text(
        "from neurosearch.record.metric import Metric\nOTHER = Metric('kappa', 'minimize', 'something else')\n"
    )
    with pytest.raises(ValueError, match=r"evaluate/new_wing\.py declares the metric kappa a second time"):
        metrics()


@pytest.mark.parametrize("kind", ["metrics", "scores"])
def test_the_list_says_name_direction_and_what_it_is(kind: str, capsys) -> None:
    assert main(["list", kind]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(metrics())
    for line, metric in zip(lines, metrics().values(), strict=True):
        assert line.split(maxsplit=2) == [metric.name, metric.direction, metric.about]
    assert main(["list", kind, "--json"]) == 0
    assert set(json.loads(capsys.readouterr().out)) == set(metrics())


def test_a_metric_has_a_name_for_pictures() -> None:
    assert Metric("recall_error", "minimize", "x").title == "recall error"
    assert Metric("spikes", "minimize", "x", label="spikes a sample").title == "spikes a sample"


def test_rooms_that_declare_metrics_exist() -> None:
    for room in collected.ROOMS:
        declared = [m for m in metrics().values() if _declares(room, m)]
        assert declared, f"no file of {room} declares a metric"


def _declares(room: str, metric: Metric) -> bool:
    files = [module for name, module in sys.modules.items() if name.startswith(f"neurosearch.{room}.")]
    return any(value is metric for module in files for value in vars(module).values())


def test_adapted_is_the_mean_of_the_changes() -> None:
    assert adapted([]) == {}
    found = adapted([Change(10.0, 0.5), Change(20.0, 0.25), Change(0.0, 0.0)])
    assert found == {"adaptation_time": np.mean([10.0, 20.0, 0.0]), "adaptation_depth": 0.25}
