"""Data never run code: a file of the user's is executed only where the user named it, or its text is the recorded one.

The files of these tests leave a mark when they are executed.
"""

import json
from pathlib import Path

import pytest

from neurosearch import catalogue
from neurosearch.cli.main import main
from neurosearch.errors import UserError
from neurosearch.export import found
from neurosearch.study import study as studies

RULE = """
from dataclasses import dataclass
from pathlib import Path
from neurosearch.parts.rules.delta import Delta

(Path(__file__).parent / "mark").write_text("executed")

@dataclass(frozen=True)
class Mine(Delta):
    pass
"""
STUDY = """
format: 1
about: Does a file run?
architecture: ARCHITECTURE
task: {digits: {samples: 20, lead_in: 5, held_out: 5, steps: 8}}
space: {kenyon.size: {int: [20, 30]}}
"""
VERBS = (("show",), ("run",), ("export",), ("run", "--learned"))


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text(RULE)
    return tmp_path


def write_found(folder: Path, rule: str, **more: object) -> Path:
    """A found network whose configuration names a rule."""
    configuration = {
        "architecture": {"mushroom_body": {"rule": {rule: {}}, "kenyon": {"size": 20}}},
        "task": {"digits": {"samples": 20, "lead_in": 5, "held_out": 5, "steps": 8}},
        "memory": None,
    }
    file = folder / "found.json"
    file.write_text(json.dumps({"format": 1, "configuration": configuration, "seeds": [0], **more}))
    return file


def executed(folder: Path) -> bool:
    return (folder / "mark").exists()


@pytest.mark.parametrize("verb", VERBS, ids=" ".join)
@pytest.mark.parametrize("digests", [None, {}, {"./mine.py:Mine": "0" * 64}, {"./mine.py:Mine": 7}, "nothing"])
def test_a_found_network_executes_no_file_whose_text_is_not_the_recorded_one(folder, capsys, verb, digests):
    write_found(folder, "./mine.py:Mine", **({} if digests is None else {"own_files": digests}))
    assert main([verb[0], "found.json", *verb[1:]]) == 2
    assert not executed(folder)
    err = capsys.readouterr().err
    assert "mine.py:Mine" in err
    assert "so it was not executed" in err


def test_an_architecture_from_a_found_network_executes_nothing_either(folder, capsys):
    write_found(folder, "./mine.py:Mine")
    (folder / "next.yaml").write_text(STUDY.replace("ARCHITECTURE", "found.json"))
    for verb in ("check", "show", "run", "launch"):
        assert main([verb, "next.yaml"]) == 2
    with pytest.raises(UserError, match="was not executed"):
        studies.load(folder / "next.yaml")
    assert not executed(folder)


def test_a_recorded_text_is_executed_and_said(folder, caplog):
    digest = catalogue.text_digest("./mine.py:Mine")
    assert not executed(folder)
    write_found(folder, "./mine.py:Mine", own_files={"./mine.py:Mine": digest})
    assert main(["show", "found.json"]) == 0
    assert executed(folder)
    assert [r.getMessage() for r in caplog.records if "executes" in r.getMessage()] == [
        f"{folder}/found.json executes {folder}/mine.py:Mine, whose text is the recorded one"
    ]


def test_a_program_compiled_beside_the_file_is_not_what_runs(folder):
    """Python would take a cached program with the size and the time of the text, whatever it does."""
    import importlib.util
    import os
    import py_compile

    evil = RULE.replace('"mark"', '"evil"')
    (folder / "mine.py").write_text(evil)
    os.utime(folder / "mine.py", (1, 1))
    cached = importlib.util.cache_from_source(str(folder / "mine.py"))
    py_compile.compile(str(folder / "mine.py"), cached)
    (folder / "mine.py").write_text(RULE)
    os.utime(folder / "mine.py", (1, 1))
    catalogue.find("rules", "./mine.py:Mine")
    assert executed(folder)
    assert not (folder / "evil").exists()


def test_what_a_study_or_the_command_line_names_is_executed(folder):
    (folder / "own.yaml").write_text(STUDY.replace("ARCHITECTURE", "{mushroom_body: {rule: ./mine.py:Mine}}"))
    assert main(["show", "own.yaml"]) == 0
    assert executed(folder)


def test_a_command_executes_only_what_was_named_to_this_command(folder):
    catalogue.find("rules", "./mine.py:Mine")  # a program names what it likes
    (folder / "mark").unlink()
    with catalogue.only_named():
        with pytest.raises(UserError, match=r"only stored data name .*mine\.py, so it was not executed"):
            catalogue.find("rules", "./mine.py:Mine")
        catalogue.allow("./mine.py:Mine")
        assert catalogue.find("rules", "./mine.py:Mine")().eta > 0
    with catalogue.only_named(), pytest.raises(UserError, match="was not executed"):
        catalogue.find("rules", "./mine.py:Mine")


def test_a_file_that_a_users_file_names_is_the_users(folder):
    (folder / "arch.py").write_text(
        "from dataclasses import dataclass\nfrom typing import Any\nfrom neurosearch.declare import part\n"
        "from neurosearch.architecture import AbstractArchitecture\n"
        "@dataclass(frozen=True)\nclass Arch(AbstractArchitecture):\n"
        "    rule: Any = part('rules', './mine.py:Mine')\n    encoder: Any = part('encoders', 'current')\n"
        "    def graph(self, shape, n_outputs):\n        return None\n"
    )
    for _ in range(2):  # also where the classes are known already
        assert main(["show", "./arch.py:Arch"]) == 0
    assert executed(folder)
    space = "{architecture: {choice: [mushroom_body, ./arch.py:Arch]}, architecture.rule.eta: {float: [0.1, 0.2]}}"
    text = STUDY.replace("ARCHITECTURE", "mushroom_body").replace("{kenyon.size: {int: [20, 30]}}", space)
    (folder / "both.yaml").write_text(text)
    with catalogue.only_named():
        study = studies.load(folder / "both.yaml")
        configuration = study.configuration({"architecture": f"{folder}/arch.py:Arch", "architecture.rule.eta": 0.15})
    assert f"{folder}/mine.py:Mine" in str(configuration)


def test_a_stored_trial_executes_no_file_that_its_study_does_not_name(folder, capsys):
    from neurosearch.record.score import Score
    from neurosearch.record.trial import Trial
    from neurosearch.store.store import open_store

    (folder / "own.yaml").write_text(STUDY.replace("ARCHITECTURE", "mushroom_body"))
    study = studies.load(folder / "own.yaml")
    params = {"kenyon.size": 25}
    configuration = study.configuration(params)
    configuration["architecture"]["mushroom_body"]["rule"] = {"./mine.py:Mine": {}}
    score = Score("ok", {"accuracy": 0.5})
    open_store(study).add(Trial(0, params, score, configuration=configuration, seeds=(0,)))
    for arguments in (["show", "own.yaml@0"], ["run", "own.yaml@best"], ["export", "own.yaml@0"],
                      ["replay", "own.yaml@0"], ["launch", "own.yaml", "--trials", "1"],
                      ["launch", "own.yaml", "--trials", "1", "--executor", "processes"],
                      ["inspect", "own.yaml"]):  # fmt: skip
        code = main(arguments)
        assert code == 2 or (arguments[0] == "inspect" and code == 0)
        assert not executed(folder)
    assert "only stored data name" in capsys.readouterr().err


def test_reading_a_found_network_in_python_executes_nothing_before_its_digest_agrees(folder):
    file = write_found(folder, "./mine.py:Mine", score={}, arrays={}, provenance={})
    with pytest.raises(UserError):
        found.load(file)
    assert not executed(folder)


MOVED = """
format: 1
about: Does a study move with its file?
architecture: {mushroom_body: {kenyon: {size: 30, drive: 20.0}, encoder: current}}
task: {digits: {samples: 40, lead_in: 5, held_out: 5, steps: 8}}
space: {rule: {choice: [./mine.py:Mine]}, rule.eta: {float: [0.01, 0.1]}}
trials: 2
"""


@pytest.mark.slow
def test_a_study_that_moves_with_its_file_and_its_trials_is_resumed_read_and_replayed(folder, monkeypatch, capsys):
    before, after = folder / "before", folder / "after"
    before.mkdir()
    (folder / "mine.py").rename(before / "mine.py")
    (before / "s.yaml").write_text(MOVED)
    monkeypatch.chdir(before)
    assert main(["launch", "s.yaml", "--workers", "1", "--no-rescore"]) == 0
    before.rename(after)
    monkeypatch.chdir(after)
    assert main(["launch", "s.yaml", "--workers", "1", "--no-rescore", "--trials", "3"]) == 0
    capsys.readouterr()
    for number in range(3):
        assert main(["replay", f"s.yaml@{number}"]) == 0
    assert main(["inspect", "s.yaml", "--json"]) == 0
    assert str(before) not in capsys.readouterr().out
