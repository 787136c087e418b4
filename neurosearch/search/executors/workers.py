"""The workers of a launch: submit evaluations to a pool and collect their results and times until the launch ends."""

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
"""Seconds between polls of what changes independently of evaluations: interrupt, deadline, other drivers."""


class Workers:
    """Runs one evaluation function on one pool, which its owner closes.

    Args:
        study: file to name in errors.
    """

    def __init__(self, pool: Executor, evaluate: Evaluate, interrupt: Interrupt, clock: Clock, study: object) -> None:
        self.clock, self._study = clock, study
        self._pool, self._evaluate, self._interrupt = pool, evaluate, interrupt
        self._closing = StopFlag()
        self._out: dict[Future[Result], dict[str, Any]] = {}  # → its configuration

    def submit(self, configuration: dict[str, Any], seeds: tuple[int, ...]) -> "Future[Result]":
        """Submit an evaluation.

        Raises:
            UserError: the pool cannot transfer it, or is closed.
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
        """Completed evaluations, as soon as there is one; after `LOOK` seconds possibly none."""
        return self.clock.wait(futures, LOOK)

    def result(self, future: "Future[Result]") -> Result | None:
        """The result, or ``None`` if the evaluation was not started, or was stopped, because the launch ends.

        Raises:
            UserError: a user error, or a failure of the pool.
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
        """Start nothing more; running evaluations complete."""
        if not self._closing.is_set():
            self._closing.set()

    def abandon(self) -> None:
        """Stop running evaluations and wait for them to end; their results are discarded."""
        self._interrupt.cancel.set()
        while any(not future.done() for future in self._out):
            self.wait([future for future in self._out if not future.done()])

    def _explain(self, error: BaseException, configuration: dict[str, Any]) -> None:
        """Raise user errors and pool failures as ``UserError``; re-raise anything else, which is a bug."""
        carried = {"the evaluation": self._evaluate, "the configuration": configuration}
        said = error if isinstance(error, UserError) else pools.refusal(self._pool, error, carried)
        if said is not None:
            raise UserError(f"{self._study}: {said}") from error
