"""What a record is worth."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Score:
    """What a record is worth.

    Attributes:
        status: ``ok``, ``silent``, ``saturated``, or the record's own (``not_finite``, ``time_limit``, ...).
        metrics: name (of a declared ``Metric``) → value; empty when nothing could be measured.
        curve: prequential accuracy (of predicted values: normalised error) in consecutive windows of the stream.
        detail: further numbers worth storing (spikes per population, seconds), plain JSON values.
        reason: a sentence when the status is not ``ok``.
    """

    status: str
    metrics: Mapping[str, float]
    curve: tuple[float, ...] = ()
    detail: Mapping[str, Any] = field(default_factory=dict)
    reason: str = ""
