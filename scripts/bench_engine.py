"""Measure the engine on this machine: `python scripts/bench_engine.py [--json] [--only NAME] [--repeats N]`.

Everything in one run, interleaved where two programs are compared, medians throughout. What each number is, and what
it must reach, stands in PARTS. The whole takes about ten minutes; nothing else should run meanwhile.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import reference_trial
import textbook

from neurosearch import catalogue, config, trial
from neurosearch import study as studies
from neurosearch.lower import lower
from neurosearch.plan import to_plain
from neurosearch.record import Score
from neurosearch.search import driver
from neurosearch.simulate import build, builder, compiler
from neurosearch.store import Store, open_store

WORKERS = 2
SEED = 0


@dataclass(frozen=True)
class Part:
    """One measurement."""

    about: str
    measure: Callable[[int], dict[str, Any]]
    goals: dict[str, str]


@contextmanager
def environment(**variables: str):  # type: ignore[no-untyped-def]
    """Environment variables for a while."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


def say(text: str) -> None:
    """Progress goes to stderr."""
    print(text, file=sys.stderr, flush=True)


def compilers() -> list[compiler.Compiler]:
    """The compiler that a study takes, then the other one where there are two."""
    default, found = compiler.find(), {}
    for name in ("clang++", "g++"):
        with environment(NEUROSEARCH_CXX=name):
            try:
                found[name] = compiler.find()
            except Exception:  # not there: one compiler is enough
                continue
    return [default, *(c for name, c in found.items() if name != default.name)]


# ---- the binary against the one written by hand


def binary_vs_handwritten(repeats: int) -> dict[str, Any]:
    """Seconds in the step loop, one after the other, for each compiler; bits compared with strict arithmetic."""
    out: dict[str, Any] = {}
    prepared = trial.prepare(reference_trial.CONFIGURATION, SEED)
    for n, cxx in enumerate(compilers()):
        with tempfile.TemporaryDirectory() as folder, environment(NEUROSEARCH_CXX=cxx.path):
            suffix = "" if n == 0 else f"_{cxx.name.rstrip('+').replace('g', 'gcc') if cxx.name == 'g++' else 'clang'}"
            out[f"handwritten_identical{suffix}"] = _identical(cxx, Path(folder), prepared)
            by_hand = reference_trial.compile_by_hand(cxx, Path(folder))
            program = trial.compiled(prepared.plan)
            ours, theirs = [], []
            for k in range(repeats):
                theirs.append(reference_trial.run_by_hand(by_hand, prepared, k).run_seconds)
                ours.append(trial.simulate(prepared, program.path, k).run_seconds)
                say(f"  {cxx.name}: generated {ours[-1]:.3f} s, by hand {theirs[-1]:.3f} s")
            out[f"binary_seconds{suffix}"] = statistics.median(ours)
            out[f"handwritten_seconds{suffix}"] = statistics.median(theirs)
            out[f"binary_vs_handwritten{suffix}"] = statistics.median(ours) / statistics.median(theirs)
            out[f"binary_vs_handwritten_fastest{suffix}"] = min(ours) / min(theirs)
    return out


def _identical(cxx: compiler.Compiler, folder: Path, prepared: trial.Prepared) -> bool:
    strict = build.program(prepared.plan.shape.digest, to_plain(prepared.plan.shape), strict=True)
    probes = [f"kenyon_output.{name}" for name in ("w", "i", "j")]
    record = trial.simulate(prepared, strict.path, SEED, probes=probes)
    by_hand = reference_trial.run_by_hand(reference_trial.compile_by_hand(cxx, folder, strict=True), prepared, SEED)
    different = reference_trial.differences(record, by_hand)
    if different:
        say(f"  {cxx.name}: the two programs differ in {', '.join(different)}")
    return not different


# ---- a new structure


def build_seconds(repeats: int) -> dict[str, Any]:
    """Code generation and compilation of structures never seen before, on one core, the builder warm."""
    task = config.build_part("tasks", "digits")
    rules, neurons = catalogue.names("rules"), catalogue.names("neurons")
    pairs = [(r, n) for r in rules for n in neurons if n != "li"]
    seconds = []
    with tempfile.TemporaryDirectory() as cache, environment(NEUROSEARCH_CACHE=cache), _one_core():
        for k, (rule, neuron) in enumerate(pairs[:: max(1, len(pairs) // (repeats + 1))][: repeats + 1]):
            stp = "tsodyks_markram" if k % 2 else "off"
            settings = {"encoder": "poisson", "rule": rule, "kenyon": {"neuron": neuron, "stp": stp}}
            architecture = config.build_part("architectures", {"mushroom_body": settings})
            plan = lower(architecture.graph(task.stream(0).shape, 10))
            with builder_of_one_core():
                made = build.program(plan.shape.digest, to_plain(plan.shape))
            assert made.fresh
            say(f"  {'warming up: ' if k == 0 else ''}{rule} on {neuron}: {made.seconds:.2f} s")
            seconds += [made.seconds] if k else []
    return {"build_seconds": statistics.median(seconds)}


@contextmanager
def _one_core():  # type: ignore[no-untyped-def]
    """This process and what it starts, on one core."""
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(cores)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)


@contextmanager
def builder_of_one_core():  # type: ignore[no-untyped-def]
    """The shared builder; it inherits the affinity of the process that started it."""
    builder.shared()
    yield


# ---- studies

_STUDY = """\
format: 1
about: the reference trial with other numbers each time
architecture: {architecture}
task: {task}
space:
  encoder.max_rate: {{float: [100, 400]}}
  kenyon.drive: {{float: [2, 8], log: true}}
  kenyon.tau_mem: {{float: [0.01, 0.04], log: true}}
  kenyon.inhibition: {{float: [30, 300], log: true}}
  kenyon.stp.U: {{float: [0.1, 0.6]}}
  kenyon.stp.tau_depression: {{float: [0.01, 0.1], log: true}}
  kenyon.stp.tau_facilitation: {{float: [0.01, 0.1], log: true}}
  output.tau_mem: {{float: [0.01, 0.04], log: true}}
  rule.eta: {{float: [0.01, 0.2], log: true}}
  rule.amplitude: {{float: [2, 20]}}
  rule.presynaptic: {{float: [0, 1]}}
  rule.depression: {{float: [0, 1]}}
  rule.tau_plus: {{float: [0.01, 0.05], log: true}}
  rule.tau_minus: {{float: [0.01, 0.05], log: true}}
  rule.tau_eligibility: {{float: [0.05, 1], log: true}}
  rule.w_max: {{float: [0.5, 2], log: true}}
trials: 5000
"""


def _study(folder: Path) -> tuple[studies.Study, Store]:
    data = reference_trial.CONFIGURATION
    architecture = json.loads(json.dumps(data["architecture"]))
    architecture["mushroom_body"]["kenyon"]["neuron"] = "lif"
    space = _STUDY.replace("kenyon.tau_mem", "kenyon.neuron.tau_mem")
    file = folder / "reference.yaml"
    file.write_text(space.format(architecture=json.dumps(architecture), task=json.dumps(data["task"])))
    study = studies.load(file)
    return study, open_store(study, str(folder / "reference.journal"))


def _launch(study: studies.Study, store: Store, trials: int) -> tuple[driver.Outcome, dict[str, float]]:
    """A real launch up to so many stored trials, with what its new trials cost on average."""
    before, cpu = store.count(), time.process_time()
    outcome = driver.run(study, store, trial.run_trial, workers=WORKERS, trials=trials)
    cpu = time.process_time() - cpu
    fresh = store.trials()[before:]
    around = [t.score.detail["wall_seconds"] - t.score.detail["run_seconds"] for t in fresh]
    inside = [t.score.detail["run_seconds"] for t in fresh]
    slots = WORKERS * outcome.wall - sum(inside)
    return outcome, {
        "driver_ms": 1e3 * (cpu / len(fresh) + statistics.mean(around)),
        "slots_ms": 1e3 * slots / len(fresh),
        "binary_seconds": statistics.mean(inside),
    }


def speedup_vs_fresh_build(repeats: int) -> dict[str, Any]:
    """Trials an hour of a real study with 2 workers over those of the textbook loop."""
    seconds = []
    for k in range(max(2, repeats // 2)):
        numbers = textbook.NUMBERS | {"eta": textbook.NUMBERS["eta"] * (1 + 0.1 * k)}
        with tempfile.TemporaryDirectory() as scratch, environment(TMPDIR=scratch):
            program = [sys.executable, "-c", _TEXTBOOK, json.dumps(numbers), str(k)]
            ran = subprocess.run(program, cwd=Path(__file__).parent, capture_output=True, text=True, check=True)
            timed = json.loads(ran.stdout.splitlines()[-1])
        say(f"  textbook: {timed[0]:.1f} s, accuracy {timed[1]:.3f}")
        seconds.append(timed[0])
    with tempfile.TemporaryDirectory() as folder:
        study, store = _study(Path(folder))
        trial.run_trial(study.configuration(study.sample(_middle)), [SEED])  # the one build of the study
        outcome, _ = _launch(study, store, trials=40 * max(1, repeats // 2))
    hourly, textbook_hourly = outcome.fresh / outcome.wall * 3600, 3600 / statistics.median(seconds)
    say(f"  study: {outcome.fresh} trials in {outcome.wall:.1f} s")
    return {
        "trials_per_hour": hourly,
        "textbook_trials_per_hour": textbook_hourly,
        "speedup_vs_fresh_build": hourly / textbook_hourly,
    }


_TEXTBOOK = (
    "import json, sys, textbook; t = textbook.trial(json.loads(sys.argv[1]), int(sys.argv[2])); "
    "print(json.dumps([t.seconds, t.accuracy]))"
)


def _middle(path: str, dimension: Any) -> Any:
    """A draw that takes the lower end of everything."""
    del path
    return getattr(dimension, "low", None) if hasattr(dimension, "low") else dimension.options[0]


def overhead_ms(repeats: int) -> dict[str, Any]:
    """Everything around the binary, a trial, when 100 and when 5,000 trials are stored; and the use of the workers."""
    out: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        study, store = _study(Path(folder))
        trial.run_trial(study.configuration(study.sample(_middle)), [SEED])
        outcome, _ = _launch(study, store, trials=100)
        whole, _ = _launch(study, store, trials=200)
        out["utilisation"] = (outcome.utilisation * outcome.wall + whole.utilisation * whole.wall) / (
            outcome.wall + whole.wall
        )
        say(f"  200 trials: utilisation {out['utilisation']:.3f}")
    for stored in (100, 5000):
        with tempfile.TemporaryDirectory() as folder:
            study, store = _study(Path(folder))
            driver.run(study, store, _instant(), workers=1, trials=stored)
            _, cost = _launch(study, store, trials=stored + 10 * repeats)
            say(
                f"  {stored} stored: driver {cost['driver_ms']:.1f} ms, idle or waiting included {cost['slots_ms']:.1f} ms"
            )
            out[f"overhead_ms_{stored}"] = max(cost["driver_ms"], cost["slots_ms"])
    return out


def _instant() -> driver.Evaluate:
    """Fills a store: scores from a real trial, returned at once with an accuracy that depends on the numbers."""
    real: list[Score] = []

    def evaluate(configuration: dict[str, Any], seeds: tuple[int, ...], cancel: Any) -> Score:
        if not real:
            real.append(trial.run_trial(configuration, seeds, cancel))
        spread = int(config.digest(configuration)[:8], 16) / 2**32
        metrics = {**real[0].metrics, "accuracy": 0.5 + 0.4 * spread}
        return Score("ok", metrics, real[0].curve, real[0].detail)

    return evaluate


# ---- start


def start_seconds(repeats: int) -> dict[str, Any]:
    """`import neurosearch` in a fresh process, and `neurosearch --help` as the shell sees it."""
    timed = "import time; t = time.perf_counter(); import neurosearch; print(time.perf_counter() - t)"
    imports, helps = [], []
    for _ in range(repeats):
        imports.append(
            float(subprocess.run([sys.executable, "-c", timed], capture_output=True, text=True, check=True).stdout)
        )
        began = time.perf_counter()
        subprocess.run([sys.executable, "-m", "neurosearch", "--help"], capture_output=True, check=True)
        helps.append(time.perf_counter() - began)
    return {"import_seconds": statistics.median(imports), "help_seconds": statistics.median(helps)}


# ---- all of it

PARTS = {
    "binary_vs_handwritten": Part(
        "the reference trial, generated over hand-written", binary_vs_handwritten,
        {"binary_vs_handwritten": "<= 1.05", "binary_vs_handwritten_gcc": "<= 1.05"},
    ),
    "build_seconds": Part("a new structure, one core, warm builder", build_seconds, {"build_seconds": "<= 2.5"}),
    "speedup_vs_fresh_build": Part(
        "a study of reference trials over the textbook loop", speedup_vs_fresh_build, {"speedup_vs_fresh_build": ">= 180"}
    ),
    "overhead_ms": Part(
        "around the binary, a trial", overhead_ms,
        {"overhead_ms_100": "<= 20", "overhead_ms_5000": "<= 50", "utilisation": ">= 0.9"},
    ),
    "start_seconds": Part(
        "start of the package", start_seconds, {"import_seconds": "<= 0.15", "help_seconds": "<= 0.4"}
    ),
}  # fmt: skip


def machine() -> dict[str, Any]:
    """What the numbers were measured on."""
    info = Path("/proc/cpuinfo")
    model = (
        next((x.split(":")[1].strip() for x in info.read_text().splitlines() if x.startswith("model name")), "")
        if info.exists()
        else ""
    )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    text = (
        f"{len(os.sched_getaffinity(0))} cores of {model or platform.machine()}, {memory:.0f} GiB, {platform.system()}"
    )
    vector = (
        "avx512f"
        if info.exists() and "avx512f" in info.read_text()
        else "avx2"
        if info.exists() and "avx2" in info.read_text()
        else ""
    )
    return {
        "machine": f"{text}{', ' + vector if vector else ''}, Python {platform.python_version()}",
        "load": os.getloadavg()[0],
    }


def main() -> int:
    """Measure, print a table or JSON; 1 when a goal is missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--json", action="store_true", help="one object instead of the table")
    parser.add_argument("--only", action="append", choices=list(PARTS), help="this part (repeatable)")
    parser.add_argument("--repeats", type=int, default=7, help="measurements of each kind, at least 5 for the record")
    arguments = parser.parse_args()
    found: dict[str, Any] = {"compiler": f"{compiler.find().name} ({compiler.find().version})", **machine()}
    for name in arguments.only or PARTS:
        say(f"{name}: {PARTS[name].about}")
        found |= PARTS[name].measure(arguments.repeats)
    goals = {key: goal for part in PARTS.values() for key, goal in part.goals.items() if key in found}
    if arguments.json:
        print(json.dumps(found, indent=2))
    else:
        for key, value in found.items():
            shown = f"{value:.4g}" if isinstance(value, float) else str(value)
            print(f"{key:34} {shown:>12}  {goals.get(key, '')}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
