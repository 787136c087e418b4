"""What a record is worth, and what else is worth storing of it.

Of a score that is the mean over seeds, every number here is the mean over the seeds that have it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Shown:
    """How much of its stream a run was shown, in samples.

    Attributes:
        samples: of the stream (of a memory: patterns and looks at cues).
        completed: finished, of all that are shown.
        lead_in: shown once before the stream.
        delay: between the end of a sample and the arrival of its label.
        chance: not in samples: the share of the stream's most frequent class, which an accuracy must exceed to mean
            something; 0 where there are no classes.
    """

    samples: float = 0
    completed: float = 0
    lead_in: float = 0
    delay: float = 0
    chance: float = 0.0


@dataclass(frozen=True)
class Activity:
    """What a network did in a mean sample of the stream; empty where nothing of it was run.

    Attributes:
        spikes: population → spikes.
        events: pathway → synaptic deliveries.
        shares: population → share of its neuron-steps with a spike.
    """

    spikes: Mapping[str, float] = field(default_factory=dict)
    events: Mapping[str, float] = field(default_factory=dict)
    shares: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Timing:
    """Seconds of a run.

    Attributes:
        run: in the step loop of a program; ``setup``: before it; ``wall``: of both, seen from outside.
        build, simulate: of all seeds together: getting the program, and everything of the runs.
    """

    run: float = 0.0
    setup: float = 0.0
    wall: float = 0.0
    build: float = 0.0
    simulate: float = 0.0


@dataclass(frozen=True)
class Provenance:
    """Origin of a score; fields are empty if not recorded.

    Attributes:
        data: digest of the values, labels and targets that were shown.
        program: digest of the program that ran.
        compiler: that made it.
        builds: programs that had to be compiled first.
    """

    data: str = ""
    program: str = ""
    compiler: str = ""
    builds: int = 0


@dataclass(frozen=True)
class Change:
    """What a change of a stream did to the accuracy: its fall (``depth``), and samples until it is back (``time``)."""

    time: float
    depth: float


@dataclass(frozen=True)
class Recalled:
    """The course of a memory's recalls; all but the first three are empty unless every cue was recalled.

    Attributes:
        load: patterns stored; ``cues``: recalls.
        references: errors to compare with, by name (``cue``, ``no_memory``).
        error_at: step → root mean square error of the cues then.
        best_error: smallest of them; ``best_steps``: its step.
        share: of the cues that are recalled with an error below the criterion.
    """

    load: float
    cues: float
    references: Mapping[str, float] = field(default_factory=dict)
    error_at: Mapping[int, float] = field(default_factory=dict)
    best_error: float = 0.0
    best_steps: float = 0
    share: float = 0.0


@dataclass(frozen=True)
class OfSeed:
    """Status and metrics of one of the networks over which a score is the mean."""

    status: str
    metrics: Mapping[str, float]


@dataclass(frozen=True)
class Score:
    """What a record is worth.

    Attributes:
        status: ``ok``, ``silent``, ``saturated``, or the record's own (``not_finite``, ``time_limit``, ...).
        metrics: name (of a declared ``Metric``) → value; empty when nothing could be measured.
        curve: prequential accuracy (of predicted values: normalised error) in consecutive windows of the stream.
        reason: a sentence when the status is not ``ok``.
        shown: how much of the stream there was.
        activity: spikes and deliveries.
        timing: seconds.
        provenance: data and program.
        changes: one entry for each change of the stream.
        recalled: the course of a memory's recalls; ``None`` of anything else.
        seeds: one entry for each network, where the score is the mean over several or one.
    """

    status: str
    metrics: Mapping[str, float]
    curve: tuple[float, ...] = ()
    reason: str = ""
    shown: Shown = Shown()
    activity: Activity = Activity()
    timing: Timing = Timing()
    provenance: Provenance = Provenance()
    changes: tuple[Change, ...] = ()
    recalled: Recalled | None = None
    seeds: tuple[OfSeed, ...] = ()

    @property
    def detail(self) -> dict[str, Any]:
        """All but status, metrics, curve and reason, with the keys under which it is stored; scripts read it, too."""
        shown, activity, timing, made = self.shown, self.activity, self.timing, self.provenance
        detail: dict[str, Any] = {
            "lead_in": shown.lead_in,
            "delay": shown.delay,
            "samples": shown.samples,
            "completed": shown.completed,
            "chance": shown.chance,
            "run_seconds": timing.run,
            "setup_seconds": timing.setup,
            "wall_seconds": timing.wall,
            "changes": {str(n): {"time": c.time, "depth": c.depth} for n, c in enumerate(self.changes, 1)},
            "spikes": dict(activity.spikes),
            "events": dict(activity.events),
            "activity": dict(activity.shares),
            "seconds": {"build": timing.build, "simulate": timing.simulate},
            "build_fresh": made.builds,
            "data": made.data,
            "program": made.program,
            "compiler": made.compiler,
            "seeds": [{"status": one.status, **one.metrics} for one in self.seeds],
        }
        if (recalled := self.recalled) is not None:
            detail |= {"load": recalled.load, "cues": recalled.cues, "references": dict(recalled.references)}
            if recalled.error_at:
                detail |= {
                    "error_at": {str(step): error for step, error in recalled.error_at.items()},
                    "best_error": recalled.best_error,
                    "best_steps": recalled.best_steps,
                    "recalled": recalled.share,
                }
        optional = ("chance", "changes", "activity", "data", "program", "compiler", "seeds")
        return {key: value for key, value in detail.items() if value or key not in optional}
