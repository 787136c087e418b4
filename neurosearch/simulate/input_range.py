"""Check that a task's values lie in the range that encoders expect: others may hardly drive a network, silently."""

from typing import Any

import numpy as np

from neurosearch import catalogue
from neurosearch.parts.normalisations.base import Causal
from neurosearch.record.rows import SparseRows
from neurosearch.record.stream import Stream

ROWS = 2000
"""Rows that are checked: enough to cover a channel's range, few enough to take no noticeable time."""

SLACK = 1e-3
"""Excess beyond 0 and 1 that is tolerated as rounding or the task's own noise."""

UNEQUAL = 30.0
"""Ratio of two channels' ranges above which a common scaling hides the smaller one."""


def range_caution(stream: Stream, encoder: Any) -> str:
    """A warning about values outside the range that this encoder expects; empty if there is none.

    A normalisation of each channel by its past (`Causal`) maps any values to 0 to 1; one of a whole sample does if its
    channels have comparable scales. A memory receives its patterns unchanged.
    """
    normalisation = encoder.normalisation
    if isinstance(stream.values, SparseRows) or stream.recall is not None or isinstance(normalisation, Causal):
        return ""
    rows = np.unique(stream.frame_row)
    values = stream.values[rows[:: -(-len(rows) // ROWS)]]
    low, high = float(values.min()), float(values.max())
    if low >= -SLACK and high <= 1 + SLACK:
        return ""
    inputs = normalisation.apply(values, stream.shape)
    ranges = np.ptp(values, axis=0)
    unequal = float(ranges.max() / max(float(ranges[ranges > 0].min(initial=np.inf)), np.finfo(np.float32).tiny))
    if inputs.min() >= -SLACK and inputs.max() <= 1 + SLACK and unequal < UNEQUAL:
        return ""
    name = catalogue.name_of(normalisation)
    why = (
        f"encoders expect 0 to 1, but the normalisation {name} gives {inputs.min():.3g} to {inputs.max():.3g}"
        if inputs.min() < -SLACK or inputs.max() > 1 + SLACK
        else f"one channel varies {unequal:.3g} times as much as another, but the normalisation {name} scales all alike"
    )
    return (
        f"the task's values range from {low:.3g} to {high:.3g}, and {why}; "
        f"set encoder.normalisation to minmax or standard, or scale the data"
    )
