"""The contract for whatever runs a plan: the compiled program, Brian2's own device, the NumPy reference, and others.

An engine is a frozen dataclass of settings with three methods. It keeps no state between runs, so one object serves
every thread, and it can be sent to another process.

- ``supports(plan)`` says what of a plan the engine lacks, as a clause, or nothing if it can run the plan. The answer is
  exact: where only a build can tell, it builds.
- ``digest(plan)`` identifies what would run. Equal digests, equal results for equal requests, bit for bit. It costs
  nothing and builds nothing, so it can be the key of a cache.
- ``run(request, limits, cancel)`` gives the `Record` of one run, in the order of ``docs/step.md``. It builds what it
  needs and says so in ``Record.build``.

How a run can end:

==============  ==========================================================================================
``ok``          every sample was run
``not_finite``  a read-out became infinite or not a number; what was completed before that sample is kept
``stopped``     ``cancel`` was set, also while the engine was building
``time_limit``  ``limits.seconds`` have passed since the run began; building does not count
``memory_limit``  the run needs more than ``limits.memory_bytes``
``crashed``     the engine itself failed
==============  ==========================================================================================

A record that is not ``ok`` has a reason, and in every array as many rows as samples were completed: an engine that
cannot stop in order completes 0. What the user can fix is never a status: a request with a mistake is refused when it
is made (`neurosearch.simulate.request`), and a plan that the engine does not support raises `Unsupported`.

Every engine gives the same spikes, decisions, events and probed arrays. The NumPy reference is the yardstick; engines
that reorder floating-point arithmetic may differ from it in the last bits.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from neurosearch.errors import UserError
from neurosearch.plan import Plan
from neurosearch.record.record import Record
from neurosearch.simulate.cancel import Cancel
from neurosearch.simulate.request import Request


@dataclass(frozen=True)
class Limits:
    """What one run may use; ``None``: no limit. Unless a study says otherwise, an hour and 8 GB.

    Attributes:
        seconds: of wall time, from the start of the run.
        memory_bytes: of address space; an engine that runs in the caller's process cannot bound it.
    """

    seconds: float | None = 3600.0
    memory_bytes: int | None = 8_000_000_000


DEFAULT_LIMITS = Limits()

EARLY: Mapping[str, str] = {
    "not_finite": "a readout became infinite or not a number",
    "stopped": "stopped on request",
    "time_limit": "stopped by its time limit",
}
"""Status of a run that ended before its last sample → the beginning of its reason."""


def after(status: str, completed: int, samples: int) -> str:
    """The reason of a run that ended early and kept what it had completed."""
    return f"{EARLY[status]} after {completed} of {samples} samples"


class Unsupported(UserError):
    """An engine is given a plan with something that it lacks."""

    def __init__(self, engine: str, lack: str, instead: str) -> None:
        super().__init__(engine, lack, instead)
        self.lack = lack

    def __str__(self) -> str:
        return "{} cannot run this plan: {}; use {}".format(*self.args)


class Engine(ABC):
    """See the top of this file."""

    name: ClassVar[str]
    """As a sentence says it, for example "the compiled program"."""
    instead: ClassVar[str]
    """What to use for a plan that it does not support."""

    @abstractmethod
    def supports(self, plan: Plan) -> str:
        """What of a plan the engine lacks, as a clause; empty where it can run the plan."""

    @abstractmethod
    def digest(self, plan: Plan) -> str:
        """Identity of what would run."""

    @abstractmethod
    def run(self, request: Request, limits: Limits = DEFAULT_LIMITS, cancel: Cancel | None = None) -> Record:
        """Run a request to its end, to a limit, or until ``cancel`` is set.

        Raises:
            Unsupported: the engine lacks something that the plan needs.
            UserError: what it needs is missing (a compiler), or it refuses a number.
        """
