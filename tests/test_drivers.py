"""Several drivers of one database: they may begin at the same moment, and none repeats what another proposes."""

import json
import os
import sqlite3
import subprocess
import sys
import textwrap
import threading
import time

import optuna
import postgres
import pytest
from small_arch import analytic, study

from neurosearch.errors import UserError
from neurosearch.search import driver
from neurosearch.store import drivers
from neurosearch.store.store import open_store
from neurosearch.study.study import load


def first_proposals(loaded, url, together):
    """What drivers that began together ask to be run before any has a result: they wait for each other."""
    barrier, proposed = threading.Barrier(together), [[] for _ in range(together)]

    def drive(k):
        store = open_store(load(loaded.file), url)

        def evaluate(configuration, seeds, cancel):
            proposed[k].append(json.dumps(configuration, sort_keys=True))
            if len(proposed[k]) == 1:
                barrier.wait(timeout=60)
            return analytic(configuration, seeds)

        with store.driving():
            barrier.wait(timeout=60)
            driver.run(loaded, store, evaluate, workers=1, trials=6)

    threads = [threading.Thread(target=drive, args=(k,)) for k in range(together)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [mine[0] for mine in proposed]


def test_drivers_that_begin_together_propose_different_first_trials(tmp_path):
    loaded, url = study(tmp_path), f"sqlite:///{tmp_path / 'st.db'}"
    open_store(loaded, url)
    first = first_proposals(loaded, url, 3)
    assert len(set(first)) == 3


def test_a_driver_that_joins_another_proposes_nothing_of_its_future(tmp_path):
    loaded, url = study(tmp_path), f"sqlite:///{tmp_path / 'st.db'}"
    one, two = open_store(loaded, url), open_store(loaded, url)
    with one.driving():
        driver.run(loaded, one, analytic, workers=1, trials=5)
        with two.driving():
            assert two.contested
            driver.run(loaded, two, analytic, workers=1, trials=8)
        driver.run(loaded, one, analytic, workers=1, trials=12)
    alone = open_store(loaded, str(tmp_path / "alone.journal"))
    driver.run(loaded, alone, analytic, workers=1, trials=12)
    together, apart = one.trials(), alone.trials()
    assert [t.params for t in together[:5]] == [t.params for t in apart[:5]]
    future = [t.params for t in apart[5:]]
    assert not any(t.params in future for t in together[5:8])


def test_a_driver_alone_searches_a_database_as_it_would_a_journal(tmp_path):
    loaded = study(tmp_path)
    found = []
    for place in (f"sqlite:///{tmp_path / 'st.db'}", str(tmp_path / "st.journal")):
        for total in (4, 12):  # the second resumes the first
            store = open_store(loaded, place)
            with store.driving():
                assert not store.contested
                driver.run(loaded, store, analytic, workers=1, trials=total)
        found.append([(t.params, t.score.metrics) for t in store.trials()])
    assert found[0] == found[1]


def test_a_driver_that_was_killed_is_not_taken_for_a_living_one(tmp_path):
    loaded, url = study(tmp_path), f"sqlite:///{tmp_path / 'st.db'}"
    code = f"""
        import os
        from neurosearch.store.store import open_store
        from neurosearch.study.study import load
        with open_store(load({str(loaded.file)!r}), {url!r}).driving():
            print("driving", flush=True)
            os.read(0, 1)
    """
    other = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert other.stdout.readline() == b"driving\n"
    store = open_store(loaded, url)
    with store.driving():
        assert store.contested
    other.kill()
    other.communicate()
    with store.driving():
        assert not store.contested


@pytest.mark.parametrize(("age", "alive"), [(0.0, True), (drivers.LOST + 1, False)])
def test_a_driver_on_another_machine_lives_as_long_as_it_gives_signs(tmp_path, age, alive):
    loaded, url = study(tmp_path), f"sqlite:///{tmp_path / 'st.db'}"
    store = open_store(loaded, url)
    entry = {"machine": "elsewhere", "pid": os.getpid(), "started": "1", "seen": time.time() - age}
    optuna.load_study(study_name="st", storage=url).set_user_attr("neurosearch:driver:other", entry)
    with store.driving():
        assert store.contested == alive


LAUNCH = """
    import sys
    from neurosearch.errors import UserError
    from neurosearch.store.store import open_store
    from neurosearch.study.study import load
    loaded = load(sys.argv[1])
    print("ready", flush=True)
    for line in sys.stdin:
        try:
            store = open_store(loaded, line.strip())
            with store.driving():
                print("opened", len(store.trials()), flush=True)
        except UserError as error:
            print(error, flush=True)
"""


def opened_at_once(file, urls, together=2):
    """What processes print that open each of these databases at the same moment."""
    command = [sys.executable, "-c", textwrap.dedent(LAUNCH), str(file)]
    made = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(together)
    ]
    try:
        assert [process.stdout.readline() for process in made] == ["ready\n"] * together
        said = []
        for url in urls:
            for process in made:
                process.stdin.write(f"{url}\n")
                process.stdin.flush()
            said += [process.stdout.readline() for process in made]
        return said
    finally:
        for process in made:
            process.communicate()


def test_first_launches_at_once_make_one_study_in_sqlite(tmp_path):
    loaded = study(tmp_path)
    urls = [f"sqlite:///{tmp_path / f'{n}.db'}" for n in range(4)]
    assert opened_at_once(loaded.file, urls) == ["opened 0\n"] * 8


@pytest.mark.skipif(bool(postgres.missing()), reason=postgres.missing() or "it is here")
def test_first_launches_at_once_make_one_study_in_postgresql(tmp_path):
    loaded = study(tmp_path)
    with postgres.cluster() as template:
        urls = [postgres.create_database(template, f"empty{n}") for n in range(4)]
        assert opened_at_once(loaded.file, urls) == ["opened 0\n"] * 8
        other = study(tmp_path, name="other")
        assert opened_at_once(other.file, urls) == ["opened 0\n"] * 8  # the tables are there, the study is not


def test_a_database_that_another_program_locks_is_said_to_be_locked(tmp_path):
    loaded, url = study(tmp_path), f"sqlite:///{tmp_path / 'st.db'}?timeout=0.1"
    store = open_store(loaded, url)
    with sqlite3.connect(tmp_path / "st.db", isolation_level=None) as other:
        other.execute("BEGIN EXCLUSIVE")
        said = r"st\.db\?timeout=0\.1 is locked by another program, which has not finished writing to it; wait for it"
        for refused in (
            lambda: open_store(loaded, url),
            lambda: open_store(loaded, url, create=False),
            store.trials,
            lambda: driver.run(loaded, store, analytic, workers=1, trials=1),
        ):
            with pytest.raises(UserError, match=said):
                refused()
        other.execute("ROLLBACK")
    other.close()
    assert driver.run(loaded, open_store(loaded, url), analytic, workers=1, trials=1).stored == 1
