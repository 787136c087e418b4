"""Benchmarks of whole studies: trials an hour, what a trial costs around its binary, and how busy the workers are."""

import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import reference_trial
import textbook
from bench_binary import SEED, say

from neurosearch import config, trial
from neurosearch import study as studies
from neurosearch.record import Score, Trial
from neurosearch.search import driver
from neurosearch.store import Store, open_store

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
    """The study in an empty journal; its one program is built."""
    data = reference_trial.CONFIGURATION
    file = Path(folder) / "reference.yaml"
    text = {name: json.dumps(data[name]) for name in ("architecture", "task")}
    file.write_text(_STUDY.format(**text))
    study = studies.load(file)
    trial.run_trial(data, [SEED])
    return study, open_store(study, str(Path(folder) / "reference.journal"))


def speedup_vs_fresh_build(repeats: int) -> dict[str, Any]:
    """Trials an hour of a real study with 2 workers, sampler and storage included, over the textbook loop's."""
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
    """One turn of the textbook loop; the import of Brian2 is not counted."""
    numbers = textbook.NUMBERS | {"eta": textbook.NUMBERS["eta"] * (1 + 0.1 * k)}
    command = [sys.executable, "-c", _TEXTBOOK, json.dumps(numbers), str(k)]
    ran = subprocess.run(command, cwd=Path(__file__).parent, stdout=subprocess.PIPE, text=True, check=True)
    seconds, accuracy = json.loads(ran.stdout.splitlines()[-1])
    say(f"  textbook: {seconds:.1f} s, accuracy {accuracy:.3f}")
    return float(seconds)


def utilisation(repeats: int) -> dict[str, Any]:
    """Share of workers and time in which a simulation is alive, in a study of 200 trials."""
    del repeats
    with tempfile.TemporaryDirectory() as folder:
        study, store = _open(folder)
        outcome = driver.run(study, store, trial.run_trial, workers=WORKERS, trials=200)
    return {"utilisation": outcome.utilisation}


def overhead_ms(repeats: int) -> dict[str, Any]:
    """Everything around the binary, a trial, when 100 and when 5,000 trials are stored.

    The larger of two measures: the driver's processor time and the program's start and end; or what the slots of the
    workers are not spent inside the binary, waiting included.
    """
    out = {}
    for stored in (100, 5000):
        with tempfile.TemporaryDirectory() as folder:
            study, store = _open(folder)
            evaluate = _Filled(stored)
            driver.run(study, store, evaluate, workers=WORKERS, trials=stored + 10 * repeats)
            fresh = list(store.trials())[stored + 2 * WORKERS :]  # the first of them began among instant ones
            cpu = 1e3 * (time.process_time() - evaluate.processor) / (10 * repeats)
            around = 1e3 * statistics.mean(_detail(t, "wall_seconds") - _detail(t, "run_seconds") for t in fresh)
            waiting = _slots_ms(fresh)
        say(f"  {stored} stored: driver {cpu:.1f} + start and end {around:.1f} ms; slots {waiting:.1f} ms")
        out[f"overhead_ms_{stored}"] = max(cpu + around, waiting)
    return out


def _detail(of: Trial, name: str) -> float:
    return float(of.score.detail[name])


def _slots_ms(trials: Sequence[Trial]) -> float:
    """Milliseconds a trial that workers spent outside binaries, from the end of the first trial to that of the last."""
    ends = sorted(float(t.detail["finished"]) for t in trials)
    inside = sum(_detail(t, "run_seconds") for t in trials) * (len(trials) - 1) / len(trials)
    return 1e3 * (WORKERS * (ends[-1] - ends[0]) - inside) / (len(trials) - 1)


class _Filled:
    """Evaluates the first trials at once, with made-up accuracies on the detail of a real trial, then really."""

    def __init__(self, instant: int) -> None:
        self.left, self.processor, self.lock = instant, 0.0, threading.Lock()
        self.real = trial.run_trial(reference_trial.CONFIGURATION, [SEED])

    def __call__(self, configuration: dict[str, Any], seeds: tuple[int, ...], cancel: threading.Event) -> Score:
        """See ``driver.Evaluate``."""
        with self.lock:
            self.left -= 1
            instant = self.left >= 0
            if self.left == -1:
                self.processor = time.process_time()
        if not instant:
            return trial.run_trial(configuration, seeds, cancel)
        made_up = 0.5 + 0.4 * int(config.digest(configuration)[:8], 16) / 2**32
        return Score("ok", {**self.real.metrics, "accuracy": made_up}, self.real.curve, self.real.detail)
