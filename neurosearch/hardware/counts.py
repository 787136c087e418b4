"""Spikes, synaptic operations and weight writes per sample: the events that cost energy on a chip."""

from collections.abc import Mapping

import numpy as np

from neurosearch.record.metric import Metric

SPIKES = Metric("spikes", "minimize", "spikes of all populations per sample", label="spikes a sample")
SYNAPTIC_OPERATIONS = Metric(
    "synaptic_operations", "minimize", "synaptic deliveries per sample", label="synaptic operations a sample"
)
WEIGHT_WRITES = Metric("writes", "minimize", "weight writes, a sample", label="weight writes a sample")
WRITES_PER_SYNAPSE = Metric(
    "writes_per_synapse", "minimize", "largest number of writes to one synapse in the run",
    label="largest number of writes to one synapse",
)  # fmt: skip

WRITES = ".writes"
"""Suffix of the probed arrays that count the writes to each synapse."""


def per_sample(counts: Mapping[str, np.ndarray], samples: np.ndarray) -> dict[str, float]:
    """Mean of each counter [completed] over these samples (indices)."""
    return {name: float(count[samples].mean()) for name, count in counts.items()}


def totals(spikes: Mapping[str, float], events: Mapping[str, float]) -> dict[str, float]:
    """Metrics of the activity of all populations and pathways per sample; none if nothing was counted."""
    metrics = {SPIKES.name: sum(spikes.values())} if spikes else {}
    return metrics | ({SYNAPTIC_OPERATIONS.name: sum(events.values())} if events else {})


def writes(arrays: Mapping[str, np.ndarray], n: int) -> dict[str, float]:
    """Metrics of the per-synapse write counters over a run with n learning samples; none if nothing was counted."""
    counters = [array for name, array in arrays.items() if name.endswith(WRITES)]
    if not counters:
        return {}
    return {
        WEIGHT_WRITES.name: float(sum(counter.sum() for counter in counters)) / n,
        WRITES_PER_SYNAPSE.name: float(max((counter.max() for counter in counters if counter.size), default=0)),
    }
