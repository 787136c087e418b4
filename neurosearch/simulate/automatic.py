"""The default engine: the compiled program, or Brian2's own device for plans that ours does not support."""

import logging
import time
from dataclasses import dataclass, field, replace

from neurosearch.plan import Plan
from neurosearch.record.record import Record
from neurosearch.simulate.cancel import Cancel
from neurosearch.simulate.compiled import Compiled
from neurosearch.simulate.engine import DEFAULT_LIMITS, Engine, Limits, Unsupported
from neurosearch.simulate.request import Request
from neurosearch.simulate.stock import Stock

_WARNED: set[str] = set()  # reasons already logged; each is reported once per process
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Automatic(Engine):
    """Chooses at each run; a refused plan is remembered, so later attempts cost nothing."""

    first: Engine = field(default_factory=Compiled)
    fallback: Engine = field(default_factory=Stock)

    name = "the default engine"
    instead = "the NumPy reference"

    def supports(self, plan: Plan) -> str:
        """The feature that neither engine supports, or empty."""
        return self.first.supports(plan) and self.fallback.supports(plan)

    def digest(self, plan: Plan) -> str:
        """Digest of the engine that is tried first: only a build can tell which one runs."""
        return self.first.digest(plan)

    def run(self, request: Request, limits: Limits = DEFAULT_LIMITS, cancel: Cancel | None = None) -> Record:
        """Run the compiled program if it can be built, else Brian2's own device, with a warning."""
        began = time.perf_counter()
        try:
            return self.first.run(request, limits, cancel)
        except Unsupported as refusal:
            seconds, lack = time.perf_counter() - began, refusal.lack
        if lack not in _WARNED:
            _WARNED.add(lack)
            _LOG.warning("Brian2's own device runs this structure, about 100 times slower: %s", lack)
        record = self.fallback.run(request, limits, cancel)
        return replace(
            record, build=replace(record.build, compiler=f"{record.build.compiler}: {lack}", seconds=seconds)
        )
