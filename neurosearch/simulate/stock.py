"""The plan on Brian2's own runtime device: a second engine for tests, and the fallback when ours refuses a plan.

Some hundred times slower than a compiled program, and as general as Brian2. Run as
``python -m neurosearch.simulate.stock`` it reads one request on stdin and answers on stdout (NPZ in both directions).
"""

import io
import json
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from typing import Any

import numpy as np

from neurosearch.lower.brian_defaults import import_brian2
from neurosearch.plan import MOMENTS, Group, Shape, Synapses, Table, shape_from_plain
from neurosearch.record.record import Record
from neurosearch.record.rows import SparseRows
from neurosearch.simulate import brian
from neurosearch.simulate.protocol import Request


def run(
    shape: Mapping[str, Any],
    request: Request,
    *,
    time_limit: float | None = None,
    cancel: threading.Event | None = None,
) -> Record:
    """Run a request in a process of its own, so that Brian2's global state stays out of ours."""
    began = time.perf_counter()
    command = [sys.executable, "-m", "neurosearch.simulate.stock"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    ) as child:
        question = _pack(shape, request)
        status, answer, complaint = "ok", b"", b""
        while True:
            try:
                answer, complaint = child.communicate(question, timeout=0.2)
                break
            except subprocess.TimeoutExpired:
                question = None  # type: ignore[assignment]  # communicate() continues with what it was given first
                late = time_limit is not None and time.perf_counter() - began > time_limit
                if late or (cancel is not None and cancel.is_set()):
                    status = "time_limit" if late else "stopped"
                    child.kill()
    if status == "ok" and child.returncode != 0:
        status = "crashed"
    if status != "ok":
        lines = complaint.decode(errors="replace").strip().splitlines()
        reason = lines[-1] if status == "crashed" and lines else status
        empty = np.zeros((0, 0))
        return Record(status, 0, request.samples, empty, {}, {}, {}, np.zeros((0, 3), np.int32), reason=reason)
    return _record(answer, request, time.perf_counter() - began)


def _pack(shape: Mapping[str, Any], request: Request) -> bytes:
    header = {"shape": shape, "scalars": dict(request.scalars), "files": dict(request.files), "probes": request.probes}
    out = io.BytesIO()
    arrays = {f"array:{k}": v for k, v in request.arrays.items()}
    np.savez(out, header=np.frombuffer(json.dumps(header).encode(), np.uint8), **arrays)  # type: ignore[arg-type]
    return out.getvalue()


def _record(answer: bytes, request: Request, wall: float) -> Record:
    with np.load(io.BytesIO(answer), allow_pickle=False) as data:
        named = {k: data[k] for k in data.files}
    pick = lambda kind: {k.split(":", 1)[1]: v for k, v in named.items() if k.startswith(f"{kind}:")}  # noqa: E731
    readout, spikes, raster = named["readout"], pick("spikes"), named["raster"]
    finite = bool(np.isfinite(readout).all())
    first, last = request.raster or (0, -1)
    inside = (raster[:, 0] >= request.arrays["boundaries"][first]) & (
        raster[:, 0] < request.arrays["boundaries"][last + 1 if last >= 0 else 0]
    )
    return Record(
        "ok" if finite else "not_finite",
        len(readout),
        request.samples,
        readout,
        spikes,
        pick("events"),
        pick("probe"),
        raster[inside],
        tuple(spikes),
        wall_seconds=wall,
        run_seconds=wall,
        reason="" if finite else "the readout is not finite",
    )


class _Stock:
    """Brian2's own device: events are run by hand, tables are looked up in Python."""

    def __init__(
        self,
        shape: Shape,
        scalars: Mapping[str, float],
        arrays: Mapping[str, np.ndarray],
        drive: np.ndarray | SparseRows,
    ):
        self._numbers, self._arrays = {**scalars, **arrays}, arrays
        self._scalars, self.drive, self.sample, self.row = scalars, drive, 0, 0
        self._tables = {t.name: self._table(t, arrays) for t in shape.tables}

    def size(self, name: str) -> int:
        """See ``brian.Engine``."""
        return int(self._scalars[f"size.{name}"])

    def clock(self, moment: str) -> Any:
        """See ``brian.Engine``."""
        del moment

    def table(self, name: str) -> Any:
        """See ``brian.Engine``."""
        return self._tables[name]

    def pairs(self, synapses: Synapses) -> tuple[Any, Any]:
        """See ``brian.Engine``."""
        from neurosearch.simulate.functions import listed

        return listed(*(self._arrays[f"_pairs.{synapses.name}.{what}"] for what in ("first", "target")))

    def ready(self, groups: Mapping[str, Any]) -> None:
        """See ``brian.Engine``: wiring and weights depend on these numbers."""
        _set_numbers(groups, self._numbers)

    def ahead(self, group: Group) -> bool:
        """See ``brian.Engine``."""
        return False

    def _table(self, table: Table, arrays: Mapping[str, np.ndarray]) -> Any:
        from brian2 import second
        from brian2.core.functions import Function

        def matrix(t: Any, i: Any) -> Any:
            del t
            if table.rows == "frame":
                return self.drive[self.row].astype(float)[np.asarray(i)]
            columns = int(self._scalars[f"columns.{table.name}"])
            return arrays[f"table.{table.name}"].reshape(-1, columns)[self.sample][np.asarray(i)]

        def vector(t: Any) -> Any:
            del t
            return float(arrays[f"table.{table.name}"][self.sample])

        python: Any = matrix if table.per_neuron else vector
        units = [second, 1] if table.per_neuron else [second]
        function = Function(python, arg_units=units, return_unit=1, stateless=False)
        function.implementations.add_implementation("numpy", python)
        return function


def simulate(
    shape: Shape, scalars: Mapping[str, float], arrays: Mapping[str, np.ndarray], drive: np.ndarray | SparseRows
) -> dict[str, np.ndarray]:
    """Run a plan on the runtime device's NumPy target, in this process; every state variable is in the answer."""
    brian2 = import_brian2()
    brian2.prefs.codegen.target = "numpy"
    brian2.prefs.codegen.loop_invariant_optimisations = False
    engine = _Stock(shape, scalars, arrays, drive)
    objects = brian.build(shape, engine)
    _set_numbers({s.name: objects[s.name] for s in shape.synapses}, arrays)
    events = [o for name, o in objects.items() if name.startswith("event_")]
    spiking = {
        g.name: brian2.SpikeMonitor(objects[g.name], name=f"{g.name}_monitor") for g in shape.groups if g.threshold
    }
    play = _Play(shape, engine, arrays, objects)
    network = brian2.Network(*(o for o in objects.values() if o not in events), *spiking.values())
    network.add(brian2.NetworkOperation(play.step, when="start"))
    play.events = {
        m: [o for n, o in objects.items() if n.startswith("event_") and n.split("_")[2] == m] for m in MOMENTS
    }
    network.run((int(arrays["boundaries"][-1]) + 1) * brian2.defaultclock.dt, namespace={})
    return _answer(shape, arrays, objects, spiking, play)


class _Play:
    """Runs the objects of an event when its step has come."""

    def __init__(self, shape: Shape, engine: _Stock, arrays: Mapping[str, np.ndarray], objects: Mapping[str, Any]):
        self._shape, self._engine, self._objects = shape, engine, objects
        self._when = {k: {int(n): q for q, n in enumerate(arrays[k])} for k in ("decisions", "boundaries", "frames")}
        self._order, self._last = arrays["order"], len(arrays["decisions"]) - 1
        self.events: dict[str, list[Any]] = {}
        self.readout: list[np.ndarray] = []
        self.rows: list[int] = []
        self._ready = False

    def step(self, t: Any) -> None:
        """One step's events, before Brian2's groups."""
        import brian2

        if not self._ready:
            for objects in self.events.values():
                for o in objects:
                    o.before_run({})
            self._ready = True
        del t
        n = int(brian2.defaultclock.timestep[:])
        if n in self._when["decisions"]:
            self._engine.sample = self._when["decisions"][n]
            self._run("decision")
            self.readout.append(np.array(self._objects[self._shape.readout].decision[:]))
        if n in self._when["boundaries"]:
            if n > 0:
                self._run("end")
            self._engine.sample = min(self._when["boundaries"][n], self._last)
            self._run("begin")
        if n in self._when["frames"]:
            self._engine.row = int(self._order[self._when["frames"][n]])
            self.rows.append(self._engine.row)
            self._run("frame")

    def _run(self, moment: str) -> None:
        for o in self.events[moment]:
            o.run()


def _set_numbers(objects: Mapping[str, Any], numbers: Mapping[str, Any]) -> None:
    for key, value in numbers.items():
        owner, _, name = key.partition(".")
        if owner in objects and name:
            setattr(objects[owner], f"{name}_", value)


def _answer(
    shape: Shape, arrays: Mapping[str, np.ndarray], objects: Mapping[str, Any], spiking: Mapping[str, Any], play: _Play
) -> dict[str, np.ndarray]:
    boundaries = arrays["boundaries"]
    out: dict[str, np.ndarray] = {"readout": np.array(play.readout)}
    raster = []
    dt = shape.dt
    for k, (name, monitor) in enumerate(spiking.items()):
        steps = np.rint(np.asarray(monitor.t_) / dt).astype(np.int64)
        inside = steps < boundaries[-1]
        steps, neurons = steps[inside], np.asarray(monitor.i)[inside]
        sample = np.searchsorted(boundaries, steps, side="right") - 1
        out[f"spikes:{name}"] = np.bincount(sample, minlength=len(boundaries) - 1).astype(np.int32)
        raster.append(np.column_stack([steps, np.full(len(steps), k), neurons]))
        for s in shape.synapses:
            if s.pre == name and s.deliver:
                fan_out = np.bincount(np.asarray(objects[s.name].i[:]), minlength=len(objects[name]))
                out[f"events:{s.name}"] = np.bincount(
                    sample, weights=fan_out[neurons], minlength=len(boundaries) - 1
                ).astype(np.int64)
    for s in shape.synapses:
        if any(x.moment == "frame" for x in s.sums):
            out[f"events:{s.name}"] = _graded_events(s, arrays, objects, play)
    out["raster"] = np.concatenate(raster).astype(np.int32) if raster else np.zeros((0, 3), np.int32)
    variables = {g.name: g.variables for g in shape.groups} | {s.name: s.variables for s in shape.synapses}
    for owner, declared in variables.items():
        for v in declared:
            out[f"probe:{owner}.{v.name}"] = np.array(getattr(objects[owner], f"{v.name}_"))
    return out


def _graded_events(
    s: Synapses, arrays: Mapping[str, np.ndarray], objects: Mapping[str, Any], play: _Play
) -> np.ndarray:
    fan_out = np.bincount(np.asarray(objects[s.name].i[:]), minlength=len(objects[s.pre]))
    sample = np.searchsorted(arrays["boundaries"], arrays["frames"], side="right") - 1
    each = np.array([fan_out[play._engine.drive[row] != 0].sum() for row in play.rows])
    return np.bincount(sample, weights=each, minlength=len(arrays["boundaries"]) - 1).astype(np.int64)


def _drive(files: Mapping[str, np.ndarray], columns: int) -> np.ndarray | SparseRows:
    if "table.drive" in files:
        return files["table.drive"].reshape(-1, columns)
    return SparseRows(files["drive.offsets"], files["drive.units"], columns)


def main() -> None:
    """Answer one request."""
    with np.load(io.BytesIO(sys.stdin.buffer.read()), allow_pickle=False) as data:
        header = json.loads(data["header"].tobytes())
        arrays = {k.split(":", 1)[1]: data[k] for k in data.files if k.startswith("array:")}
    files = {key: np.memmap(path, f"<{dtype}", "r") for key, (dtype, path) in header["files"].items()}
    drive = _drive(files, int(header["scalars"]["columns.drive"]))
    out = simulate(shape_from_plain(header["shape"]), header["scalars"], arrays, drive)
    keep = {k: v for k, v in out.items() if not k.startswith("probe:") or k.removeprefix("probe:") in header["probes"]}
    answer = io.BytesIO()
    np.savez(answer, **keep)  # type: ignore[arg-type]
    sys.stdout.buffer.write(answer.getvalue())


if __name__ == "__main__":
    main()
