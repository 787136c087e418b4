"""Failed and infeasible trials, grouped by reason."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from neurosearch.record.trial import Trial
from neurosearch.study import ranking
from neurosearch.study.study import Study

INFEASIBLE = "infeasible"


@dataclass(frozen=True)
class Failure:
    """Trials that failed for the same reason.

    Attributes:
        status: their status; ``infeasible`` for trials that completed but violate a constraint.
        reason: of the first trial; numbers in it differ between trials.
        count: number of trials.
        number: of the first trial.
    """

    status: str
    reason: str
    count: int
    number: int


def failures(study: Study, trials: Sequence[Trial]) -> list[Failure]:
    """Kinds of failure, the most frequent first."""
    kinds: Counter[tuple[str, str]] = Counter()
    first: dict[tuple[str, str], Failure] = {}
    for trial in trials:
        status, reason = _why(study, trial)
        if status:
            kind = status, re.sub(r"[-+]?\d[\d.,]*%?", "#", reason)
            kinds[kind] += 1
            first.setdefault(kind, Failure(status, reason, 0, trial.number))
    return [Failure(first[kind].status, first[kind].reason, n, first[kind].number) for kind, n in kinds.most_common()]


def _why(study: Study, trial: Trial) -> tuple[str, str]:
    if trial.score.status != "ok":
        return trial.score.status, trial.score.reason
    violated = [name for name, by in ranking.violations(study, trial.score).items() if by > 0]
    return (INFEASIBLE, f"violates {', '.join(violated)}") if violated else ("", "")
