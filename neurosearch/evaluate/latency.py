"""Decision latency, from samples shown again, truncated to several lengths, with learning off.

A sample truncated after n steps ends with the read-out that the whole sample has after n steps, if the network starts
each sample from rest (as the built-in neurons do). The latency therefore needs additional samples but no read-out in
every step; its resolution is the distance between two lengths, rounded up.
"""

import numpy as np

from neurosearch.evaluate.accuracy import decisions
from neurosearch.record.metric import Metric

DECISION_LATENCY = Metric(
    "decision_latency", "minimize", "steps until the decision no longer changes, mean over truncated samples"
)


def latencies(readout: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """[samples] steps after which the decision equals that at a sample's full length.

    Args:
        readout: [k, O] of truncated samples, those of each sample consecutive, shortest first.
        steps: [k] free steps of each; where they fall, the next sample begins. Without a decision: all its steps.
    """
    if not len(readout):
        return np.zeros(0, int)
    decided = decisions(readout, len(readout))
    begins = np.concatenate([[0], np.flatnonzero(np.diff(steps) <= 0) + 1])
    found = []
    for begin, end in zip(begins, np.append(begins[1:], len(steps)), strict=True):
        last = decided[end - 1]
        stays = np.flatnonzero(decided[begin:end] != last)
        first = begin + (int(stays[-1]) + 1 if len(stays) else 0)
        found.append(steps[end - 1] if last < 0 else steps[first])
    return np.array(found)
