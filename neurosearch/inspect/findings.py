"""Everything that inspect reports, before it becomes text, JSON, CSV or a figure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from neurosearch.inspect.best import Row
from neurosearch.inspect.choices import Option
from neurosearch.inspect.comparison import Comparison
from neurosearch.inspect.failures import Failure
from neurosearch.inspect.importance import Importance
from neurosearch.inspect.timing import Timing
from neurosearch.record.trial import Trial
from neurosearch.study.study import Study


@dataclass(frozen=True, eq=False)
class Findings:
    """The content of a report."""

    study: Study
    place: str
    trials: Sequence[Trial]
    best: Sequence[Row]
    front: Sequence[Row]
    importance: Importance
    options: Sequence[Option]
    failures: Sequence[Failure]
    launches: Sequence[Timing]
    comparison: Comparison | None = None
    pictures: Sequence[Path] = ()
    notes: Sequence[str] = field(default=())
