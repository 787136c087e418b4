"""Spikes, synaptic operations and weight writes a sample: what a chip pays for."""

from collections.abc import Mapping

import numpy as np

WRITES = ".writes"
"""End of the names of the probed arrays that count the writes of each synapse."""


def per_sample(counts: Mapping[str, np.ndarray], samples: np.ndarray) -> dict[str, float]:
    """Mean of each counter [completed] over these samples (indices)."""
    return {name: float(count[samples].mean()) for name, count in counts.items()}


def writes(arrays: Mapping[str, np.ndarray], n: int) -> dict[str, float]:
    """Metrics of the per-synapse write counters over a run with n learning samples; none where nothing was counted."""
    counters = [array for name, array in arrays.items() if name.endswith(WRITES)]
    if not counters:
        return {}
    return {
        "writes": float(sum(counter.sum() for counter in counters)) / n,
        "writes_per_synapse": float(max((counter.max() for counter in counters if counter.size), default=0)),
    }
