"""Whether the values of a task lie where encoders expect them: a network may see little of others, and none says so."""

from typing import Any

import numpy as np

from neurosearch import catalogue
from neurosearch.parts.normalisations.base import Causal
from neurosearch.record.rows import SparseRows
from neurosearch.record.stream import Stream

ROWS = 2000
"""Rows that are looked at: enough to meet a channel's range, few enough to cost nothing."""

SLACK = 1e-3
"""How far beyond 0 and 1 is still rounding or a task's own noise."""

UNEQUAL = 30.0
"""Ratio of the ranges of two channels at which one drowns the other where all are scaled together."""


def range_caution(stream: Stream, encoder: Any) -> str:
    """A sentence about values that this encoder is not made for; empty where there is nothing to say.

    A normalisation of each channel by its past (`Causal`) brings any values to 0 to 1; one of a whole sample does, if
    its channels have scales that compare. A memory is shown its patterns as they are.
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
        else f"one channel varies {unequal:.3g} times as much as another, and the normalisation {name} scales all alike"
    )
    return (
        f"the task's values reach from {low:.3g} to {high:.3g}, and {why}; "
        f"set encoder.normalisation to minmax or standard, or scale the data"
    )
