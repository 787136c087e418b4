"""Modules that moved keep their old names: what a user's file imports is the very thing that the package uses."""

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import neurosearch
from neurosearch import catalogue, moved

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTED = {
    "neurosearch.baselines.base": ("beside",),
    "neurosearch.circuit": ("Circuit",),
    "neurosearch.declare": ("part", "quantity"),
    "neurosearch.derive": ("derive", "Dynamics"),
    "neurosearch.encoded": ("beside",),
    "neurosearch.posterior": ("Memory",),
    "neurosearch.record": ("DIRECTIONS", "Stream", "Score", "Trial", "Record"),
    "neurosearch.rules.base": ("Rule",),
    "neurosearch.rules.stdp": ("Stdp",),
    "neurosearch.stepper": ("Stepper",),
    "neurosearch.storage.base": ("Storage",),
    "neurosearch.store": ("open_store",),
    "neurosearch.study": ("Study", "load"),
    "neurosearch.tasks.base": ("Task", "Streams", "arrange", "samples_of"),
}
"""Module as the documents and files of version 0.1 named it → what they took from it."""

PUBLIC = (
    "AbstractArchitecture", "Constant", "Encoder", "Graph", "Input", "Neuron", "Normalisation", "Plan", "Population",
    "Projection", "Random", "Record", "Rule", "Score", "ShortTerm", "Stream", "Study", "Task", "Teacher", "Trial",
    "UserError", "Wiring", "__version__", "load_study", "part", "quantity", "run_trial",
)  # fmt: skip
"""What ``from neurosearch import *`` gave in version 0.1."""

PLACES = {
    "AbstractArchitecture": "architecture",
    "Encoder": "encoders.base",
    "Graph": "graph",
    "Neuron": "neurons.base",
    "Normalisation": "normalisations.base",
    "Plan": "plan",
    "Rule": "rules.base",
    "Score": "record",
    "ShortTerm": "stp.base",
    "Stream": "record",
    "Study": "study",
    "Task": "tasks.base",
    "UserError": "errors",
    "Wiring": "wiring.base",
    "run_trial": "trial",
}
"""Public name → the module in which version 0.1 kept it."""


@pytest.mark.parametrize("old", sorted(moved.MODULES))
def test_an_old_name_is_the_module_itself(old: str) -> None:
    assert importlib.import_module(f"neurosearch.{old}") is importlib.import_module(
        f"neurosearch.{moved.new_name(old)}"
    )


def test_what_is_in_a_folder_that_moved_is_one_module_whichever_name_comes_first() -> None:
    code = (
        "from neurosearch.rules.base import Rule as before\n"
        "from neurosearch.parts.rules.base import Rule as after\n"
        "import neurosearch.tasks.digits, neurosearch.parts.tasks.base, sys\n"
        "assert before is after and before.__module__ == 'neurosearch.parts.rules.base'\n"
        "assert neurosearch.parts.rules.base.__spec__.name == 'neurosearch.parts.rules.base'\n"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True, cwd=ROOT)


@pytest.mark.parametrize("module", sorted(DOCUMENTED))
def test_documented_names_are_found_in_a_fresh_process(module: str) -> None:
    code = f"from {module} import {', '.join(DOCUMENTED[module])}; print('found')"
    ran = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert ran.stdout == "found\n", ran.stderr


def test_what_a_star_gave_is_still_given() -> None:
    found: dict[str, object] = {}
    exec("from neurosearch import *", found)
    assert set(PUBLIC) <= found.keys()
    assert all(getattr(neurosearch, name) is found[name] for name in PUBLIC)


@pytest.mark.parametrize("name", sorted(PLACES))
def test_a_public_name_is_the_one_of_its_former_module(name: str) -> None:
    assert getattr(importlib.import_module(f"neurosearch.{PLACES[name]}"), name) is getattr(neurosearch, name)


@pytest.mark.parametrize("module", sorted(moved.RENAMED))
def test_functions_that_were_renamed_keep_their_old_names(module: str) -> None:
    imported = importlib.import_module(f"neurosearch.{module}")
    for old, new in moved.RENAMED[module].items():
        assert getattr(imported, old) is getattr(imported, new)
    with pytest.raises(AttributeError, match="nothing"):
        _ = imported.nothing


NOUNS = (
    "Stream",
    "Recall",
    "Classes",
    "SparseRows",
    "Record",
    "Score",
    "Trial",
    "DIRECTIONS",
    "LEAD_IN",
    "HELD_OUT",
    "digest",
)


@pytest.mark.parametrize("name", NOUNS)
def test_a_folder_passes_on_the_names_of_the_module_that_it_was(name: str) -> None:
    code = (
        f"import neurosearch as n; from neurosearch.record import {name} as x; print(x is getattr(n, '{name}', None))"
    )
    ran = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert ran.stdout.strip() == str(name in neurosearch.__all__), ran.stderr


def test_names_that_never_were_are_refused() -> None:
    with pytest.raises(ModuleNotFoundError, match=r"neurosearch\.nothing"):
        importlib.import_module("neurosearch.nothing")
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("neurosearch.rules.nothing")
    with pytest.raises(ImportError, match="cannot import name 'nothing'"):
        exec("from neurosearch.study import nothing")


def test_a_kind_is_found_by_its_former_name() -> None:
    assert catalogue.names("storage") == catalogue.names("storage_rules")
    assert catalogue.find("storage", "covariance") is catalogue.find("storage_rules", "covariance")
