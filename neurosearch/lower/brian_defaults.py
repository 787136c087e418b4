"""Brian2 without the user's preferences: neither results nor cached programs may depend on them.

Brian2 reads ``~/.brian/user_preferences`` and ``./brian_preferences`` while it is imported, and evaluates them.
"""

import sys
import threading
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import ModuleType
from typing import Any

PREFERENCES = "brian2.core.preferences"
"""The module whose ``BrianGlobalPreferences.load_preferences`` reads the files."""

_LOCK = threading.Lock()


def import_brian2() -> Any:
    """Brian2, with its own defaults unless the caller's program has imported it before.

    Only our own processes simulate with it, and they call this first. A caller's process uses only Brian2's state
    updaters, which read no preference.
    """
    with _LOCK:
        if "brian2" not in sys.modules:
            finder = _WithoutFiles()
            sys.meta_path.insert(0, finder)
            try:
                import brian2
            finally:
                sys.meta_path.remove(finder)
        import brian2

        return brian2


class _WithoutFiles(MetaPathFinder):
    """Import hook that loads Brian2's preferences module without its preference files."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """See ``MetaPathFinder``."""
        spec = PathFinder.find_spec(fullname, path, target) if fullname == PREFERENCES else None
        if spec is not None and isinstance(spec.loader, SourceFileLoader):
            spec.loader = _Loader(spec.loader.name, spec.loader.path)
        return spec


class _Loader(SourceFileLoader):
    def exec_module(self, module: ModuleType) -> None:
        super().exec_module(module)
        module.BrianGlobalPreferences.load_preferences = lambda self: None
