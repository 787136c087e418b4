"""What a configuration is run as: settings that the task's sizes limit, such as a fan-in above the number of inputs.

What is run is what is stored and shown, and proposals that are run as one configuration are duplicates.
"""

import functools
import logging
import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from neurosearch import config
from neurosearch.architecture import AbstractArchitecture
from neurosearch.errors import UserError
from neurosearch.record.trial import Trial
from neurosearch.study.configuration import Configuration, full_path

_LOG = logging.getLogger(__name__)
_REPORTED: set[tuple[str, Any]] = set()


def effective(made: Configuration, seed: int) -> Configuration:
    """The configuration that is run when this one is asked for; each difference is reported once.

    Data that cannot be read are no matter of this function: the evaluation says what is wrong with them.
    """
    if getattr(type(made.architecture), "effective", None) in (None, AbstractArchitecture.effective):
        return made
    try:
        shape, outputs = _sizes(made.task, seed)
    except UserError:
        return made
    architecture = made.architecture.effective(shape, outputs)
    if architecture == made.architecture:
        return made
    runs = replace(made, architecture=architecture)
    before, after = config.paths(made), config.paths(runs)
    for path, (_, value) in before.items():
        if path in after and isinstance(value, int | float) and after[path][1] != value:
            _report(path, value, after[path][1], shape)
    return runs


def effective_data(configuration: Mapping[str, Any], seed: int) -> dict[str, Any]:
    """The same of plain data."""
    made = config.build(Configuration, configuration)
    runs = effective(made, seed)
    return dict(configuration) if runs is made else config.to_dict(runs)


@functools.lru_cache(maxsize=64)
def _sizes(task: Any, seed: int) -> tuple[tuple[int, ...], int]:
    stream = task.stream(seed)
    return stream.shape, stream.outputs


def _report(path: str, asked: Any, runs_as: Any, shape: tuple[int, ...]) -> None:
    if (path, runs_as) not in _REPORTED:
        _REPORTED.add((path, runs_as))
        name, channels = path.removeprefix("architecture."), math.prod(shape)
        of_task = f"{channels} channel{'s' if channels != 1 else ''}"
        _LOG.warning("%s = %s is run, stored and shown as %s: the task has %s", name, asked, runs_as, of_task)


def params_as_run(trial: Trial) -> dict[str, Any]:
    """A trial's parameters; a number that was limited as it was run. Reads plain data and imports no file."""
    return {path: _as_run(path, value, trial.configuration) for path, value in trial.params.items()}


def _as_run(path: str, proposed: Any, configuration: Mapping[str, Any]) -> Any:
    here: Any = configuration
    for step in full_path(path).split("."):
        if isinstance(here, Mapping) and step not in here and len(here) == 1:
            (here,) = here.values()  # a part stands under its name
        if not isinstance(here, Mapping) or step not in here:
            return proposed
        here = here[step]
    numbers = all(isinstance(x, int | float) and not isinstance(x, bool) for x in (proposed, here))
    return here if numbers else proposed
