"""One stored evaluation of a study."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from neurosearch.record.score import Score


@dataclass(frozen=True)
class Repeat:
    """A proposal that had been evaluated before, so that it was not run.

    Attributes:
        ask: its number among the asks.
        after: results that the sampler had been told before it.
        original: the ask that proposed the same configuration first.
        finished: whether the original had a score by then, which the sampler was told.
    """

    ask: int
    after: int
    original: int
    finished: bool


@dataclass(frozen=True)
class Asked:
    """When and how the sampler proposed a trial.

    Attributes:
        ask: its number among the asks of the study.
        after: results that the sampler had been told before it.
        at: seconds since 1970.
        repeats: what was proposed just before it and not run.
    """

    ask: int = -1
    after: int = 0
    at: float = 0.0
    repeats: tuple[Repeat, ...] = ()


@dataclass(frozen=True)
class Ran:
    """When and how a trial was evaluated; times are seconds since 1970, 0 if not recorded.

    Attributes:
        started, finished: when a worker had it.
        launch: when the launch that ran it began.
        workers: of that launch.
        attempts: how often it was run.
        earlier_reasons: why it was run again.
    """

    started: float = 0.0
    finished: float = 0.0
    launch: float = 0.0
    workers: int = 1
    attempts: int = 1
    earlier_reasons: tuple[str, ...] = ()


@dataclass(frozen=True)
class Trial:
    """One stored evaluation of a study.

    Attributes:
        number: position in the study, from 0; -1 before it is stored.
        params: sampled path → value, only the paths that exist for this choice.
        score: the mean over the study's seeds.
        seconds: phase → seconds (``build``, ``simulate``, ``sample``, ``other``).
        configuration: what was evaluated, as plain data: architecture, task, memory.
        digest: of the configuration.
        seeds: of its networks.
        asked: how it was proposed.
        ran: how it was evaluated.
    """

    number: int
    params: Mapping[str, Any]
    score: Score
    seconds: Mapping[str, float] = field(default_factory=dict)
    configuration: Mapping[str, Any] = field(default_factory=dict)
    digest: str = ""
    seeds: tuple[int, ...] = ()
    asked: Asked = Asked()
    ran: Ran = Ran()

    @property
    def detail(self) -> dict[str, Any]:
        """All that follows ``seconds``, with the keys under which it is stored; scripts read it, too."""
        asked, ran = self.asked, self.ran
        return {
            "ask": asked.ask,
            "asked_after": asked.after,
            "duplicates": [[r.ask, r.after, r.original, r.finished] for r in asked.repeats],
            "asked": asked.at,
            "started": ran.started,
            "finished": ran.finished,
            "launch": ran.launch,
            "workers": ran.workers,
            "attempts": ran.attempts,
            "earlier_reasons": list(ran.earlier_reasons),
            "digest": self.digest,
            "seeds": list(self.seeds),
            "configuration": dict(self.configuration),
        }
