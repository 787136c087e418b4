"""The store: one append a trial, nothing lost, and every kind of damage said in one sentence."""

import dataclasses
import json
import math
import os
import subprocess
import sys
import textwrap
import time

import numpy as np
import optuna
import pytest
from small_arch import study

from neurosearch.cli.reference import resolve
from neurosearch.errors import UserError
from neurosearch.record import Score, Trial
from neurosearch.record.score import Activity, Timing
from neurosearch.record.trial import Asked, Ran, Repeat
from neurosearch.store.store import open_store
from neurosearch.study.ranking import Rescored

PARAMS = {"rule": "stdp", "rule.eta": 0.01, "stp": "off", "encoder.max_rate": 20.0, "encoder.normalisation": "raw"}


def a_trial(accuracy=0.5, status="ok", **ran):
    metrics = {} if accuracy is None else {"accuracy": accuracy, "writes": math.nan, "spikes": np.float64(3)}
    activity, timing = Activity({"cells": np.float64(3)}), Timing(run=np.float64(2.5), build=1.0)
    score = Score(status, metrics, (0.1, np.float32(0.5)), activity=activity, timing=timing)
    params = PARAMS | {"cells.size": 60, "sign": "signed"}
    asked = Asked(3, after=2, at=9.5, repeats=(Repeat(1, 1, 0, finished=True), Repeat(2, 1, 0, finished=False)))
    return Trial(-1, params, score, {"build": 1.0}, {"task": {}}, "abc", (0, 1), asked, Ran(**ran))


def filled(folder, n=3, **more):
    loaded = study(folder, **more)
    store = open_store(loaded, str(folder / "st.journal"))
    for k in range(n):
        store.add(a_trial(0.1 * (k + 1)))
    return loaded, folder / "st.journal"


@pytest.mark.parametrize("url", ["st.journal", "sqlite:///{}/st.db"])
def test_a_trial_comes_back_as_it_was(tmp_path, url):
    loaded = study(tmp_path)
    place = url.format(tmp_path) if ":" in url else str(tmp_path / url)
    stored = open_store(loaded, place).add(a_trial(started=10.5, finished=12.0))
    failed = open_store(loaded, place).add(a_trial(None, "crashed", started=11.0))
    again = open_store(loaded, place).trials()
    assert again == [stored, failed]
    assert again[0].number == 0
    assert again[0].params == stored.params == a_trial().params
    assert again[0].score.metrics == {"accuracy": 0.5, "spikes": 3.0}
    assert again[0] == dataclasses.replace(a_trial(started=10.5, finished=12.0), number=0, score=again[0].score)
    assert again[0].score.activity == Activity({"cells": 3.0})
    assert again[0].score.timing == Timing(run=2.5, build=1.0)
    assert again[1].score.status == "crashed"


def test_optuna_itself_opens_the_journal(tmp_path):
    _, path = filled(tmp_path)
    storage = optuna.storages.JournalStorage(optuna.storages.journal.JournalFileBackend(str(path)))
    opened = optuna.load_study(study_name="st", storage=storage)
    assert [t.value for t in opened.trials] == [0.1, 0.2, pytest.approx(0.3)]
    assert opened.trials[0].params["rule.eta"] == 0.01
    assert opened.trials[0].distributions["rule.eta"].log


def test_one_line_a_trial(tmp_path):
    _, path = filled(tmp_path, 0)
    before = path.read_bytes().count(b"\n")
    filled(tmp_path, 1)
    assert path.read_bytes().count(b"\n") == before + 1


def test_a_lost_line_is_said(tmp_path):
    loaded, path = filled(tmp_path, 4)
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:-3] + lines[-2:]))
    with pytest.raises(UserError, match="lacks a line: trial 2 stands where trial 1 belongs"):
        open_store(loaded, str(path)).trials()


def test_a_doubled_line_is_not_called_a_missing_one(tmp_path):
    loaded, path = filled(tmp_path, 4)
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join([*lines[:-2], lines[-3], *lines[-2:]]))
    with pytest.raises(UserError, match="holds a line twice: trial 1 stands where trial 2 belongs"):
        open_store(loaded, str(path)).trials()


def test_fresh_seeds_come_back(tmp_path):
    loaded, path = filled(tmp_path)
    result = Rescored(1, (11, 12), (Score("ok", {"accuracy": 0.5}), Score("ok", {"accuracy": 0.7})))
    open_store(loaded, str(path)).add_rescored(result)
    again = open_store(loaded, str(path)).rescored()
    assert again == {1: result}
    assert again[1].mean("accuracy") == pytest.approx(0.6)
    assert math.isnan(again[1].mean("spikes"))


@pytest.mark.parametrize("cut", [1, 5, 300])
def test_a_cut_last_line_is_set_aside_and_the_study_resumes(tmp_path, capsys, cut):
    loaded, path = filled(tmp_path)
    whole = path.read_bytes()
    path.write_bytes(whole[:-cut])
    store = open_store(loaded, str(path))
    assert len(store.trials()) == 2
    assert "the last line was cut short; it was moved to st.journal.cut" in capsys.readouterr().err
    last_line = whole.splitlines(keepends=True)[-1][:-cut]
    assert (tmp_path / "st.journal.cut").read_bytes() == last_line.rstrip(b"\n") + b"\n"
    store.add(a_trial(0.9))
    assert len(open_store(loaded, str(path)).trials()) == 3


@pytest.mark.parametrize("damage", [b"garbage\n", b'{"op_code": 4, "wor\n', b"\x00\x00\x00\n", b"[]\n"])
def test_damage_elsewhere_names_file_and_line_and_changes_nothing(tmp_path, damage):
    loaded, path = filled(tmp_path)
    lines = path.read_bytes().splitlines(keepends=True)
    damaged = b"".join([*lines[:2], damage, *lines[2:]])
    path.write_bytes(damaged)
    with pytest.raises(UserError, match=r"st\.journal, line 3 is damaged"):
        open_store(loaded, str(path))
    assert path.read_bytes() == damaged


def test_a_changed_study_is_refused_with_what_changed(tmp_path):
    filled(tmp_path)
    with pytest.raises(UserError, match=r"st\.yaml changed since .*st\.journal: seed: 1 → 2; undo the change"):
        open_store(study(tmp_path, seed=2), str(tmp_path / "st.journal"))
    assert len(open_store(study(tmp_path, trials=99), str(tmp_path / "st.journal")).trials()) == 3


def test_a_study_without_trials_may_change(tmp_path):
    filled(tmp_path, 0)
    open_store(study(tmp_path, seed=2), str(tmp_path / "st.journal")).add(a_trial())
    with pytest.raises(UserError, match=r"seed: 2 → 1"):
        open_store(study(tmp_path), str(tmp_path / "st.journal"))


def test_a_lock_of_optuna_that_somebody_left_behind_does_not_hold_us_up(tmp_path):
    loaded, path = filled(tmp_path)
    os.symlink(path, f"{path}.lock")
    open_store(loaded, str(path)).add(a_trial())
    assert os.path.islink(f"{path}.lock"), "Optuna's own lock would have waited 30 s and then removed it"


def test_one_driver_at_a_time_and_a_dead_one_holds_nothing(tmp_path):
    loaded, path = filled(tmp_path)
    code = f"""
        import sys, time
        from neurosearch.store.store import open_store
        from neurosearch.study.study import load
        with open_store(load({str(loaded.file)!r}), {str(path)!r}).driving():
            print("held", flush=True)
            time.sleep(60)
    """
    other = subprocess.Popen([sys.executable, "-c", textwrap.dedent(code)], stdout=subprocess.PIPE)
    assert other.stdout is not None
    assert other.stdout.readline() == b"held\n"
    with (
        pytest.raises(UserError, match="is being written by another launch of 'st'"),
        open_store(loaded, str(path)).driving(),
    ):
        pass
    other.kill()
    other.wait()
    other.stdout.close()
    with open_store(loaded, str(path)).driving():
        pass


def test_a_full_disk_loses_nothing_and_says_so(tmp_path):
    loaded, path = filled(tmp_path)
    before = path.read_bytes()
    code = f"""
        import resource
        from neurosearch.errors import UserError
        from neurosearch.store.store import open_store
        from neurosearch.study.study import load
        from test_store import a_trial
        store = open_store(load({str(loaded.file)!r}), {str(path)!r})
        resource.setrlimit(resource.RLIMIT_FSIZE, ({len(before) + 100},) * 2)  # the kernel cuts the write short
        try:
            store.add(a_trial(0.9))
        except UserError as error:
            print(error)
    """
    here = os.path.dirname(__file__)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([here, *sys.path])}
    said = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=True, env=environment
    )
    assert "cannot be written: File too large; every trial stored before is safe" in said.stdout
    assert path.read_bytes() == before
    assert len(open_store(loaded, str(path)).trials()) == 3


def test_places_that_do_not_serve(tmp_path):
    loaded = study(tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match=r"file/x\.journal cannot be written: .*choose another place with --storage"):
        open_store(loaded, str(tmp_path / "file" / "x.journal"))
    with pytest.raises(UserError, match=r"--storage sqlite:////nowhere.* cannot be opened"):
        open_store(loaded, "sqlite:////nowhere/at/all.db")
    with pytest.raises(UserError, match=r"--storage nonsense://x cannot be opened"):
        open_store(loaded, "nonsense://x")
    with pytest.raises(UserError, match=r"no trial of 'st' is stored; run `neurosearch launch .*st\.yaml`"):
        open_store(loaded, str(tmp_path / "none.journal"), create=False)


def test_a_journal_of_somebody_else_is_refused(tmp_path):
    loaded = study(tmp_path)
    path = tmp_path / "st.journal"
    storage = optuna.storages.JournalStorage(optuna.storages.journal.JournalFileBackend(str(path)))
    other = optuna.create_study(study_name="st", storage=storage)
    other.add_trial(optuna.trial.create_trial(value=1.0))
    with pytest.raises(UserError, match="was not stored by neurosearch"):
        open_store(loaded, str(path)).trials()


def test_append_is_quick(tmp_path):
    loaded, path = filled(tmp_path)
    store = open_store(loaded, str(path))
    began = time.process_time()
    for _ in range(50):
        store.add(a_trial())
    assert (time.process_time() - began) / 50 < 0.01  # processor time of one append; measured 0.001
    assert all(json.loads(line) for line in path.read_text().splitlines())


def test_a_stored_trial_without_seeds_cannot_be_run_again_and_says_so(tmp_path):
    loaded, path = filled(tmp_path, 0)
    configuration = loaded.configuration(PARAMS)
    open_store(loaded, str(path)).add(dataclasses.replace(a_trial(), configuration=configuration, seeds=()))
    with pytest.raises(UserError, match=r"st\.journal: trial 0 has no seeds; restore the file from a copy"):
        resolve(f"{loaded.file}@0", str(path))
