"""Building programs: one build a digest whoever asks, nothing damaged or half made is run, faults are sentences."""

import contextlib
import json
import logging
import os
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import CancelledError, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neurosearch.errors import UserError
from neurosearch.simulate import build, cache, compiler, tables
from neurosearch.simulate.builder import Builder, Unsupported

ENTRY = """
import os, signal, time
from neurosearch.errors import UserError

class Unsupported(Exception): pass

def text(plan, strict):
    print("chatter that must not reach the protocol")
    os.system("echo and more of a child")
    if plan.get("die") and (plan["die"] != "once" or not os.path.exists(plan["mark"])):
        if plan["die"] == "once":
            open(plan["mark"], "w").close()
        os.kill(os.getpid(), signal.SIGKILL)
    if plan.get("fail") == "unsupported":
        try:
            raise Unsupported("no such template: a sentence")
        except Unsupported as error:
            raise ValueError("wrapped by Brian2") from error
    if plan.get("fail") == "user":
        raise UserError("rule x: symbol y is unknown")
    if plan.get("fail") == "bug":
        raise KeyError("z")
    time.sleep(plan.get("sleep", 0))
    return plan["cpp"] + f"\\n// strict={strict} pid={os.getpid()}\\n"
"""
CPP = "#include <unistd.h>\nint main() { char c; return read(0, &c, 1) == 0 ? 5 : 3; }\n"
NOTING_COMPILER = """#!/bin/sh
case "$1" in --version|-dM|-print-file-name=*) exec g++ "$@";; esac
echo start >> "{log}"; sleep 0.3; g++ "$@"; code=$?; echo end >> "{log}"; exit $code
"""


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, an entry of a builder, and a compiler that notes each compilation in a file."""
    log, script = tmp_path / "compilations", tmp_path / "g++-noting"
    script.write_text(NOTING_COMPILER.format(log=log))
    script.chmod(0o755)
    (tmp_path / "stub_entry.py").write_text(ENTRY)
    monkeypatch.setenv(compiler.VARIABLE, str(script))
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path / "cache"))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return log


@pytest.fixture
def builder(log: Path) -> Iterator[Builder]:
    with Builder("stub_entry:text") as builder:
        yield builder


def compilations(log: Path) -> int:
    return log.read_text().count("start") if log.exists() else 0


def entries(*parts: str) -> list[str]:
    folder = cache.root().joinpath(*parts)
    return sorted(path.name for path in folder.iterdir() if path.name != ".looked") if folder.exists() else []


def get(name: str, builder: Builder, plan: dict[str, Any] | None = None, **options: Any) -> build.Program:
    name = f"{cache.root()} {name}"  # a process remembers failures by digest
    return build.program(name, plan or {"cpp": CPP}, builder=builder, optimise="-O1", **options)


def test_a_program_is_built_once_and_then_found(log: Path, builder: Builder) -> None:
    first = get("a", builder)
    again = get("a", builder)
    assert (first.fresh, again.fresh, compilations(log)) == (True, False, 1)
    assert (again.path, again.digest) == (first.path, first.digest)
    assert "g++" in first.compiler
    assert subprocess.run([first.path], input=b"").returncode == 5
    home = Path(first.path).parent
    assert sorted(path.name for path in home.iterdir()) == ["meta.json", "program", "program.cpp"]
    assert "strict=False" in (home / "program.cpp").read_text()
    builder.close()
    assert entries() == ["builds", "locks"], "no temporary folder stays"
    assert entries("locks") == []


def test_the_digest_knows_plan_flags_and_compiler_and_nothing_else(log: Path, builder: Builder) -> None:
    cxx = compiler.find()
    digests = {
        build.full_digest("a", cxx, cxx.flags()),
        build.full_digest("b", cxx, cxx.flags()),
        build.full_digest("a", cxx, cxx.flags(strict=True)),
        build.full_digest("a", cxx, cxx.flags(optimise="-O2")),
        build.full_digest("a", compiler.Compiler(cxx.path, cxx.name, "g++ 99", cxx.cpu_features_digest), cxx.flags()),
        build.full_digest("a", compiler.Compiler(cxx.path, cxx.name, cxx.version, "other"), cxx.flags()),
    }
    assert len(digests) == 6
    elsewhere = compiler.Compiler("/elsewhere/g++", cxx.name, cxx.version, cxx.cpu_features_digest)
    assert build.full_digest("a", elsewhere, cxx.flags()) in digests
    strict = get("a", builder, strict=True)
    assert "strict=True" in Path(strict.path).with_name("program.cpp").read_text()
    assert strict.digest != get("a", builder).digest


def test_flags() -> None:
    cxx = compiler.Compiler("g++", "g++", "12", "")
    assert {"-ffast-math", "-fno-finite-math-only", "-O3", "-march=native"} <= set(cxx.flags())
    assert "-ffast-math" not in cxx.flags(strict=True)
    assert "-ffp-contract=off" in cxx.flags(strict=True)
    with pytest.raises(UserError, match="'-O9' is not one of"):
        cxx.flags(optimise="-O9")


def test_clang_is_taken_before_gcc_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(compiler.VARIABLE, raising=False)
    expected = "clang++" if shutil.which("clang++") else "g++"
    assert compiler.find().name == expected
    monkeypatch.setenv(compiler.VARIABLE, "g++")
    assert compiler.find().name == "g++"


def test_no_compiler_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, builder: Builder) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv(compiler.VARIABLE, "g++-of-dreams")
    with pytest.raises(UserError, match="'g\\+\\+-of-dreams' is not an executable"):
        get("a", builder)
    monkeypatch.delenv(compiler.VARIABLE)
    with pytest.raises(UserError, match="apt-get install g\\+\\+"):
        get("a", builder)


def test_threads_that_want_one_digest_share_one_build(log: Path, builder: Builder) -> None:
    with ThreadPoolExecutor(4) as pool:
        programs = list(pool.map(lambda _: get("a", builder), range(4)))
    assert sorted(program.fresh for program in programs) == [False, False, False, True]
    assert compilations(log) == 1


def test_different_digests_compile_at_the_same_time(log: Path, builder: Builder) -> None:
    builder.text({"cpp": CPP})  # warm
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda name: get(name, builder), "ab"))
    assert log.read_text().split() == ["start", "start", "end", "end"]


def test_processes_that_want_one_digest_share_one_build(log: Path, tmp_path: Path) -> None:
    code = (
        "import sys; from neurosearch.simulate import build, builder\n"
        "with builder.Builder('stub_entry:text') as b:\n"
        "    p = build.program('a', {'cpp': sys.argv[1]}, builder=b, optimise='-O1'); print(p.fresh, p.path)"
    )
    environment = {**os.environ, "PYTHONPATH": f"{tmp_path}:{Path(__file__).parents[1]}"}
    command = [sys.executable, "-c", code, CPP]
    children = [subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    answers = [child.communicate(timeout=60)[0].split() for child in children]
    assert sorted(fresh for fresh, _ in answers) == ["False", "False", "True"]
    assert len({path for _, path in answers}) == 1
    assert compilations(log) == 1


def test_the_lock_of_a_killed_process_is_free_at_once_and_its_folder_is_swept(
    log: Path, tmp_path: Path, builder: Builder, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = (
        "import sys; from neurosearch.simulate import build, builder\n"
        "b = builder.Builder('stub_entry:text')\n"
        "build.program('a', {'cpp': sys.argv[1], 'sleep': 60}, builder=b, optimise='-O1')"
    )
    environment = {**os.environ, "PYTHONPATH": f"{tmp_path}:{Path(__file__).parents[1]}"}
    child = subprocess.Popen([sys.executable, "-c", code, CPP], env=environment)
    while not any(name.startswith(".tmp") for name in entries()) or not entries("locks"):
        time.sleep(0.02)
    child.kill()
    child.wait()
    assert get("a", builder).seconds < 30, "the dead one would have held it for 60"
    assert any(name.startswith(f".tmp.{child.pid}.") for name in entries())
    cache.sweep(cache.root())
    assert not any(name.startswith(f".tmp.{child.pid}.") for name in entries())


def test_sweeping_removes_only_what_is_dead(log: Path) -> None:
    mine = cache.make_temporary()
    gone = subprocess.Popen(["true"])
    gone.wait()
    host = mine.name.split(".")[-1].split("-")[0]
    names = {
        f".tmp.{gone.pid}.{host}-x": False,
        f".tmp.{gone.pid}.otherhost-x": True,
        f".tmp.{os.getpid()}.{host}-y": True,
    }
    for name in [*names, ".tmp.1.otherhost-old"]:
        (cache.root() / name).mkdir()
        (cache.root() / name / "half").write_text("made")
    os.utime(cache.root() / ".tmp.1.otherhost-old", (0, 0))
    cache.sweep(cache.root())
    assert {name: name in entries() for name in names} == names
    assert ".tmp.1.otherhost-old" not in entries()
    assert mine.exists()


def test_programs_that_nothing_runs_any_more_are_removed_and_the_others_stay(log: Path, builder: Builder) -> None:
    long_ago = time.time() - 100 * 86400
    kept, unused = (get(name, builder) for name in "ab")
    for program in (kept, unused):
        os.utime(Path(program.path).with_name("meta.json"), (long_ago, long_ago))
    cache._VERIFIED.clear()  # as in a new process
    assert not get("a", builder).fresh
    (cache.root() / ".looked").unlink(missing_ok=True)
    cache.sweep(cache.root())
    assert Path(kept.path).exists()
    assert not Path(unused.path).parent.exists()
    assert get("b", builder).fresh
    os.utime(Path(kept.path).with_name("meta.json"), (long_ago, long_ago))
    cache.sweep(cache.root())
    assert Path(kept.path).exists(), "it looks once a day"


@pytest.mark.parametrize("damage", ["flip", "cut", "no program", "no meta", "odd meta"])
def test_a_damaged_entry_is_built_again_and_never_run(
    damage: str, log: Path, builder: Builder, caplog: pytest.LogCaptureFixture
) -> None:
    path = Path(get("a", builder).path)
    whole = path.read_bytes()
    if damage == "flip":
        path.write_bytes(whole[:1000] + bytes([whole[1000] ^ 1]) + whole[1001:])
    elif damage == "cut":
        path.write_bytes(whole[:-100])
    elif damage == "no program":
        path.unlink()
    elif damage == "no meta":
        path.with_name("meta.json").unlink()
    else:
        path.with_name("meta.json").write_text('{"size": []}')
    with caplog.at_level(logging.WARNING):
        again = get("a", builder)
    assert again.fresh
    assert "damaged; building it again" in caplog.text
    assert compilations(log) == 2
    assert not get("a", builder).fresh


def test_a_text_that_does_not_compile_is_a_sentence_and_is_tried_once(log: Path, builder: Builder) -> None:
    for _ in range(2):
        with pytest.raises(UserError, match="does not compile") as caught:
            get("a", builder, {"cpp": "int main() { return nonsense; }"})
    kept = cache.root() / "failed" / entries("failed")[0]
    assert f"{kept}/program.cpp:1:" in str(caught.value)
    assert "nonsense" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "nonsense" in (kept / "program.cpp").read_text()
    assert "nonsense" in (kept / "errors.txt").read_text()
    assert compilations(log) == 1
    assert entries("builds") == []


def test_a_program_that_fails_its_first_start_is_not_kept(builder: Builder) -> None:
    with pytest.raises(RuntimeError, match="exits with 0, not 3 or 5"):
        get("a", builder, {"cpp": "int main() { return 0; }"})
    with pytest.raises(UserError, match="processor cannot run"):
        get("b", builder, {"cpp": "#include <csignal>\nint main() { raise(SIGILL); }"})
    assert entries("builds") == []


def test_cancel_ends_the_compiler(log: Path, builder: Builder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = tmp_path / "g++-slow"
    slow.write_text('#!/bin/sh\ncase "$1" in --version|-print-file-name=*) exec g++ "$1";; esac\nsleep 1234.5\n')
    slow.chmod(0o755)
    monkeypatch.setenv(compiler.VARIABLE, str(slow))
    cancel = threading.Event()
    timer = threading.Timer(1.0, cancel.set)
    timer.start()
    with ThreadPoolExecutor(2) as pool:  # one compiles, one waits for the lock
        builds = [pool.submit(get, "a", builder, cancel=cancel) for _ in range(2)]
        for future in builds:
            with pytest.raises(CancelledError):
                future.result(timeout=60)
    assert subprocess.run(["pgrep", "-f", "sleep 1234.5"], capture_output=True).stdout == b""
    builder.close()
    assert entries() == ["locks"]


def test_cancel_ends_the_writing_of_a_program_and_the_wait_for_the_builder(log: Path, builder: Builder) -> None:
    builder.text({"cpp": CPP})  # warm
    cancel = threading.Event()
    threading.Timer(0.5, cancel.set).start()
    with ThreadPoolExecutor(2) as pool:  # one text is written, one waits for its turn
        builds = [pool.submit(get, name, builder, {"cpp": CPP, "sleep": 600}, cancel=cancel) for name in "ab"]
        for future in builds:
            with pytest.raises(CancelledError, match="before the program was written"):
                future.result(timeout=60)
    assert compilations(log) == 0
    assert get("a", builder).fresh, "the answer that nobody read is not taken for the next"


@contextlib.contextmanager
def tiny_disk(folder: Path, options: str) -> Iterator[Path]:
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], capture_output=True)
    if mounted.returncode != 0:
        pytest.skip("mounting a small disk needs root")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


@pytest.mark.parametrize("text", [CPP, "//" + "x" * 400_000 + "\n" + CPP], ids=["program", "text"])
def test_a_full_disk_is_a_sentence_and_leaves_nothing(
    text: str, builder: Builder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    builder.text({"cpp": CPP})
    with tiny_disk(tmp_path / "disk", "size=16k,mode=700") as disk:
        monkeypatch.setenv(cache.VARIABLE, str(disk))
        with pytest.raises(UserError, match=f"{disk}.*No space left on device.*free some space") as caught:
            get("a", builder, {"cpp": text})
        assert "\n" not in str(caught.value)
        assert entries() == ["locks"]
        with pytest.raises(UserError, match="No space left on device \\(ENOSPC\\)"):
            tables.table_file("k", lambda: np.zeros(100_000))
        assert entries("streams") == []
        subprocess.run(["mount", "-o", "remount,size=10m", disk], check=True)
        assert get("a", builder, {"cpp": text}).fresh, "a full disk is not remembered as a failure of the text"


def test_a_limit_on_the_size_of_files_is_a_sentence(builder: Builder) -> None:
    builder.text({"cpp": CPP})
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    try:
        with pytest.raises(UserError, match="not enough disk space to compile"):
            get("a", builder)
        with pytest.raises(UserError, match=r"cannot be written .* File too large \(EFBIG\)"):
            get("b", builder, {"cpp": CPP + "//" + "x" * 5000})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert entries("builds") == []
    assert get("a", builder).fresh


def test_a_cache_that_may_only_be_read_serves_what_it_has(
    builder: Builder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with tiny_disk(tmp_path / "disk", "size=10m,mode=700") as disk:
        monkeypatch.setenv(cache.VARIABLE, str(disk))
        get("a", builder)
        table = tables.table_file("k", lambda: np.arange(3))
        os.utime(table, (0, 0))
        builder.close()
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        assert not get("a", builder).fresh
        assert tables.table_file("k", lambda: np.arange(3)) == table
        with pytest.raises(UserError, match=f"written at {disk}.*Read-only file system \\(EROFS\\).*make it writable"):
            get("b", builder)


def test_a_cache_that_cannot_be_made_is_a_sentence(
    builder: Builder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path / "file" / "cache"))
    with pytest.raises(UserError, match=r"file/cache: Not a directory \(ENOTDIR\)"):
        get("a", builder)


def test_a_disk_that_runs_no_programs_is_a_sentence(
    builder: Builder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with tiny_disk(tmp_path / "disk", "size=10m,noexec,mode=700") as disk:
        monkeypatch.setenv(cache.VARIABLE, str(disk))
        with pytest.raises(UserError, match=f"cannot be run in {disk}: Permission denied.*noexec"):
            get("a", builder)
        builder.close()
        assert entries() == ["locks"]


def test_a_killed_builder_is_started_again(builder: Builder, tmp_path: Path) -> None:
    first = builder.text({"cpp": CPP})
    assert first == builder.text({"cpp": CPP})
    old = builder.pid
    assert old is not None
    os.kill(old, signal.SIGKILL)
    assert f"pid={old}" not in builder.text({"cpp": CPP})
    mark = str(tmp_path / "mark")
    assert CPP in builder.text({"cpp": CPP, "die": "once", "mark": mark}), "the request is tried once more"
    with pytest.raises(RuntimeError, match="killed by signal SIGKILL while it made a program, twice"):
        builder.text({"cpp": CPP, "die": "always"})
    assert CPP in builder.text({"cpp": CPP})


def test_what_the_builder_refuses_is_told_apart(builder: Builder) -> None:
    with pytest.raises(Unsupported, match=r"^no such template: a sentence$"):
        get("a", builder, {"fail": "unsupported"})
    with pytest.raises(Unsupported):
        get("a", builder, {"cpp": CPP})  # remembered: the same digest would say the same
    with pytest.raises(UserError, match=r"^rule x: symbol y is unknown$"):
        get("b", builder, {"fail": "user"})
    with pytest.raises(RuntimeError, match=r"(?s)KeyError: 'z'.*Traceback.*stub_entry\.py"):
        get("c", builder, {"fail": "bug"})
    with (
        Builder("stub_entry:nothing") as other,
        pytest.raises(RuntimeError, match="module 'stub_entry' has no attribute 'nothing'"),
    ):
        other.text({})


def test_the_builder_is_renewed_after_many_builds(builder: Builder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("neurosearch.simulate.builder.RECYCLE_AFTER", 2)
    texts = [builder.text({"cpp": CPP}) for _ in range(4)]
    assert texts[0] == texts[1] != texts[2] == texts[3]


def test_the_builder_has_its_own_session_and_ends_with_its_parent(log: Path, tmp_path: Path) -> None:
    code = (
        "import os, time; from neurosearch.simulate.builder import Builder\n"
        "b = Builder('stub_entry:text'); b.text({'cpp': ''})\n"
        "print(b.pid, os.getsid(b.pid), flush=True); time.sleep(60)"
    )
    environment = {**os.environ, "PYTHONPATH": f"{tmp_path}:{Path(__file__).parents[1]}"}
    parent = subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, text=True)
    with parent:
        assert parent.stdout is not None
        pid, session = map(int, parent.stdout.readline().split())
        assert pid == session
        parent.kill()
    deadline = time.monotonic() + 60
    while Path(f"/proc/{pid}").exists() and "Z" not in Path(f"/proc/{pid}/stat").read_text().split()[2]:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_importing_the_parent_side_does_not_import_brian2() -> None:
    code = "import sys; from neurosearch.simulate import build, run; print('brian2' in sys.modules)"
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert answer.stdout.strip() == "False"


def test_a_data_table_is_written_once_and_checked(log: Path, caplog: pytest.LogCaptureFixture) -> None:
    calls: list[int] = []

    def make() -> np.ndarray:
        calls.append(1)
        return np.arange(12, dtype=">f4").reshape(3, 4)

    with ThreadPoolExecutor(4) as pool:
        (path,) = set(pool.map(lambda _: tables.table_file("digits/1", make), range(4)))
    assert len(calls) == 1
    assert path.suffix == ".f4"
    assert path.read_bytes() == np.arange(12, dtype="<f4").tobytes()
    assert json.loads(path.with_name(path.name + ".json").read_text())["shape"] == [3, 4]
    assert tables.table_file("digits/2", make) != path
    path.write_bytes(path.read_bytes()[:-1])
    assert tables.table_file("digits/1", make) == path
    assert len(path.read_bytes()) == 48
    assert "damaged" in caplog.text


def test_old_data_tables_make_room_and_recent_ones_stay(log: Path) -> None:
    paths = [tables.table_file(f"k{n}", lambda: np.zeros(1000), limit=10**9) for n in range(4)]
    hours_ago = {0: 3, 1: 5, 2: 0.02, 3: 4}
    for n, hours in hours_ago.items():
        os.utime(paths[n], (time.time() - 3600 * hours,) * 2)
    tables.table_file("k3", lambda: np.zeros(1000))  # used again: no longer old
    newest = tables.table_file("k4", lambda: np.zeros(1000), limit=32_000)
    assert [path.exists() for path in paths] == [True, False, True, True]
    newest = tables.table_file("k5", lambda: np.zeros(1000), limit=8_000)
    assert [path.exists() for path in paths] == [False, False, True, True], "used a moment ago"
    assert newest.exists()
    assert len(entries("streams")) == 8


def test_a_data_table_in_use_makes_no_room(log: Path) -> None:
    path, descriptor = tables.open_table("in use", lambda: np.zeros(1000))
    os.utime(path, (time.time() - 3600,) * 2)
    tables.table_file("another", lambda: np.zeros(1000), limit=8_000)
    assert path.exists()
    os.close(descriptor)
    tables.table_file("a third", lambda: np.zeros(1000), limit=8_000)
    assert not path.exists()


@pytest.mark.slow
def test_a_strict_text_does_not_depend_on_what_the_builder_wrote_before():
    """Brian2 remembers translated statements without asking whether arithmetic may be rearranged now."""
    import networks

    shape = networks.to_plain(networks.case(networks.layered(networks.make("rules", "modulated_stdp"))).plan.shape)
    with Builder() as one:
        first, fast, again = (one.text(shape, strict=strict) for strict in (True, False, True))
    hoisted = [text.count("_lio_") for text in (first, fast, again)]  # Brian2's name for what it takes out of a loop
    assert hoisted[0] == hoisted[2] == 0
    assert hoisted[1] > 0
