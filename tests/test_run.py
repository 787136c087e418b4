"""Running programs: every way one can end is a status, nothing outlives its parent, large results are quick."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from neurosearch.errors import UserError
from neurosearch.simulate import protocol
from neurosearch.simulate.protocol import Arguments
from neurosearch.simulate.run import run

STUB = r"""
// A program that obeys the protocol without simulating anything, and misbehaves by the number in `mode`.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>
#include <vector>
#include <csignal>
#include <poll.h>
#include <unistd.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
struct Array { std::string dtype; std::vector<char> bytes; };
static std::map<std::string, double> numbers;
static std::map<std::string, Array> arrays;
static std::vector<std::string> probes;
static volatile sig_atomic_t stopping = 0;
static void on_signal(int) { stopping = 1; }
static double number(const char* key, double otherwise) { return numbers.count(key) ? numbers[key] : otherwise; }
static bool orphaned() {
    struct pollfd p = {0, POLLIN, 0};
    char c;
    return poll(&p, 1, 0) > 0 && ((p.revents & POLLHUP) || read(0, &c, 1) == 0); }
static bool read_request() {
    char line[4096];
    while (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = 0;
        if (!strcmp(line, "go")) return true;
        char* mark = strpbrk(line, "=:@");
        if (!mark) exit(3);
        const char kind = *mark;
        *mark = 0;
        const std::string key = line, rest = mark + 1;
        if (kind == '=' && key == "probe") probes.push_back(rest);
        else if (kind == '=' && key == "raster") numbers["raster_first"] = atoi(rest.c_str());
        else if (kind == '=') numbers[key] = strtod(rest.c_str(), nullptr);
        else {
            const size_t cut = rest.find(kind);
            Array& array = arrays[key];
            array.dtype = rest.substr(0, cut);
            if (kind == ':') {
                array.bytes.resize(strtoull(rest.c_str() + cut + 1, nullptr, 10) * (array.dtype[1] - '0'));
                if (fread(array.bytes.data(), 1, array.bytes.size(), stdin) != array.bytes.size()) return false;
            } else {
                const int file = open(rest.c_str() + cut + 1, O_RDONLY);
                struct stat about;
                if (file < 0 || fstat(file, &about)) {
                    fprintf(stderr, "%s: no file %s\n", key.c_str(), rest.c_str() + cut + 1);
                    exit(3); }
                const char* map = (const char*)mmap(nullptr, about.st_size, PROT_READ, MAP_PRIVATE, file, 0);
                array.bytes.assign(map, map + about.st_size); } } }
    return false; }
int main() {
    signal(SIGTERM, on_signal);
    signal(SIGINT, on_signal);
    if (!read_request()) return 5;
    if (numbers.count("memory")) {
        struct rlimit limit = {(rlim_t)numbers["memory"], (rlim_t)numbers["memory"]};
        setrlimit(RLIMIT_AS, &limit); }
    const int mode = (int)number("mode", 0), samples = (int)(arrays["boundaries"].bytes.size() / 8) - 1;
    const int report = (int)number("report", 0), pause = (int)number("pause", 0);
    if (mode == 3) abort();
    if (mode == 4) { fprintf(stderr, "size.kc = %g is below 1\n", number("size.kc", 0)); return 3; }
    if (mode == 5) { fprintf(stderr, "unknown key nobody.knows\n"); return 3; }
    if (mode == 6) signal(SIGTERM, SIG_IGN);
    if (mode == 7) { printf("hello\n"); fflush(stdout); sleep(60); }
    if (mode == 8) { fprintf(stderr, "something broke\n"); return 1; }
    if (mode == 9) raise(SIGSEGV);
    const size_t want = (size_t)number("bytes", 0);
    char* big = (char*)malloc(want + 1);
    if (!big) { fprintf(stderr, "%zu bytes for big\n", want); return 4; }
    for (size_t n = 0; n < want; n++) big[n] = (char)(n * 31 >> 3);
    int done = 0;
    const char* status = "ok";
    for (; done < samples; done++) {
        if (orphaned()) return 5;
        if (stopping) { status = "stopped"; break; }
        if (mode == 2 && done == 3) { status = "not_finite"; break; }
        if (mode == 1 && done == samples - 2) break;
        if (pause) usleep(pause);
        if (report && (done + 1) % report == 0) { printf("p %d %d %d\n", done + 1, done, done / 2); fflush(stdout); } }
    if (mode == 10) { printf("r {\"arrays\": [[\"x\", \"f8\", 99999999999999]]}\n"); return 0; }
    std::string named;
    for (const std::string& probe : probes)
        named += ",[\"" + probe + "\",\"" + arrays[probe].dtype + "\","
            + std::to_string(arrays[probe].bytes.size() / (arrays[probe].dtype[1] - '0')) + "]";
    if (want) named += ",[\"big\",\"u1\"," + std::to_string(want) + "]";
    if (numbers.count("raster_first")) named += ",[\"raster\",\"i4\",2,3]";
    printf("r {\"status\":\"%s\",\"completed\":%d,\"samples\":%d,\"steps\":%d,\"setup_seconds\":0.25,"
        "\"run_seconds\":0.5,\"populations\":[\"kc\",\"output\"],\"pathways\":[\"kc_output\"],"
        "\"arrays\":[[\"readout\",\"f8\",%d,3],[\"spikes\",\"i4\",%d,2],[\"events\",\"i8\",%d,1]%s]}\n",
        status, done, samples, done * 10, done, done, done, named.c_str());
    for (int n = 0; n < done * 3; n++) { double x = n; fwrite(&x, 8, 1, stdout); }
    for (int n = 0; n < done * 2; n++) { int x = n; fwrite(&x, 4, 1, stdout); }
    if (mode == 11) return 0;  // cut short
    for (int n = 0; n < done; n++) { long long x = 100 + n; fwrite(&x, 8, 1, stdout); }
    for (const std::string& probe : probes) fwrite(arrays[probe].bytes.data(), 1, arrays[probe].bytes.size(), stdout);
    fwrite(big, 1, want, stdout);
    const int raster[6] = {1, 0, 7, 2, 1, 8};
    if (numbers.count("raster_first")) fwrite(raster, 4, 6, stdout);
    if (mode == 12) printf("and more");
    fflush(stdout);
    if (mode == 13) sleep(60);
    return mode == 14 ? 9 : 0; }
"""
SHORT, NOT_FINITE, ABORT, BAD_SIZE, UNKNOWN, DEAF, GARBAGE = range(1, 8)
BROKEN, SEGFAULT, HEADER, CUT, MORE, LINGER, LATE = range(8, 15)


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("stub")
    (folder / "stub.cpp").write_text(STUB)
    subprocess.run(["g++", "-std=c++17", "-O1", "-w", folder / "stub.cpp", "-o", folder / "stub"], check=True)
    return folder / "stub"


def given(samples: int = 10, mode: int = 0, **more: float) -> Arguments:
    boundaries = np.arange(samples + 1, dtype=np.int64) * 10
    return Arguments(scalars={"mode": mode, "size.kc": 0, **more}, arrays={"boundaries": boundaries}, samples=samples)


def test_a_run_that_ends_well_is_a_full_record(program: Path) -> None:
    record = run(program, given())
    assert (record.status, record.reason, record.completed, record.samples) == ("ok", "", 10, 10)
    assert np.array_equal(record.readout, np.arange(30.0).reshape(10, 3))
    assert record.populations == ("kc", "output")
    assert np.array_equal(record.spikes["output"], 2 * np.arange(10) + 1)
    assert np.array_equal(record.events["kc_output"], 100 + np.arange(10))
    assert record.raster.shape == (0, 3)
    assert (record.setup_seconds, record.run_seconds) == (0.25, 0.5)
    assert 0 < record.wall_seconds < 5


def test_numbers_arrays_and_files_arrive_as_they_were(program: Path, tmp_path: Path) -> None:
    sent: dict[str, np.ndarray] = {
        "a.f8": np.random.default_rng(1).normal(size=(40, 7)).T,  # not contiguous
        "a.f4": np.array([np.nan, np.inf, 1e-45], np.float32),
        "a.i8": np.array([-(2**63), 2**63 - 1]),
        "a.i4": np.array([[1, -2]], np.int32),
        "a.u1": np.array([True, False]),
        "a.none": np.zeros(0),
    }
    (tmp_path / "table").write_bytes(np.arange(5, dtype="<i4").tobytes())
    asked = given()
    asked = Arguments(
        scalars=asked.scalars,
        arrays={**asked.arrays, **sent},
        files={"table.x": ("i4", str(tmp_path / "table"))},
        probes=(*sent, "table.x"),
        raster=(0, 1),
        samples=10,
    )
    record = run(program, asked)
    assert list(record.arrays) == [*sent, "table.x"]
    for name, array in sent.items():
        assert record.arrays[name].tobytes() == np.ascontiguousarray(array).tobytes()
    assert record.arrays["a.f4"].dtype == np.float32
    assert np.array_equal(record.arrays["table.x"], np.arange(5))
    assert np.array_equal(record.raster, [[1, 0, 7], [2, 1, 8]])


def test_numbers_are_written_so_that_they_read_back_equal() -> None:
    text = protocol.question(
        Arguments(scalars={"a": 0.1 + 0.2, "b": np.float64(1e-320), "c": int(np.int32(7)), "d": True}), 99
    )
    assert text == b"memory=99\na=0.30000000000000004\nb=1e-320\nc=7\nd=1\nreport=0\ngo\n"


def test_an_array_that_the_language_lacks_is_refused() -> None:
    with pytest.raises(TypeError, match="complex128"):
        protocol.question(Arguments(arrays={"x": np.zeros(2, complex)}), None)


def test_progress_is_told_as_it_happens(program: Path) -> None:
    seen: list[tuple[int, int, int]] = []
    asked = given(9)
    record = run(
        program, Arguments(asked.scalars, asked.arrays, report=3, samples=9), on_progress=lambda *p: seen.append(p)
    )
    assert record.status == "ok"
    assert seen == [(3, 2, 1), (6, 5, 2), (9, 8, 4)]


def test_a_long_question_and_a_child_that_answers_early_do_not_lock(program: Path) -> None:
    asked = given()
    large = {f"x.{n}": np.full(500_000, n, float) for n in range(5)}
    record = run(program, Arguments(asked.scalars, {**asked.arrays, **large}, probes=tuple(large), samples=10))
    assert record.status == "ok"
    assert all((record.arrays[name] == array).all() for name, array in large.items())
    refused = Arguments({"mode": BAD_SIZE}, {"boundaries": np.zeros(2, np.int64), **large}, {"f": ("i4", "/nowhere")})
    with pytest.raises(UserError, match="f: no file /nowhere"):
        run(program, refused)


def test_fewer_samples_than_asked_is_never_ok(program: Path) -> None:
    record = run(program, given(mode=SHORT))
    assert (record.status, record.completed) == ("crashed", 8)
    assert record.reason == "the program reports 'ok' after 8 of 10 samples"


def test_not_finite_is_a_status(program: Path) -> None:
    record = run(program, given(mode=NOT_FINITE))
    assert (record.status, record.completed, len(record.readout)) == ("not_finite", 3, 3)
    assert "after 3 of 10 samples" in record.reason


@pytest.mark.parametrize(
    ("mode", "reason"),
    [
        (ABORT, "signal SIGABRT"),
        (GARBAGE, "'hello', which is neither progress nor result"),
        (BROKEN, "exit code 1 without a result: something broke"),
        (SEGFAULT, "signal SIGSEGV"),
        (HEADER, "header"),
        (CUT, "truncated"),
        (MORE, "more than it announced"),
        (LATE, "exit code 9"),
    ],
)
def test_misbehaviour_is_a_crash_with_its_reason(program: Path, mode: int, reason: str) -> None:
    record = run(program, given(mode=mode))
    assert record.status == "crashed"
    assert reason in record.reason
    assert (record.completed, record.readout.shape) == (0, (0, 0))


def test_a_refused_value_of_the_users_is_the_users_and_else_ours(program: Path) -> None:
    with pytest.raises(UserError, match=r"^size.kc = 0 is below 1$"):
        run(program, given(mode=BAD_SIZE))
    with pytest.raises(RuntimeError, match=r"unknown key nobody\.knows"):
        run(program, given(mode=UNKNOWN))


def test_the_time_limit_stops_and_keeps_what_was_done(program: Path) -> None:
    record = run(program, given(1000, pause=10_000), time_limit=1.0)
    assert record.status == "time_limit"
    assert 0 < record.completed < 1000
    assert len(record.readout) == record.completed
    assert record.wall_seconds < 1.5
    assert f"after {record.completed} of 1000 samples" in record.reason


def test_a_program_that_does_not_listen_is_ended_by_force(program: Path) -> None:
    record = run(program, given(100_000, mode=DEAF, pause=10_000), time_limit=0.1)
    assert record.status == "time_limit"
    assert 2.0 < record.wall_seconds < 4.0
    assert record.reason == "stopped by its time limit (killed)"


def test_a_program_that_lingers_after_its_result_is_ended(program: Path) -> None:
    record = run(program, given(mode=LINGER))
    assert record.status == "crashed"
    assert record.reason == "the program did not exit after its result (killed)"
    assert record.wall_seconds < 4.0


def test_the_memory_limit_is_a_status(program: Path) -> None:
    asked = given(bytes=200_000_000)
    record = run(program, asked, memory_limit=100_000_000)
    assert record.status == "memory_limit"
    assert "200000000 bytes for big" in record.reason
    assert run(program, asked, memory_limit=1_000_000_000).status == "ok"


def test_cancel_stops_at_once(program: Path) -> None:
    cancel = threading.Event()
    threading.Timer(0.2, cancel.set).start()
    record = run(program, given(100_000, pause=1000), cancel=cancel)
    assert record.status == "stopped"
    assert record.completed > 10
    assert record.wall_seconds < 1.5


def test_a_callback_may_cancel(program: Path) -> None:
    cancel = threading.Event()
    asked = given(100_000, pause=1000)
    asked = Arguments(asked.scalars, asked.arrays, report=10, samples=100_000)

    def stop(done: int, *_: int) -> None:
        if done >= 50:
            cancel.set()

    record = run(program, asked, cancel=cancel, on_progress=stop)
    assert record.status == "stopped"
    assert 50 <= record.completed < 60


def test_an_exception_of_the_callback_ends_the_program(program: Path) -> None:
    asked = given(100_000, pause=1000)

    def fail(*_: int) -> None:
        raise ValueError("in the callback")

    with pytest.raises(ValueError, match="in the callback"):
        run(program, Arguments(asked.scalars, asked.arrays, report=1, samples=100_000), on_progress=fail)
    assert not _running(program)


def test_killed_from_outside_is_a_crash_that_names_the_signal(program: Path) -> None:
    threading.Timer(0.2, _signal, (program, signal.SIGKILL)).start()
    record = run(program, given(100_000, pause=1000))
    assert record.status == "crashed"
    assert "SIGKILL" in record.reason


def test_terminated_from_outside_is_never_ok(program: Path) -> None:
    threading.Timer(0.2, _signal, (program, signal.SIGTERM)).start()
    record = run(program, given(100_000, pause=1000))
    assert record.status == "stopped"
    assert "from outside" in record.reason


def test_a_program_that_is_not_there_is_a_crash(tmp_path: Path) -> None:
    record = run(tmp_path / "gone", given())
    assert record.status == "crashed"
    assert "gone cannot be started: No such file" in record.reason


def test_programs_end_when_their_parent_is_killed(program: Path) -> None:
    code = (
        "import sys; sys.path[:0] = sys.argv[2:]; from test_run import given, run;"
        "run(sys.argv[1], given(1_000_000, pause=1000))"
    )
    paths = [str(Path(__file__).parent), str(Path(__file__).parents[1])]
    parent = subprocess.Popen([sys.executable, "-c", code, str(program), *paths])
    _until(lambda: len(_running(program)) == 1, 60)
    time.sleep(0.2)
    parent.kill()
    parent.wait()
    _until(lambda: not _running(program), 60)


def test_several_threads_run_side_by_side(program: Path) -> None:
    records: list[str] = []
    threads = [
        threading.Thread(target=lambda: records.extend(run(program, given()).status for _ in range(20)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert records == ["ok"] * 80


def test_a_large_result_is_right_and_quick(program: Path) -> None:
    size = 50_000_000
    record = run(program, given(bytes=size))
    assert record.status == "ok"
    expected = (np.arange(size, dtype=np.uint64) * 31 >> 3).astype(np.uint8)
    assert np.array_equal(record.arrays["big"], expected)
    assert record.wall_seconds < 2


def test_little_time_is_spent_around_a_program(program: Path) -> None:
    run(program, given())
    walls = sorted(run(program, given(1000)).wall_seconds for _ in range(30))
    assert walls[15] < 0.03, "the median is about 2 ms on an idle machine"


def _running(program: Path) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if os.readlink(entry / "exe") == str(program):
                    found.append(int(entry.name))
            except OSError:
                continue  # it ended while we looked
    return found


def _signal(program: Path, number: signal.Signals) -> None:
    for pid in _running(program):
        os.kill(pid, number)


def _until(condition: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not so within {seconds} s"
        time.sleep(0.02)
