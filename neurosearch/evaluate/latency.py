"""When a decision is made: samples shown again, cut short more and more, learning off.

A sample that is cut after n steps ends with the readout that the whole sample has after n steps, where the network
starts each sample from rest (the shipped neurons do). So the latency needs no readout in every step, but some samples
more; it is exact to the distance between two cuts, rounded up.
"""

import numpy as np

from neurosearch.evaluate.accuracy import decisions
from neurosearch.record.metric import Metric

DECISION_LATENCY = Metric(
    "decision_latency", "minimize", "steps until the decision stays what it is, mean of the samples cut short"
)


def latencies(readout: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """[samples] steps from which on the decision stays what it is at a sample's full length.

    Args:
        readout: [k, O] of cut samples, each sample's cuts in a row, shortest first.
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
