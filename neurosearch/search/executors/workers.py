"""The workers of a launch: evaluations go out to a pool and come back with their times, or not at all once it ends."""

from collections.abc import Collection
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future
from typing import Any

from neurosearch.errors import UserError
from neurosearch.search.evaluation import Evaluate, Result, timed
from neurosearch.search.executors import pools
from neurosearch.search.executors.clock import Clock
from neurosearch.search.executors.stop_flag import StopFlag
from neurosearch.search.interrupt import Interrupt

LOOK = 0.25
"""Seconds between two looks at what changes without an evaluation's end: interrupt, deadline, other drivers."""


class Workers:
    """One pool, one evaluation. The pool stays open: it is its owner's to close.

    Args:
        study: the file that errors name.
    """

    def __init__(self, pool: Executor, evaluate: Evaluate, interrupt: Interrupt, clock: Clock, study: object) -> None:
        self.clock, self._study = clock, study
        self._pool, self._evaluate, self._interrupt = pool, evaluate, interrupt
        self._closing = StopFlag()
        self._out: dict[Future[Result], dict[str, Any]] = {}  # → its configuration

    def submit(self, configuration: dict[str, Any], seeds: tuple[int, ...]) -> "Future[Result]":
        """Send an evaluation out.

        Raises:
            UserError: the pool cannot carry it, or is closed.
        """
        cancel, closing = self._interrupt.cancel, self._closing
        try:
            future = self._pool.submit(timed, self._evaluate, configuration, seeds, cancel, closing, self.clock)
        except Exception as error:
            self._explain(error, configuration)
            raise
        self._out[future] = configuration
        return future

    def wait(self, futures: Collection["Future[Result]"]) -> "set[Future[Result]]":
        """Those that are done, as soon as there is one; after `LOOK` seconds perhaps none."""
        return self.clock.wait(futures, LOOK)

    def result(self, future: "Future[Result]") -> Result | None:
        """What came back, or nothing where the evaluation was not begun, or was stopped, because the launch ends.

        Raises:
            UserError: a mistake of the user's, or of the pool.
        """
        configuration = self._out.pop(future)
        try:
            result = future.result()
        except BaseException as error:
            # Ctrl-C in a terminal reaches the processes of a pool, too, and may break it.
            if self._interrupt.asked and isinstance(error, BrokenExecutor | CancelledError | KeyboardInterrupt):
                return None
            if future.cancelled():
                return None
            self._explain(error, configuration)
            raise
        ending = self._closing.is_set() or self._interrupt.cancel.is_set()
        return None if ending and result.score.status == "stopped" else result

    def close(self) -> None:
        """Begin nothing more; what runs is finished."""
        if not self._closing.is_set():
            self._closing.set()

    def abandon(self) -> None:
        """Stop what runs, and wait until all of it has ended: nobody will read it."""
        self._interrupt.cancel.set()
        while any(not future.done() for future in self._out):
            self.wait([future for future in self._out if not future.done()])

    def _explain(self, error: BaseException, configuration: dict[str, Any]) -> None:
        """Raise the user's mistakes and the pool's failures as a sentence; anything else is a bug, and stays one."""
        carried = {"the evaluation": self._evaluate, "the configuration": configuration}
        said = error if isinstance(error, UserError) else pools.refusal(self._pool, error, carried)
        if said is not None:
            raise UserError(f"{self._study}: {said}") from error
