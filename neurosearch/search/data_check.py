"""Check that all trials of a study use the same data: a changed data file ends a launch with an error."""

from collections.abc import Mapping
from typing import Any

from neurosearch import config
from neurosearch.errors import UserError
from neurosearch.record.score import Score


class DataCheck:
    """Task → digest of its data, from the first stored trial with that task."""

    def __init__(self) -> None:
        self._keys: dict[str, str] = {}

    def check(self, configuration: Mapping[str, Any], score: Score, study: object, place: str) -> None:
        """Record the data digest of a score; raises if trials of the same task used other data."""
        key = score.provenance.data
        if not key:  # stored by an older version, or nothing was shown
            return
        task = configuration.get("task", {})
        known = self._keys.setdefault(config.digest(task), key)
        if known != key:
            raise UserError(
                f"{study}: the data of the task {next(iter(task), '')} changed since trials were stored in {place} "
                f"(content {known} then, {key} now); restore the data, or save the study under a new name"
            )
