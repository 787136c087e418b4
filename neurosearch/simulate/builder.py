"""The builder: one long-lived Python process that has Brian2 loaded and turns plans into program text.

Importing Brian2 takes a second and a build in a warm process a sixth of one, so the process is kept alive. Messages in
both directions are a 4-byte little-endian length and JSON. Run as ``python -m neurosearch.simulate.builder``.
"""

import argparse
import atexit
import contextlib
import importlib
import json
import os
import shutil
import signal
import struct
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from neurosearch.errors import UserError
from neurosearch.simulate import cache, pipes
from neurosearch.simulate.cancel import LOOK, Cancel, check

ENTRY = "neurosearch.simulate.brian:program_text"
"""``module:function`` called in the builder: ``function(plan: dict, strict: bool) -> str``."""

RECYCLE_AFTER = 300  # builds; Brian2 retains about 0.4 MB each, so a process grows by at most 120 MB
ANSWER_WITHIN = 300.0  # seconds; a large model takes a few, so this leaves room for a busy machine
_LENGTH = struct.Struct("<I")


class Refused(UserError):
    """The plan contains a user error: another attempt would fail in the same way."""


class Unsupported(Refused):
    """Our device does not support this plan; the caller may use the stock device. The message gives the reason."""


class Builder:
    """Starts the process at the first request and restarts it if it died; threads take turns."""

    def __init__(self, entry: str = ENTRY) -> None:
        self._entry = entry
        self._turn = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._folder: Path | None = None
        self._owner = 0
        self._built = 0

    def __enter__(self) -> "Builder":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    @property
    def pid(self) -> int | None:
        """Id of the process, if it was started."""
        return None if self._process is None else self._process.pid

    def start(self) -> None:
        """Let the process import Brian2 while the caller does something else."""
        with self._turn:
            self._alive()

    def text(self, plan: dict[str, Any], *, strict: bool = False, cancel: Cancel | None = None) -> str:
        """The C++ text of a plan's shape.

        Raises:
            concurrent.futures.CancelledError: ``cancel`` was set meanwhile.
            Unsupported: the device does not support it.
            Refused: the plan contains a user error.
            RuntimeError: a bug, with the builder's traceback, or the process died twice.
        """
        request = json.dumps({"plan": plan, "strict": strict}).encode()
        with self._my_turn(cancel):
            try:
                answer = self._ask(request, cancel)
            except ConnectionError:  # killed, perhaps for lack of memory: a new process may have enough
                try:
                    answer = self._ask(request, cancel)
                except ConnectionError as error:
                    raise RuntimeError(f"{error}, twice; if memory is short, use fewer workers") from error
            self._built += 1
            if self._built >= RECYCLE_AFTER:
                self._stop()
        return _text_of(answer)

    def close(self) -> None:
        """Stop the process; the next request starts a new one."""
        with self._turn:
            if self._process is not None and self._owner == os.getpid():
                self._process.terminate()  # closing its input would wait up to a second for its imports
            self._stop()

    @contextlib.contextmanager
    def _my_turn(self, cancel: Cancel | None) -> Iterator[None]:
        while not self._turn.acquire(timeout=LOOK):
            check(cancel, "before the program was written")
        try:
            check(cancel, "before the program was written")
            yield
        finally:
            self._turn.release()

    def _ask(self, request: bytes, cancel: Cancel | None) -> dict[str, Any]:
        process = self._alive()
        into, out = (pipe.fileno() for pipe in (process.stdin, process.stdout) if pipe)
        deadline = time.monotonic() + ANSWER_WITHIN
        try:
            pipes.write(into, _LENGTH.pack(len(request)) + request)
            pipes.until_readable(out, deadline, cancel)
            size = _LENGTH.unpack(pipes.read(out, _LENGTH.size, deadline))[0]
            answer: dict[str, Any] = json.loads(pipes.read(out, size, deadline))
        except (ConnectionError, TimeoutError) as error:
            code = self._stop()
            how = f"was killed by signal {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
            if isinstance(error, TimeoutError):
                raise RuntimeError(f"the builder process gave no program within {ANSWER_WITHIN:.0f} s") from error
            raise ConnectionError(f"the builder process {how} while it made a program") from error
        except BaseException:
            process.terminate()
            self._stop()  # an unread answer must not be mistaken for the next one
            raise
        return answer

    def _alive(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._owner != os.getpid():
            self._process = self._folder = None  # after a fork the process belongs to the parent
        if self._process is not None and self._process.poll() is not None:
            self._stop()
        if self._process is None:
            self._process, self._built, self._owner = self._started(), 0, os.getpid()
        return self._process

    def _started(self) -> subprocess.Popen[bytes]:
        self._folder = cache.make_temporary()
        package = str(Path(__file__).parents[2])
        paths = [package, *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(os.path.abspath(path) for path in paths),
            "TMPDIR": str(self._folder),  # Brian2 opens a log file there when it is imported
        }
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "neurosearch.simulate.builder", "--entry", self._entry],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            cwd=self._folder,
            env=environment,
            start_new_session=True,  # Ctrl-C belongs to the parent
        )

    def _stop(self) -> int:
        process, folder = self._process, self._folder
        self._process = self._folder = None
        if process is None or self._owner != os.getpid():
            return 0
        for pipe in filter(None, (process.stdin, process.stdout)):
            pipe.close()
        try:
            process.wait(timeout=2.0)
        except subprocess.TimeoutExpired:
            process.kill()
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)
        return process.wait()


def shared() -> Builder:
    """The builder of this process, closed at exit."""
    return _SHARED


_SHARED = Builder()
atexit.register(_SHARED.close)


def _text_of(answer: dict[str, Any]) -> str:
    if "text" in answer:
        return str(answer["text"])
    if answer["kind"] == "unsupported":
        raise Unsupported(answer["sentence"])
    if answer["kind"] == "user":
        raise Refused(answer["sentence"])
    raise RuntimeError(f"{answer['sentence']}\n{answer['traceback']}")


def serve(entry: str) -> None:
    """Answer requests until the parent closes the pipe or is gone."""
    answers = os.dup(1)
    os.dup2(2, 1)  # output that a library prints must not be mistaken for an answer
    parent = os.getppid()
    make: Callable[[dict[str, Any], bool], str] | None = None
    while True:
        failure = None
        if make is None:
            try:
                make = _entry(entry)  # immediately, so that the first request finds a warm process
            except Exception as error:
                failure = _failure(error)
        while not pipes.ready(0, 1.0):
            if os.getppid() != parent:  # a forked sibling may hold the pipe open
                return
        try:
            request = json.loads(pipes.read(0, _LENGTH.unpack(pipes.read(0, _LENGTH.size))[0]))
            answer = json.dumps(failure or _answer(make, request)).encode()
            pipes.write(answers, _LENGTH.pack(len(answer)) + answer)
        except ConnectionError:
            return


def _entry(entry: str) -> Callable[[dict[str, Any], bool], str]:
    module, _, function = entry.partition(":")
    make: Callable[[dict[str, Any], bool], str] = getattr(importlib.import_module(module), function)
    return make


def _answer(make: Callable[[dict[str, Any], bool], str] | None, request: dict[str, Any]) -> dict[str, Any]:
    assert make is not None
    try:
        return {"text": make(request["plan"], request["strict"])}
    except Exception as error:
        return _failure(error)


def _failure(error: BaseException) -> dict[str, Any]:
    for cause in _causes(error):  # Brian2 wraps errors that are raised inside it
        if type(cause).__name__ == "Unsupported":  # by name: the device does not depend on this module
            return {"kind": "unsupported", "sentence": str(cause)}
        if isinstance(cause, UserError):
            return {"kind": "user", "sentence": str(cause)}
        if type(cause).__name__ == "UnsupportedEquationsException":
            said = " ".join(str(cause).split()).rstrip(".")
            sentence = f'{said}; give the class of these equations another `method`, such as "euler" or "rk4"'
            return {"kind": "user", "sentence": sentence}
    text = "".join(traceback.format_exception(error))
    return {"kind": "bug", "sentence": f"{type(error).__name__}: {error}", "traceback": text}


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def main() -> None:
    """Entry point of the process."""
    parser = argparse.ArgumentParser(description="reads plans from standard input and writes their program text")
    parser.add_argument("--entry", default=ENTRY, help="module:function that generates the text")
    with contextlib.suppress(KeyboardInterrupt):
        serve(parser.parse_args().entry)


if __name__ == "__main__":
    main()
