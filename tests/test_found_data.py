"""A found network says when the data it was found with are no longer those that its task reads."""

from pathlib import Path

import numpy as np
import pytest

from neurosearch import rerun, trial
from neurosearch.cli.main import main
from neurosearch.export import found
from neurosearch.simulate.reference_engine import Reference

CONFIGURATION = {
    "architecture": {"mushroom_body": {"encoder": {"current": {}}, "kenyon": {"size": 20, "drive": 40.0}}},
    "task": {"arrays": {"file": "own.npz", "steps": 4, "lead_in": 2}},
    "memory": None,
}


def write_data(seed: int, labels: int = 3) -> None:
    x = np.random.default_rng(seed).random((20, 5))
    np.savez("own.npz", x=x, y=np.arange(20) % labels)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A found network of the user's own data, run on the NumPy reference, which needs no compiler."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(trial, "DEFAULT", Reference())
    monkeypatch.setattr(trial, "run_trial", lambda *given, run=trial.run_trial: run(*given[:4], trial.DEFAULT))
    write_data(1)
    found.write(rerun.network(CONFIGURATION, 0), Path("found.json"), rerun.provenance(0, None, None))
    return tmp_path


@pytest.mark.parametrize("words", [[], ["--learned"], ["--seed", "0"]], ids=["run", "learned", "seed"])
def test_data_that_changed_are_said(folder, capsys, words):
    assert main(["run", "found.json", *words]) == 0
    assert "changed" not in capsys.readouterr().err
    write_data(2)
    assert main(["run", "found.json", *words]) == (0 if words else 1)
    err = capsys.readouterr().err
    assert "found.json: the data of the task arrays changed since it was found" in err


def test_the_same_values_in_another_file_are_the_same_data(folder, capsys):
    with np.load("own.npz") as data:
        np.savez_compressed("own.npz", **data)
    assert main(["run", "found.json", "--learned"]) == 0
    assert "changed" not in capsys.readouterr().err


def test_a_file_of_an_older_version_is_compared_by_the_key_of_its_data(folder, capsys):
    text = Path("found.json").read_text()
    content = found.load("found.json").score.provenance.data
    assert content
    Path("found.json").write_text(text.replace(content, ""))
    assert main(["run", "found.json", "--learned"]) == 0
    assert "changed" not in capsys.readouterr().err
    write_data(2)
    assert main(["run", "found.json", "--learned"]) == 0
    assert "changed since it was found" in capsys.readouterr().err


def test_a_program_of_another_build_is_said_of_learned_weights(folder, capsys):
    recorded = found.load("found.json").provenance["program"]
    text = Path("found.json").read_text()
    Path("found.json").write_text(text.replace(recorded, "0" * len(recorded)))
    assert main(["run", "found.json", "--learned"]) == 0
    assert "the program is another build than the recorded one" in capsys.readouterr().err
