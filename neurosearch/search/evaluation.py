"""One evaluation: proposal, score and timing; and the outcome of a launch."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from neurosearch.errors import UserError
from neurosearch.record.score import Score
from neurosearch.record.trial import Asked
from neurosearch.search.executors.clock import Clock
from neurosearch.simulate.cancel import Cancel
from neurosearch.study.space import Value

Evaluate = Callable[[dict[str, Any], tuple[int, ...], Cancel], Score]
"""configuration, seeds, cancel → score; its ``timing`` holds ``build`` and ``simulate``.

For an executor with other processes it must be picklable: a function of a module, or an `Evaluation`.
"""


@dataclass(frozen=True)
class Outcome:
    """Outcome of a launch.

    Attributes:
        ended: ``budget``, ``exhausted`` (the space has no more configurations), ``timeout`` or ``interrupted``.
        stored: number of trials in the store.
        fresh: number of trials of this launch.
        wall: seconds of this launch.
        workers: number of workers.
        seconds: phase → seconds, summed over workers: build, simulate, other; ``sample`` is the driver's own.
        builds: number of structures compiled.
        duplicates: proposals that had been evaluated before.
    """

    ended: str
    stored: int
    fresh: int
    wall: float
    workers: int
    seconds: Mapping[str, float]
    builds: int
    duplicates: int

    @property
    def utilisation(self) -> float:
        """Fraction of workers × wall time, builds excluded, in which a simulation ran."""
        available = self.workers * self.wall - self.seconds["build"]
        return min(1.0, self.seconds["simulate"] / available) if available > 0 else 0.0


@dataclass
class Proposal:
    """A proposal of the sampler and its progress."""

    asked: Asked
    params: dict[str, Value]
    configuration: dict[str, Any]
    digest: str
    sample_seconds: float
    attempts: int = 0
    reasons: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Result:
    """A score with the start and end time of its evaluation."""

    score: Score
    started: float
    finished: float


def timed(
    evaluate: Evaluate,
    configuration: dict[str, Any],
    seeds: tuple[int, ...],
    cancel: Cancel,
    closing: Cancel,
    clock: Clock,
) -> Result:
    """Evaluate and record the times; does not start once ``closing`` or ``cancel`` is set."""
    started = clock.date()
    if closing.is_set() or cancel.is_set():
        return Result(Score("stopped", {}), started, started)
    try:
        score = evaluate(configuration, seeds, cancel)
    except UserError as error:
        raise UserError(f"{error} (while evaluating {_short(configuration)})") from error
    return Result(score, started, clock.date())


def phases(result: Result) -> dict[str, float]:
    """Seconds of building, of simulating, and of everything else."""
    timing, elapsed = result.score.timing, result.finished - result.started
    build, simulate = timing.build, timing.simulate or elapsed - timing.build  # an evaluation may have noted none
    return {"build": build, "simulate": simulate, "other": max(0.0, elapsed - build - simulate)}


def _short(configuration: Mapping[str, Any]) -> str:
    """The names of the chosen options, for an error message."""
    return ", ".join(f"{name}: {next(iter(value))}" for name, value in configuration.items() if name != "memory")
