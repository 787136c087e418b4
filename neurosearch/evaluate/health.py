"""Status of a completed run: silent, saturated or ok."""

from collections.abc import Mapping

import numpy as np

from neurosearch.evaluate.accuracy import undecided
from neurosearch.evaluate.prediction import constant

UNDECIDED = 0.99
"""A network is silent if its outputs are all equal in more than this fraction of the samples."""
SATURATED = 0.9
"""A population is saturated if it spikes in more than this fraction of its neuron-steps."""


def diagnose(
    readout: np.ndarray, spikes: Mapping[str, np.ndarray], activity: Mapping[str, float], values: bool = False
) -> tuple[str, str]:
    """(status, reason) of a run.

    Args:
        readout: [k, O] of the streamed samples.
        spikes: population → [k] spikes, inputs excluded.
        activity: population → fraction of its neuron-steps with a spike.
        values: the readout predicts values, so it must differ between samples, not between outputs.
    """
    if spikes and not any(count.any() for count in spikes.values()):
        fired = f"no neuron of {', '.join(spikes)} fired in {len(readout)} samples"
        return "silent", f"{fired}; increase their input, for example the drive"
    if values and constant(readout):
        return "silent", f"the outputs were the same in all of {len(readout)} samples"
    same = 0.0 if values else float(undecided(readout).mean())
    if same > UNDECIDED:
        return "silent", f"the outputs were all equal in {same:.1%} of {len(readout)} samples"
    for population, part in activity.items():
        if part > SATURATED:
            return "saturated", f"{population} fired in {part:.0%} of its neuron-steps"
    return "ok", ""


def activity(spikes: Mapping[str, np.ndarray], sizes: Mapping[str, int], steps: int) -> dict[str, float]:
    """Fraction of the neuron-steps with a spike, for each population whose size is given."""
    return {name: float(spikes[name].sum()) / (size * steps) for name, size in sizes.items() if name in spikes}
