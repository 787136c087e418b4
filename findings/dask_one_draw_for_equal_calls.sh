#!/usr/bin/env bash
# Dask distributed 2026.8.0: an executor that runs equal calls once, and reports a running call as cancelled.
#
# Expected: Client.get_executor() is a concurrent.futures.Executor: each submit is a call of its own, and cancel() of a
#   call that runs already returns False, as the standard library says.
# Observed: three submits of one function with equal arguments run once and share one value (a sampler that evaluates a
#   point twice to see its noise sees none) unless get_executor(pure=False) is asked for; cancel() of a running call
#   returns True while the call runs on to its end and keeps its worker.
set -euo pipefail
folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check distributed==2026.8.0
cat >"$folder/seen.py" <<'PY'
import random
import sys
import time
from pathlib import Path

from distributed import Client


def draw(low, high):
    return random.SystemRandom().uniform(low, high)


def slow(folder):
    Path(folder, "began").touch()
    time.sleep(3)
    Path(folder, "ended").touch()


if __name__ == "__main__":
    folder = sys.argv[1]
    with Client(n_workers=1, threads_per_worker=1, dashboard_address=None, processes=False) as client:
        merged = {f.result() for f in [client.get_executor().submit(draw, 0, 1) for _ in range(3)]}
        apart = {f.result() for f in [client.get_executor(pure=False).submit(draw, 0, 1) for _ in range(3)]}
        print(f"three equal calls: {len(merged)} value by default, {len(apart)} with pure=False")
        call = client.get_executor(pure=False).submit(slow, folder)
        while not Path(folder, "began").exists():
            time.sleep(0.05)
        answer = call.cancel()
        time.sleep(5)
        print(f"cancel() of a running call: {answer}; it ran on to its end: {Path(folder, 'ended').exists()}")
        assert (len(merged), len(apart)) == (1, 3), "CHANGED: equal calls"
        assert answer and Path(folder, "ended").exists(), "CHANGED: cancel"
PY
"$folder/venv/bin/python" "$folder/seen.py" "$folder"
