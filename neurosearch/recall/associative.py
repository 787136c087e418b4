"""An associative memory as a graph: an input that presents patterns and cues, units that store and recall, a pool."""

import math
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from neurosearch.errors import UserError
from neurosearch.graph import Constant, Input, Population, Projection, Random
from neurosearch.parts.storage_rules.base import Mirrored
from neurosearch.parts.wiring.all_to_all import AllToAll
from neurosearch.parts.wiring.every_pair import EveryPair
from neurosearch.parts.wiring.one_to_one import OneToOne
from neurosearch.recall.circuit import circuit
from neurosearch.recall.posterior import Memory

UNITS = "memory"
"""Name of the population that stores and recalls."""


def parts(
    memory: Memory, encoder: Any, tau_mem: float, dt: float, gains: Mapping[str, float]
) -> tuple[Input, tuple[Population, ...], tuple[Projection, ...]]:
    """Input, populations and projections of a memory.

    Args:
        encoder: a current encoder; its values reach the units unchanged.
        tau_mem: membrane time constant near a stored pattern [second].
        gains: ``leak``, ``inhibition``, ``response`` (1 when matched) and ``load`` (0: counted while storing).

    Raises:
        UserError: the encoder produces spikes, or ``dt`` is too large for stable recall.
    """
    if not encoder.graded:
        raise UserError(
            f"an associative memory needs graded input, but {encoder.owner} produces spikes; use the encoder current"
        )
    check_step(memory, tau_mem, dt, int(gains["load"]))
    low, high = memory.start
    numbers = {**memory.numbers, **gains, "tau_mem": tau_mem, "start_low": low, "start_high": high}
    c = circuit(memory.dynamics, numbers)
    n, storage, zero = memory.units, memory.storage, Random(0.0, 0.0)
    populations = [Population(UNITS, n, c.unit)]
    projections = [
        Projection("shown", "input", UNITS, OneToOne(), Constant(1.0), graded="cue = drive_pre"),
        Projection("stored", UNITS, UNITS, EveryPair(), zero, rule=storage, graded=c.recurrent),
    ]
    if c.backward:
        projections.append(
            Projection("stored_back", UNITS, UNITS, EveryPair(), zero, rule=Mirrored(storage), graded=c.backward)
        )
    if c.pool is not None:
        populations.append(Population("pool", 1, c.pool))
        projections += [
            Projection("unit_pool", UNITS, "pool", AllToAll(), Constant(1.0), graded=c.to_pool),
            Projection("pool_unit", "pool", UNITS, AllToAll(), Constant(1.0), graded=c.from_pool),
        ]
    return Input("input", n, encoder), tuple(populations), tuple(projections)


def check_step(memory: Memory, tau_mem: float, dt: float, load: int) -> None:
    """Raise ``UserError`` if ``dt`` [second] is too large for stable recall."""
    n = memory.units
    # Load 0 is counted at run time, so a step must be stable from two patterns to as many patterns as units.
    loads = (load,) if load else tuple(sorted({max(2, m) for m in (2, n // 8, n // 2, n)}))
    largest = min(_largest_rate(memory, m) for m in loads) * tau_mem
    if dt > largest:
        raise UserError(
            f"dt = {dt:g} s is too large for stable recall with tau_mem = {tau_mem:g} s; "
            f"use a dt of at most {_short(largest, math.floor)} s "
            f"or a tau_mem of at least {_short(tau_mem * dt / largest, math.ceil)} s"
        )


def _short(value: float, round_to: Callable[[float], int]) -> str:
    """Three digits, rounded to the safe side."""
    unit = 10.0 ** (math.floor(math.log10(value)) - 2)
    return f"{round_to(value / unit) * unit:.3g}"


@lru_cache(maxsize=1024)
def _largest_rate(memory: Memory, load: int) -> float:
    return memory.largest_rate(load)


def units(encoder: Any, shape: tuple[int, ...], n_outputs: int) -> int:
    """Number of units, one for each value of a pattern."""
    n = int(encoder.normalisation.inputs(shape))
    if n != n_outputs:
        raise UserError(
            f"an associative memory recalls the {n} values that it is shown, but the task has {n_outputs} outputs; "
            f"use the task recall with the normalisation raw"
        )
    return n
