"""What is sound, and still not what a user may expect: said by `check` and at the start of `launch`."""

from collections.abc import Iterator

from neurosearch.study.space import Choice, is_under, single
from neurosearch.study.study import Study


def cautions(study: Study) -> list[str]:
    """A sentence each."""
    return list(_of_the_sampler(study))


def _of_the_sampler(study: Study) -> Iterator[str]:
    choices = [path for path, d in study.space.items() if isinstance(d, Choice) and single(d) is None]
    if study.sampler == "cmaes" and choices:
        yield (
            f"the sampler cmaes learns numbers only and draws choices evenly for the whole search: "
            f"{', '.join(choices)}; tpe and nsga2 learn them too"
        )
    below = [path for path in study.space if any(is_under(path, choice) for choice in choices)]
    if study.sampler == "gp" and below:
        yield (
            f"the sampler gp learns nothing of what exists under a choice only and draws it evenly "
            f"for the whole search: {', '.join(below)}; tpe, nsga2 and cmaes learn it"
        )
