"""Which names Brian2 keeps for itself, asked of Brian2 in a process of its own.

Importing Brian2 replaces the handler of Ctrl-C, the hook of uncaught exceptions and the capture of warnings, opens a
log file, and fails outside the main thread, where the trials of a search are prepared. Run as
``python -m neurosearch.lower.brian_names`` it reads names as a JSON list and answers with a JSON object.
"""

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Collection
from pathlib import Path

from neurosearch.lower.brian_defaults import import_brian2

_KNOWN: dict[str, str] = {}
_LOCK = threading.Lock()


def complaints(names: Collection[str]) -> dict[str, str]:
    """Name → Brian2's objection to a variable of this name (a unit, function or constant of its own), or empty."""
    with _LOCK:
        unknown = sorted(set(names) - _KNOWN.keys())
        if unknown:
            _KNOWN.update(_checked(unknown) if "brian2" in sys.modules else _asked(unknown))
        return {name: _KNOWN[name] for name in names}


def _asked(names: list[str]) -> dict[str, str]:
    package = str(Path(__file__).parents[2])
    paths = [package, *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    with tempfile.TemporaryDirectory(prefix="neurosearch-") as folder:
        ran = subprocess.run(
            [sys.executable, "-P", "-m", "neurosearch.lower.brian_names"],
            input=json.dumps(names).encode(),
            capture_output=True,
            cwd=folder,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(map(os.path.abspath, paths)), "TMPDIR": folder},
            start_new_session=True,  # Ctrl-C belongs to the parent
            check=False,
        )
    if ran.returncode != 0:
        raise RuntimeError(f"Brian2 cannot be asked about names: {ran.stderr.decode(errors='replace')[-2000:]}")
    answer: dict[str, str] = json.loads(ran.stdout)
    return answer


def _checked(names: Collection[str]) -> dict[str, str]:
    import_brian2()
    from brian2 import Equations

    found = {}
    for name in names:
        try:
            Equations.check_identifier(name)
            found[name] = ""
        except (SyntaxError, ValueError) as error:
            found[name] = str(error).rstrip(".")
    return found


if __name__ == "__main__":
    json.dump(_checked(json.load(sys.stdin)), sys.stdout)
