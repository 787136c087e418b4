"""Plan and timeline → what the compiled program is asked to do: sizes, numbers, tables and the data."""

import math
from collections.abc import Sequence

import numpy as np

from neurosearch.errors import UserError
from neurosearch.plan import Plan
from neurosearch.simulate.drive import Drive
from neurosearch.simulate.protocol import Request
from neurosearch.timeline import Timeline

GROW_LIMIT = 600.0
"""exp of this is still a number: a sample may last so many time constants of a scaled eligibility."""


def request(
    plan: Plan,
    line: Timeline,
    drive: Drive,
    seed: int,
    *,
    probes: Sequence[str] = (),
    raster: tuple[int, int] | None = None,
    report: int = 0,
    weights: dict[str, np.ndarray] | None = None,
) -> Request:
    """Everything a run needs.

    Args:
        drive: what the input neurons are shown; in files that all runs share.
        weights: ``projection.w`` → [synapses] initial weights instead of drawn ones.
    """
    _check_eligibility(plan, line)
    if not 0 <= seed < 2**31:
        raise UserError(f"seed = {seed} must be an integer from 0 to {2**31 - 1}")
    scalars: dict[str, float | int] = {f"size.{name}": size for name, size in plan.sizes.items()}
    parameters = {f"{g.name}.{p.name}": p for g in plan.shape.groups for p in g.parameters}
    integers = {key for key, p in parameters.items() if p.integer}
    scalars |= {k: int(v) if k in integers else float(v) for k, v in plan.values.items()}
    scalars |= {key: seed for key, p in parameters.items() if p.seed}
    arrays: dict[str, np.ndarray] = {
        "boundaries": line.boundaries.astype(np.int64),
        "decisions": line.decisions.astype(np.int64),
        "frames": line.frames.astype(np.int64, copy=False),
        "order": drive.order(line.order),
        "labels": line.labels.astype(np.int32),
    }
    for s in plan.shape.synapses:
        if s.listed:
            i, j = plan.pairs(s.name, seed)
            arrays[f"_pairs.{s.name}.first"] = np.searchsorted(i, np.arange(plan.sizes[s.pre] + 1))
            arrays[f"_pairs.{s.name}.target"] = j.astype(np.int32)
    for table in plan.shape.tables:
        if table.rows == "sample":
            arrays[f"table.{table.name}"] = line.tables[table.name]
        if table.per_neuron:
            columns = line.tables[table.name].shape[1] if table.rows == "sample" else drive.columns
            scalars[f"columns.{table.name}"] = columns
    return Request(
        scalars=scalars, arrays=arrays | (weights or {}), files=drive.files, probes=tuple(probes), raster=raster,
        report=report, samples=line.samples,
    )  # fmt: skip


def _check_eligibility(plan: Plan, line: Timeline) -> None:
    """Scaled eligibility grows as exp(elapsed/tau): a sample must not last too many time constants."""
    longest = float(np.diff(line.boundaries).max() + 1) * plan.shape.dt
    for g in plan.shape.groups:
        for v in g.variables:
            tau = plan.values[f"{g.name}.{v.time_constant}"] if v.role == "scale" else math.inf
            if longest / tau > GROW_LIMIT:
                raise UserError(
                    f"{g.name}.{v.time_constant} = {tau} second is too short for samples of {longest:g} s; "
                    f"make it at least {longest / GROW_LIMIT:.3g} s or the samples shorter"
                )
