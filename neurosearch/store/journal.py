"""Optuna's journal file, made safe: complete lines only, a lock that ends with its holder, damage reported by line."""

import fcntl
import json
import os
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

from optuna.storages import JournalStorage
from optuna.storages.journal import BaseJournalBackend, JournalFileBackend

from neurosearch.errors import UserError
from neurosearch.spelling import shortened

_CREATE_STUDY = 0
"""Optuna's code of the operation that every journal begins with."""


class KernelLock:
    """A lock that the kernel releases when its holder ends for any reason (Optuna's waits 30 s for a dead holder)."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle: int | None = None

    def acquire(self) -> bool:
        """Wait for the lock."""
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        fcntl.flock(handle, fcntl.LOCK_EX)
        self._handle = handle
        return True

    def try_acquire(self) -> bool:
        """Take the lock if it is free."""
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            return False
        self._handle = handle
        return True

    def release(self) -> None:
        """Release the lock."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


class Journal(JournalFileBackend):
    """Optuna's file backend with atomic appends."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.line = 0
        self._append_lock = KernelLock(path)  # the journal itself: flock hinders no reader and leaves no file behind
        super().__init__(str(path))

    def read_logs(self, log_number_from: int) -> Generator[dict[str, Any], None, None]:
        """The lines from this number on; ``line`` is the one that is being used."""
        for number, log in enumerate(super().read_logs(log_number_from), log_number_from + 1):
            self.line = number
            yield log

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        """Append as one write; if the disk is full, the file is truncated to its last complete line."""
        text = "".join(json.dumps(log, separators=(",", ":")) + "\n" for log in logs).encode()
        self._append_lock.acquire()
        try:
            _append(self._path, text)
        finally:
            self._append_lock.release()


class ReadOnlyJournal(BaseJournalBackend):
    """A snapshot of a journal: no lock is taken and nothing is written, so its folder may be read-only."""

    def __init__(self, path: Path) -> None:
        self._path, self.line = path, 0
        content = path.read_bytes()
        keep = _whole(path, content)
        self._logs = [json.loads(line) for line in content[:keep].split(b"\n")[:-1]]
        self.said = ""
        if keep < len(content):
            self.said = f"{path}: the last line is incomplete and is left out here; the file stays as it is"

    def read_logs(self, log_number_from: int) -> Iterator[dict[str, Any]]:
        """The whole lines from this number on."""
        for number, log in enumerate(self._logs[log_number_from:], log_number_from + 1):
            self.line = number
            yield log

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        """Never."""
        raise AssertionError(f"{self._path} was opened to be read")


def replayed(journal: Journal | ReadOnlyJournal, path: Path) -> JournalStorage:
    """What the lines of a journal say; one that Optuna cannot use is named."""
    try:
        return JournalStorage(journal)
    except Exception as error:  # Optuna believes every line, and fails in as many ways as a line can be wrong
        reason = shortened(" ".join(f"{type(error).__name__}: {error}".split()), 150)
        raise UserError(
            f"{path}, line {journal.line} holds what no study has stored ({reason}); restore the file from a copy, "
            f"or move it away to begin the study anew"
        ) from error


def _append(path: Path, text: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
    try:
        before = os.fstat(handle).st_size
        try:
            written = 0
            while written < len(text):
                written += os.write(handle, text[written:])
            os.fsync(handle)
        except OSError as error:
            os.ftruncate(handle, before)
            raise UserError(
                f"{path} cannot be written: {error.strerror}; every trial stored before is safe, "
                f"free some space and run the same command again"
            ) from error
    finally:
        os.close(handle)


def mend(path: Path) -> str:
    """Check a journal before it is opened; returns a message on what was repaired, or an empty text.

    An incomplete last line (the machine went down during a write) is moved to ``NAME.journal.cut``. Damage anywhere
    else raises, because the lines after it cannot be trusted.
    """
    lock = KernelLock(path)
    try:
        lock.acquire()
    except OSError as error:
        raise UserError(f"{path} cannot be opened: {error.strerror}; choose another place with --storage") from error
    try:
        content = path.read_bytes()
        keep = _whole(path, content)
        return "" if keep == len(content) else _set_aside(path, content, keep)
    finally:
        lock.release()


def _whole(path: Path, content: bytes) -> int:
    """Number of bytes of a journal in complete lines: all, or all but an incomplete last line."""
    lines = content.split(b"\n")
    ends_whole = lines[-1] == b""
    lines = lines[:-1] if ends_whole else lines
    bad = next((n for n, line in enumerate(lines) if not _is_log(line)), None)
    if lines and (bad == 0 or json.loads(lines[0])["op_code"] != _CREATE_STUDY):
        more = "; a database is given as sqlite:///FILE" if content.startswith(b"SQLite") else ""
        raise UserError(f"{path} is not a journal of a study from its first line on{more}; give another --storage")
    if bad is None and (ends_whole or not lines):
        return len(content)
    if bad is not None and bad < len(lines) - 1:
        shown = lines[bad][:40].decode(errors="replace")
        raise UserError(
            f"{path}, line {bad + 1} is damaged: {shown!r}; restore the file from a copy, "
            f"or move it away to begin the study anew"
        )
    return len(content) - len(lines[-1]) - int(ends_whole)


def _set_aside(path: Path, content: bytes, keep: int) -> str:
    cut = path.with_name(path.name + ".cut")
    with open(cut, "ab") as file:
        file.write(content[keep:].rstrip(b"\n") + b"\n")
    os.truncate(path, keep)
    return f"{path}: the last line was cut short; it was moved to {cut.name}, the study resumes with all the others"


def _is_log(line: bytes) -> bool:
    try:
        log = json.loads(line)
    except ValueError:
        return False
    return isinstance(log, dict) and isinstance(log.get("op_code"), int) and "worker_id" in log
