"""The engine of a search: the plan's program, compiled once for all runs and processes that use it."""

import time
from concurrent.futures import CancelledError
from dataclasses import dataclass, replace

from neurosearch.plan import Plan, to_plain
from neurosearch.record.record import Build, Record, empty
from neurosearch.simulate import build, builder, compiler, run
from neurosearch.simulate.arguments import arguments
from neurosearch.simulate.cancel import Cancel
from neurosearch.simulate.engine import DEFAULT_LIMITS, Engine, Limits, Unsupported
from neurosearch.simulate.request import Request


@dataclass(frozen=True)
class Compiled(Engine):
    """See `neurosearch.simulate.build` and `run`.

    Attributes:
        strict: exact IEEE arithmetic, as in the NumPy reference (8 to 13 % slower).
    """

    strict: bool = False

    name = "the compiled program"
    instead = "Brian2's own device"

    def supports(self, plan: Plan) -> str:
        """Determined by building: only the device that writes the program can tell."""
        try:
            self.program(plan)
        except builder.Unsupported as refusal:
            return str(refusal)
        return ""

    def digest(self, plan: Plan) -> str:
        """Digest of the program: plan, compiler, flags, processor, versions."""
        cxx = compiler.find()
        return build.full_digest(plan.shape.digest, cxx, cxx.flags(self.strict))

    def run(self, request: Request, limits: Limits = DEFAULT_LIMITS, cancel: Cancel | None = None) -> Record:
        """See `Engine`."""
        began = time.perf_counter()
        try:
            program = self.program(request.plan, cancel)
        except builder.Unsupported as refusal:
            raise Unsupported(self.name, str(refusal), self.instead) from refusal
        except CancelledError as stopped:
            seconds = time.perf_counter() - began
            record = empty("stopped", request.line.samples, str(stopped))
            return replace(record, build=Build(self.digest(request.plan), seconds=seconds))
        record = run.run(
            program.path, arguments(request), time_limit=limits.seconds, memory_limit=limits.memory_bytes, cancel=cancel
        )
        return replace(record, build=Build(program.digest, program.compiler, program.seconds, program.fresh))

    def program(self, plan: Plan, cancel: Cancel | None = None) -> build.Program:
        """The program of a plan, built if it is not cached.

        Raises:
            builder.Unsupported: our device does not support the plan.
            concurrent.futures.CancelledError: ``cancel`` was set meanwhile.
        """
        return build.program(plan.shape.digest, lambda: to_plain(plan.shape), strict=self.strict, cancel=cancel)
