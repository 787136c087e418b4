"""Which data the trials of a study were shown: a file that changed behind its path ends a launch with a sentence."""

from collections.abc import Mapping
from typing import Any

from neurosearch import config
from neurosearch.errors import UserError
from neurosearch.record.score import Score


class DataCheck:
    """Task → digest of its data, as the first trial with that task has stored it."""

    def __init__(self) -> None:
        self._keys: dict[str, str] = {}

    def check(self, configuration: Mapping[str, Any], score: Score, study: object, place: str) -> None:
        """Note the data of a score, or refuse it if trials of the same task saw other data."""
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
