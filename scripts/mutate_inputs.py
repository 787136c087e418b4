"""Feeds damaged inputs to the command line: mutated studies, data files, found networks and journal lines.

Every command must end with exit code 0 or with 2 and one sentence: no traceback, no "bug", no hang. Nothing is
compiled: networks stop before their first step. The same seed makes the same mutations.

    python scripts/mutate_inputs.py --number 3000 --json
"""

import argparse
import contextlib
import gzip
import io
import json
import os
import random
import resource
import select
import shutil
import signal
import struct
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import mutations
import numpy as np

from neurosearch import rerun, trial
from neurosearch.cli.main import main
from neurosearch.errors import UserError
from neurosearch.export import found
from neurosearch.record.record import Record, empty
from neurosearch.record.score import Score
from neurosearch.simulate.cancel import Cancel
from neurosearch.simulate.engine import DEFAULT_LIMITS, Engine, Limits
from neurosearch.simulate.reference_engine import Reference
from neurosearch.simulate.request import Request
from neurosearch.study import study as studies

HANG = 30.0
"""Seconds after which a command counts as hanging."""
MEMORY = 6_000_000_000
"""Bytes of address space of a process that runs commands."""
LONGEST = 1600
"""Characters of the longest sentence."""

STUDY = """\
format: 1
about: >
  Does it survive?   Run: neurosearch launch small
architecture: {mushroom_body: {encoder: {current: {}}, rule: delta_potential, kenyon: {size: 20, drive: 40.0}}}
task: TASK
space:
  kenyon.sparsity: {float: [0.05, 0.3], log: true}
  kenyon.size: {int: [20, 40], step: 5}
  rule.eta: {float: [0.1, 1.0], step: 0.1}
  rule: {choice: [delta_potential, softmax]}
objectives: [accuracy]
constraints: {synaptic_operations: {max: 1e9}}
seed: 1
seeds: [0]
trials: 3
limits: {seconds: 60, memory_gb: 2}
rescore: {top: 1, seeds: [11]}
"""
SMALL = "{samples: 10, lead_in: 2, held_out: 4, steps: 3}"
TASKS = {
    "study": f"{{digits: {SMALL}}}",
    "npz": "{arrays: {file: data.npz, steps: 4, lead_in: 2}}",
    "npy": "{recall: {file: data.npy, units: 12, load: 3, cues: 3, steps: 8, prior: gaussian}}",
    "hdf5": "{recordings: {file: data.h5, channels: 12, lead_in: 2}}",
    "ts": "{japanese_vowels: {folder: ., steps: 2, lead_in: 2}}",
    "idx": "{mnist: {folder: ., steps: 4, lead_in: 2}}",
    "idx_gz": "{mnist: {folder: ., steps: 4, lead_in: 2}}",
}
DATA = tuple(kind for kind in TASKS if kind != "study")
KINDS = ("study", *DATA, "found", "found_npz", "journal", "study", "journal", "found")
"""Kinds in the order of the cases; those that appear twice have more to get wrong."""


@dataclass(frozen=True)
class Call:
    """One command on one mutated input, and how it ended; ``fault`` is empty where it ended as it must."""

    case: int
    kind: str
    command: str
    code: int | None
    seconds: float
    fault: str = ""
    said: str = ""


@dataclass(frozen=True)
class Inputs:
    """Where the valid inputs are, and how they are damaged: case k is of kind ``kinds[k % len(kinds)]``."""

    folder: Path
    seed: int
    kinds: tuple[str, ...]

    def kind(self, case: int) -> str:
        """Kind of a case."""
        return self.kinds[case % len(self.kinds)]


class Stopped(Reference):
    """An engine that stops every run before its first step."""

    def run(self, request: Request, limits: Limits = DEFAULT_LIMITS, cancel: Cancel | None = None) -> Record:
        """Nothing is run."""
        return empty("stopped", request.line.samples, "stopped before the first step")


def write_inputs(folder: Path) -> None:
    """Valid inputs of every kind, one folder a kind."""
    numbers = np.random.default_rng(1)
    for kind in dict.fromkeys(KINDS):
        (folder / kind).mkdir()
        (folder / kind / "small.yaml").write_text(STUDY.replace("TASK", TASKS.get(kind, TASKS["study"])))
    x, y = numbers.random((30, 5)), np.arange(30) % 3
    np.savez_compressed(folder / "npz" / "data.npz", x=x, y=y, x_test=x[:6], y_test=y[:6], shape=np.array([5]))
    np.save(folder / "npy" / "data.npy", numbers.normal(size=(4, 12)))
    _write_memory_study(folder / "npy" / "small.yaml")
    _write_hdf5(folder / "hdf5" / "data.h5", numbers)
    _write_ts(folder / "ts", numbers)
    for kind, pack in (("idx", bytes), ("idx_gz", gzip.compress)):
        _write_idx(folder / kind, numbers, pack)
    with contextlib.chdir(folder / "found"):
        configuration = studies.load("small.yaml").configuration({})
        found.write(rerun.network(configuration, 0), Path("found.json"), rerun.provenance(0, None, None))
    for name in ("found.json", "found.npz"):
        (folder / "found_npz" / name).write_bytes((folder / "found" / name).read_bytes())
    for kind in ("found", "found_npz"):
        text = STUDY.replace("TASK", TASKS["study"]).split("architecture:")
        (folder / kind / "next.yaml").write_text(f"{text[0]}architecture: found.json\ntask:{text[1].split('task:')[1]}")
    _write_journal(folder / "journal")


def _write_memory_study(path: Path) -> None:
    lines = [line for line in path.read_text().splitlines() if not line.startswith((" ", "objectives", "constraints"))]
    architecture = "architecture: rate_memory"
    lines = [architecture if line.startswith("architecture") else line for line in lines]
    text = "\n".join(lines).replace("about: >", "about: a memory").replace("space:", "space: {}")
    path.write_text(f"{text}\nobjectives: [recall_error]\n")


def _write_hdf5(path: Path, numbers: np.random.Generator) -> None:
    import h5py

    with h5py.File(path, "w") as file:
        for name, kind in (("times", np.float32), ("units", np.int64)):
            made = file.create_dataset(f"spikes/{name}", (16,), h5py.vlen_dtype(kind))
            for n in range(16):
                made[n] = np.sort(numbers.random(6)) * 0.02 if name == "times" else numbers.integers(0, 12, 6)
        file["labels"] = np.arange(16) % 2
        file["extra/keys"] = np.array([b"a", b"b"])


def _write_ts(folder: Path, numbers: np.random.Generator) -> None:
    head = "# a header\n@problemName JapaneseVowels\n@timeStamps false\n@univariate false\n@dimensions 2\n"
    head += "@classLabel true a b\n@data\n"
    for part in ("TRAIN", "TEST"):
        rows = [
            ":".join(",".join(f"{v:.3f}" for v in numbers.random(4)) for _ in range(2)) + f":{'ab'[n % 2]}"
            for n in range(10)
        ]
        (folder / f"JapaneseVowels_{part}.ts").write_text(head + "\n".join(rows) + "\n")


def _write_idx(folder: Path, numbers: np.random.Generator, pack: Callable[[bytes], bytes]) -> None:
    end = ".gz" if pack is gzip.compress else ""
    for part in ("train", "t10k"):
        images = numbers.integers(0, 255, (12, 4, 3), dtype=np.uint8).tobytes()
        labels = bytes(n % 3 for n in range(12))
        (folder / f"{part}-images-idx3-ubyte{end}").write_bytes(pack(struct.pack(">I3I", 0x803, 12, 4, 3) + images))
        (folder / f"{part}-labels-idx1-ubyte{end}").write_bytes(pack(struct.pack(">II", 0x801, 12) + labels))


def _write_journal(folder: Path) -> None:
    said = io.StringIO()
    with contextlib.chdir(folder), contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        if main(["launch", "small.yaml", "--workers", "1"]) != 0:
            raise UserError(f"the launch that is to be damaged fails: {said.getvalue()}")


COMMANDS: dict[str, tuple[str, ...]] = {
    "study": ("check small.yaml", "show small.yaml", "run small.yaml", "launch small.yaml --trials 1 --no-rescore"),
    "found": ("show found.json", "run found.json", "run found.json --learned", "export found.json --out again.json",
              "check next.yaml"),
    "journal": ("inspect small.yaml --csv", "show small.yaml@0", "show small.yaml@best", "run small.yaml@1",
                "replay small.yaml@2", "export small.yaml@best --out out.json",
                "launch small.yaml --trials 3 --no-rescore"),
}  # fmt: skip
COMMANDS["found_npz"] = COMMANDS["found"]
COMMANDS |= dict.fromkeys(DATA, ("check small.yaml", "run small.yaml"))


def mutate(folder: Path, kind: str, numbers: random.Random) -> None:
    """Damage one input of a kind in its folder."""
    if kind == "study":
        mutations.study(folder / "small.yaml", numbers)
    elif kind == "found":
        mutations.document(folder / "found.json", numbers)
    elif kind == "found_npz":
        mutations.npz(folder / "found.npz", numbers)
        mutations.rehash(folder / "found.json", folder / "found.npz")
    elif kind == "journal":
        mutations.lines(folder / "neurosearch-runs" / "small.journal", numbers)
    else:
        file = numbers.choice(sorted(path for path in folder.iterdir() if path.suffix != ".yaml"))
        {".npz": mutations.npz, ".npy": mutations.npy, ".ts": mutations.text}.get(file.suffix, mutations.content)(
            file, numbers
        )


def calls(case: int, inputs: Inputs) -> Iterator[Call]:
    """The commands of one case, run here."""
    kind, numbers = inputs.kind(case), random.Random(f"{inputs.seed} {case}")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / kind
        shutil.copytree(inputs.folder / kind, folder)
        mutate(folder, kind, numbers)
        with contextlib.chdir(folder):
            for command in COMMANDS[kind]:
                yield _call(case, kind, command)


def _check_whole(inputs: Inputs) -> None:
    """The inputs must be accepted before they are damaged."""
    for kind in dict.fromkeys(inputs.kinds):
        with tempfile.TemporaryDirectory() as temporary, contextlib.chdir(temporary):
            shutil.copytree(inputs.folder / kind, ".", dirs_exist_ok=True)
            for command in COMMANDS[kind]:
                call = _call(-1, kind, command)
                if call.fault or (call.code == 2 and "stopped before the first step" not in call.said):
                    raise UserError(f"undamaged input of kind {kind}: {command} ends with {call.code}: {call.said}")


def _call(case: int, kind: str, command: str) -> Call:
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8") for _ in range(2))  # as strict as a terminal
    began = time.monotonic()
    code: int | None = None
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main(command.split())
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 1
    except BaseException as error:
        err.write(f"Traceback: {type(error).__name__}: {error}")
    said, printed = (stream.buffer.getvalue().decode() for stream in (err, out) if stream.flush() is None)
    return Call(case, kind, command, code, round(time.monotonic() - began, 3), _fault(code, said, printed), said[-200:])


def _fault(code: int | None, err: str, out: str) -> str:
    last = err.strip().rpartition("\n")[2]
    if "Traceback" in err or "a bug" in err:
        return f"traceback: {err.strip()[-1500:]}"
    if code == 1:  # a network that comes out otherwise than recorded: it was stopped
        return "" if "→" in err + out or "differs" in err + out else f"exit 1: {last[:200]}"
    if code not in (0, 2):
        return f"exit {code}: {last[:200]}"
    if code == 2 and not last.startswith("neurosearch"):
        return f"no sentence: {err[-200:]}"
    return f"{len(last)} characters: {last[:200]}" if len(last) > LONGEST else ""


def batch(cases: list[int], inputs: Inputs) -> list[Call]:
    """Run these cases in processes of their own, a new one after each that ends early or hangs."""
    done: list[Call] = []
    while cases:
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            _child(cases, inputs, writing)
        os.close(writing)
        made, complete = _collect(reading, child)
        _, status = os.waitpid(child, 0)
        done += made
        if complete:
            break
        done.append(_lost(cases, made, inputs, os.WTERMSIG(status)))
        cases = cases[cases.index(done[-1].case) + 1 :]
    return done


def _lost(cases: list[int], made: list[Call], inputs: Inputs, ended: int) -> Call:
    """The command that a process did not come back from; the case's other commands are left out."""
    case = max((call.case for call in made), default=cases[0])
    count = sum(call.case == case for call in made)
    if count == len(COMMANDS[inputs.kind(case)]):
        case, count = cases[cases.index(case) + 1], 0
    how = f"killed after {HANG:g} s" if ended == signal.SIGKILL else f"signal {ended}"
    kind = inputs.kind(case)
    return Call(case, kind, COMMANDS[kind][count], None, HANG, how)


def _collect(reading: int, child: int) -> tuple[list[Call], bool]:
    """What a child reports until it ends, or is killed because it has reported nothing for too long."""
    text = b""
    while True:
        ready, _, _ = select.select([reading], [], [], HANG)
        if not ready:
            os.kill(child, signal.SIGKILL)
            break
        piece = os.read(reading, 65536)
        if not piece:
            break
        text += piece
    os.close(reading)
    rows = [json.loads(line) for line in text.decode().splitlines() if line.endswith("}") or line == '"end"']
    ended = bool(rows) and rows[-1] == "end"
    return [Call(**row) for row in rows if row != "end"], ended


def _child(cases: list[int], inputs: Inputs, writing: int) -> None:
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nothing, number)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    try:
        with os.fdopen(writing, "w") as out:
            for case in cases:
                for call in calls(case, inputs):
                    out.write(json.dumps(asdict(call)) + "\n")
                    out.flush()
            out.write('"end"\n')
    finally:
        os._exit(0)  # whatever happened: a child must not continue as its parent


def run_with(engine: Engine) -> None:
    """Let every command run its networks on this engine."""
    trial.DEFAULT = engine

    def run_trial(configuration: Any, seeds: Any, cancel: Any = None, limits: Any = DEFAULT_LIMITS, *_: Any) -> Score:
        return _RUN_TRIAL(configuration, seeds, cancel, limits, engine)

    trial.run_trial = run_trial  # type: ignore[assignment]


_RUN_TRIAL = trial.run_trial


def survey(number: int, seed: int, size: int = 50, first: int = 0, kinds: tuple[str, ...] = KINDS) -> list[Call]:
    """Run this many mutated inputs; returns every command that was run on them."""
    engine, run_trial = trial.DEFAULT, trial.run_trial
    try:
        with tempfile.TemporaryDirectory() as temporary:
            inputs = Inputs(Path(temporary), seed, kinds)
            run_with(Reference())
            write_inputs(inputs.folder)
            run_with(Stopped())
            _check_whole(inputs)
            cases = list(range(first, first + number))
            return [call for n in range(0, number, size) for call in batch(cases[n : n + size], inputs)]
    finally:
        trial.DEFAULT, trial.run_trial = engine, run_trial


def report(found_calls: list[Call]) -> dict[str, Any]:
    """Counts, and the faults."""
    faults = [call for call in found_calls if call.fault]
    return {
        "inputs": len({call.case for call in found_calls}),
        "commands": len(found_calls),
        "exit_codes": dict(Counter(str(call.code) for call in found_calls)),
        "by_kind": {kind: dict(Counter(str(c.code) for c in found_calls if c.kind == kind)) for kind in COMMANDS},
        "faults": len(faults),
        "hangs": sum("killed" in call.fault for call in faults),
        "slowest": max((call.seconds for call in found_calls), default=0.0),
        "which": [asdict(call) for call in faults[:200]],
    }


def _main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--number", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--first", type=int, default=0, help="number of the first case")
    parser.add_argument("--batch", type=int, default=50, help="inputs of one process")
    parser.add_argument("--kind", choices=sorted(set(KINDS)), action="append", help="only this kind, or these")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    made = report(
        survey(arguments.number, arguments.seed, arguments.batch, arguments.first, tuple(arguments.kind or KINDS))
    )
    if arguments.json:
        print(json.dumps(made, indent=1))
    else:
        for fault in made.pop("which"):
            print(f"case {fault['case']} ({fault['kind']}) {fault['command']}: {fault['fault']}\n")
        print(json.dumps(made))
    return 1 if made["faults"] else 0


if __name__ == "__main__":
    try:
        sys.exit(_main())
    except UserError as error:
        sys.exit(f"mutate_inputs: {error}")
