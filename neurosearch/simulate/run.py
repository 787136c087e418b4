"""Run a compiled program: send its input, monitor it, stop it, read its record; every outcome is a status."""

import contextlib
import errno
import fcntl
import os
import re
import select
import signal
import subprocess
import time
from typing import Any

import numpy as np

from neurosearch.errors import UserError
from neurosearch.record.record import Record, empty
from neurosearch.simulate.cancel import Cancel
from neurosearch.simulate.engine import EARLY
from neurosearch.simulate.protocol import CHUNK, Answer, Arguments, Progress, question

GRACE = 2.0
"""Seconds between asking a program to stop and killing it; a program normally stops within milliseconds."""

BAD_ARGUMENT, OUT_OF_MEMORY = 3, 4  # exit codes of the programs
_LOOK = 0.05  # seconds between two looks at the cancel event
_COMPLAINT = 1 << 16  # bytes of stderr that are kept; a program writes one line
_REASONS = {**EARLY, "crashed": "the program did not exit after its result"}


def run(
    program_path: str | os.PathLike[str],
    arguments: Arguments,
    *,
    time_limit: float | None = None,
    memory_limit: int | None = None,
    on_progress: Progress | None = None,
    cancel: Cancel | None = None,
) -> Record:
    """Run a program to its end.

    Args:
        program_path: the executable.
        arguments: its arguments.
        time_limit: seconds, after which it is stopped; the record keeps the completed samples.
        memory_limit: bytes of address space.
        on_progress: called for each progress line.
        cancel: when set, the program is stopped within about 50 ms.

    Raises:
        UserError: the program refuses a value that the user gave.
        RuntimeError: the program refuses anything else, which is a bug.
    """
    began = time.perf_counter()
    unsent = memoryview(question(arguments, memory_limit))
    try:
        process = subprocess.Popen(
            [program_path],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,  # Ctrl-C must not reach it and look like a finished run
        )
    except OSError as error:
        return _empty(arguments, "crashed", f"{program_path} cannot be started: {error.strerror}", began)
    answer = Answer(on_progress)
    watch = _Watch(process, time_limit, cancel)
    try:
        _converse(process, unsent, answer, watch)
        code = _exit_code(process)
    finally:
        if process.returncode is None:
            process.kill()
        for pipe in filter(None, (process.stdin, process.stdout, process.stderr)):
            pipe.close()
        process.wait()
    return _record(arguments, answer, code, watch.why, began)


class _Watch:
    """The clock of a run: when to ask the program to stop, why, and when to kill it."""

    def __init__(self, process: subprocess.Popen[bytes], limit: float | None, cancel: Cancel | None) -> None:
        self.why = ""
        self._process = process
        self._cancel = cancel
        self._limit = None if limit is None else time.monotonic() + limit
        self._force: float | None = None

    def look(self) -> float | None:
        """Stop or kill the program if due; returns seconds until the next check, None if none is needed."""
        now = time.monotonic()
        if self._force is not None:
            if now >= self._force:
                self.why = self.why or "crashed"
                self._process.kill()
                return None
            return self._force - now
        if self._cancel is not None and self._cancel.is_set():
            return self._stop("stopped")
        if self._limit is not None and now >= self._limit:
            return self._stop("time_limit")
        waits = [] if self._limit is None else [self._limit - now]
        return min([*waits, _LOOK] if self._cancel is not None else waits, default=None)

    def ending(self) -> None:
        """The result is arriving or complete: from its last byte, the program has ``GRACE`` seconds to exit."""
        self._force = time.monotonic() + GRACE

    def _stop(self, why: str) -> float:
        self.why = why
        self._process.terminate()
        self.ending()
        return GRACE


def _converse(process: subprocess.Popen[bytes], unsent: memoryview, answer: Answer, watch: _Watch) -> None:
    """Write and read as the program is ready for it, until it has closed both its outputs."""
    into, out, complaints = (pipe.fileno() for pipe in (process.stdin, process.stdout, process.stderr) if pipe)
    os.set_blocking(into, False)
    with contextlib.suppress(AttributeError, OSError):  # a larger pipe is faster, but available on Linux only
        fcntl.fcntl(out, fcntl.F_SETPIPE_SZ, CHUNK)
    poll = select.poll()
    poll.register(into, select.POLLOUT)
    poll.register(out, select.POLLIN)
    poll.register(complaints, select.POLLIN)
    open_outputs = 2
    while open_outputs:
        seconds = watch.look()
        for descriptor, _ in poll.poll(None if seconds is None else seconds * 1000 + 1):
            if descriptor == into:
                unsent = _written(into, unsent)
                if not unsent:
                    poll.unregister(into)  # but kept open: a program exits when this pipe closes
                continue
            if descriptor == out:
                more = answer.read(out)
                if answer.fault:
                    process.kill()
                elif answer.header is not None:
                    watch.ending()
            else:
                text = os.read(complaints, _COMPLAINT)
                answer.complaint = (answer.complaint + text)[:_COMPLAINT]
                more = bool(text)
            if not more:
                poll.unregister(descriptor)
                open_outputs -= 1


def _written(descriptor: int, unsent: memoryview) -> memoryview:
    try:
        return unsent[os.write(descriptor, unsent[:CHUNK]) :]
    except BlockingIOError:
        return unsent
    except OSError as error:
        if error.errno != errno.EPIPE:
            raise
        return unsent[:0]  # it reads no more; its exit code tells why


def _exit_code(process: subprocess.Popen[bytes]) -> int:
    with contextlib.suppress(AttributeError, OSError):  # where the kernel can notify us, no polling is needed
        ended = os.pidfd_open(process.pid)
        try:
            poll = select.poll()
            poll.register(ended, select.POLLIN)
            poll.poll(GRACE * 1000)
        finally:
            os.close(ended)
    try:
        return process.wait(timeout=GRACE)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def _record(arguments: Arguments, answer: Answer, code: int, why: str, began: float) -> Record:
    complaint = answer.complaint.decode(errors="replace").strip()
    sentence = complaint.splitlines()[-1] if complaint else "no error message"
    if code == BAD_ARGUMENT:
        raise _refusal(arguments, sentence)
    if code == OUT_OF_MEMORY or "bad_alloc" in complaint:
        return _empty(arguments, "memory_limit", f"out of memory: {sentence}", began)
    if code == 0 and answer.complete and answer.header is not None and not answer.fault:
        return _full(arguments, answer, answer.header, why, began)
    done = f"after {answer.progress} of {arguments.samples} samples" if answer.progress else "without a result"
    if why:
        return _empty(arguments, why, f"{_REASONS[why]} (killed)", began)
    if answer.fault:
        reason = answer.fault
    elif code < 0:
        name = signal.Signals(-code).name if -code in set(signal.Signals) else str(-code)
        reason = f"the program was terminated by signal {name} {done}"
        reason += ", from outside or for lack of memory" if code == -signal.SIGKILL else f": {sentence}"
    elif code == 0:
        reason = "the program's result is truncated"
    else:
        reason = f"the program ended with exit code {code} {done}: {sentence}"
    return _empty(arguments, "crashed", reason, began)


def _full(arguments: Arguments, answer: Answer, header: dict[str, Any], why: str, began: float) -> Record:
    """The record of a complete answer."""
    try:
        status, completed = header["status"], int(header["completed"])
        arrays = dict(answer.arrays)
        populations, pathways = tuple(header["populations"]), tuple(header["pathways"])
        readout, spikes, events = (arrays.pop(name) for name in ("readout", "spikes", "events"))
    except (KeyError, TypeError, ValueError) as error:
        return _empty(arguments, "crashed", f"the program's result lacks {error}", began)
    where = f"after {completed} of {arguments.samples} samples"
    reason = str(header.get("reason", ""))
    if status == "stopped":
        status = why or "stopped"
        reason = reason or f"{_REASONS[why] if why else 'stopped by a signal from outside'} {where}"
    elif status == "not_finite":
        reason = reason or f"{EARLY['not_finite']} {where}"
    elif status != "ok" or completed != arguments.samples:
        status, reason = "crashed", f"the program reports {status!r} {where}"
    return Record(
        status=status,
        completed=completed,
        samples=arguments.samples,
        readout=readout,
        spikes=dict(zip(populations, np.ascontiguousarray(spikes.T), strict=True)),
        events=dict(zip(pathways, np.ascontiguousarray(events.T), strict=True)),
        raster=arrays.pop("raster", np.zeros((0, 3), np.int32)),
        arrays=arrays,
        populations=populations,
        run_seconds=float(header.get("run_seconds", 0.0)),
        setup_seconds=float(header.get("setup_seconds", 0.0)),
        wall_seconds=time.perf_counter() - began,
        reason=reason,
    )


def _empty(arguments: Arguments, status: str, reason: str, began: float) -> Record:
    return empty(status, arguments.samples, reason, time.perf_counter() - began)


def _refusal(arguments: Arguments, sentence: str) -> Exception:
    """The error for exit code 3: a number or file given by the user, or anything else, which is a bug."""
    users = [*arguments.scalars, *arguments.files]
    named = any(re.search(rf"(?<![\w.]){re.escape(key)}(?![\w.])", sentence) for key in users)
    if named and "unknown" not in sentence.lower():
        return UserError(sentence)
    return RuntimeError(f"the program refuses its arguments: {sentence}")
