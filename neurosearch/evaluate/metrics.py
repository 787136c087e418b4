"""All metrics, collected from the files that compute and declare them; there is no central list."""

import functools
import importlib
import pkgutil
from collections.abc import Iterator, Mapping

from neurosearch.record.metric import Metric

ROOMS = ("evaluate", "hardware")
"""Packages whose files declare metrics."""


@functools.cache
def metrics() -> Mapping[str, Metric]:
    """Name → metric, in the order of packages, files and lines."""
    found: dict[str, Metric] = {}
    for room in ROOMS:
        package = importlib.import_module(f"neurosearch.{room}")
        for name in sorted(module.name for module in pkgutil.iter_modules(package.__path__)):
            declared = vars(importlib.import_module(f"neurosearch.{room}.{name}")).values()
            for metric in (value for value in declared if isinstance(value, Metric)):
                if found.setdefault(metric.name, metric) is not metric:
                    raise ValueError(f"neurosearch/{room}/{name}.py declares the metric {metric.name} a second time")
    return found


class _Directions(Mapping[str, str]):
    """Name → direction of every metric, collected on first use."""

    def __getitem__(self, name: str) -> str:
        return metrics()[name].direction

    def __iter__(self) -> Iterator[str]:
        return iter(metrics())

    def __len__(self) -> int:
        return len(metrics())

    def __repr__(self) -> str:
        return repr(dict(self))


DIRECTIONS: Mapping[str, str] = _Directions()
"""Every metric by name, with the direction in which it is better: ``maximize`` or ``minimize``."""
