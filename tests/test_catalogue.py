"""The folder is the registry: found by name, read without importing, the user's own by path."""

import subprocess
import sys

import pytest

from neurosearch import catalogue
from neurosearch.errors import UserError


@pytest.mark.parametrize("kind", catalogue.kinds())
def test_every_name_is_found_under_itself(kind):
    if kind == "studies":
        return
    for name in catalogue.names(kind):
        if kind == "baselines" or kind == "wiring":
            continue
        assert catalogue.name_of(catalogue.find(kind, name)) == name
        assert catalogue.about(kind, name)


def test_names_are_files():
    assert {"stdp", "delta"} <= set(catalogue.names("rules"))
    assert "base" not in catalogue.names("rules")
    assert not any(name.startswith("_") for kind in catalogue.kinds() for name in catalogue.names(kind))
    assert catalogue.find("tasks", "fashion_mnist").__name__ == "FashionMnist"
    assert "mushroom_body" in catalogue.names("architectures")


def test_names_import_nothing():
    code = (
        "import sys; from neurosearch import catalogue; catalogue.names('rules'); catalogue.about('rules', 'stdp'); "
        "print([m for m in sys.modules if m.startswith('neurosearch.parts.rules')])"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"


def test_unknown_names_say_what_is_known():
    with pytest.raises(UserError, match=r"there is no 'sdtp' in rules; did you mean 'stdp'\? known: .*covariance"):
        catalogue.find("rules", "sdtp")
    with pytest.raises(UserError, match=r"no kind called 'rule'; did you mean 'rules'"):
        catalogue.names("rule")
    with pytest.raises(UserError, match="no kind"):
        catalogue.names("../tests")


OWN = '''
"""Mine."""
from dataclasses import dataclass
from neurosearch.parts.rules.base import Rule
from neurosearch.declare import quantity

@dataclass(frozen=True)
class Mine(Rule):
    """Mine."""
    eta: float = quantity({value})
'''


def test_the_users_own_file_is_found_by_path_and_known_by_its_text(tmp_path, monkeypatch):
    file = tmp_path / "my rule.py"
    file.write_text(OWN.format(value=1.0))
    cls = catalogue.find("rules", f"{file}:Mine")
    assert cls().eta == 1.0
    assert catalogue.name_of(cls()) == f"{file}:Mine"
    assert catalogue.find("rules", f"{file}:Mine") is cls
    copy = tmp_path / "copy.py"
    copy.write_text(file.read_text())
    assert catalogue.source_digest(catalogue.find("rules", f"{copy}:Mine")) == catalogue.source_digest(cls)
    monkeypatch.chdir(tmp_path)
    assert catalogue.find("rules", "./copy.py:Mine")().eta == 1.0
    copy.write_text(OWN.format(value=22.0))
    changed = catalogue.find("rules", "./copy.py:Mine")
    assert changed().eta == 22.0
    assert catalogue.source_digest(changed) != catalogue.source_digest(cls)


@pytest.mark.parametrize(
    ("text", "name", "said"),
    [
        ("x = 1", "Mine", r"bad\.py has no class 'Mine'"),
        ("class Main: pass", "Mine", r"has no class 'Mine'; did you mean 'Main'"),
        ("class Mine(:", "Mine", r"bad\.py, line 1: "),
        ("import nothing_of_this_name", "Mine", r"bad\.py fails when it is read: ModuleNotFoundError"),
        ("1/0", "Mine", r"ZeroDivisionError: division by zero; fix the file"),
    ],
)
def test_a_users_file_that_does_not_serve(tmp_path, text, name, said):
    (tmp_path / "bad.py").write_text(text)
    with pytest.raises(UserError, match=said):
        catalogue.find("rules", f"{tmp_path}/bad.py:{name}")


def test_a_users_class_of_another_kind(tmp_path):
    (tmp_path / "my.py").write_text(OWN.format(value=1.0))
    for kind, base in (("tasks", "neurosearch.parts.tasks.base"), ("architectures", "neurosearch.architecture")):
        with pytest.raises(
            UserError, match=rf"my\.py: Mine is not one of the {kind}; derive it from the class in {base}"
        ):
            catalogue.find(kind, f"{tmp_path}/my.py:Mine")


def test_a_users_file_that_is_not_there(tmp_path):
    with pytest.raises(UserError, match=r"none\.py \(for Mine\): No such file"):
        catalogue.find("rules", f"{tmp_path}/none.py:Mine")
