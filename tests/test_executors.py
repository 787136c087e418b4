"""Where trials run: any executor gives the same trials, stops when asked, and says what it cannot carry."""

import dataclasses
import gc
import multiprocessing
import os
import pickle
import threading
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import pytest
from simulated_workers import SimulatedWorkers
from small_arch import analytic, settings, study
from test_search import told

from neurosearch.errors import UserError
from neurosearch.record.score import Score, Timing
from neurosearch.search import driver, rescore
from neurosearch.search.executors import pools
from neurosearch.search.executors.stop_flag import StopFlag
from neurosearch.search.interrupt import Interrupt
from neurosearch.simulate import cache
from neurosearch.store.store import open_store

SPAWN = multiprocessing.get_context("spawn")


def search(folder, name="j", evaluate=analytic, n=12, loaded=None, **more):
    loaded = loaded or study(folder)
    store = open_store(loaded, str(folder / name))
    return driver.run(loaded, store, evaluate, trials=n, **more), store.trials()


# ---- processes


def test_a_process_pool_gives_the_trials_of_threads_bit_for_bit(tmp_path):
    _, in_threads = search(tmp_path, "threads", workers=1)
    with ProcessPoolExecutor(1, SPAWN) as pool:
        outcome, in_processes = search(tmp_path, "processes", workers=1, pool=pool)
    assert outcome.ended == "budget"
    assert told(in_processes) == told(in_threads)


def where(configuration, seeds, cancel):
    """The process in which this runs, as a metric."""
    time.sleep(0.1)
    score = analytic(configuration, seeds)
    return dataclasses.replace(score, metrics={**score.metrics, "spikes": float(os.getpid())})


def test_search_and_fresh_seeds_share_the_pool_of_the_launch_which_stays_open(tmp_path):
    loaded = study(tmp_path, rescore="{top: 2, seeds: [5, 6]}")
    with pools.processes(2) as pool:
        _, trials = search(tmp_path, evaluate=where, loaded=loaded, workers=2, pool=pool)
        again = rescore.rescore(loaded, open_store(loaded, str(tmp_path / "j")), where, pool=pool)
        assert pool.submit(os.getpid).result() != os.getpid()
    searched = {trial.score.metrics["spikes"] for trial in trials}
    rescored = {score.metrics["spikes"] for one in again.values() for score in one.scores}
    assert len(searched) == 2
    assert os.getpid() not in searched
    assert rescored <= searched, "no other processes were started"
    with pytest.raises(RuntimeError, match="after shutdown"):
        pool.submit(os.getpid)


def patient(configuration, seeds, cancel):
    """Ends when it is told to; a network would look as often."""
    Path(os.environ["STARTED"]).touch()
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if cancel.is_set():
            return Score("stopped", {})
        time.sleep(0.05)
    return analytic(configuration, seeds)


@pytest.mark.parametrize("kind", ["threads", "processes"])
def test_an_interrupt_stops_what_runs_in_any_pool(tmp_path, kind, monkeypatch):
    monkeypatch.setenv("STARTED", str(tmp_path / "started"))
    interrupt = Interrupt()

    def press():
        while not (tmp_path / "started").exists():
            time.sleep(0.02)
        interrupt.asked = True
        interrupt.cancel.set()

    thread = threading.Thread(target=press)
    thread.start()
    with pools.POOLS[kind](2) as pool:
        outcome, trials = search(tmp_path, evaluate=patient, workers=2, interrupt=interrupt, pool=pool)
    thread.join()
    assert (outcome.ended, trials) == ("interrupted", []), "a trial that is not told ends by itself, and is stored"


def fatal(configuration, seeds, cancel):
    """Takes its process along when it meets one rule."""
    if next(iter(settings(configuration)["rule"])) == "stdp":
        os._exit(9)
    return analytic(configuration, seeds)


def test_a_pool_that_loses_a_worker_is_a_sentence_and_loses_nothing(tmp_path):
    with pools.processes(1) as pool, pytest.raises(UserError) as caught:
        search(tmp_path, evaluate=fatal, n=30, workers=1, pool=pool)
    assert "st.yaml: ProcessPoolExecutor lost a worker: " in str(caught.value)
    assert "stored trials are safe; run again" in str(caught.value)
    outcome, trials = search(tmp_path, n=30, workers=1)
    assert outcome.fresh < outcome.stored == len(trials) == 30


# ---- what cannot be carried


def unsendable(configuration, seeds, cancel):
    return dataclasses.replace(analytic(configuration, seeds), metrics={"accuracy": threading.Lock()})


def test_what_an_executor_cannot_carry_is_a_sentence(tmp_path):
    with pools.processes(1) as pool:
        with pytest.raises(UserError, match=r"st\.yaml: ProcessPoolExecutor cannot carry the evaluation to its work"):
            search(tmp_path, evaluate=lambda *given: analytic(*given), pool=pool)
        with pytest.raises(UserError, match=r"cannot carry the score back: .*lock.*; keep to plain numbers and text"):
            search(tmp_path, evaluate=unsendable, pool=pool)
        outcome, _ = search(tmp_path, pool=pool)
        assert outcome.stored == 12, "the pool is as good as before"


def test_a_pool_that_is_closed_is_a_sentence(tmp_path):
    with ThreadPoolExecutor(1) as pool:
        pass
    with pytest.raises(UserError, match=r"ThreadPoolExecutor takes no work: .*; give a pool that is open"):
        search(tmp_path, pool=pool)


def test_a_bug_in_the_evaluation_stays_a_bug(tmp_path):
    def broken(configuration, seeds, cancel):
        raise TypeError("cannot pickle this joke")

    with pytest.raises(TypeError, match="joke"):
        search(tmp_path, evaluate=broken)


# ---- the flag


def test_a_flag_is_the_same_flag_elsewhere_and_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path))
    flag = StopFlag()
    copy = pickle.loads(pickle.dumps(flag))
    assert not flag.is_set()
    assert not copy.is_set()
    with ProcessPoolExecutor(1, SPAWN) as pool:
        pool.submit(copy.set).result()
        assert flag.is_set()
        assert pool.submit(flag.is_set).result()
    del copy
    gc.collect()
    assert flag.is_set(), "a copy that goes takes nothing along"
    other = pickle.loads(pickle.dumps(flag))
    del flag
    gc.collect()
    assert list((tmp_path / "stops").iterdir()) == []
    assert not other.is_set()


def test_a_flag_stops_this_process_where_no_file_can_be_made(tmp_path, monkeypatch):
    (tmp_path / "stops").write_text("in the way")
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path))
    flag = StopFlag()
    flag.set()
    assert flag.is_set()


# ---- simulated time


def taking(evaluate, configuration, seeds, cancel, closing, clock):
    """10 to 100 simulated seconds, by the configuration."""
    return 10 + 90 * settings(configuration)["encoder"]["poisson"]["max_rate"] / 300


def untimed(configuration, seeds, cancel):
    return dataclasses.replace(analytic(configuration, seeds), timing=Timing())


def simulated(folder, workers, n, **more):
    loaded = study(folder, sampler="random")
    pool = SimulatedWorkers(workers, taking)
    more |= {"loaded": loaded, "workers": workers, "pool": pool, "clock": pool, "evaluate": untimed}
    outcome, trials = search(folder, f"{workers}", n=n, **more)
    return pool, outcome, trials


def test_two_hundred_workers_are_busy_to_the_end(tmp_path):
    pool, outcome, trials = simulated(tmp_path, 200, 600)
    assert (outcome.ended, len(trials), pool.most) == ("budget", 600, 200)
    work = sum(trial.ran.finished - trial.ran.started for trial in trials)
    assert work / 200 <= outcome.wall <= work / 200 + 100, "nobody idles but at the end, for less than one trial"
    assert outcome.seconds["simulate"] == pytest.approx(work)
    assert outcome.utilisation == pytest.approx(work / (200 * outcome.wall))
    for trial in trials:
        assert trial.asked.at <= trial.ran.started
    finished = [trial.ran.finished for trial in trials]
    assert finished == sorted(finished), "each was told as it finished"


def test_a_timeout_starts_nothing_more_and_keeps_what_runs(tmp_path):
    pool, outcome, trials = simulated(tmp_path, 20, 10_000, timeout=300.0)
    assert outcome.ended == "timeout"
    began = 1e9
    assert max(trial.ran.started for trial in trials) <= began + 300
    late = [trial for trial in trials if trial.ran.finished > began + 300]
    assert 0 < len(late) <= 20, "what ran when time was up was finished and stored"
    assert pool.now <= 300 + 100
    work = sum(trial.ran.finished - trial.ran.started for trial in trials)
    assert work > 0.9 * 20 * 300


def test_simulated_workers_change_the_order_alone(tmp_path):
    _, _, one = simulated(tmp_path, 1, 10)
    _, _, many = simulated(tmp_path, 7, 10)
    by_ask = {trial.asked.ask: trial for trial in many}
    assert [trial.params for trial in one] == [by_ask[trial.asked.ask].params for trial in one]
