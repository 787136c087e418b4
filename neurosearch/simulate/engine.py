"""The contract for engines, which run plans: compiled program, Brian2's own device, NumPy reference, and others.

An engine is a frozen dataclass of settings with three methods. It keeps no state between runs, so one object serves
all threads, and it can be sent to another process.

- ``supports(plan)`` returns the feature that the engine lacks for a plan, as a clause, or an empty text if it can run
  the plan. The answer is exact: where only a build can tell, it builds.
- ``digest(plan)`` identifies what would run. Equal digests and equal requests give equal results, bit for bit. It is
  cheap and builds nothing, so it can be a cache key.
- ``run(request, limits, cancel)`` returns the `Record` of one run, in the order of ``docs/step.md``. It builds what it
  needs and reports that in ``Record.build``.

How a run can end:

==============  ==========================================================================================
``ok``          every sample was run
``not_finite``  a read-out became infinite or not a number; what was completed before that sample is kept
``stopped``     ``cancel`` was set, also while the engine was building
``time_limit``  ``limits.seconds`` have passed since the run began; building does not count
``memory_limit``  the run needs more than ``limits.memory_bytes``
``crashed``     the engine itself failed
==============  ==========================================================================================

A record that is not ``ok`` has a reason, and every array has one row per completed sample: an engine that cannot stop
cleanly completes 0. Errors that the user can fix are never a status: an invalid request is refused when it is created
(`neurosearch.simulate.request`), and a plan that the engine does not support raises `Unsupported`.

Every engine gives the same spikes, decisions, events and probed arrays. The NumPy reference defines them; engines that
reorder floating-point arithmetic may differ from it in the last bits.
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
    """Resources that one run may use; ``None``: no limit. The default, unless a study sets others: an hour and 8 GB.

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
"""Status of a run that ended before its last sample → the start of its reason."""


def after(status: str, completed: int, samples: int) -> str:
    """The reason of a run that ended early and kept its completed samples."""
    return f"{EARLY[status]} after {completed} of {samples} samples"


class Unsupported(UserError):
    """An engine does not support a feature of the plan."""

    def __init__(self, engine: str, lack: str, instead: str) -> None:
        super().__init__(engine, lack, instead)
        self.lack = lack

    def __str__(self) -> str:
        return "{} cannot run this plan: {}; use {}".format(*self.args)


class Engine(ABC):
    """See the top of this file."""

    name: ClassVar[str]
    """The engine's name as used in a sentence, for example "the compiled program"."""
    instead: ClassVar[str]
    """The engine to use for a plan that this one does not support."""

    @abstractmethod
    def supports(self, plan: Plan) -> str:
        """The feature of a plan that the engine lacks, as a clause; empty if it can run the plan."""

    @abstractmethod
    def digest(self, plan: Plan) -> str:
        """Identity of the program that would run."""

    @abstractmethod
    def run(self, request: Request, limits: Limits = DEFAULT_LIMITS, cancel: Cancel | None = None) -> Record:
        """Run a request to its end, to a limit, or until ``cancel`` is set.

        Raises:
            Unsupported: the engine lacks a feature that the plan needs.
            UserError: a requirement is missing (a compiler), or the program refuses a number.
        """
