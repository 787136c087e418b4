"""What one simulation did."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Build:
    """What ran.

    Attributes:
        digest: identity of the program: plan, compiler, flags, processor, versions.
        compiler: its name and version, or what ran instead of a compiled program.
        seconds: what it took to get the program, waiting included.
        fresh: built for this run.
    """

    digest: str = ""
    compiler: str = ""
    seconds: float = 0.0
    fresh: bool = False


@dataclass(frozen=True, eq=False)
class Record:
    """What one simulation did.

    Attributes:
        status: ``ok``, or why it ended early: ``stopped``, ``not_finite``, ``time_limit``, ``memory_limit``,
            ``crashed``.
        completed: samples finished, out of ``samples``.
        readout: [completed, O] decision variable at each sample's decision.
        spikes: population → [completed] spikes in each sample.
        events: pathway → [completed] synaptic deliveries in each sample.
        arrays: probed arrays by name, for example ``kc_output.w``.
        raster: [m, 3] int32: step, index into ``populations``, neuron.
        run_seconds, setup_seconds, wall_seconds: inside the program's step loop, before it, and seen from outside.
        reason: a sentence when the status is not ``ok``.
        build: the program that ran.
    """

    status: str
    completed: int
    samples: int
    readout: np.ndarray
    spikes: Mapping[str, np.ndarray]
    events: Mapping[str, np.ndarray]
    arrays: Mapping[str, np.ndarray]
    raster: np.ndarray
    populations: tuple[str, ...] = ()
    run_seconds: float = 0.0
    setup_seconds: float = 0.0
    wall_seconds: float = 0.0
    reason: str = ""
    build: Build = Build()


def empty(status: str, samples: int, reason: str, wall_seconds: float = 0.0) -> Record:
    """The record of a run that left no results."""
    nothing, none = np.zeros((0, 0)), np.zeros((0, 3), np.int32)
    return Record(status, 0, samples, nothing, {}, {}, {}, none, wall_seconds=wall_seconds, reason=reason)
