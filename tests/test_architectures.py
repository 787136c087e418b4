"""The contract of an architecture: it builds, runs, survives JSON, and its values never change the build."""

import dataclasses
import json

import networks
import pytest

from neurosearch import catalogue, config, trial
from neurosearch.lower.lower import lower

pytestmark = pytest.mark.slow
ARCHITECTURES = catalogue.names("architectures")
SMALL = {"digits": {"samples": 20, "lead_in": 4, "held_out": 4, "steps": 8}}
MEMORIES = {"rate_memory": {}, "phase_memory": {"prior": "circle", "noise": "von_mises"}}
"""Architectures whose outputs are the values they were shown → what their recall task needs."""


def outputs(name, classes, values):
    """How many outputs an architecture has for so many classes, or values of a sample."""
    return values if name in MEMORIES else classes


def numbers(instance, prefix=""):
    """Every number field of a configuration tree: path → (field, value)."""
    for field in dataclasses.fields(instance):
        value, path = getattr(instance, field.name), f"{prefix}{field.name}"
        if dataclasses.is_dataclass(value):
            yield from numbers(value, f"{path}.")
        elif isinstance(value, int | float) and not isinstance(value, bool) and "unit" in field.metadata:
            yield path, field, value


def moved(field, value):
    """Another allowed value of the field."""
    low, high = field.metadata["low"], field.metadata["high"]
    for other in (
        value * 1.25 + 1,
        value * 0.75,
        (value + (high if high is not None else value + 1)) / 2,
        value + 0.125,
    ):
        other = int(other) if isinstance(value, int) else other
        if other != value and (low is None or other >= low) and (high is None or other <= high):
            return other
    raise AssertionError(f"no other value for {field.name}")


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_it_builds_and_runs_with_its_defaults(name):
    task = {"recall": {"units": 20, "load": 3, "cues": 2, **MEMORIES[name]}} if name in MEMORIES else SMALL
    score = trial.run_trial({"architecture": name, "task": task}, [0])
    assert score.status in ("ok", "silent"), score.reason
    assert 0 <= score.metrics["overlap" if name in MEMORIES else "accuracy"] <= 1


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_it_survives_json(name):
    instance = catalogue.find("architectures", name)()
    again = config.build(type(instance), json.loads(json.dumps(config.to_dict(instance))))
    assert again == instance


@pytest.mark.parametrize("name", ARCHITECTURES)
@pytest.mark.parametrize("rule", catalogue.names("rules"))
def test_values_never_change_the_digest_of_the_build(name, rule):
    cls = catalogue.find("architectures", name)
    base = config.replace(cls(), {"rule": rule} if "rule" in config.fields(cls) else {})
    digest = lower(base.graph((8, 8), outputs(name, 10, 64))).shape.digest
    checked = 0
    for path, field, value in numbers(base):
        if path == "dt":
            continue  # the time step is compiled in
        other = config.replace(base, {path: moved(field, value)})
        assert lower(other.graph((8, 8), outputs(name, 10, 64))).shape.digest == digest, path
        checked += 1
    assert checked > 7
    assert lower(base.graph((5,), outputs(name, 3, 5))).shape.digest == digest
    changed = config.replace(base, {"dt": 0.5e-3})
    assert lower(changed.graph((8, 8), outputs(name, 10, 64))).shape.digest != digest


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_every_engine_agrees_on_it(name):
    graph = catalogue.find("architectures", name)().graph(
        (networks.INPUTS,), outputs(name, networks.OUTPUTS, networks.INPUTS)
    )
    c = networks.case(graph)
    networks.same(c.compiled(), c.reference(), c.line)
