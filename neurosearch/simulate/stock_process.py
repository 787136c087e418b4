"""The process of Brian2's own device: ``python -m neurosearch.simulate.stock_process`` answers one request.

It reads the request from stdin and answers on stdout (NPZ in both directions); exit code 4: out of memory.
"""

import io
import json
import resource
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from neurosearch.lower.brian_defaults import import_brian2
from neurosearch.plan import MOMENTS, Group, Shape, Synapses, Table, shape_from_plain
from neurosearch.record.rows import SparseRows
from neurosearch.simulate import brian

OUT_OF_MEMORY = 4  # exit code, as of compiled programs


class _Stock:
    """Brian2's own device: events are run explicitly, tables are read in Python."""

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
        """See ``brian.Target``."""
        return int(self._scalars[f"size.{name}"])

    def clock(self, moment: str) -> Any:
        """See ``brian.Target``."""
        del moment

    def table(self, name: str) -> Any:
        """See ``brian.Target``."""
        return self._tables[name]

    def pairs(self, synapses: Synapses) -> tuple[Any, Any]:
        """See ``brian.Target``."""
        from neurosearch.simulate.functions import listed

        return listed(*(self._arrays[f"_pairs.{synapses.name}.{what}"] for what in ("first", "target")))

    def ready(self, groups: Mapping[str, Any]) -> None:
        """See ``brian.Target``: set the numbers, on which wiring and weights depend."""
        _set_numbers(groups, self._numbers)

    def ahead(self, group: Group) -> bool:
        """See ``brian.Target``."""
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
    """Run a plan on the runtime device's NumPy target, in this process; the answer has every state variable."""
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
    network = brian2.Network(*(o for o in objects.values() if o not in events), *spiking.values())
    play = _Play(shape, engine, arrays, objects, network)
    network.add(brian2.NetworkOperation(play.step, when="start"))
    play.events = {
        m: [o for n, o in objects.items() if n.startswith("event_") and n.split("_")[2] == m] for m in MOMENTS
    }
    network.run((int(arrays["boundaries"][-1]) + 1) * brian2.defaultclock.dt, namespace={})
    return _answer(shape, arrays, objects, spiking, play)


class _Play:
    """Runs an event's objects at its step."""

    def __init__(
        self,
        shape: Shape,
        engine: _Stock,
        arrays: Mapping[str, np.ndarray],
        objects: Mapping[str, Any],
        network: Any,
    ) -> None:
        self._shape, self._engine, self._objects, self._network = shape, engine, objects, network
        self._when = {k: {int(n): q for q, n in enumerate(arrays[k])} for k in ("decisions", "boundaries", "frames")}
        self._order, self._last = arrays["order"], len(arrays["decisions"]) - 1
        self.events: dict[str, list[Any]] = {}
        self.readout: list[np.ndarray] = []
        self.rows: list[int] = []
        self._ready, self.finite = False, True

    def step(self, t: Any) -> None:
        """Run one step's events, before Brian2's groups."""
        import brian2

        if not self.finite:
            return
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
            readout = np.array(self._objects[self._shape.readout].decision[:])
            if not np.isfinite(readout).all():
                self._network.stop()  # at the end of this step, whose results are discarded
                self.finite = False
                return
            self.readout.append(readout)
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
    out: dict[str, np.ndarray] = {
        "readout": np.array(play.readout).reshape(len(play.readout), len(objects[shape.readout]))
    }
    raster, fired = [], {}
    dt = shape.dt
    for k, (name, monitor) in enumerate(spiking.items()):
        steps = np.rint(np.asarray(monitor.t_) / dt).astype(np.int64)
        inside = steps < boundaries[-1]
        steps, neurons = fired[name] = steps[inside], np.asarray(monitor.i)[inside]
        sample = np.searchsorted(boundaries, steps, side="right") - 1
        out[f"spikes:{name}"] = np.bincount(sample, minlength=len(boundaries) - 1).astype(np.int32)
        raster.append(np.column_stack([steps, np.full(len(steps), k), neurons]))
    for s in shape.synapses:
        if s.deliver and s.pre in spiking:
            steps, neurons = fired[s.pre]
            sample = np.searchsorted(boundaries, steps, side="right") - 1
            fan_out = np.bincount(np.asarray(objects[s.name].i[:]), minlength=len(objects[s.pre]))
            delivered = np.bincount(sample, weights=fan_out[neurons], minlength=len(boundaries) - 1)
            out[f"events:{s.name}"] = delivered.astype(np.int64)
        elif any(x.moment == "frame" for x in s.sums):
            out[f"events:{s.name}"] = _graded_events(s, arrays, objects, play)
    spikes = np.concatenate(raster).astype(np.int32) if raster else np.zeros((0, 3), np.int32)
    out["raster"] = spikes[np.lexsort(spikes.T[[2, 1, 0]])]
    variables = {g.name: g.variables for g in shape.groups} | {s.name: s.variables for s in shape.synapses}
    for owner, declared in variables.items():
        for v in declared:
            out[f"probe:{owner}.{v.name}"] = np.array(getattr(objects[owner], f"{v.name}_"))
    for s in shape.synapses:
        out[f"probe:{s.name}.i"], out[f"probe:{s.name}.j"] = np.array(objects[s.name].i), np.array(objects[s.name].j)
    return out


def _graded_events(
    s: Synapses, arrays: Mapping[str, np.ndarray], objects: Mapping[str, Any], play: _Play
) -> np.ndarray:
    fan_out = np.bincount(np.asarray(objects[s.name].i[:]), minlength=len(objects[s.pre]))
    sample = np.searchsorted(arrays["boundaries"], arrays["frames"], side="right") - 1
    each = np.array([fan_out[play._engine.drive[row] != 0].sum() for row in play.rows])
    return np.bincount(sample[: len(each)], weights=each, minlength=len(arrays["boundaries"]) - 1).astype(np.int64)


def _drive(files: Mapping[str, np.ndarray], columns: int) -> np.ndarray | SparseRows:
    if "table.drive" in files:
        return files["table.drive"].reshape(-1, columns)
    return SparseRows(files["drive.offsets"], files["drive.units"], columns)


def _limit_memory(limit: int | None) -> None:
    """Limit the memory that the run adds to that of Python and Brian2."""
    if limit is not None:
        import_brian2()  # before memory is measured
        taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (taken + limit, taken + limit))


def main() -> None:
    """Answer one request."""
    with np.load(io.BytesIO(sys.stdin.buffer.read()), allow_pickle=False) as data:
        header = json.loads(data["header"].tobytes())
        arrays = {k.split(":", 1)[1]: data[k] for k in data.files if k.startswith("array:")}
    files = {key: np.memmap(path, f"<{dtype}", "r") for key, (dtype, path) in header["files"].items()}
    drive = _drive(files, int(header["scalars"]["columns.drive"]))
    try:
        _limit_memory(header["memory"])
        out = simulate(shape_from_plain(header["shape"]), header["scalars"], arrays, drive)
    except MemoryError:
        sys.exit(OUT_OF_MEMORY)
    keep = {k: v for k, v in out.items() if not k.startswith("probe:") or k.removeprefix("probe:") in header["probes"]}
    answer = io.BytesIO()
    np.savez(answer, **keep)  # type: ignore[arg-type]
    sys.stdout.buffer.write(answer.getvalue())


if __name__ == "__main__":
    main()
