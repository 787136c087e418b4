"""The NumPy reference as an engine: the steps of `neurosearch.simulate.reference`, recorded as by every engine."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from neurosearch.plan import Plan
from neurosearch.record.record import Build, Record
from neurosearch.simulate.cancel import Cancel
from neurosearch.simulate.engine import DEFAULT_LIMITS, Engine, Limits, after
from neurosearch.simulate.reference import Stepper
from neurosearch.simulate.request import Request


@dataclass(frozen=True)
class Reference(Engine):
    """Slow, runs in this process, and every other engine is compared with it. Cannot bound its memory."""

    name = "the NumPy reference"
    instead = "Brian2's own device"

    def supports(self, plan: Plan) -> str:
        """Empty: this engine runs the whole language."""
        del plan
        return ""

    def digest(self, plan: Plan) -> str:
        """Digest of the plan's shape: no program is built."""
        return plan.shape.digest

    def run(self, request: Request, limits: Limits = DEFAULT_LIMITS, cancel: Cancel | None = None) -> Record:
        """See `Engine`; checks the limits once a step."""
        with np.errstate(all="ignore"):  # a network that diverges is a status, not a warning
            return _Run(request).record(limits, cancel)


class _Run:
    """One run in progress. Letters: K samples, O outputs."""

    def __init__(self, request: Request) -> None:
        self._request, self._began = request, time.perf_counter()
        drive = request.drive
        line = replace(request.line, order=drive.order(request.line.order))
        self._stepper = Stepper(request.plan, line, drive.rows(), request.seed, request.start)
        self._readout: list[np.ndarray] = []  # [O] of each decision
        self._fired = {g.name: [_NOTHING] for g in request.plan.shape.groups if g.threshold}  # (step, neuron)
        self._shown: list[tuple[int, np.ndarray]] = []  # step at which a frame begins, its input [I]
        self._completed = 0
        self._set_up = time.perf_counter()

    def record(self, limits: Limits, cancel: Cancel | None) -> Record:
        """Step until the end, or until a limit or ``cancel`` stops the run."""
        deadline = None if limits.seconds is None else self._began + limits.seconds
        status = self._steps(deadline, cancel)
        now, samples, request = time.perf_counter(), self._request.line.samples, self._request
        outputs = request.plan.sizes[request.plan.shape.readout]
        spikes = {name: np.concatenate(rows) for name, rows in self._fired.items()}
        return Record(
            status=status,
            completed=self._completed,
            samples=samples,
            readout=np.array(self._readout[: self._completed]).reshape(self._completed, outputs),
            spikes={name: self._count(rows[:, 0]) for name, rows in spikes.items()},
            events=self._events(spikes),
            arrays={name: self._probe(name) for name in request.probes},
            raster=self._raster(spikes),
            populations=tuple(spikes),
            run_seconds=now - self._set_up,
            setup_seconds=self._set_up - self._began,
            wall_seconds=now - self._began,
            reason="" if status == "ok" else after(status, self._completed, samples),
            build=Build(request.plan.shape.digest, f"none, {Reference.name}"),
        )

    def _steps(self, deadline: float | None, cancel: Cancel | None) -> str:
        stepper = self._stepper
        for n in range(self._request.line.steps):
            if cancel is not None and cancel.is_set():
                return "stopped"
            if deadline is not None and time.perf_counter() >= deadline:
                return "time_limit"
            readout = stepper.decide(n)
            if readout is not None:
                if not np.isfinite(readout).all():
                    return "not_finite"
                self._readout.append(readout)
            ended, began = stepper.enter(n)
            self._completed += ended
            if began:
                self._shown.append((n, np.asarray(stepper.drive[stepper.row])))
            stepper.step()
            for name, rows in self._fired.items():
                where = np.flatnonzero(stepper.state.fired[name])
                rows.append(np.column_stack([np.full(len(where), n), where]))
        return "ok"

    def _count(self, steps: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
        """[completed] number of these steps, or the sum of their weights, in each sample."""
        sample = np.searchsorted(self._request.line.boundaries, steps, side="right") - 1
        counts = np.bincount(sample, weights=weights, minlength=self._completed)[: self._completed]
        return counts.astype(np.int64)

    def _events(self, spikes: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Projection → [completed] synaptic events: of spikes, or of a frame's nonzero inputs."""
        found = {}
        plan = self._request.plan
        for s in plan.shape.synapses:
            fan_out = np.bincount(self._stepper.state.pairs[s.name][0], minlength=plan.sizes[s.pre])
            if s.deliver and s.pre in spikes:
                rows = spikes[s.pre]
                found[s.name] = self._count(rows[:, 0], fan_out[rows[:, 1]])
            elif any(x.moment == "frame" for x in s.sums):
                steps = np.array([n for n, _ in self._shown], np.int64)
                found[s.name] = self._count(steps, np.array([fan_out[row != 0].sum() for _, row in self._shown]))
        return found

    def _raster(self, spikes: Mapping[str, np.ndarray]) -> np.ndarray:
        """[m, 3] spikes (step, population, neuron) in the samples that the request names."""
        if self._request.raster is None:
            return np.zeros((0, 3), np.int32)
        first, last = self._request.raster
        begin, end = self._request.line.boundaries[[first, last + 1]]
        rows = np.concatenate([np.insert(rows, 1, k, axis=1) for k, rows in enumerate(spikes.values())])
        rows = rows[(rows[:, 0] >= begin) & (rows[:, 0] < end)]
        return rows[np.lexsort(rows.T[[2, 1, 0]])].astype(np.int32)

    def _probe(self, key: str) -> np.ndarray:
        owner, _, name = key.partition(".")
        state = self._stepper.state
        if owner in state.synapses and name in ("i", "j"):
            return state.pairs[owner]["ij".index(name)]
        return (state.synapses[owner] if owner in state.synapses else state.neurons[owner])[name]


_NOTHING = np.zeros((0, 2), np.int64)
