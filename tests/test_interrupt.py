"""Ctrl-C and SIGTERM in a real process, while it does what a first launch mostly does: compile."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

STUDY = """
format: 1
about: Does an interrupted launch end in order?
architecture: {mushroom_body: {encoder: current, rule: delta_potential}}
task: {digits: {samples: 60, lead_in: 20, held_out: 20, steps: 24}}
space:
  kenyon.size: {int: [20, 80], log: true}
  kenyon.neuron: {choice: [lif, adlif]}
trials: 6
"""

COMPILER = """#!/bin/sh
case "$1" in --version|-print-file-name=*) exec g++ "$@";; esac
touch {folder}/compiling.$$
sleep 987.6
"""


@pytest.fixture
def launch(tmp_path):
    """Starts a launch whose compiler never ends; returns once it compiles."""
    (tmp_path / "small.yaml").write_text(STUDY)
    compiler = tmp_path / "slow-g++"
    compiler.write_text(COMPILER.format(folder=tmp_path))
    compiler.chmod(0o755)
    more = {"NEUROSEARCH_CACHE": str(tmp_path / "cache"), "NEUROSEARCH_CXX": str(compiler)}
    more["PYTHONPATH"] = str(Path(__file__).resolve().parent.parent)
    started = []

    def run(*arguments):
        process = subprocess.Popen(
            [sys.executable, "-m", "neurosearch", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=tmp_path,
            env=os.environ | more,
            start_new_session=True,  # a group of its own, as a terminal gives it
        )
        started.append(process)
        until(lambda: list(tmp_path.glob("compiling.*")) or process.poll() is not None)
        assert process.poll() is None, process.communicate()
        return process

    yield run
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


def until(condition, seconds=120.0):
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < seconds, "waited in vain"
        time.sleep(0.02)


def compilers(folder):
    """Processes that still compile."""
    alive = []
    for mark in folder.glob("compiling.*"):
        state = Path(f"/proc/{mark.suffix[1:]}/stat")
        if state.exists() and state.read_text().rpartition(")")[2].split()[0] not in "ZX":
            alive.append(mark)
    return alive


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "executor"),
    [(signal.SIGINT, "threads"), (signal.SIGTERM, "threads"), (signal.SIGINT, "processes")],
)
def test_a_launch_that_compiles_ends_in_order_and_says_what_is_stored(launch, tmp_path, number, executor):
    process = launch("launch", "small.yaml", "--workers", "2", "--executor", executor)
    if number == signal.SIGINT:
        os.killpg(process.pid, number)  # Ctrl-C reaches every process of the terminal's group
    else:
        process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, (out, err)
    assert "Traceback" not in err
    assert "bug" not in err
    assert "stopping: finished trials are stored" in err
    journal = Path("neurosearch-runs") / "small.journal"
    assert f"small: 0 trials in {journal}, 0 of them new" in out
    assert "resume with: neurosearch launch small.yaml" in out
    until(lambda: not compilers(tmp_path))
    assert not list((tmp_path / "cache" / "builds").glob("*"))
    assert not list((tmp_path / "cache" / "stops").glob("*"))


@pytest.mark.slow
def test_ctrl_c_while_one_run_compiles_ends_the_compiler_too(launch, tmp_path):
    process = launch("run", "small.yaml")
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "bug" not in err
    assert "Traceback" not in err
    until(lambda: not compilers(tmp_path))


@pytest.mark.slow
def test_python_workers_end_with_a_launch_that_is_killed(launch, tmp_path):
    process = launch("launch", "small.yaml", "--workers", "2", "--executor", "processes")
    workers = [pid for pid, parent in parents().items() if parent == process.pid]
    assert len(workers) >= 2
    process.kill()
    process.wait()
    until(lambda: not set(workers) & set(parents()))
    for mark in compilers(tmp_path):  # of a build that nobody wants any more; it would end by itself
        os.killpg(int(mark.suffix[1:]), signal.SIGKILL)


def parents():
    """Process → its parent, of all that run."""
    found = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = stat.read_text().rpartition(")")[2].split()[:2]
        except OSError:
            continue  # it ended while we looked
        if state not in "ZX":
            found[int(stat.parent.name)] = int(parent)
    return found
