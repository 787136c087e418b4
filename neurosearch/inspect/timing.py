"""Where the time of a study went: what its workers did in each launch, and how long they waited."""

from collections.abc import Sequence
from dataclasses import dataclass

from neurosearch.record.trial import Trial


@dataclass(frozen=True)
class Timing:
    """Seconds of one launch.

    Attributes:
        trials: stored by it.
        workers: how many there were.
        wall: from its start to the end of its last trial.
        capacity: workers × wall.
        build, simulate, other: of all workers together; ``other`` is preparing, scoring and starting.
        idle: rest of the capacity.
        sample: of the driver, asking the sampler; workers may run meanwhile.
        builds: structures compiled.
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
        """Share of workers × wall in which a simulation was alive, time spent building left out."""
        available = self.capacity - self.build
        return min(1.0, self.simulate / available) if available > 0 else None


def launches(trials: Sequence[Trial]) -> list[Timing]:
    """One entry a launch, the earliest first."""
    stamps = sorted({t.ran.launch for t in trials if t.ran.launch and t.ran.finished})
    return [_launch(stamp, [t for t in trials if t.ran.launch == stamp]) for stamp in stamps]


def together(parts: Sequence[Timing]) -> Timing | None:
    """The sum of several launches; ``workers`` is their largest number."""
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
