"""A request to an engine: a plan, its stream, the seed, and what to return. Checked when it is created."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from neurosearch.errors import UserError
from neurosearch.plan import Plan
from neurosearch.simulate.drive import Drive
from neurosearch.spelling import suggestion
from neurosearch.timeline import Timeline

SEEDS = 2**31
"""Number of seeds: they are passed on as non-negative signed 32-bit integers."""


@dataclass(frozen=True, eq=False)
class Request:
    """One run. Letters: K samples, N neurons of a group, E synapses of a projection.

    Attributes:
        plan: the plan to run.
        line: when each frame, decision and sample begins, and what becomes visible then.
        drive: the input.
        seed: of wiring, initial weights, spikes and noise; 0 to ``SEEDS`` - 1.
        probes: ``owner.variable`` of the arrays to return: [N] or [E] values at the end of the run. Every synapse also
            has ``i`` and ``j``, its pre- and postsynaptic neuron.
        raster: first and last sample whose spikes are returned; ``None``: no spikes.
        start: ``owner.variable`` → [N] or [E] values at the start, instead of the plan's.

    Raises:
        UserError: the seed or the samples are out of range, or the plan lacks a named variable.
    """

    plan: Plan
    line: Timeline
    drive: Drive
    seed: int
    probes: tuple[str, ...] = ()
    raster: tuple[int, int] | None = None
    start: Mapping[str, np.ndarray] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_seed(self.seed)
        if self.raster is not None:
            first, last = self.raster
            if not 0 <= first <= last < self.line.samples:
                raise UserError(
                    f"raster = {first} to {last} is outside the samples of the stream; "
                    f"give a first and a last sample from 0 to {self.line.samples - 1}"
                )
        if self.probes or self.start:
            known = _sizes(self.plan)
            for name in (*self.probes, *self.start):
                if name not in known:
                    raise UserError(f"the plan has no variable {name}; {suggestion(name, known)}")
            for name, values in self.start.items():
                self._check_start(name, values, known[name])

    def _check_start(self, name: str, values: np.ndarray, size: int | None) -> None:
        if size is None:
            size = len(self.plan.pairs(name.partition(".")[0], self.seed)[0])
        if np.shape(values) != (size,) or not np.isfinite(values).all():
            raise UserError(f"{name} starts with values of shape {np.shape(values)}; give {size} finite numbers")


def check_seed(seed: int) -> None:
    """Refuse a seed that is out of range."""
    if not 0 <= seed < SEEDS:
        raise UserError(f"seed = {seed} is outside 0 to {SEEDS - 1}; give a seed in this range")


def _sizes(plan: Plan) -> dict[str, int | None]:
    """``owner.variable`` → number of values; ``None`` for synapses, whose number depends on the wiring."""
    sizes: dict[str, int | None] = {}
    for g in plan.shape.groups:
        sizes |= {f"{g.name}.{v.name}": 1 if v.shared else plan.sizes[g.name] for v in g.variables}
    for s in plan.shape.synapses:
        sizes |= {f"{s.name}.{name}": None for name in (*(v.name for v in s.variables), "i", "j")}
    return sizes
