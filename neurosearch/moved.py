"""Aliases for module names before version 0.2, so that users' files that import them keep working.

An old name gives the same module object, so a class is the same whichever name it was imported by.
"""

import importlib
import sys
from collections.abc import Mapping, Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

KINDS = ("encoders", "neurons", "noises", "normalisations", "priors", "rules", "stp", "tasks", "wiring")

MODULES = {
    "ahead": "lower.run_ahead",
    "associative": "recall.associative",
    "carried": "lower.graded",
    "circuit": "recall.circuit",
    "configuration": "study.configuration",
    "derive": "recall.derive",
    "document": "study.document",
    "draft": "lower.population_builder",
    "encoded": "inspect.encoded",
    "evaluate.counts": "hardware.counts",
    "evaluate.hardware": "hardware.operations",
    "framewise": "lower.hoist",
    "homeostasis": "parts.homeostasis",
    "inspect.derivation": "cli.derivation",
    "inspect.export": "cli.export",
    "inspect.plots": "report.plots",
    "inspect.raster": "report.raster",
    "inspect.report": "report.report",
    "inspect.rerun": "rerun",
    "inspect.text": "report.text",
    "integrate": "lower.integrate",
    "inventory": "hardware.inventory",
    "journal": "store.journal",
    "kernel": "recall.kernel",
    "lowering": "lower.lowering",
    "memory": "hardware.weight_memory",
    "passes": "lower.passes",
    "posterior": "recall.posterior",
    "rank": "study.ranking",
    "rule_texts": "lower.rules",
    "search.best": "search.rescore",
    "search.machine": "cli.machine",
    "search.reference": "cli.reference",
    "search.shown": "search.data_check",
    "search.summary": "cli.summary",
    "separate": "recall.separate",
    "simulate.whole": "simulate.integer_vectorisation",
    "simulate.words": "simulate.brian_syntax",
    "space": "study.space",
    "stepper": "simulate.reference",
    "storage": "parts.storage_rules",
    "study_file": "study.schema",
    "text": "language.text",
    "units": "language.units",
    "variables": "language.declarations",
    "vector": "language.arrays",
} | {kind: f"parts.{kind}" for kind in KINDS}
"""Old name → new name, both within ``neurosearch``; what is inside a folder moved with it."""

BECAME_ROOMS = {
    "record": (
        *(f"record.{noun}" for noun in ("stream", "goal", "rows", "record", "score", "trial")),
        "evaluate.metrics",
    ),
    "store": ("store.store",),
    "study": ("study.study",),
}
"""A module that became a folder of the same name → where its contents are; the folder passes their names on."""

RENAMED = {
    "baselines.base": {
        "arrived": "label_source",
        "beside": "run_baselines",
        "judge": "evaluate",
        "kept": "cached",
        "told": "visible_labels",
    },
    "inspect.encoded": {"beside": "run_baselines"},
}
"""Module as it is called now → old name of a function in it → its name now."""


def new_name(module: str) -> str:
    """The name of a module now, from what it was called (both without ``neurosearch.``)."""
    if module in MODULES:
        return MODULES[module]
    folder, _, rest = module.partition(".")
    return f"{MODULES[folder]}.{rest}" if rest and folder in MODULES else module


class _OldNames:
    """Finds modules by their old names, and lets modules answer for what they held under other names."""

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: Any = None) -> ModuleSpec | None:
        """See ``importlib.abc.MetaPathFinder``."""
        del target
        package, _, module = name.partition(".")
        if package != "neurosearch" or not module:
            return None
        if module in BECAME_ROOMS or module in RENAMED:
            return _passing_on(name, path, BECAME_ROOMS.get(module, (module,)), RENAMED.get(module, {}))
        new = new_name(module)
        return None if new == module else ModuleSpec(name, _Same(f"neurosearch.{new}"))  # type: ignore[arg-type]  # protocols suffice


class _Same:
    """Loads nothing: the module of the new name is the module."""

    def __init__(self, new: str) -> None:
        self._new = new

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """See ``importlib.abc.Loader``."""
        module = importlib.import_module(self._new)
        self._spec = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        """It was executed when it was imported; importing set its specification to that of the old name."""
        module.__spec__ = self._spec


def _passing_on(
    name: str, path: Sequence[str] | None, contents: Sequence[str], renamed: Mapping[str, str]
) -> ModuleSpec | None:
    spec = importlib.machinery.PathFinder.find_spec(name, path)
    if spec is not None and spec.loader is not None:
        spec.loader = _PassesOn(spec.loader, contents, renamed)  # type: ignore[assignment]
    return spec


class _PassesOn:
    """Loads a module and lets it look up what it has not: in other modules, and under the name of today."""

    def __init__(self, loader: Any, contents: Sequence[str], renamed: Mapping[str, str]) -> None:
        self._loader, self._contents, self._renamed = loader, contents, renamed

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """See ``importlib.abc.Loader``."""
        made: ModuleType | None = self._loader.create_module(spec)
        return made

    def exec_module(self, module: ModuleType) -> None:
        """See ``importlib.abc.Loader``."""
        self._loader.exec_module(module)

        def __getattr__(name: str) -> Any:
            files = importlib.machinery.PathFinder.find_spec(
                f"{module.__name__}.{name}", vars(module).get("__path__", [])
            )
            for contents in () if name.startswith("_") or files else self._contents:  # a file is imported after this
                found = vars(importlib.import_module(f"neurosearch.{contents}"))
                now = self._renamed.get(name, name)
                if now in found:
                    return found[now]
            raise AttributeError(f"module '{module.__name__}' has no attribute '{name}'")

        module.__getattr__ = __getattr__  # type: ignore[method-assign]


def install() -> None:
    """Make the old names importable."""
    if not any(isinstance(finder, _OldNames) for finder in sys.meta_path):
        sys.meta_path.insert(0, _OldNames())  # before the folders are searched
