"""One stored evaluation of a study."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from neurosearch.record.score import Score


@dataclass(frozen=True)
class Trial:
    """One stored evaluation of a study.

    Attributes:
        number: position in the study, from 0.
        params: sampled path → value, only the paths that exist for this choice.
        score: the mean over the study's seeds.
        seconds: phase → seconds (``build``, ``simulate``, ``sample``, ``other``).
        detail: order of asks and tells, seeds, digest of the build, versions.
    """

    number: int
    params: Mapping[str, Any]
    score: Score
    seconds: Mapping[str, float] = field(default_factory=dict)
    detail: Mapping[str, Any] = field(default_factory=dict)
