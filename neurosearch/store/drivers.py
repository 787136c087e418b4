"""Register the active drivers of a database, so that each has its own random draws from its first proposal on.

A single driver draws as it would with a journal. One that finds another active, or starts at the same time, takes its
own lane (`Sampler.lane`); otherwise both would propose the same trials until one has stored a trial.
"""

import os
import platform
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import optuna

BEAT = 20.0
"""Seconds between heartbeats."""
LOST = 6 * BEAT
"""Seconds without a heartbeat after which a driver on another machine counts as dead; here its process is checked."""

_KEY = "neurosearch:driver:"


class Presence:
    """The entry of one driver in the attributes of its study."""

    def __init__(self, study: optuna.Study) -> None:
        self._study = study
        self._key = f"{_KEY}{uuid.uuid4().hex[:12]}"
        self._next = 0.0

    def enter(self) -> bool:
        """Register; returns whether another driver is active.

        Each registers before it looks, so of two that start together one at least sees the other.
        """
        self._write()
        others = {key: value for key, value in self._study.user_attrs.items() if key.startswith(_KEY)}
        others.pop(self._key, None)
        return any(_alive(entry) for entry in others.values())

    def beat(self) -> None:
        """Write a heartbeat if it is due."""
        if time.monotonic() >= self._next:
            self._write()

    def leave(self) -> None:
        """Remove the entry of this driver."""
        self._study.set_user_attr(self._key, None)

    def _write(self) -> None:
        self._next = time.monotonic() + BEAT
        entry = {"machine": _machine(), "pid": os.getpid(), "started": _started(os.getpid()), "seen": time.time()}
        self._study.set_user_attr(self._key, entry)


def _alive(entry: Mapping[str, Any] | None) -> bool:
    if not entry:
        return False
    if entry.get("machine") == _machine():
        started = _started(int(entry["pid"]))
        return bool(started) and started == entry.get("started")
    return abs(time.time() - float(entry.get("seen", 0.0))) < LOST


def _machine() -> str:
    """The scope of a process ID: the host since its boot, and the container."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{platform.node()} {boot} {os.stat('/proc/self/ns/pid').st_ino}"
    except OSError:  # not Linux
        return platform.node()


def _started(pid: int) -> str:
    """Start time of a process in kernel ticks; empty if it is not alive."""
    try:
        after_name = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except FileNotFoundError:
        if Path("/proc/self").exists():
            return ""
        return _signalled(pid)  # not Linux
    except OSError:
        return ""
    return "" if after_name[0] in "ZX" else after_name[19]  # field 22 of proc(5): starttime


def _signalled(pid: int) -> str:
    try:
        os.kill(pid, 0)
    except OSError:
        return ""
    return "alive"
