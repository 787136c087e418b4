"""Benchmarks of whole studies: trials per hour, overhead of a trial around its binary, and worker utilisation."""

import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import replace
from pathlib import Path
from typing import Any

import reference_trial
import textbook
from bench_binary import SEED, say

from neurosearch import config, trial
from neurosearch.record import Score, Trial
from neurosearch.search import driver
from neurosearch.store.store import Store, open_store
from neurosearch.study import study as studies

WORKERS = 2

_STUDY = """\
format: 1
about: the reference trial with other numbers each time
architecture: {architecture}
task: {task}
space:
  encoder.max_rate: {{float: [100, 400]}}
  kenyon.drive: {{float: [2, 8], log: true}}
  kenyon.neuron.tau_mem: {{float: [0.01, 0.04], log: true}}
  kenyon.inhibition: {{float: [30, 300], log: true}}
  encoder.stp.U: {{float: [0.1, 0.6]}}
  encoder.stp.tau_depression: {{float: [0.01, 0.1], log: true}}
  encoder.stp.tau_facilitation: {{float: [0.01, 0.1], log: true}}
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


_TEXTBOOK = (
    "import json, sys, textbook; t = textbook.trial(json.loads(sys.argv[1]), int(sys.argv[2])); "
    "print(json.dumps([t.seconds, t.accuracy]))"
)


def _open(folder: str) -> tuple[studies.Study, Store]:
    """The study with an empty journal, its single program already built."""
    data = reference_trial.CONFIGURATION
    file = Path(folder) / "reference.yaml"
    text = {name: json.dumps(data[name]) for name in ("architecture", "task")}
    file.write_text(_STUDY.format(**text))
    study = studies.load(file)
    trial.run_trial(data, [SEED])
    return study, open_store(study, str(Path(folder) / "reference.journal"))


def speedup_vs_fresh_build(repeats: int) -> dict[str, Any]:
    """Trials per hour of a real study with 2 workers, sampler and storage included, relative to the textbook loop."""
    seconds = [_textbook(k) for k in range(max(2, repeats // 2))]
    with tempfile.TemporaryDirectory() as folder:
        study, store = _open(folder)
        outcome = driver.run(study, store, trial.run_trial, workers=WORKERS, trials=40 * max(1, repeats // 2))
    say(f"  study: {outcome.fresh} trials in {outcome.wall:.1f} s")
    hourly, textbook_hourly = outcome.fresh / outcome.wall * 3600, 3600 / statistics.median(seconds)
    return {
        "trials_per_hour": hourly,
        "textbook_trials_per_hour": textbook_hourly,
        "speedup_vs_fresh_build": hourly / textbook_hourly,
    }


def _textbook(k: int) -> float:
    """One iteration of the textbook loop, import of Brian2 excluded."""
    numbers = textbook.NUMBERS | {"eta": textbook.NUMBERS["eta"] * (1 + 0.1 * k)}
    command = [sys.executable, "-c", _TEXTBOOK, json.dumps(numbers), str(k)]
    ran = subprocess.run(command, cwd=Path(__file__).parent, stdout=subprocess.PIPE, text=True, check=True)
    seconds, accuracy = json.loads(ran.stdout.splitlines()[-1])
    say(f"  textbook: {seconds:.1f} s, accuracy {accuracy:.3f}")
    return float(seconds)


def utilisation(repeats: int) -> dict[str, Any]:
    """Fraction of worker time in which a simulation runs, in a study of 200 trials."""
    del repeats
    with tempfile.TemporaryDirectory() as folder:
        study, store = _open(folder)
        outcome = driver.run(study, store, trial.run_trial, workers=WORKERS, trials=200)
    return {"utilisation": outcome.utilisation}


def overhead_ms(repeats: int) -> dict[str, Any]:
    """Milliseconds per trial outside the binary, with 100 and with 5,000 trials stored.

    The larger of two measures: one trial after the other in one thread, so that nothing hides behind a binary at work;
    and with two workers the time in which a worker has no binary at work.
    """
    out = {}
    for stored in (100, 5000):
        alone, busy = _around(stored, 10 * repeats, 1, _Inline()), _around(stored, 10 * repeats, WORKERS, None)
        say(f"  {stored} stored: {alone:.1f} ms one after the other, {busy:.1f} ms a slot of {WORKERS} workers")
        out[f"overhead_ms_{stored}"] = max(alone, busy)
    return out


def _around(stored: int, fresh: int, workers: int, pool: Executor | None) -> float:
    """Milliseconds per trial outside binaries, from the end of the first of the last trials to that of the last."""
    with tempfile.TemporaryDirectory() as folder:
        study, store = _open(folder)
        driver.run(study, store, _Filled(stored), workers=workers, trials=stored + fresh, pool=pool)
        trials = list(store.trials())[stored + 2 * WORKERS :]  # the first ones started while instant trials ran
    ends = sorted(t.ran.finished for t in trials)
    inside = sum(_inside(t) for t in trials) * (len(trials) - 1) / len(trials)
    return 1e3 * (workers * (ends[-1] - ends[0]) - inside) / (len(trials) - 1)


class _Inline(Executor):
    """An executor that runs each call immediately, in the calling thread."""

    def submit(self, fn: Callable[..., Any], /, *given: Any, **named: Any) -> "Future[Any]":
        """See ``Executor.submit``; an exception ends the benchmark."""
        done: Future[Any] = Future()
        done.set_result(fn(*given, **named))
        return done


def _inside(of: Trial) -> float:
    """Seconds spent in the binary itself: wiring, initial weights and the run."""
    return of.score.timing.setup + of.score.timing.run


_RECALL = """\
format: 1
about: recall of 100 cues by 200 units in 500 steps
architecture: {architecture}
task: {{recall: {{units: 200, load: 20, cues: 100, steps: 500, prior: {prior}, noise: {noise}}}}}
"""


def recall_seconds(repeats: int) -> dict[str, Any]:
    """Seconds of `neurosearch run` on a memory (200 units, 500 steps, 100 cues), from the start of Python."""
    rates, phases = "{rate_memory: {prior: %s}}", "phase_memory"
    kinds = {
        "binary": (rates % "binary", "binary", "normal"),
        "gaussian": (rates % "gaussian", "gaussian", "normal"),
        "phase": (phases, "circle", "von_mises"),
        "phase_stdp": ("{phase_memory: {storage: periodic_stdp}}", "circle", "von_mises"),
    }
    out = {}
    for kind, (architecture, prior, noise) in kinds.items():
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / f"{kind}.yaml"
            file.write_text(_RECALL.format(architecture=architecture, prior=prior, noise=noise))
            command = [sys.executable, "-m", "neurosearch", "run", str(file)]
            seconds = []
            for _ in range(repeats + 1):  # the first may build
                began = time.perf_counter()
                subprocess.run(command, cwd=folder, stdout=subprocess.DEVNULL, check=True)
                seconds.append(time.perf_counter() - began)
        out[f"recall_seconds_{kind}"] = statistics.median(seconds[1:])
    return out


class _Filled:
    """Evaluates the first trials instantly, with invented accuracies in a real trial's score; simulates the others."""

    def __init__(self, instant: int) -> None:
        self.left, self.lock = instant, threading.Lock()
        self.real = trial.run_trial(reference_trial.CONFIGURATION, [SEED])

    def __call__(self, configuration: dict[str, Any], seeds: tuple[int, ...], cancel: threading.Event) -> Score:
        """See ``evaluation.Evaluate``."""
        with self.lock:
            self.left -= 1
            instant = self.left >= 0
        if not instant:
            return trial.run_trial(configuration, seeds, cancel)
        made_up = 0.5 + 0.4 * int(config.digest(configuration)[:8], 16) / 2**32
        return replace(self.real, metrics={**self.real.metrics, "accuracy": made_up})
