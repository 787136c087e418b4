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
    "neurosearch.tasks.base": "Task",
    "neurosearch.storage.base": "Storage",
    "neurosearch.derive": "derive",
    "neurosearch.circuit": "Circuit",
    "neurosearch.encoded": "beside",
    "neurosearch.stepper": "Stepper",
    "neurosearch.rules.stdp": "Stdp",
    "neurosearch.study": "load",
    "neurosearch.store": "open_store",
}
"""Module as the documents of version 0.1 named it → a name in it."""


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
    code = f"from {module} import {DOCUMENTED[module]} as found; print(found.__name__)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert ran.stdout.strip() == DOCUMENTED[module]


NOUNS = ("Stream", "Recall", "SparseRows", "Record", "Score", "Trial", "DIRECTIONS", "LEAD_IN", "HELD_OUT", "digest")


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
