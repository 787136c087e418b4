"""Measure the engine on this machine: ``python scripts/bench_engine.py [--json] [--only NAME] [--repeats N]``.

Programs that are compared run interleaved; all values are medians, printed with their goals. The benchmark takes about
ten minutes, during which nothing else should run.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench_binary import binary_vs_handwritten, build_seconds, say
from bench_study import overhead_ms, recall_seconds, speedup_vs_fresh_build, utilisation

from neurosearch.simulate import compiler


def start_seconds(repeats: int) -> dict[str, Any]:
    """Seconds of `import neurosearch` in a new process, and of `neurosearch --help` from the shell."""
    timed = "import time; t = time.perf_counter(); import neurosearch; print(time.perf_counter() - t)"
    imports, helps = [], []
    for _ in range(repeats):
        said = subprocess.run([sys.executable, "-c", timed], stdout=subprocess.PIPE, text=True, check=True).stdout
        imports.append(float(said))
        began = time.perf_counter()
        subprocess.run([sys.executable, "-m", "neurosearch", "--help"], stdout=subprocess.PIPE, check=True)
        helps.append(time.perf_counter() - began)
    return {"import_seconds": statistics.median(imports), "help_seconds": statistics.median(helps)}


PARTS: dict[str, Callable[[int], dict[str, Any]]] = {
    "binary_vs_handwritten": binary_vs_handwritten,
    "build_seconds": build_seconds,
    "speedup_vs_fresh_build": speedup_vs_fresh_build,
    "overhead_ms": overhead_ms,
    "utilisation": utilisation,
    "start_seconds": start_seconds,
    "recall_seconds": recall_seconds,
}


def goals(name: str) -> dict[str, str]:
    """Measured quantity → its goal, for this compiler."""
    return {
        "binary_vs_handwritten": "<= 1.05",
        "binary_vs_handwritten_gcc": "<= 1.05",
        "build_seconds": "<= 2.5",
        "speedup_vs_fresh_build": ">= 180" if name == "clang++" else ">= 150",
        "overhead_ms_100": "<= 20",
        "overhead_ms_5000": "<= 50",
        "utilisation": ">= 0.9",
        "import_seconds": "<= 0.15",
        "help_seconds": "<= 0.4",
        **{f"recall_seconds_{kind}": "<= 5" for kind in ("binary", "gaussian", "phase", "phase_stdp")},
    }


def machine() -> str:
    """Description of the machine."""
    path = Path("/proc/cpuinfo")
    info = path.read_text() if path.exists() else ""
    model = next((x.split(":")[1].strip() for x in info.splitlines() if x.startswith("model name")), platform.machine())
    vector = next((f", {name}" for name in ("avx512f", "avx2") if name in info), "")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    cores = len(os.sched_getaffinity(0))
    return (
        f"{cores} cores of {model}{vector}, {memory:.0f} GiB, {platform.system()}, Python {platform.python_version()}"
    )


def main() -> None:
    """Measure, then print a table, or JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--only", action="append", choices=list(PARTS), help="measure only this part (repeatable)")
    parser.add_argument("--repeats", type=int, default=7, help="measurements per quantity; at least 5 to publish")
    arguments = parser.parse_args()
    cxx = compiler.find()
    found: dict[str, Any] = {"machine": machine(), "compiler": f"{cxx.name} ({cxx.version})"}
    found["load_before"] = round(os.getloadavg()[0], 2)
    for name in arguments.only or PARTS:
        say(f"{name}: {(PARTS[name].__doc__ or '').splitlines()[0]}")
        found |= PARTS[name](arguments.repeats)
    if arguments.json:
        print(json.dumps(found, indent=2))
        return
    for key, value in found.items():
        shown = f"{value:.4g}" if isinstance(value, float) else str(value)
        print(f"{key:36} {shown:12} {goals(cxx.name).get(key, '')}".rstrip())


if __name__ == "__main__":
    main()
