"""A colleague's results, in a folder that one may only read: what only reads them works there and leaves them alone."""

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from test_cli import STUDY

from neurosearch.errors import UserError
from neurosearch.search import driver
from neurosearch.store.store import open_store
from neurosearch.study.study import load
from neurosearch.trial import Evaluation

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parent.parent
NOBODY = 65534

WATCHED = """
import os, sys

folder, wrote = os.path.realpath(sys.argv[1]), []
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
CHANGES = {f"os.{name}" for name in "mkdir rename remove rmdir truncate link symlink chmod chown utime".split()}


def look(event, arguments):
    if event == "open" and isinstance(arguments[0], str) and arguments[2] is not None and arguments[2] & WRITING:
        path = arguments[0]
    elif event in CHANGES and isinstance(arguments[0], str):
        path = arguments[0]
    else:
        return
    if os.path.realpath(path).startswith(folder + os.sep):
        wrote.append((event, path))


sys.addaudithook(look)
from neurosearch.cli.main import main

code = main(sys.argv[2:])
print("WROTE", wrote, file=sys.stderr)
sys.exit(code)
"""


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """A folder with a study, two trials of it in a journal whose last line is cut, and the same in a database."""
    folder = tmp_path_factory.mktemp("colleague")
    (folder / "small.yaml").write_text(STUDY)
    study = load(folder / "small.yaml")
    for place in (f"{folder}/neurosearch-runs/small.journal", f"sqlite:///{folder}/small.db"):
        driver.run(study, open_store(study, place), Evaluation(), workers=1, trials=2)
    journal = folder / "neurosearch-runs" / "small.journal"
    with journal.open("ab") as file:
        file.write(b'{"op_code":4,"worker_id":"x')
    return folder


def contents(folder):
    return {
        str(path.relative_to(folder)): (path.stat().st_mtime_ns, path.read_bytes() if path.is_file() else b"")
        for path in folder.rglob("*")
    }


def commands(out):
    return [
        ["inspect", "small.yaml", "--out", str(out / "pictures")],
        ["show", "small.yaml@1"],
        ["run", "small.yaml@0"],
        ["replay", "small.yaml@1"],
        ["export", "small.yaml@0", "--out", str(out / "found.json")],
        ["inspect", "small.yaml", "--json", "--storage", "sqlite:///small.db"],
    ]


def test_nothing_is_opened_for_writing(results, tmp_path):
    before = contents(results)
    for arguments in commands(tmp_path):
        command = [sys.executable, "-c", WATCHED, str(results), *arguments]
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        ran = subprocess.run(command, cwd=results, capture_output=True, text=True, env=environment)
        assert ran.returncode == 0, (arguments, ran.stderr)
        assert ran.stderr.splitlines()[-1] == "WROTE []", arguments
        if "sqlite:///small.db" not in arguments:
            assert "small.journal: the last line is incomplete and is left out here; the file stays" in ran.stderr
    assert contents(results) == before


PROBE = (
    "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import brian2, optuna, neurosearch'], check=True)"
)


def someone():
    """(how to become somebody for whom permissions hold, a Python that they can run), or nothing.

    Root's own Python may lie where others cannot go; then one of the system's runs the packages of ours.
    """
    packages = os.pathsep.join([str(ROOT), sysconfig.get_path("purelib")])
    if os.geteuid() != 0:
        return [], sys.executable, packages
    if shutil.which("setpriv") is None:
        return None
    prefix = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for python in (sys.executable, f"/usr/local/bin/{version}", f"/usr/bin/{version}"):
        if Path(python).exists():
            environment = {
                "PYTHONPATH": packages,
                "PATH": os.environ["PATH"],
                "HOME": "/",
                "PYTHONDONTWRITEBYTECODE": "1",
            }
            probe = subprocess.run([*prefix, python, "-c", PROBE], cwd="/", env=environment, capture_output=True)
            if probe.returncode == 0:
                return prefix, python, packages
    return None


def test_somebody_who_may_only_read_can_do_it_all(results, tmp_path_factory):
    found = someone()
    if found is None:
        pytest.skip("runs as root, whom no permission holds back, and nobody else can run this Python")
    prefix, python, packages = found
    theirs = Path("/tmp") / f"neurosearch-read-only-{os.getpid()}"  # pytest's own folders are closed to others
    own = theirs / "own"
    try:
        shutil.copytree(results, theirs / "results")
        own.mkdir()
        if prefix:
            os.chown(own, NOBODY, NOBODY)
            theirs.chmod(0o755)
        folder = theirs / "results"
        for path in [*folder.rglob("*"), folder]:
            path.chmod(0o555 if path.is_dir() else 0o444)
        before = contents(folder)
        environment = os.environ | {
            "PYTHONPATH": packages, "HOME": str(own), "NEUROSEARCH_CACHE": str(own / "cache"), "TMPDIR": str(own),
            "PYTHONDONTWRITEBYTECODE": "1",
        }  # fmt: skip

        def ran(*arguments):
            command = [*prefix, python, "-m", "neurosearch", *arguments]
            return subprocess.run(command, cwd=folder, capture_output=True, text=True, env=environment)

        for arguments in [*commands(own)[3:], ["inspect", "small.yaml"]]:
            made = ran(*arguments)
            assert made.returncode == 0, (arguments, made.stderr)
        assert "cannot be written" in made.stdout, "without --out there is no place for pictures, and that is said"
        assert (own / "found.json").exists()
        refused = ran("launch", "small.yaml")
        assert refused.returncode == 2
        assert "Permission denied; choose another place with --storage" in refused.stderr
        assert contents(folder) == before
    finally:
        for path in [theirs / "results", *(theirs / "results").rglob("*")]:
            path.chmod(0o755)
        shutil.rmtree(theirs, ignore_errors=True)


def test_a_database_without_the_study_is_a_sentence(results):
    study = load(results / "small.yaml")
    for name, said in (("empty.db", "cannot be opened: .*no such table"), ("other.db", "holds no trial of 'small'")):
        url = f"sqlite:///{results / name}"
        if name == "other.db":
            (results / "second.yaml").write_text(STUDY)
            open_store(load(results / "second.yaml"), url)
        else:
            (results / name).write_bytes(b"")
        with pytest.raises(UserError, match=said):
            open_store(study, url, create=False)
        assert name == "other.db" or (results / name).read_bytes() == b""
