"""Warnings about valid studies that may not do what a user expects: shown by `check` and at the start of `launch`."""

import dataclasses
from collections.abc import Iterator
from itertools import islice

from neurosearch.errors import UserError
from neurosearch.simulate.input_range import range_caution
from neurosearch.study import study as studies
from neurosearch.study.space import Choice, is_under, single
from neurosearch.study.study import Study
from neurosearch.trial import graph_of

MOST = 64
"""Most combinations of task and encoder whose data are checked."""


def cautions(study: Study) -> list[str]:
    """The warnings, one sentence each."""
    return [*_of_the_sampler(study), *_of_the_data(study)]


def _of_the_sampler(study: Study) -> Iterator[str]:
    choices = [path for path, d in study.space.items() if isinstance(d, Choice) and single(d) is None]
    if study.sampler == "cmaes" and choices:
        yield (
            f"the sampler cmaes learns only numbers and draws choices uniformly throughout the search: "
            f"{', '.join(choices)}; tpe and nsga2 learn them too"
        )
    below = [path for path in study.space if any(is_under(path, choice) for choice in choices)]
    if study.sampler == "gp" and below:
        yield (
            f"the sampler gp does not learn what exists only under a choice and draws it uniformly "
            f"throughout the search: {', '.join(below)}; tpe, nsga2 and cmaes learn it"
        )


def _of_the_data(study: Study) -> Iterator[str]:
    """Values outside the range that an encoder of the space expects, each once, with the choices that cause it."""
    words = ("task", "architecture", "encoder", "normalisation")
    inputs = {path: d for path, d in study.space.items() if set(path.split(".")) & set(words)}
    said: set[str] = set()
    for chosen in islice(studies.combinations(dataclasses.replace(study, space=inputs)), MOST):
        made = study.resolve(chosen)
        try:
            stream = made.task.stream(study.seeds[0])
            found = range_caution(stream, graph_of(made.architecture, stream).input.encoder)
        except UserError:  # said by what prepares the combination, with more
            continue
        if found and found not in said:
            said.add(found)
            among = ", ".join(f"{path} = {value}" for path, value in chosen.items() if "." not in str(value))
            yield f"with {among}: {found}" if among else found
