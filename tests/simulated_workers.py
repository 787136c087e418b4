"""Workers whose time is simulated: the real driver runs thousands of them in the time that its own work takes."""

import heapq
from collections.abc import Callable, Collection
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from itertools import count
from typing import Any


@dataclass
class SimulatedWorkers(Executor):
    """An executor and the clock of it (`neurosearch.search.executors.clock.Clock`).

    Attributes:
        workers: how many jobs run at a time.
        duration: seconds of a job, from its arguments.
        most: largest number of jobs that ran at a time.
    """

    workers: int
    duration: Callable[..., float]
    now: float = 0.0
    most: int = 0
    _ends: list[tuple[float, int, Any]] = field(default_factory=list)  # of the jobs that run
    _queue: list[tuple[Any, ...]] = field(default_factory=list)
    _order: Any = field(default_factory=count)

    def submit(self, fn, /, *given, **named):
        """Begun at once where a worker is idle."""
        job = (Future(), fn, given)
        self._queue.append(job)
        self._begin()
        return job[0]

    def _begin(self):
        while self._queue and len(self._ends) < self.workers:
            future, fn, given = self._queue.pop(0)
            began = self.now
            self.now += self.duration(*given)  # what the job itself sees of the clock at its end
            late = self.now
            self.now = began
            result = fn(*given[:-1], _Job(self, began, late))
            heapq.heappush(self._ends, (result.finished, next(self._order), (future, result)))
            self.most = max(self.most, len(self._ends))

    def seconds(self):
        return self.now

    def date(self):
        return 1e9 + self.now

    def wait(self, futures: Collection[Future], seconds: float):
        until = self.now + seconds
        while not any(future.done() for future in futures):
            if not self._ends or self._ends[0][0] - 1e9 > until:
                self.now = until
                break
            end, _, (future, result) = heapq.heappop(self._ends)
            self.now = max(self.now, end - 1e9)
            future.set_result(result)
            self._begin()
        return {future for future in futures if future.done()}


class _Job:
    """The clock of one job: when it began, then when it ended."""

    def __init__(self, workers: SimulatedWorkers, began: float, ended: float) -> None:
        self._dates = iter([1e9 + began, 1e9 + ended])

    def date(self):
        return next(self._dates)
