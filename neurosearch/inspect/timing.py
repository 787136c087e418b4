"""How the workers spent the time of each launch of a study, and how long they were idle."""

from collections.abc import Sequence
from dataclasses import dataclass

from neurosearch.record.trial import Trial


@dataclass(frozen=True)
class Timing:
    """Seconds of one launch.

    Attributes:
        trials: number of trials it stored.
        workers: number of workers.
        wall: from its start to the end of its last trial.
        capacity: workers × wall.
        build, simulate, other: summed over workers; ``other`` is preparation, scoring and process start.
        idle: remaining capacity.
        sample: spent by the driver in the sampler, while workers may run.
        builds: number of structures compiled.
    """

    trials: int
    workers: int
    wall: float
    capacity: float
    build: float
    simulate: float
    other: float
    idle: float
    sample: float
    builds: int

    @property
    def utilisation(self) -> float | None:
        """Fraction of workers × wall, builds excluded, in which a simulation ran."""
        available = self.capacity - self.build
        return min(1.0, self.simulate / available) if available > 0 else None


def launches(trials: Sequence[Trial]) -> list[Timing]:
    """One entry per launch, the earliest first."""
    stamps = sorted({t.ran.launch for t in trials if t.ran.launch and t.ran.finished})
    return [_launch(stamp, [t for t in trials if t.ran.launch == stamp]) for stamp in stamps]


def total(parts: Sequence[Timing]) -> Timing | None:
    """The sum over launches; ``workers`` is the largest of theirs. ``None`` without launches."""
    if not parts:
        return None
    added = ("trials", "wall", "capacity", "build", "simulate", "other", "idle", "sample", "builds")
    return Timing(
        workers=max(p.workers for p in parts), **{name: sum(getattr(p, name) for p in parts) for name in added}
    )


def _launch(stamp: float, trials: Sequence[Trial]) -> Timing:
    workers = trials[0].ran.workers
    wall = max(0.0, max(t.ran.finished for t in trials) - stamp)
    seconds = {
        phase: sum(t.seconds.get(phase, 0.0) for t in trials) for phase in ("build", "simulate", "other", "sample")
    }
    busy = seconds["build"] + seconds["simulate"] + seconds["other"]
    builds = sum(t.score.provenance.builds for t in trials)
    capacity = workers * wall
    return Timing(len(trials), workers, wall, capacity, idle=max(0.0, capacity - busy), builds=builds, **seconds)
