"""A study that was moved to another folder with the user's own files: its stored trials still name the old folder.

The text of a file identifies it, and the store compares the texts before anything is read as a trial of the study.
"""

from collections.abc import Mapping
from dataclasses import replace

from neurosearch import config
from neurosearch.record.trial import Trial
from neurosearch.study import own_files
from neurosearch.study.space import Choice
from neurosearch.study.study import Study


def files_of(study: Study) -> dict[str, str]:
    """``file.py:Class`` → reference, of the user's own files that a study names."""
    options = [d.options for d in study.space.values() if isinstance(d, Choice)]
    return own_files.by_name([config.to_dict(study.root), options, dict(study.fixed)])


def with_files_of(trial: Trial, files: Mapping[str, str]) -> Trial:
    """A trial whose references to the user's own files lead to where the study has these files now."""
    configuration = own_files.moved(trial.configuration, files) if files else trial.configuration
    if configuration == trial.configuration:
        return trial
    params = own_files.moved(trial.params, files)
    return replace(trial, configuration=configuration, params=params, digest=config.digest(configuration))
