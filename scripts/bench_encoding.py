"""Fraction of a trial spent on encoding and on reading its data: ``python scripts/bench_encoding.py [--cells N]``.

The generated program is compiled once more with a cycle counter around everything that belongs to the input neurons
(the row shown, what is computed of it, thresholds, resets), and the counters are read on a whole stream. Reading is the
time until the inputs of a trial stand ready: in a new process with nothing kept, and again from what the first left.
"""

import argparse
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bench_binary import environment, say

from neurosearch import trial
from neurosearch.simulate import compiler, run
from neurosearch.simulate.arguments import arguments
from neurosearch.simulate.compiled import Compiled

TASKS: dict[str, dict[str, Any]] = {
    "digits": {"digits": {}},
    "mnist": {"mnist": {}},
    "fashion_mnist, 10,000": {"fashion_mnist": {"samples": 10_000}},
}
ENCODERS = ("current", "periodic", "poisson", "latency")
KENYON = 2000
VARIABLE = "NEUROSEARCH_BENCH_CYCLES"

_CLOCK = f"""
#include <x86intrin.h>
struct Cycles {{ unsigned long long sum, calls; }} static cycles_encoding, cycles_nothing, cycles_all;
struct Counted {{
    Cycles& total; const unsigned long long began = __rdtsc();
    ~Counted() {{ total.sum += __rdtsc() - began; total.calls++; }}
}};
static void write_cycles() {{  // without what the counting itself took: as much as where nothing was counted
    const double one = (double)cycles_nothing.sum / cycles_nothing.calls, calls = (double)cycles_encoding.calls;
    const double all = cycles_all.sum - (calls + cycles_nothing.calls) * one;
    FILE* file = fopen(getenv("{VARIABLE}"), "w");
    if (!file) return;
    fprintf(file, "%.0f %.0f", cycles_encoding.sum - calls * one, all);
    fclose(file);
}}
"""


def counted(source: str) -> str:
    """Insert cycle counters into the program."""
    own = [
        name
        for name, body in re.findall(r"^namespace (\w+) \{(.*?)^\}\n\}", source, re.DOTALL | re.MULTILINE)
        if "const int64_t N = size_input;" in body
    ]
    begin = source.index("static inline void step(")
    head, loop = source[:begin], source[begin:]
    found = 0
    calls = [f"{name}::run({argument});" for name in own for argument in ("", "n")]
    for call in [*calls, "table_drive.show(row);"]:
        if f"    {call}" in loop:
            around = f"{{ Counted c{{cycles_encoding}}; {call} }} {{ Counted c{{cycles_nothing}}; }}"
            loop = loop.replace(f"    {call}", f"    {around}", 1)
            found += 1
    assert found > 1, "nothing of the input neurons was found in the steps of the program"
    loop = loop.replace("        run();\n", "        { Counted c{cycles_all}; run(); }\n        write_cycles();\n", 1)
    assert "write_cycles();" in loop
    return head + _CLOCK + loop


def share(prepared: trial.Prepared, repeats: int) -> tuple[float, float]:
    """Fraction of the program's run time spent on encoding, and the simulation seconds of a trial."""
    program = Compiled().program(prepared.plan)
    cxx = compiler.find()
    shares, seconds = [], []
    with tempfile.TemporaryDirectory() as folder:
        text = Path(program.path).with_name("program.cpp").read_text()
        source, binary, cycles = (Path(folder) / name for name in ("counted.cpp", "counted", "cycles"))
        source.write_text(counted(text))
        subprocess.run([cxx.path, *cxx.flags(), str(source), "-o", str(binary)], check=True)
        with environment(**{VARIABLE: str(cycles)}):
            for seed in range(repeats):
                run.run(binary, arguments(trial.request(prepared, seed)))
                encoding, everything = map(float, cycles.read_text().split())
                shares.append(encoding / everything)
                began = time.perf_counter()
                trial.DEFAULT.run(trial.request(prepared, seed))
                seconds.append(time.perf_counter() - began)
    return statistics.median(shares), statistics.median(seconds)


def reading(task: dict[str, Any]) -> tuple[float, float]:
    """Seconds until a trial's inputs are ready, each in a new process: with an empty cache, then with a full one."""
    code = (
        "import time; from neurosearch import trial; began = time.perf_counter(); "
        f"p = trial.prepare({configuration('current', 'raw', task)!r}, 0); p.drive.table(); "
        "print(time.perf_counter() - began)"
    )
    seconds = []
    with tempfile.TemporaryDirectory() as cache:
        for _ in range(2):
            said = subprocess.run(
                [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, check=True,
                env={**os.environ, "NEUROSEARCH_CACHE": cache},
            ).stdout  # fmt: skip
            seconds.append(float(said))
    return seconds[0], seconds[1]


def configuration(encoder: str, normalisation: str, task: dict[str, Any], cells: int = KENYON) -> dict[str, Any]:
    """The mushroom body."""
    settings = {"encoder": {encoder: {"normalisation": normalisation}}, "kenyon": {"size": cells, "drive": 8.0}}
    return {"architecture": {"mushroom_body": settings}, "task": task}


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--repeats", type=int, default=5, help="runs per configuration")
    parser.add_argument("--cells", type=int, default=KENYON, help="Kenyon cells")
    parser.add_argument("--only", choices=TASKS, help="one task only")
    arguments = parser.parse_args()
    if platform.machine() != "x86_64":
        sys.exit("this processor has no readable cycle counter; run the benchmark on an x86_64 machine")
    print("| task | encoder | normalisation | trial, s | encoding | reading, s: first, later |\n|" + "---|" * 6)
    for name, task in TASKS.items():
        if arguments.only not in (None, name):
            continue
        first, later = reading(task)
        for encoder in ENCODERS:
            for normalisation in ("raw", "on_off"):
                prepared = trial.prepare(configuration(encoder, normalisation, task, arguments.cells), 0)
                part, seconds = share(prepared, arguments.repeats)
                say(f"  {name}, {encoder}, {normalisation}: {part:.1%} of {seconds:.3f} s")
                print(
                    f"| {name} | {encoder} | {normalisation} | {seconds:.3f} | {part:.1%} | {first:.2f}, {later:.2f} |",
                    flush=True,
                )


if __name__ == "__main__":
    main()
