"""What the documents say is there, and what they show works."""

import re
from argparse import _SubParsersAction
from pathlib import Path
from typing import Any

import pytest

from neurosearch import catalogue, config
from neurosearch.cli.main import _parser
from neurosearch.lower.lower import lower
from neurosearch.study import document
from neurosearch.study import study as studies
from neurosearch.study.configuration import Configuration

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *ROOT.glob("docs/*.md")])
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)#\s]+)")
NAMED = re.compile(r"`((?:neurosearch|tests|scripts|docs|studies|architectures|\.ci)/[\w./-]*)`")
PLACEHOLDER = re.compile(r"NAME|DIGEST|STUDY")


def blocks(language: str) -> list[Any]:
    made = []
    for file in DOCUMENTS:
        found = (m[2] for m in BLOCK.finditer(file.read_text(encoding="utf-8")) if m[1] == language)
        made += [pytest.param(text, id=f"{file.stem}-{n}") for n, text in enumerate(found)]
    return made


def verbs() -> dict[str, Any]:
    (found,) = (a for a in _parser()._actions if isinstance(a, _SubParsersAction))
    return dict(found.choices)


@pytest.mark.parametrize("file", DOCUMENTS, ids=lambda f: f.name)
def test_links_lead_somewhere(file: Path) -> None:
    for link in LINK.findall(file.read_text(encoding="utf-8")):
        assert link.startswith("https://") or (file.parent / link).exists(), f"{file.name} links to {link}"


@pytest.mark.parametrize("file", DOCUMENTS, ids=lambda f: f.name)
def test_named_files_exist(file: Path) -> None:
    for name in NAMED.findall(file.read_text(encoding="utf-8")):
        assert PLACEHOLDER.search(name) or (ROOT / name).exists(), f"{file.name} names {name}"


def test_architecture_names_every_room() -> None:
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    files = {p.name for p in (ROOT / "neurosearch").glob("*.py")} - {"__init__.py", "__main__.py", "architecture.py"}
    folders = {f"{p.parent.name}/" for p in (ROOT / "neurosearch").glob("*/__init__.py")}
    assert [name for name in sorted(files | folders) if f"`{name}`" not in text] == []


@pytest.mark.parametrize("verb", list(verbs()))
def test_every_verb_has_help_and_a_line_in_the_readme(verb: str) -> None:
    assert verbs()[verb].description
    assert re.search(rf"^\| `neurosearch {verb}\b.*\|$", README, re.MULTILINE), f"README has no line for {verb}"


def test_readme_names_only_verbs_that_exist() -> None:
    assert set(re.findall(r"neurosearch (\w+)", " ".join(re.findall(r"`neurosearch [^`]+`", README)))) <= set(verbs())


def test_readme_starts_with_two_commands() -> None:
    first = BLOCK.search(README)
    assert first is not None
    assert [line.split()[0] for line in first[2].splitlines()] == ["scripts/quickstart", "scripts/test"]


@pytest.mark.parametrize("text", blocks("yaml"))
def test_studies_shown_are_sound(text: str, tmp_path: Path) -> None:
    if "format:" not in text:  # a part of a study: its configuration
        assert config.build(Configuration, document.loads(text, "shown.yaml")).task is not None
        return
    study = studies.from_data(document.loads(text, "shown.yaml"), tmp_path / "shown.yaml")
    assert study.space
    assert "neurosearch launch" in study.about or len(text) < 700


@pytest.mark.parametrize("text", blocks("python"))
def test_rules_shown_run(text: str, tmp_path: Path) -> None:
    """A rule shown in a document is accepted as a user's own file and lowers in the mushroom body."""
    file = tmp_path / "shown.py"
    file.write_text(text)
    names = re.findall(r"^class (\w+)", text, re.MULTILINE)
    if not names:  # no rule, but code to be run as it stands
        exec(compile(text, str(file), "exec"), {})
        return
    (name,) = names
    architecture = config.build_part("architectures", {"mushroom_body": {"rule": f"{file}:{name}"}})
    assert lower(architecture.graph((8, 8), 10)).shape.digest


def test_rule_places_and_ports_are_documented() -> None:
    from neurosearch.language.text import FUNCTIONS
    from neurosearch.lower.population_builder import PORTS
    from neurosearch.parts.rules.base import Rule

    text = (ROOT / "docs/rules.md").read_text(encoding="utf-8")
    words = set(re.findall(r"\w+", text))
    assert [n for n in (*Rule.texts, *PORTS, *FUNCTIONS) if n not in words and n != "teach"] == []


def test_study_keys_are_documented() -> None:
    from neurosearch.study.schema import schema

    text = (ROOT / "docs/files.md").read_text(encoding="utf-8")
    assert [key for key in schema()["properties"] if f"`{key}`" not in text and key != "format"] == []


@pytest.mark.parametrize("name", catalogue.names("studies"))
def test_shipped_studies_say_question_expectation_and_command(name: str) -> None:
    about = studies.load(name).about
    assert "?" in about
    assert "Expected:" in about
    assert f"neurosearch launch {name}" in about
