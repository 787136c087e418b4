"""Brian2's own runtime device: a second engine for tests, and the fallback for plans that ours does not support.

About 100 times slower than a compiled program, and as general as Brian2. It runs in a separate process
(`neurosearch.simulate.stock_process`), so that Brian2's global state does not affect this one.
"""

import io
import json
import subprocess
import sys
import time
from dataclasses import dataclass, replace

import numpy as np

from neurosearch.plan import Plan, Shape, to_plain
from neurosearch.record.record import Build, Record, empty
from neurosearch.simulate.arguments import arguments
from neurosearch.simulate.cancel import Cancel
from neurosearch.simulate.engine import DEFAULT_LIMITS, EARLY, Engine, Limits, after
from neurosearch.simulate.protocol import Arguments
from neurosearch.simulate.request import Request
from neurosearch.simulate.stock_process import OUT_OF_MEMORY


@dataclass(frozen=True)
class Stock(Engine):
    """See the top of this file."""

    name = "Brian2's own device"
    instead = "the NumPy reference"

    def supports(self, plan: Plan) -> str:
        """Empty: Brian2 can run every plan."""
        del plan
        return ""

    def digest(self, plan: Plan) -> str:
        """Digest of the plan's shape: no program is built."""
        return plan.shape.digest

    def run(self, request: Request, limits: Limits = DEFAULT_LIMITS, cancel: Cancel | None = None) -> Record:
        """See `Engine`. A stopped run is killed and keeps no samples."""
        began = time.perf_counter()
        given = arguments(request)
        status, answer, complaint = _ended(
            _pack(request.plan.shape, given, limits.memory_bytes), limits.seconds, cancel
        )
        wall = time.perf_counter() - began
        if status != "ok":
            lines = complaint.decode(errors="replace").strip().splitlines()
            reason = lines[-1] if status == "crashed" and lines else _REASONS[status]
            record = empty(status, given.samples, reason, wall)
        else:
            record = _record(answer, given, wall)
        return replace(record, build=Build(self.digest(request.plan), f"none, {self.name}"))


_LOOK = 0.05  # seconds between two looks at the cancel token
_REASONS = {
    "crashed": "the process of Brian2's own device ended without a result",
    "memory_limit": "out of memory",
    **EARLY,
}


def _ended(question: bytes, seconds: float | None, cancel: Cancel | None) -> tuple[str, bytes, bytes]:
    """Status, output and error output of the process that runs a request."""
    deadline = None if seconds is None else time.monotonic() + seconds
    status = "ok"
    command = [sys.executable, "-m", "neurosearch.simulate.stock_process"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    ) as child:
        unsent: bytes | None = question
        while True:
            try:
                answer, complaint = child.communicate(unsent, timeout=_LOOK)
                break
            except subprocess.TimeoutExpired:
                unsent = None  # communicate() continues with its first input
            if cancel is not None and cancel.is_set():
                status = "stopped"
            elif deadline is not None and time.monotonic() > deadline:
                status = "time_limit"
            if status != "ok":
                child.kill()
    if status == "ok" and child.returncode != 0:
        status = "memory_limit" if child.returncode == OUT_OF_MEMORY else "crashed"
    return status, answer, complaint


def _pack(shape: Shape, given: Arguments, memory_limit: int | None) -> bytes:
    header = {
        "shape": to_plain(shape),
        "scalars": dict(given.scalars),
        "files": dict(given.files),
        "probes": given.probes,
        "memory": memory_limit,
    }
    out = io.BytesIO()
    arrays = {f"array:{k}": v for k, v in given.arrays.items()}
    np.savez(out, header=np.frombuffer(json.dumps(header).encode(), np.uint8), **arrays)  # type: ignore[arg-type]
    return out.getvalue()


def _record(answer: bytes, given: Arguments, wall: float) -> Record:
    with np.load(io.BytesIO(answer), allow_pickle=False) as data:
        named = {k: data[k] for k in data.files}
    pick = lambda kind: {k.split(":", 1)[1]: v for k, v in named.items() if k.startswith(f"{kind}:")}  # noqa: E731
    readout, raster, boundaries = named["readout"], named["raster"], given.arrays["boundaries"]
    done = len(readout)
    first, last = given.raster or (0, -1)
    inside = (raster[:, 0] >= boundaries[first]) & (raster[:, 0] < boundaries[last + 1])
    finite = done == given.samples
    return Record(
        "ok" if finite else "not_finite",
        done,
        given.samples,
        readout,
        {name: spikes[:done] for name, spikes in pick("spikes").items()},
        {name: events[:done] for name, events in pick("events").items()},
        pick("probe"),
        raster[inside],
        tuple(pick("spikes")),
        wall_seconds=wall,
        run_seconds=wall,
        reason="" if finite else after("not_finite", done, given.samples),
    )
