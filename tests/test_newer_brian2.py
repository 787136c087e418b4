"""The newest Brian2 on a newer Python holds the same contracts; ``scripts/test`` makes the environment where it can."""

import os
import subprocess
from pathlib import Path

import pytest

NEWER = os.environ.get("NEUROSEARCH_NEWER_PYTHON", "")


@pytest.mark.slow
@pytest.mark.skipif(not NEWER, reason="no Python of at least 3.13 was found; name one in NEWER_PYTHON for scripts/test")
def test_the_contracts_hold_with_the_newest_brian2(tmp_path: Path) -> None:
    version = subprocess.run(
        [NEWER, "-c", "import brian2; print(brian2.__version__)"], capture_output=True, text=True, check=True
    ).stdout.split(".")
    assert (int(version[0]), int(version[1])) >= (2, 11)
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_", "COV_"))}
    environment["NEUROSEARCH_CACHE"] = str(tmp_path / "cache")
    tests = Path(__file__).parent
    asked = [str(tests / f"test_{name}.py") for name in ("contract", "device", "step")]
    each_rule_once = "test_device or test_step or adlif or own_device or recurrence"
    ran = subprocess.run(
        [NEWER, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", each_rule_once, *asked],
        cwd=tests.parent, env=environment, capture_output=True, text=True,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout[-4000:]
    assert " passed" in ran.stdout
