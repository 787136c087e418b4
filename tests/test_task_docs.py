"""The page about tasks names every task, score and baseline that there is."""

from pathlib import Path

import pytest

from neurosearch import catalogue
from neurosearch.record import DIRECTIONS

DOCS = Path(__file__).resolve().parent.parent / "docs"
PAGES = "".join((DOCS / name).read_text(encoding="utf-8") for name in ("tasks.md", "memory.md"))


@pytest.mark.parametrize("name", [*catalogue.names("tasks"), *catalogue.names("baselines"), *DIRECTIONS])
def test_it_is_explained(name: str) -> None:
    assert f"`{name}`" in PAGES
