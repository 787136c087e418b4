"""What a wheel carries: every room, the templates, the architectures and the studies; and the command it installs."""

import configparser
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def _setup() -> configparser.ConfigParser:
    found = configparser.ConfigParser()
    found.read(ROOT / "setup.cfg", encoding="utf-8")
    return found


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel built from a copy of what is shipped, so that nothing is left in the checkout."""
    import shutil

    source = tmp_path_factory.mktemp("source") / "neurosearch"
    leave = shutil.ignore_patterns(".*", "*.egg-info", "build", "dist", "__pycache__", "neurosearch-runs")
    shutil.copytree(ROOT, source, ignore=leave)
    out = tmp_path_factory.mktemp("wheel")
    build = f"from setuptools.build_meta import build_wheel; build_wheel({str(out)!r})"
    command = [sys.executable, "-W", "ignore", "-c", build]  # what pip calls, without its download of setuptools
    ran = subprocess.run(command, cwd=source, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    (made,) = out.glob("*.whl")
    return made


def test_every_folder_with_code_is_packaged() -> None:
    folders = {p.parent.relative_to(ROOT).as_posix() for p in ROOT.glob("neurosearch/**/*.py")}
    listed = set(_setup()["options"]["packages"].split())
    assert listed == {f.replace("/", ".") for f in folders} | {"neurosearch._architectures", "neurosearch._studies"}


def test_wheel_carries_everything(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    code = {p.relative_to(ROOT).as_posix() for p in ROOT.glob("neurosearch/**/*.py")}
    templates = {p.relative_to(ROOT).as_posix() for p in ROOT.glob("neurosearch/simulate/templates/*.cpp")}
    beside = {f"neurosearch/_{p.parent.name}/{p.name}" for p in ROOT.glob("architectures/*.py")}
    beside |= {f"neurosearch/_{p.parent.name}/{p.name}" for p in ROOT.glob("studies/*.yaml")}
    assert templates
    assert beside
    assert names >= code | templates | beside
    assert {n.split("/")[0].split("-")[0] for n in names} == {"neurosearch"}


def test_wheel_says_what_it_needs(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    metadata = archive.read(next(n for n in archive.namelist() if n.endswith("/METADATA"))).decode()
    assert "Requires-Python: >=3.11" in metadata
    assert "Requires-Dist: brian2==2.9.*" in metadata
    assert any(n.endswith("LICENSE") for n in archive.namelist())


@pytest.mark.slow
def test_wheel_works_in_an_empty_folder(wheel: Path, tmp_path: Path) -> None:
    """Unpacked without the checkout beside it, the catalogue finds what ships and a network runs."""
    site, empty = tmp_path / "site", tmp_path / "empty"
    empty.mkdir()
    zipfile.ZipFile(wheel).extractall(site)
    code = """
import neurosearch, sys
from neurosearch import catalogue
from neurosearch.trial import run_trial
assert neurosearch.__file__.startswith(sys.argv[1]), neurosearch.__file__
assert str(catalogue.folder("architectures")).endswith("neurosearch/_architectures")
assert "mushroom_body" in catalogue.names("architectures") and catalogue.names("studies") is not None
task = {"digits": {"samples": 40, "lead_in": 10, "held_out": 5, "steps": 8}}
print(run_trial({"architecture": {"mushroom_body": {"kenyon": {"size": 50}}}, "task": task}, [0]).status)
"""
    command = [sys.executable, "-P", "-c", f"import sys; sys.path.insert(0, {str(site)!r})\n{code}", str(site)]
    ran = subprocess.run(command, cwd=empty, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.strip() in ("ok", "silent")


def test_version_is_one() -> None:
    import neurosearch

    assert _setup()["metadata"]["version"] == "attr: neurosearch.__version__"
    assert neurosearch.__version__.count(".") == 2
    assert f"## {neurosearch.__version__}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_scripts_are_sound() -> None:
    findings = [f"findings/{file.name}" for file in ROOT.glob("findings/*")]
    assert findings
    own = ("scripts/quickstart", "scripts/test", "scripts/system-packages", "scripts/environment.sh", ".ci/run")
    for name in (*own, *findings):
        file = ROOT / name
        assert subprocess.run(["bash", "-n", str(file)], capture_output=True).returncode == 0, name
        assert name == "scripts/environment.sh" or file.stat().st_mode & 0o111, f"{name} must be executable"
        assert name not in findings or "neurosearch" not in file.read_text(), f"{name} must run without this package"


def test_ci_installs_system_packages_and_then_runs_exactly_the_tests(tmp_path: Path) -> None:
    (tmp_path / ".ci").mkdir()
    (tmp_path / "scripts").mkdir()
    for name, code in (("system-packages", 0), ("test", 7)):
        (tmp_path / "scripts" / name).write_text(f'#!/bin/sh\necho "{name} $#"\nexit {code}\n')
        (tmp_path / "scripts" / name).chmod(0o755)
    (tmp_path / ".ci/run").write_bytes((ROOT / ".ci/run").read_bytes())
    ran = subprocess.run(["bash", tmp_path / ".ci/run"], capture_output=True, text=True, timeout=60)
    assert (ran.stdout.splitlines(), ran.returncode) == (["system-packages 0", "test 0"], 7)


def test_system_packages_are_optional(tmp_path: Path) -> None:
    """Without apt the script says what is skipped, and the tests run."""
    _link_tools(tmp_path, "bash", "id", "grep")
    ran = subprocess.run(
        ["/bin/bash", str(ROOT / "scripts/system-packages")],
        env={"PATH": str(tmp_path)}, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert ran.returncode == 0
    assert "apt-get is not on the PATH; tests that need dataset-fashion-mnist postgresql are skipped" in ran.stdout


@pytest.mark.parametrize(
    ("versions", "named", "found"),
    [
        ({"3.13.0": 31300, "3.14.2": 31402}, "", "3.14.2/bin/python3.14"),
        ({"3.13.9": 31309, "3.13.11": 31311}, "", "3.13.11/bin/python3.13"),
        ({"3.13.0": 31300, "3.14.2": 31402}, "3.13.0/bin/python3.13", "3.13.0/bin/python3.13"),
        ({"3.12.1": 31201}, "3.12.1/bin/python3.12", ""),
        ({"3.15.0a1": None, "3.13.0": 31300}, "", "3.13.0/bin/python3.13"),
        ({}, "", ""),
    ],
    ids=["minor", "patch", "named", "too old", "no release", "none"],
)
def test_the_newest_python_is_found_in_pyenv(
    versions: dict[str, int | None], named: str, found: str, tmp_path: Path
) -> None:
    for version, number in versions.items():
        minor = version.split(".")[1]
        file = tmp_path / "versions" / version / "bin" / f"python3.{minor}"
        file.parent.mkdir(parents=True)
        file.write_text(f"#!/bin/sh\necho {number or ''}\n")  # what it prints of itself: nothing for an alpha
        file.chmod(0o755)
    tools = tmp_path / "tools"
    tools.mkdir()
    _link_tools(tools, "bash", "dirname")
    environment = {"PATH": str(tools), "PYENV_ROOT": str(tmp_path)}
    environment |= {"NEWER_PYTHON": str(tmp_path / "versions" / named)} if named else {}
    command = ["/bin/bash", "-euo", "pipefail", "-c", f"source {ROOT}/scripts/environment.sh; find_newer_python"]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.strip() == (str(tmp_path / "versions" / found) if found else "")


def _link_tools(folder: Path, *names: str) -> None:
    for name in names:
        found = next(p for p in (Path("/usr/bin") / name, Path("/bin") / name) if p.exists())
        (folder / name).symlink_to(found)


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"PYTHON": "/nowhere/python"}, "PYTHON = /nowhere/python is not Python 3.11 or later"),
        ({"NEUROSEARCH_CXX": "no-such-compiler"}, "NEUROSEARCH_CXX = no-such-compiler is not an executable"),
        ({"PATH": "{tools}"}, "no C++ compiler is on the PATH"),
    ],
    ids=["python", "compiler named", "no compiler"],
)
@pytest.mark.parametrize("script", ["quickstart", "test"])
def test_scripts_say_what_is_missing(script: str, variables: dict[str, str], said: str, tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    _link_tools(tools, "bash", "dirname", "cat", "sha256sum", "mkdir", "rm")
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    environment |= {key: value.format(tools=tools) for key, value in variables.items()}
    # a copy, so that a script that does not stop makes no environment in the checkout
    copied = tmp_path / "copy" / "scripts"
    copied.mkdir(parents=True)
    for name in (script, "environment.sh"):
        (copied / name).write_bytes((ROOT / "scripts" / name).read_bytes())
    command = ["/bin/bash", str(copied / script)]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 2
    assert said in ran.stderr
    assert not list((tmp_path / "copy").glob(".venv*"))
