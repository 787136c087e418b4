"""Worker pools: the creator of a pool closes it; a pool that cannot transfer its work gives a clear error.

A search runs on any ``concurrent.futures.Executor``. One with other processes must be able to pickle the evaluation,
the configuration and the score.
"""

import os
import pickle
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import BrokenExecutor, Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing import connection, get_context, parent_process
from typing import Any

from neurosearch.errors import UserError


@contextmanager
def threads(workers: int) -> Iterator[Executor]:
    """Threads that supervise simulations in their own processes: the default; nothing is copied."""
    with _closed(ThreadPoolExecutor(workers, thread_name_prefix="neurosearch")) as pool:
        yield pool


@contextmanager
def processes(workers: int) -> Iterator[Executor]:
    """Python processes: for evaluations that compute much in Python."""
    pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_worker)  # forks inherit locks
    with _closed(pool):
        yield pool


POOLS: Mapping[str, Callable[[int], Any]] = {"threads": threads, "processes": processes}
"""Name on the command line → the pool."""


@contextmanager
def given_or_threads(pool: Executor | None, workers: int) -> Iterator[Executor]:
    """The caller's pool, which the caller closes; otherwise threads for the duration of the block."""
    if pool is not None:
        yield pool
        return
    with threads(workers) as own:
        yield own


@contextmanager
def _closed(pool: Executor) -> Iterator[Executor]:
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _worker() -> None:
    """Tie a worker to its parent: the parent handles Ctrl-C, and the worker ends if the parent dies."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(sentinel: int) -> None:
    connection.wait([sentinel])
    os._exit(1)  # simulations end by themselves when our end of their pipe closes


def refusal(pool: Executor, error: BaseException, carried: Mapping[str, object]) -> UserError | None:
    """The message for an error of the pool, empty for one of the evaluation.

    Args:
        carried: name of the object sent to the pool, for the message.
    """
    name = type(pool).__name__
    if isinstance(error, BrokenExecutor):
        return UserError(
            f"{name} lost a worker: {error}; stored trials are safe; run again, with fewer workers if memory is short"
        )
    if isinstance(error, RuntimeError) and "after shutdown" in str(error):
        return UserError(f"{name} takes no work: {error}; give a pool that is open")
    if isinstance(pool, ThreadPoolExecutor) or not _about_pickling(error):
        return None
    for what, thing in carried.items():
        try:
            pickle.dumps(thing)
        except Exception as why:
            return UserError(
                f"{name} cannot carry {what} to its workers: {why}; "
                f"give something that pickle can copy, such as a function or dataclass of a module, or use threads"
            )
    return UserError(f"{name} cannot carry the score back: {error}; keep to plain numbers and text, or use threads")


def _about_pickling(error: BaseException) -> bool:
    said = str(error).lower()
    return isinstance(error, pickle.PicklingError) or "pickle" in said or "serialize" in said
