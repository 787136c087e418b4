"""At the door: the command line in a process of its own, on real simulations of small networks."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from neurosearch.plan import shape_from_plain

ROOT = Path(__file__).resolve().parent.parent
STUDY = """
format: 1
about: >
  Does the door open?   Run: neurosearch launch small
architecture: {mushroom_body: {encoder: current, rule: delta_potential, kenyon: {drive: 40.0}}}
task: {digits: {samples: 60, lead_in: 20, held_out: 20, steps: 24}}
space:
  kenyon.size: {int: [20, 80], log: true}
  kenyon.sparsity: {float: [0.05, 0.3], log: true}
  rule.eta: {float: [0.01, 1.0], log: true}
trials: 6
rescore: {top: 2, seeds: [11, 12]}
"""


@pytest.fixture(scope="session")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def door(tmp_path, cache):
    """A function that runs a command in an empty folder with one small study in it."""
    (tmp_path / "small.yaml").write_text(STUDY)
    root = str(ROOT)
    environment = os.environ | {
        "NEUROSEARCH_CACHE": str(cache),
        "PYTHONPATH": root,
        "PYTHONWARNINGS": "error::UserWarning",
    }

    def run(*arguments, code=0, start=False, executable=sys.executable, **more):
        command = [executable, "-m", "neurosearch", *arguments]
        process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=tmp_path,
            env=environment | more,
        )
        if start:
            return process
        out, err = process.communicate(timeout=300)
        assert process.returncode == code, (process.returncode, out, err)
        assert "Traceback" not in err
        if code == 2:
            assert out == ""
            assert len(err.strip().splitlines()) == 1, err
        return out, err

    return run


VERBS = ["launch", "inspect", "export", "run", "show", "list", "check", "derive", "replay"]


def test_help_names_every_verb_and_loads_nothing_heavy(door, tmp_path):
    out, _ = door("--help")
    assert all(verb in out for verb in VERBS)
    assert door()[0] == out
    code = "import sys; from neurosearch.cli.main import main; main(['list']); print(*sys.modules)"
    root = str(Path(__file__).resolve().parent.parent)
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root)
    assert not {"brian2", "optuna", "sympy", "matplotlib", "pydantic"} & set(ran.stdout.split())
    for verb in VERBS:
        assert "usage: neurosearch" in door(verb, "--help")[0]


def test_a_study_from_launch_to_replay(door, tmp_path):
    out, err = door("launch", "small.yaml", "--workers", "2")
    assert "small: 6 trials in neurosearch-runs/small.journal, 6 of them new" in out
    assert "best: trial " in out
    assert "on 2 fresh seeds, held out" in out
    assert "trials/min" in err
    assert "builds" in err
    out, _ = door("launch", "small.yaml", "--trials", "8", "--no-rescore")
    assert "8 trials in" in out
    assert "2 of them new" in out
    assert "trial 7 of small.yaml: identical" in door("replay", "small.yaml@7")[0]
    shown = json.loads(door("show", "small.yaml@best", "--json")[0])
    assert set(shown) == {"architecture", "task", "memory"}
    score = json.loads(door("run", "small.yaml@3", "--json")[0])
    assert 0 < score["metrics"]["accuracy"] < 1
    assert score["configuration"] == json.loads(door("show", "small.yaml@3", "--json")[0])
    ran = door("run", "small.yaml@3")[0].splitlines()
    assert ran[0] == f"configuration {score['configuration_digest'][:12]}: mushroom_body on digits, seed 0"
    assert re.search(r"sampled in trial 3: kenyon.size \d+, kenyon.sparsity 0\.\d+, rule.eta [\d.]+$", ran[1])
    assert ran[2] == "  set: kenyon.drive 40, task.steps 24, task.samples 60, task.lead_in 20, task.held_out 20"
    assert ran[4].split() == ["status", "ok"]
    _, err = door("replay", "small.yaml@99", code=2)
    assert "holds 8 trials of 'small', numbered from 0; there is no 99" in err


def test_the_same_study_anywhere_gives_the_same_scores(door):
    door("launch", "small.yaml", "--workers", "1", "--no-rescore", "--storage", "one.journal")
    door("launch", "small.yaml", "--workers", "1", "--no-rescore", "--storage", "sqlite:///two.db")
    one = door("show", "small.yaml@5", "--json", "--storage", "one.journal")
    assert one == door("show", "small.yaml@5", "--json", "--storage", "sqlite:///two.db")
    processes = ("--executor", "processes", "--storage", "three.journal")
    door("launch", "small.yaml", "--workers", "1", "--no-rescore", *processes)
    assert one == door("show", "small.yaml@5", "--json", "--storage", "three.journal")


def test_ctrl_c_stops_in_order_and_the_same_command_resumes(door, tmp_path):
    (tmp_path / "small.yaml").write_text(
        STUDY.replace("trials: 6", "trials: 3000").replace("samples: 60", "samples: 300")
    )
    process = door("launch", "small.yaml", "--workers", "2", start=True)
    journal = tmp_path / "neurosearch-runs" / "small.journal"
    wait_for(lambda: journal.exists() and journal.read_bytes().count(b"\n") > 6)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "stopping: finished trials are stored" in err
    assert "resume with: neurosearch launch small.yaml" in out
    assert "Traceback" not in err
    stored = int(out.split("small: ")[1].split()[0])
    out, _ = door("launch", "small.yaml", "--trials", str(stored + 3), "--no-rescore")
    assert f"small: {stored + 3} trials in" in out
    assert "3 of them new" in out


def test_a_killed_launch_loses_nothing_and_leaves_no_lock(door, tmp_path):
    (tmp_path / "small.yaml").write_text(STUDY.replace("trials: 6", "trials: 3000"))
    process = door("launch", "small.yaml", start=True)
    journal = tmp_path / "neurosearch-runs" / "small.journal"
    wait_for(lambda: journal.exists() and journal.read_bytes().count(b"\n") > 6)
    process.kill()
    process.communicate()
    stored = journal.read_bytes().count(b'"op_code":4')
    out, _ = door("launch", "small.yaml", "--trials", str(stored + 1), "--no-rescore")
    assert f"small: {stored + 1} trials in" in out


def wait_for(condition, seconds=120.0):
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < seconds, "waited in vain"
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["lanch", "small.yaml"], "invalid choice: 'lanch'"),
        (["launch"], "the following arguments are required: STUDY"),
        (["launch", "none.yaml"], "there is no study file none.yaml; give a path, or a name: "),
        (["launch", "digitz"], "there is no 'digitz' in studies; did you mean 'digits'?"),
        (["launch", "small.yaml", "--workers", "0"], "'0' must be an integer of at least 1"),
        (["launch", "small.yaml", "--timeout", "-1"], "'-1' must be a number of seconds above 0"),
        (["launch", "small.yaml", "--storage", "nonsense://x"], "--storage nonsense://x cannot be opened"),
        (["inspect", "small.yaml"], "no trial of 'small' is stored; run `neurosearch launch small.yaml`"),
        (["replay", "small.yaml"], "small.yaml is not a stored trial; give STUDY@17 or STUDY@best"),
        (["replay", "small.yaml@last"], "after @ comes 'best' or the number of a trial, not 'last'"),
        (["run", "nothing"], "nothing is not a study, found.json or architecture"),
        (["run", "small"], "a study file needs its suffix: small.yaml"),
        (["run", "small@best"], "a study file needs its suffix: small.yaml@best"),
        (["launch", "small"], "there is no study small that ships; for the file small.yaml write small.yaml"),
        (["run", "@best"], "@best names no study; write STUDY@best"),
        (["run", "./none.py:Mine"], "No such file or directory"),
        (["run", "none.json"], "none.json: No such file or directory"),
        (["export", "small.yaml", "--to", "onnx"], "--to onnx does not exist"),
        (["run", "small.yaml", "--learned"], "has no final weights"),
        (["list", "rule"], "there is no kind called 'rule'; did you mean 'rules'?"),
    ],
)
def test_a_mistake_is_one_sentence_and_exit_code_2(door, arguments, said):
    assert said in door(*arguments, code=2)[1]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "kenyon.sparsity:",
            "kenyon.sparcity:",
            "space.kenyon.sparcity: 'sparcity' does not exist in KenyonCells; did you mean",
        ),
        ("[20, 80]", "[80, 20]", "space.kenyon.size.int = [80, 20] is upside down; write [20, 80]"),
        ("rule: delta_potential", "rule: delta_potentiall", "there is no 'delta_potentiall' in rules; did you mean"),
        ("trials: 6", "trials: many", "trials = 'many': give an integer from 1 to 1,000,000,000"),
        ("trials: 6", "trials: 6\nseeds: 3", "seeds = 3: give a list of integers"),
        ("trials: 6", "trials: 6\nobjectives: [acuracy]", "'acuracy' is not a metric; did you mean 'accuracy'"),
        ("{digits:", "{digit:", "there is no 'digit' in tasks; did you mean 'digits'?"),
        ("space:", "space: {", "small.yaml, line "),
        ("trials: 6", "trials: 6\ntrials: 7", "the key 'trials' is given twice (first in line 11)"),
        ("{digits: {samples: 60, lead_in: 20, held_out: 20, steps: 24}}", "{arrays: {file: my.npz}}", "my.npz"),
        (
            "{digits: {samples: 60, lead_in: 20, held_out: 20, steps: 24}}",
            "{fashion_mnist: {folder: nowhere}}",
            "nowhere",
        ),
    ],
)
def test_a_mistake_in_a_study_is_one_sentence_and_exit_code_2(door, tmp_path, old, new, said):
    file = tmp_path / "small.yaml"
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new))
    assert said in door("launch", "small.yaml", code=2)[1].splitlines()[-1]


def test_no_compiler_and_one_that_fails(door, tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    _, err = launch_fails(door, NEUROSEARCH_CACHE=str(tmp_path / "cache"), PATH=str(empty))
    assert "g++" in err
    _, err = launch_fails(door, NEUROSEARCH_CACHE=str(tmp_path / "cache"), NEUROSEARCH_CXX="false")
    assert "false --version fails; name a C++ compiler in $NEUROSEARCH_CXX" in err
    broken = tmp_path / "broken"
    broken.write_text(
        '#!/bin/sh\ncase "$1" in --version|-print-file-name=*) exec g++ "$1";; esac\nexec g++ --nonsense\n'
    )
    broken.chmod(0o755)
    _, err = launch_fails(door, NEUROSEARCH_CACHE=str(tmp_path / "cache"), NEUROSEARCH_CXX=str(broken))
    assert re.search(
        rf"does not compile with {broken} \(exit 1\): .*nonsense.*; its program\.cpp is kept in .*failed", err
    )
    assert "try another compiler with $NEUROSEARCH_CXX" in err


def test_a_full_disk_ends_a_launch_and_loses_no_trial(door, tmp_path):
    door("launch", "small.yaml", "--trials", "3", "--no-rescore")
    journal = tmp_path / "neurosearch-runs" / "small.journal"
    lines, blocks = journal.read_text().count("\n"), journal.stat().st_size // 512 + 2
    (tmp_path / "python").write_text(f'#!/bin/sh\nulimit -f {blocks}\nexec {sys.executable} "$@"\n')
    (tmp_path / "python").chmod(0o755)
    process = door("launch", "small.yaml", start=True, executable=str(tmp_path / "python"))
    err = process.communicate(timeout=120)[1]
    assert process.returncode == 2, err
    assert re.search(r"neurosearch: \S*small\.journal cannot be written: File too large; every trial", err)
    assert journal.read_text().count("\n") >= lines
    assert "6 trials in" in door("launch", "small.yaml", "--no-rescore")[0]


def launch_fails(door, **environment):
    process = door("launch", "small.yaml", start=True, **environment)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 2, err
    assert "Traceback" not in err
    assert sum(line.startswith("neurosearch: ") for line in err.splitlines()) == 1
    return out, err


def test_a_damaged_journal_at_the_door(door, tmp_path):
    door("launch", "small.yaml", "--trials", "3", "--no-rescore")
    journal = tmp_path / "neurosearch-runs" / "small.journal"
    whole = journal.read_bytes()
    journal.write_bytes(whole[:-7])
    out, err = door("launch", "small.yaml", "--trials", "3", "--no-rescore")
    assert "the last line was cut short; it was moved to small.journal.cut" in err
    assert "3 trials in" in out
    assert "1 of them new" in out
    lines = whole.splitlines(keepends=True)
    journal.write_bytes(b"".join([lines[0], b"?\n", *lines[1:]]))
    assert "small.journal, line 2 is damaged" in door("launch", "small.yaml", code=2)[1]
    journal.write_bytes(whole)
    (tmp_path / "small.yaml").write_text(STUDY.replace("[20, 80]", "[20, 90]"))
    _, err = door("launch", "small.yaml", code=2)
    assert "space.kenyon.size: {'int': [20, 80], 'log': True} → {'int': [20, 90], 'log': True}" in err


def test_show_list_and_check(door, tmp_path):
    out, _ = door("show", "small.yaml")
    assert "kenyon.tau_inhibition: 0.01 second" in out
    assert "kenyon.size: int [20, 80] log" in out
    assert "1 structures to build" in out
    assert "rule.eta: 0.1" in door("show", "mushroom_body")[0]
    assert "rules" in door("list")[0].split()
    assert json.loads(door("list", "rules", "--json")[0])["stdp"].startswith("Pair-based")
    assert "digits" in door("list", "studies")[0]
    assert "compil" in door("check")[0] or "g++" in door("check")[0]
    assert "small.yaml is sound: 3 dimensions" in door("check", "small.yaml")[0]
    schema = json.loads(door("check", "--schema")[0])
    assert schema["properties"]["objectives"]["type"] == "array"
    (tmp_path / "own.py").write_text(
        "from dataclasses import dataclass\n"
        "from neurosearch.catalogue import find\n"
        "@dataclass(frozen=True)\n"
        "class Own(find('architectures', 'mushroom_body')):\n"
        "    dt: float = 0.002\n"
    )
    (tmp_path / "own.yaml").write_text(STUDY.replace("{mushroom_body:", "{'./own.py:Own':"))
    assert "own.py:Own" in door("show", "own.yaml")[0]
    assert "dt: 0.002" in door("show", "./own.py:Own")[0]


def test_show_plan_prints_what_is_simulated_in_the_order_of_a_step(door):
    """The order of the headings is that of docs/step.md; the JSON is the very plan."""
    out, _ = door("show", "small.yaml", "--plan")
    titles = [line for line in out.splitlines() if line.isupper() or line.startswith("IN EACH STEP")]
    moments = [f"AT A {m}" for m in ("SAMPLE'S DECISION", "SAMPLE'S END", "SAMPLE'S BEGIN", "FRAME")]
    assert titles == ["POPULATIONS", "PROJECTIONS", *moments, "IN EACH STEP (NUMBERED AS IN DOCS/STEP.MD)"]
    assert (
        "dv/dt = (v_leak - v + (input_kenyon_in + inhibitor_kenyon_weight * inhibitor_kenyon_v)) / tau_mem : 1" in out
    )
    steps = re.findall(r"^  ([1-7])\. (\S.*)$", out.split("IN EACH STEP")[1], re.M)
    assert steps == sorted(steps)
    documented = (ROOT / "docs" / "step.md").read_text(encoding="utf-8").split("## The step")[1]
    names = dict(re.findall(r"^([1-7])\. \*\*`?(\w+)", documented, re.M))
    assert all(name.lower().startswith(names[number].lower()) for number, name in steps)
    data = json.loads(door("show", "small.yaml", "--plan", "--json")[0])
    assert data["sizes"]["inhibitor"] == 1
    assert shape_from_plain(data["shape"]).digest == data["digest"]


RECALL = """
format: 1
about: how much can a small memory hold?
architecture: rate_memory
task: {recall: {units: 20, load: 3, cues: 4, steps: 20}}
space:
  leak: {float: [0.5, 1.5]}
objectives: [SCORE]
trials: 3
rescore: {top: 1, seeds: [11, 12]}
"""


def test_a_memory_from_launch_to_inspect(door, tmp_path):
    (tmp_path / "memory.yaml").write_text(RECALL.replace("SCORE", "recall_error"))
    door("launch", "memory.yaml")
    assert "recall_error" in door("inspect", "memory.yaml")[0]
    data = json.loads(door("inspect", "memory.yaml", "--json")[0])
    assert data["comparison"]["verdict"] == "there is nothing to compare with"


@pytest.mark.parametrize("verb", ["launch", "check"])
def test_a_score_that_the_task_has_not_is_said_before_any_trial(door, tmp_path, verb):
    (tmp_path / "memory.yaml").write_text(RECALL.replace("SCORE", "accuracy"))
    _, err = door(verb, "memory.yaml", code=2)
    assert re.search(r"memory\.yaml: objectives: task recall does not provide accuracy; available: .*recall_error", err)
    assert not (tmp_path / "neurosearch-runs").exists()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("rule: delta_potential", "rule: ./mine.py:Mine", r"small\.yaml: Mine\.on_sample: unknown symbol `labeled`"),
        ("digits: {samples: 60,", "arrays: {file: no.npz, samples: 60,", r"small\.yaml: there is no file no\.npz"),
    ],
)
def test_check_prepares_what_launch_would_run(door, tmp_path, old, new, said):
    mine = (
        "from dataclasses import dataclass\nfrom neurosearch import Rule, quantity\n@dataclass(frozen=True)\n"
        "class Mine(Rule):\n    eta: float = quantity(0.1, low=0)\n    on_sample = 'w = w + eta*labeled'\n"
    )
    (tmp_path / "mine.py").write_text(mine)
    file = tmp_path / "small.yaml"
    file.write_text(file.read_text().replace(old, new))
    _, err = door("check", "small.yaml", code=2)
    assert re.search(said, err), err


def test_places_without_a_study_are_not_made_into_one(door, tmp_path):
    (tmp_path / "letter.txt").write_text("hello\n")
    _, err = door("inspect", "small.yaml", "--storage", "letter.txt", code=2)
    assert "letter.txt is not a journal of a study from its first line on" in err
    assert (tmp_path / "letter.txt").read_text() == "hello\n"
    _, err = door("inspect", "small.yaml", "--storage", "sqlite:///none.db", code=2)
    assert "none.db does not exist" in err
    assert not (tmp_path / "none.db").exists()


def test_derive_at_the_door(door):
    out, _ = door("derive", "(x_i - 0.2)*(x_j - 0.2)", "--units", "40", "--load", "5")
    assert "Omega(x_i, x_j) = " in out
    assert "for N = 40, M = 5: membrane time constant" in out
    assert json.loads(door("derive", "sine", "--prior", "circle", "--noise", "von_mises", "--json")[0])["load"] == 20
    _, err = door("derive", "x_i*y_j", code=2)
    assert "unknown symbol `y_j`" in err


def test_a_reader_that_has_seen_enough_is_no_error(door):
    process = door("show", "small.yaml", start=True)
    process.stdout.close()
    assert process.wait(timeout=60) == 0
    assert process.stderr.read() == ""
    process.stderr.close()


def test_a_bug_is_exit_code_1_with_its_traceback(door, tmp_path):
    (tmp_path / "broken.py").write_text(  # a file of the user's that breaks ours
        "from neurosearch import catalogue, trial\n"
        "def lower(*_):\n"
        "    raise ZeroDivisionError('here')\n"
        "trial.lower = lower\n"
        "class Broken(catalogue.find('architectures', 'mushroom_body')):\n"
        "    pass\n"
    )
    process = door("run", "./broken.py:Broken", start=True)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "ZeroDivisionError: here" in err
    assert err.splitlines()[-1] == "neurosearch: a bug: ZeroDivisionError: here; please report it"


def test_data_that_changed_behind_its_path_end_a_launch_and_nothing_is_lost(door, tmp_path):
    def write(seed):
        numbers = np.random.default_rng(seed)
        np.savez(tmp_path / "own.npz", x=numbers.random((80, 5)), y=np.arange(80) % 3)

    own = "{arrays: {file: own.npz, lead_in: 5, steps: 8}}"
    digits = "{digits: {samples: 60, lead_in: 20, held_out: 20, steps: 24}}"
    (tmp_path / "small.yaml").write_text(STUDY.replace(digits, own))
    write(seed=1)
    door("launch", "small.yaml", "--trials", "2", "--no-rescore")
    write(seed=2)
    process = door("launch", "small.yaml", "--trials", "4", "--no-rescore", start=True)
    err = process.communicate(timeout=300)[1].strip().splitlines()[-1]
    assert process.returncode == 2
    assert re.search(
        r"small\.yaml: the data of the task arrays changed since trials were stored in .*small\.journal", err
    )
    write(seed=1)  # the same values in a file of another age
    os.utime(tmp_path / "own.npz", (1, 1))
    out, _ = door("launch", "small.yaml", "--trials", "4", "--no-rescore")
    assert "4 trials in" in out
    assert "2 of them new" in out
