"""What one simulation did."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np


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
