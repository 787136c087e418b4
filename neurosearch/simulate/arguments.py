"""A request → the arguments of the compiled program: sizes, numbers, tables and data."""

import math

import numpy as np

from neurosearch.errors import UserError
from neurosearch.plan import Plan
from neurosearch.simulate.protocol import Arguments
from neurosearch.simulate.request import Request
from neurosearch.timeline import Timeline

GROW_LIMIT = 600.0
"""Longest sample in time constants of a scaled eligibility: exp(600) is still finite in double precision."""


def arguments(request: Request, report: int = 0) -> Arguments:
    """Everything that the program of a request's plan needs.

    Args:
        report: number of samples between two progress lines, 0 for none.
    """
    plan, line = request.plan, request.line
    _check_eligibility(plan, line)
    scalars: dict[str, float | int] = {f"size.{name}": size for name, size in plan.sizes.items()}
    parameters = {f"{g.name}.{p.name}": p for g in plan.shape.groups for p in g.parameters}
    integers = {key for key, p in parameters.items() if p.integer}
    scalars |= {k: int(v) if k in integers else float(v) for k, v in plan.values.items()}
    scalars |= {key: request.seed for key, p in parameters.items() if p.seed}
    arrays: dict[str, np.ndarray] = {
        "boundaries": line.boundaries.astype(np.int64),
        "decisions": line.decisions.astype(np.int64),
        "frames": line.frames.astype(np.int64, copy=False),
        "order": request.drive.order(line.order),
        "labels": line.labels.astype(np.int32),
    }
    for s in plan.shape.synapses:
        if s.listed:
            i, j = plan.pairs(s.name, request.seed)
            arrays[f"_pairs.{s.name}.first"] = np.searchsorted(i, np.arange(plan.sizes[s.pre] + 1))
            arrays[f"_pairs.{s.name}.target"] = j.astype(np.int32)
    for table in plan.shape.tables:
        if table.rows == "sample":
            arrays[f"table.{table.name}"] = line.tables[table.name]
        if table.per_neuron:
            columns = line.tables[table.name].shape[1] if table.rows == "sample" else request.drive.columns
            scalars[f"columns.{table.name}"] = columns
    return Arguments(
        scalars=scalars, arrays={**arrays, **request.start}, files=request.drive.files, probes=request.probes,
        raster=request.raster, report=report, samples=line.samples,
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
                    f"increase it to at least {longest / GROW_LIMIT:.3g} s or shorten the samples"
                )
