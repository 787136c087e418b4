"""Benchmarks of one program: speed relative to a hand-written one, and build time of a new structure."""

import os
import statistics
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import reference_trial

from neurosearch import catalogue, config, trial
from neurosearch.errors import UserError
from neurosearch.lower.lower import lower
from neurosearch.plan import to_plain
from neurosearch.simulate import build, compiler
from neurosearch.simulate.compiled import Compiled

SEED = 0
SHORT = {"clang++": "clang", "g++": "gcc"}


def say(text: str) -> None:
    """Print progress to stderr."""
    print(text, file=sys.stderr, flush=True)


@contextmanager
def environment(**variables: str) -> Iterator[None]:
    """Set environment variables within a block."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


def compilers() -> list[compiler.Compiler]:
    """The default compiler, then the other one if both are installed."""
    default = compiler.find()
    return [default, *(c for c in map(_named, SHORT) if c is not None and c.name != default.name)]


def _named(name: str) -> compiler.Compiler | None:
    with environment(NEUROSEARCH_CXX=name):
        try:
            return compiler.find()
        except UserError:  # not installed: one compiler is enough
            return None


def binary_vs_handwritten(repeats: int) -> dict[str, Any]:
    """Seconds in the step loop, interleaved, for each compiler; results compared bit for bit with strict arithmetic."""
    out: dict[str, Any] = {}
    prepared = trial.prepare(reference_trial.CONFIGURATION, SEED)
    for n, cxx in enumerate(compilers()):
        end = "" if n == 0 else f"_{SHORT[cxx.name]}"
        with tempfile.TemporaryDirectory() as folder, environment(NEUROSEARCH_CXX=cxx.path):
            out[f"handwritten_identical{end}"] = _identical(cxx, Path(folder), prepared)
            by_hand = reference_trial.compile_by_hand(cxx, Path(folder))
            trial.DEFAULT.supports(prepared.plan)  # builds
            ours, theirs = [], []
            for k in range(repeats):
                theirs.append(reference_trial.run_by_hand(by_hand, prepared, k).run_seconds)
                ours.append(trial.DEFAULT.run(trial.request(prepared, k)).run_seconds)
                say(f"  {cxx.name}: generated {ours[-1]:.3f} s, by hand {theirs[-1]:.3f} s")
        out[f"binary_seconds{end}"] = statistics.median(ours)
        out[f"handwritten_seconds{end}"] = statistics.median(theirs)
        out[f"binary_vs_handwritten{end}"] = statistics.median(ours) / statistics.median(theirs)
        out[f"binary_vs_handwritten_fastest{end}"] = min(ours) / min(theirs)
    return out


def _identical(cxx: compiler.Compiler, folder: Path, prepared: trial.Prepared) -> bool:
    probes = [f"kenyon_output.{name}" for name in ("w", "i", "j")]
    record = Compiled(strict=True).run(trial.request(prepared, SEED, probes=probes))
    by_hand = reference_trial.run_by_hand(reference_trial.compile_by_hand(cxx, folder, strict=True), prepared, SEED)
    different = reference_trial.differences(record, by_hand)
    if different:
        say(f"  {cxx.name}: the two programs differ in {', '.join(different)}")
    return not different


def build_seconds(repeats: int) -> dict[str, Any]:
    """Seconds to generate and compile new structures on one core, with a warm builder."""
    shape = config.build_part("tasks", "digits").stream(SEED).shape
    pairs = [(rule, n) for n in catalogue.names("neurons") if n != "li" for rule in catalogue.names("rules")]
    seconds = []
    with tempfile.TemporaryDirectory() as cache, environment(NEUROSEARCH_CACHE=cache), _one_core():
        for k, (rule, neuron) in enumerate(pairs[: repeats + 1]):
            encoder = {"poisson": {"stp": "tsodyks_markram" if k % 2 else "off"}}
            settings = {"encoder": encoder, "rule": rule, "kenyon": {"neuron": neuron}}
            plan = lower(config.build_part("architectures", {"mushroom_body": settings}).graph(shape, 10))
            made = build.program(plan.shape.digest, to_plain(plan.shape))
            assert made.fresh
            say(f"  {'the builder starts: ' if k == 0 else ''}{rule} on {neuron}: {made.seconds:.2f} s")
            seconds += [made.seconds] if k else []
    return {"build_seconds": statistics.median(seconds)}


@contextmanager
def _one_core() -> Iterator[None]:
    """Pin this process and its children, the builder and its compiler included, to one core."""
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(cores)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)
