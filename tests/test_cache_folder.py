"""The cache's folder: one function says where it is, and nothing in it is used that others own or may write."""

import os
import shutil
import stat
import subprocess
from pathlib import Path

import numpy as np
import pytest

from neurosearch.baselines import base
from neurosearch.cli import machine
from neurosearch.errors import UserError
from neurosearch.export import found
from neurosearch.files.cache_folder import VARIABLE, cache_folder, own_cache_folder
from neurosearch.record.score import Score
from neurosearch.simulate import build, cache, tables
from neurosearch.simulate.builder import Builder

ENTRY = "def text(plan, strict):\n    return plan['cpp']\n"
CPP = "#include <unistd.h>\nint main() { char c; return read(0, &c, 1) == 0 ? 5 : 3; }\n"
COMPILER = """#!/bin/sh
case "$1" in --version|-print-file-name=*) exec g++ "$1";; esac
echo start >> "{log}"
[ "$(wc -l < "{log}")" -gt {times} ] || rm -rf "{cache}"
exec g++ "$@"
"""
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root may give a file to another user")


@pytest.fixture
def place(tmp_path, monkeypatch):
    """An empty cache in a home of its own, under a mask that lets the group write."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv(VARIABLE, "~/mine")
    before = os.umask(0o002)
    yield tmp_path / "mine"
    os.umask(before)


@pytest.fixture
def builder(tmp_path, place, monkeypatch):
    (tmp_path / "stub_entry.py").write_text(ENTRY)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("NEUROSEARCH_CXX", "g++")
    with Builder("stub_entry:text") as builder:
        yield builder


def get(builder, name="a"):
    return build.program(f"{cache.root()} {name}", {"cpp": CPP}, builder=builder, optimise="-O0")


def score():
    return base.cached(["a key"], lambda: Score("ok", {"accuracy": 0.5}))


def test_every_part_of_the_package_means_the_same_folder(place, builder):
    program, table = get(builder).path, tables.table_file("k", lambda: np.arange(3))
    score()
    (said,) = (f.detail for f in machine.findings() if f.name == "cache")
    assert said.startswith(f"{place}, ")
    assert Path(program).is_relative_to(place)
    assert table.is_relative_to(place)
    assert len(list((place / "baselines").iterdir())) == 1
    assert not (Path.cwd() / "~").exists()


def test_without_a_variable_it_is_in_the_home_and_relative_ones_in_the_working_directory(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv(VARIABLE)
    assert cache_folder() == tmp_path / ".cache" / "neurosearch"
    monkeypatch.setenv(VARIABLE, "")
    assert cache_folder() == tmp_path / ".cache" / "neurosearch"
    monkeypatch.setenv(VARIABLE, "here")
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        monkeypatch.chdir(tmp_path / name)
        assert cache_folder() == tmp_path / name / "here"
    monkeypatch.setenv(VARIABLE, "~no-such-user/cache")
    with pytest.raises(UserError, match=r"~no-such-user/cache.*give another path"):
        own_cache_folder()


def test_what_is_made_is_private_whatever_the_mask_is(place, builder):
    get(builder)
    tables.table_file("k", lambda: np.arange(3))
    score()
    with cache.lock("a"):
        modes = {p.relative_to(place): p.stat().st_mode for p in [place, *place.rglob("*")]}
    assert stat.S_IMODE(modes[Path()]) == 0o700
    folders = [name for name, mode in modes.items() if stat.S_ISDIR(mode) and name.parts[:1] != ("failed",)]
    assert {"builds", "streams", "baselines", "locks"} <= {str(name) for name in folders}
    assert all(stat.S_IMODE(modes[name]) == 0o700 for name in folders)
    trusted = [name for name in modes if name.name == "program" or name.parts[0:1] == ("streams",)]
    assert len(trusted) == 4
    assert not any(modes[name] & 0o022 for name in trusted)


def spoiled(place, what):
    """The file or folder of this kind in the cache."""
    (found,) = [place] if what == "root" else place.rglob(what)
    return found


KINDS = ["root", "builds", "program", "streams", "*.i8"]


def use(builder, what):
    cache._VERIFIED.clear()  # as in a new process
    return tables.table_file("k", lambda: np.arange(3)) if what in ("streams", "*.i8") else get(builder)


@pytest.mark.parametrize("mode", [0o020, 0o002])
@pytest.mark.parametrize("what", KINDS)
def test_what_others_may_write_is_refused(what, mode, place, builder):
    get(builder), tables.table_file("k", lambda: np.arange(3))
    path = spoiled(place, what)
    path.chmod(path.stat().st_mode | mode)
    with pytest.raises(UserError, match=rf"{path}.* may be written by others .*chmod -R go-w.*\${VARIABLE}"):
        use(builder, what)
    path.chmod(path.stat().st_mode & ~mode)
    use(builder, what)


@needs_root
@pytest.mark.parametrize("what", KINDS)
def test_what_others_own_is_refused(what, place, builder):
    get(builder), tables.table_file("k", lambda: np.arange(3))
    path = spoiled(place, what)
    os.chown(path, 12345, -1)
    with pytest.raises(UserError, match=rf"{path}.* belongs to user 12345, not to user root.*\${VARIABLE}"):
        use(builder, what)


def test_a_cache_that_others_may_write_is_refused_by_baselines_and_check(place):
    place.mkdir(mode=0o777)
    place.chmod(0o777)
    with pytest.raises(UserError, match=f"the cache {place} may be written by others \\(mode 777\\)"):
        score()
    (finding,) = (f for f in machine.findings() if f.name == "cache")
    assert (finding.found, finding.needed) == (False, True)
    assert "may be written by others" in finding.detail


@pytest.mark.parametrize("times", [1, 2])
def test_a_cache_removed_while_a_structure_compiles_is_made_again(times, place, builder, tmp_path, monkeypatch):
    script, log = tmp_path / "g++-removing", tmp_path / "compilations"
    script.write_text(COMPILER.format(log=log, times=times, cache=place))
    script.chmod(0o755)
    monkeypatch.setenv("NEUROSEARCH_CXX", str(script))
    program = get(builder)
    assert subprocess.run([program.path], input=b"").returncode == 5
    assert log.read_text().count("start") == times + 1
    assert not get(builder).fresh
    assert [p.name for p in place.glob(".tmp.*")] == []
    assert get(builder, "another").fresh, "the builder works on, though its folder is gone"


def test_a_cache_that_is_removed_all_the_time_is_a_sentence(place, builder, tmp_path, monkeypatch):
    script = tmp_path / "g++-removing"
    script.write_text(COMPILER.format(log=tmp_path / "compilations", times=99, cache=place))
    script.chmod(0o755)
    monkeypatch.setenv("NEUROSEARCH_CXX", str(script))
    with pytest.raises(UserError, match=f"the cache {place} was removed 3 times .*stop the program that removes it"):
        get(builder)


def test_a_cache_removed_while_a_table_is_made_is_made_again(place):
    made = []

    def parts():
        made.append(1)
        yield np.arange(3)
        if len(made) == 1:
            shutil.rmtree(place)
        yield np.arange(3)

    path = tables.table_file("k", parts)
    assert np.fromfile(path, "<i8").tolist() == [0, 1, 2, 0, 1, 2]
    assert len(made) == 2


def test_names_of_temporary_files_cannot_be_foreseen(tmp_path, monkeypatch):
    """A link that somebody put under the name that a process would take is never written through."""
    seen = []
    monkeypatch.setattr(os, "replace", lambda old, new: seen.append(Path(old).name))
    for _ in range(2):
        found._put(tmp_path / "net.json", b"{}")
    assert len(set(seen)) == 2
    assert str(os.getpid()) not in seen[0].split(".")
