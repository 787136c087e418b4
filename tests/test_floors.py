"""The house holds: imports go down and never sideways, heavy packages stay behind their walls, files stay short."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from neurosearch import catalogue

ROOT = Path(__file__).resolve().parent.parent
FILES = sorted([*ROOT.glob("neurosearch/**/*.py"), *ROOT.glob("architectures/*.py")])

# Floors from the ground up. A floor is a row of landings; rooms on one landing are siblings. A room (a file of
# neurosearch/, a folder with all its files, or one kind of part) may import rooms on landings before its own, and
# itself.
FLOORS: tuple[tuple[tuple[str, ...], ...], ...] = (
    (
        ("moved", "errors", "spelling", "random", "record"),
        ("files", "language"),
        ("catalogue",),
        ("declare",),
        ("config",),
    ),
    (
        (
            *("parts.neurons", "parts.rules", "parts.encoders", "parts.stp", "parts.wiring", "parts.normalisations"),
            *("parts.tasks", "parts.noises", "parts.priors", "parts.homeostasis"),
        ),
        ("parts.storage_rules",),  # a storage rule is a rule
    ),
    (
        ("graph", "plan", "timeline"),
        ("architecture", "hardware"),
        ("lower", "recall", "evaluate"),
    ),
    (
        ("simulate", "baselines", "study", "architectures"),
        ("export", "trial"),
        ("rerun", "store"),
    ),
    (("search", "inspect"),),
    (("report",),),
    (("cli",), ("__main__",)),
)
LANDINGS = [landing for floor in FLOORS for landing in floor]
HEIGHT = {room: height for height, landing in enumerate(LANDINGS) for room in landing}

HEAVY = {
    "brian2": {
        "simulate": "its objects and its device",
        "lower.integrate": "its state updaters, inside a function",
        "lower.brian_names": "its check of names, inside a function",
        "lower.brian_defaults": "imported without the user's preferences, inside a function",
    },
    "optuna": {
        "store": "its storage and its journal file",
        "search.sampler": "its samplers",
        "search.tpe": "its TPE",
        "search.evolution": "its NSGA-II and CMA-ES",
        "inspect.importance": "its importance evaluator",
    },
    "sympy": {"recall.derive": "derivations", "recall.separate": "factorisation"},
    "sqlalchemy": {"store.database": "the errors of a database, inside a function"},
    "pydantic": {"study.schema": "the schema of a study, inside functions"},
    "yaml": {"study.document": "inside functions"},
    "matplotlib": {"report.plots": "pictures", "report.raster": "a picture; both imported when one is drawn"},
    "sklearn": {"parts.tasks.digits": "its data, inside a function", "baselines": "inside functions"},
    "nir": {"export.nir_graph": "inside functions"},
    "h5py": {"parts.tasks._hdf5": "event recordings, inside functions"},
    "rich": {"search.progress": "inside a function"},
    "river": {"parts.tasks.river": "its data sets, inside functions", "baselines": "its learners, inside functions"},
    "pandas": {},
    "scipy": {},
    "torch": {},
}
"""Package → where it may be imported, and for what."""

LAZY = {"pydantic", "yaml", "sklearn", "nir", "h5py", "rich", "river", "sqlalchemy"}
"""Heavy packages that are imported inside functions wherever they are."""

LONG = {
    "neurosearch/config.py": "one tree walk: reading, writing and addressing a configuration share their fields",
    "neurosearch/plan.py": "one noun: all that a plan consists of, each kind of thing a short dataclass",
    "neurosearch/search/sampler.py": "every sampler behind one interface",
    "neurosearch/simulate/device.py": "one class, whose methods Brian2 names",
}
"""File of more than 300 lines → why."""

FORBIDDEN_NAMES = {"utils", "util", "common", "helpers", "helper", "core", "manager", "misc"}


@dataclass(frozen=True)
class Import:
    """One import: of what, on which line, and whether it happens only in a function or for a type checker."""

    module: str
    line: int
    inside: bool
    typing: bool


def module_name(file: Path) -> str:
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[1:] if parts[0] == "neurosearch" else parts)


def room(module: str) -> str:
    first, *rest = module.split(".")
    return f"parts.{rest[0]}" if first == "parts" and rest else first


def imports(file: Path) -> list[Import]:
    return list(_imports(ast.parse(file.read_text(encoding="utf-8")), inside=False, typing=False))


def _imports(node: ast.AST, inside: bool, typing: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            yield from (Import(name.name, child.lineno, inside, typing) for name in child.names)
        elif isinstance(child, ast.ImportFrom):
            assert child.level == 0, f"line {child.lineno}: write imports from the top, not relative ones"
            for name in child.names:
                whole = f"{child.module}.{name.name}"
                yield Import(whole if _is_module(whole) else str(child.module), child.lineno, inside, typing)
        else:
            function = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            checking = isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test)
            yield from _imports(child, inside or function, typing or checking)


def _is_module(name: str) -> bool:
    path = ROOT / name.replace(".", "/")
    return path.is_dir() or path.with_suffix(".py").is_file()


@pytest.mark.parametrize("file", FILES, ids=module_name)
def test_imports_go_down(file: Path) -> None:
    module = module_name(file)
    if module in ("__init__", "parts.__init__"):
        return  # names are looked up when they are used: see test_public_names_are_found
    here = room(module)
    assert here in HEIGHT, f"{here} stands on no floor: add it to FLOORS"
    for found in imports(file):
        if found.module.split(".")[0] not in ("neurosearch", "architectures"):
            continue
        there = room(found.module.removeprefix("neurosearch."))
        assert there != "neurosearch", f"{file}:{found.line} imports the package; import the module that is meant"
        assert there in HEIGHT, f"{file}:{found.line}: {there} stands on no floor: add it to FLOORS"
        if there == here or HEIGHT[there] < HEIGHT[here]:
            continue
        raise AssertionError(f"{file}:{found.line}: {here} may not import {there}, which is no lower")


def test_no_files_import_each_other_in_a_circle() -> None:
    """Also within a room, and also inside functions; only what a type checker alone reads is left out."""
    files = {module_name(file): file for file in FILES}
    imported = {
        module: {n for x in imports(file) if not x.typing and (n := x.module.removeprefix("neurosearch.")) in files}
        for module, file in files.items()
    }
    while outside := {
        module
        for module, below in imported.items()
        if not below & imported.keys() or not any(module in others for others in imported.values())
    }:
        imported = {module: below - outside for module, below in imported.items() if module not in outside}
    assert not imported, f"these import each other: {', '.join(sorted(imported))}"


def test_every_room_exists() -> None:
    rooms = {room(module_name(file)) for file in FILES} - {"__init__", "parts.__init__"}
    assert rooms == set(HEIGHT)
    assert {module_name(file) for file in FILES} >= {m for places in HEAVY.values() for m in places if "." in m}
    assert all((ROOT / name).is_file() for name in LONG)


def test_few_files_stand_at_the_top_and_a_kind_is_a_folder_of_parts() -> None:
    loose = {file.stem for file in ROOT.glob("neurosearch/*.py")} - {"__init__", "__main__"}
    assert len(loose) <= 14, f"a new file belongs into a room, not beside {', '.join(sorted(loose))}"
    kinds = {file.parent.name for file in ROOT.glob("neurosearch/parts/*/base.py")}
    assert kinds == {name.removeprefix("parts.") for name in HEIGHT if name.startswith("parts.")} - {"homeostasis"}
    assert set(catalogue.kinds()) == kinds | {"architectures", "baselines", "studies"}


@pytest.mark.parametrize("file", FILES, ids=module_name)
def test_heavy_packages_stay_behind_their_walls(file: Path) -> None:
    module = module_name(file)
    for found in imports(file):
        package = room(found.module)
        if package not in HEAVY or found.typing:
            continue
        allowed = any(module == place or module.startswith(f"{place}.") for place in HEAVY[package])
        assert allowed, f"{file}:{found.line} imports {package}, which only {', '.join(HEAVY[package]) or 'nobody'} may"
        assert found.inside or package not in LAZY, f"{file}:{found.line}: import {package} inside a function"


@pytest.mark.parametrize("file", FILES, ids=module_name)
def test_files_are_short_and_say_what_they_are(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    name = file.relative_to(ROOT).as_posix()
    if file.name == "__init__.py" and file.parent != ROOT / "neurosearch":
        assert text == "", f"{name} must be empty"
        return
    assert ast.get_docstring(ast.parse(text)), f"{name} must open with a sentence about itself"
    assert not FORBIDDEN_NAMES & set(file.relative_to(ROOT).with_suffix("").parts), f"{name}: name it by what it does"
    lines = len(text.splitlines())
    assert lines <= 300 or name in LONG, f"{name} has {lines} lines; split it, or list it in LONG with the reason"


@pytest.mark.parametrize("statement", ["import neurosearch", "import neurosearch.cli.main"])
def test_import_is_light(statement: str) -> None:
    code = f"import sys; before = set(sys.modules); {statement}; print(*(set(sys.modules) - before))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    loaded = {room(module) for module in ran.stdout.split()}
    assert not loaded & (HEAVY.keys() | {"numpy"})
    assert len(ran.stdout.split()) < 100


def test_public_names_are_found() -> None:
    import neurosearch

    for name in neurosearch.__all__:
        assert getattr(neurosearch, name) is not None
    assert set(neurosearch.__all__) == {*neurosearch._PLACES, "__version__"}
    assert set(neurosearch.__all__) <= set(dir(neurosearch))
    with pytest.raises(AttributeError, match="nothing_like_this"):
        neurosearch.nothing_like_this  # noqa: B018
