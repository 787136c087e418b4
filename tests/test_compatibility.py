"""What version 0.1.0 wrote (``fixtures/v0_1``) loads, runs, resumes and exports, through the command line."""

import csv
import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parent.parent
WRITTEN = Path(__file__).resolve().parent / "fixtures" / "v0_1"
FOLDER = "/tmp/v0_1"
"""Where the fixtures were written: version 0.1.0 stored references to own files with their absolute paths."""

COMPARED = (
    "accuracy", "held_out_accuracy", "spikes", "synaptic_operations", "writes", "footprint_bytes", "capacity",
    "recall_error", "overlap",
)  # fmt: skip
TOLERANCE = 0.06
"""Of a share absolutely, of a count relatively: another processor or compiler may round differently, so that one of 18
held-out samples is decided otherwise. On the machine that wrote them all metrics are equal bit for bit."""

EXACT = ("footprint_bytes", "dense_operations", "connection_sparsity", "plasticity_operations")
"""What no rounding changes."""

POOL_UNIT = 40 * 31
"""Values that a memory of 40 units reads from its pool in the 31 steps of a cue: version 0.1.0 did not count them."""

BEST = {"shades": 4, "patterns": 3}
LAST_OF_FIRST_LAUNCH = 11

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the fixtures that is only read from."""
    return copied(tmp_path_factory.mktemp("v0_1"))


def copied(folder: Path) -> Path:
    """The fixtures in a folder, as if version 0.1.0 had run there."""
    shutil.copytree(WRITTEN, folder, dirs_exist_ok=True)
    (folder / "journals").rename(folder / "neurosearch-runs")
    for file in (*folder.glob("neurosearch-runs/*.journal"), *folder.glob("*.json")):
        file.write_text(file.read_text().replace(FOLDER, str(folder)))
    return folder


def command(folder: Path, *arguments: str, codes: tuple[int, ...] = (0,)) -> str:
    """What a command prints to stdout."""
    ran = subprocess.run(
        [sys.executable, "-m", "neurosearch", *arguments],
        capture_output=True,
        text=True,
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        timeout=300,
    )
    assert ran.returncode in codes, (arguments, ran.returncode, ran.stdout, ran.stderr)
    assert "Traceback" not in ran.stderr
    return ran.stdout


def entries(journal: Path) -> list[dict[str, Any]]:
    """The lines of a journal."""
    return [json.loads(line) for line in journal.read_text().splitlines()]


def trials(journal: Path) -> list[dict[str, Any]]:
    """The trials of a journal as neurosearch stored them, in order."""
    return [e["user_attrs"]["neurosearch"] for e in entries(journal) if "neurosearch" in e.get("user_attrs", {})]


def rescored(journal: Path, number: int) -> dict[str, Any]:
    """The runs of a trial on fresh seeds as they were stored."""
    key = f"neurosearch:rescore:{number}"
    found: dict[str, Any] = next(e["user_attr"][key] for e in entries(journal) if key in e.get("user_attr", {}))
    return found


def stored(folder: Path, study: str, number: int) -> dict[str, Any]:
    """A stored trial."""
    found: dict[str, Any] = trials(folder / "neurosearch-runs" / f"{study}.journal")[number]
    return found


def as_it_ran(configuration: dict[str, Any]) -> dict[str, Any]:
    """With the fan-in that a network of 6 inputs had: version 0.1.0 stored the 8 that were given."""
    body = configuration["architecture"].get("mushroom_body")
    if body is None or body["kenyon"]["fan_in"] != 8:
        return configuration
    changed = {**body, "kenyon": {**body["kenyon"], "fan_in": 6}}
    return {**configuration, "architecture": {"mushroom_body": changed}}


def assert_alike(was: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    """Every metric is still there, and the compared ones have the values that they had."""
    assert was.keys() <= now.keys()
    was = dict(was)
    if "recall_error" in was:
        was["synaptic_operations"] += POOL_UNIT
        assert now["synaptic_operations"] == was["synaptic_operations"]
    for name in EXACT:
        assert now.get(name) == was.get(name), name
    compared = [name for name in COMPARED if name in was]
    assert len(compared) >= 3
    for name in compared:
        assert abs(now[name] - was[name]) <= TOLERANCE * max(1.0, abs(was[name])), name


@pytest.mark.parametrize("study", sorted(BEST))
def test_a_study_and_its_best_are_shown(written, study):
    assert f"# {study} " in command(written, "show", f"{study}.yaml")
    shown = json.loads(command(written, "show", f"{study}.yaml@best", "--json"))
    best = stored(written, study, BEST[study])
    assert shown == best["detail"]["configuration"]


def test_a_study_is_sound(written):
    assert "sound" in command(written, "check", "shades.yaml")


@pytest.mark.parametrize("study", sorted(BEST))
def test_stored_trials_are_inspected(written, study):
    found = json.loads(command(written, "inspect", f"{study}.yaml", "--json"))
    there = trials(written / "neurosearch-runs" / f"{study}.journal")
    assert found["trials"] == len(there)
    best = found["best"][0]
    assert best["trial"] == BEST[study]
    assert best["search"] == stored(written, study, BEST[study])["score"]["metrics"]
    failed = [t for t in there if t["score"]["status"] != "ok"]
    assert sum(f["count"] for f in found["failures"] if f["status"] != "infeasible") == len(failed)
    if study == "shades":  # a memory is compared with no learner
        fresh = rescored(written / "neurosearch-runs" / "shades.journal", BEST["shades"])
        assert found["comparison"]["seeds"] == fresh["seeds"] == [11, 12]
        mean = np.mean([score["metrics"]["accuracy"] for score in fresh["scores"]])
        assert found["comparison"]["contenders"][0]["whole"]["mean"] == pytest.approx(mean)


def test_stored_trials_are_a_table(written):
    """One line a trial, with the values that were stored."""
    rows = list(csv.DictReader(io.StringIO(command(written, "inspect", "shades.yaml", "--csv"))))
    there = trials(written / "neurosearch-runs" / "shades.journal")
    assert len(rows) == len(there) == 14
    for row, trial in zip(rows, there, strict=True):
        assert float(row["accuracy"]) == trial["score"]["metrics"]["accuracy"]


@pytest.mark.parametrize("study", sorted(BEST))
def test_the_best_runs_with_the_stored_score(written, study):
    score = json.loads(command(written, "run", f"{study}.yaml@best", "--json"))
    assert_alike(stored(written, study, BEST[study])["score"]["metrics"], score["metrics"])


@pytest.mark.parametrize("ref", ["shades.yaml@2", "shades.yaml@3", "shades.yaml@5", "patterns.yaml@1"])
def test_a_stored_trial_is_replayed(written, ref):
    """An own rule, a silent network, a value beside the grid of its step, a memory; bit for bit on the same machine."""
    said = command(written, "replay", ref, codes=(0, 1))
    if "identical" not in said:
        assert "build" in said or "→" in said  # the differences, which the next lines bound
        study, _, number = ref.partition(".yaml@")
        was = stored(written, study, int(number))["score"]
        now = json.loads(command(written, "run", ref, "--json"))
        assert now["status"] == was["status"]
        assert_alike(was["metrics"], now["metrics"])


@pytest.mark.parametrize("name", ["few_digits", "shades-best", "patterns-best"])
def test_a_found_network_runs_and_is_exported_again(written, name, tmp_path):
    recorded = json.loads((written / f"{name}.json").read_text())
    score = json.loads(command(written, "run", f"{name}.json", "--json", codes=(0, 1)))
    assert score["status"] == recorded["score"]["status"]
    assert_alike(recorded["score"]["metrics"], score["metrics"])
    command(written, "export", f"{name}.json", "--to", "json", "--out", str(tmp_path / "again.json"))
    again = json.loads((tmp_path / "again.json").read_text())
    assert again["configuration"] == as_it_ran(recorded["configuration"])
    with np.load(written / f"{name}.npz") as was, np.load(tmp_path / "again.npz") as now:
        assert sorted(was.files) == sorted(now.files)
        for array in was.files:
            if array.endswith((".i", ".j")) or array == "input_kenyon.w":  # drawn, so the same on every machine
                np.testing.assert_array_equal(was[array], now[array], err_msg=array)
            elif array.endswith(".w"):
                changed = np.abs(was[array] - now[array]) > 1e-6 * np.abs(was[array]).max()
                assert changed.mean() <= TOLERANCE, array


def test_learned_weights_of_a_found_network_are_used(written):
    recorded = json.loads((written / "shades-best.json").read_text())["score"]["metrics"]
    score = json.loads(command(written, "run", "shades-best.json", "--learned", "--json"))
    assert abs(score["metrics"]["held_out_accuracy"] - recorded["held_out_accuracy"]) <= TOLERANCE
    assert score["metrics"]["writes"] == 0


@pytest.mark.parametrize("study", sorted(BEST))
def test_the_best_is_exported(written, study, tmp_path):
    command(written, "export", f"{study}.yaml@best", "--to", "json", "--out", str(tmp_path / "best.json"))
    was = json.loads((written / f"{study}-best.json").read_text())
    now = json.loads((tmp_path / "best.json").read_text())
    assert now["configuration"] == as_it_ran(was["configuration"])
    assert now["own_files"] == was["own_files"]
    assert_alike(was["score"]["metrics"], now["score"]["metrics"])


def test_a_found_network_is_the_architecture_of_a_study(tmp_path):
    copied(tmp_path)
    (tmp_path / "again.yaml").write_text(
        "format: 1\nabout: again\narchitecture: few_digits.json\nspace: {rule.eta: {float: [0.1, 1]}}\n"
        "task: {digits: {samples: 60, lead_in: 20, held_out: 20, steps: 16}}\n"
    )
    recorded = json.loads((tmp_path / "few_digits.json").read_text())["score"]["metrics"]
    assert_alike(recorded, json.loads(command(tmp_path, "run", "again.yaml", "--json"))["metrics"])


def test_a_launch_resumes_where_the_first_ended(tmp_path):
    """One worker's search goes on as version 0.1.0 itself went on: the same proposals, after unchanged lines."""
    journal = copied(tmp_path) / "neurosearch-runs" / "shades.journal"
    then = trials(journal)
    lines = journal.read_bytes().splitlines(keepends=True)
    cut = next(n for n, e in enumerate(entries(journal)) if e == entries(journal)[-2])
    journal.write_bytes(b"".join(lines[:cut]))
    assert len(trials(journal)) == LAST_OF_FIRST_LAUNCH + 1
    command(tmp_path, "launch", "shades.yaml", "--workers", "1", "--trials", str(len(then)), "--no-rescore")
    assert journal.read_bytes().splitlines(keepends=True)[:cut] == lines[:cut]
    now = trials(journal)
    assert len(now) == len(then)
    for was, found in zip(then[LAST_OF_FIRST_LAUNCH + 1 :], now[LAST_OF_FIRST_LAUNCH + 1 :], strict=True):
        assert found["detail"]["ask"] == was["detail"]["ask"]
        assert found["params"] == pytest.approx(was["params"])
        assert_alike(was["score"]["metrics"], found["score"]["metrics"])


def test_a_resumed_launch_repeats_no_stored_configuration(tmp_path):
    """Five of the six configurations are stored: the sixth is run, and then there is none left."""
    journal = copied(tmp_path) / "neurosearch-runs" / "patterns.journal"
    before = journal.read_bytes()
    said = command(tmp_path, "launch", "patterns.yaml", "--workers", "1", "--trials", "9")
    assert "6 trials" in said
    assert "1 of them new" in said
    assert journal.read_bytes().startswith(before)
    params = [tuple(sorted(t["params"].items())) for t in trials(journal)]
    assert len(set(params)) == 6


@pytest.mark.parametrize("changed", ["own file", "space"])
def test_a_study_that_changed_is_still_refused(tmp_path, changed):
    """The stored identity is compared as before, the text of an own file with it."""
    file, was, now = {
        "own file": ("mine.py", "sample * 7", "sample * 5"),
        "space": ("shades.yaml", "[6, 9]", "[6, 8]"),
    }[changed]
    path = copied(tmp_path) / file
    assert was in path.read_text()
    path.write_text(path.read_text().replace(was, now))
    command(tmp_path, "show", "shades.yaml@best", codes=(2,))
