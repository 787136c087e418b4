"""What all tests share: one cache of compiled programs for the whole run, outside the user's own."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="session", autouse=True)
def build_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """``$NEUROSEARCH_CACHE``, set to a temporary folder unless the caller of pytest has set it."""
    if given := os.environ.get("NEUROSEARCH_CACHE"):
        yield Path(given)
        return
    folder = tmp_path_factory.mktemp("cache", numbered=False)
    os.environ["NEUROSEARCH_CACHE"] = str(folder)
    yield folder
    del os.environ["NEUROSEARCH_CACHE"]
