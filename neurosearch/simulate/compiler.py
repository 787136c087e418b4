"""The C++ compiler of this machine: its path, version and flags, and the processor that it compiles for."""

import hashlib
import os
import platform
import shutil
import subprocess
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from neurosearch.errors import UserError

VARIABLE = "NEUROSEARCH_CXX"
"""Environment variable that names the compiler; without it clang++ is preferred to g++ (its loops are faster)."""

LEVELS = ("-O0", "-O1", "-O2", "-O3")
_FAST = ("-ffast-math", "-fno-finite-math-only")  # NaN must stay detectable: it marks a network that diverged
_STRICT = ("-ffp-contract=off",)  # no fused multiply-add: bit-identical to NumPy


@dataclass(frozen=True)
class Compiler:
    """A compiler found on this machine.

    Attributes:
        path: the executable.
        name: ``clang++`` or ``g++``, from its version text.
        version: first line of its ``--version``.
        cpu_features_digest: hash of the processor features that ``-march=native`` uses.
        static: whether its C++ library can be linked statically; a program then starts a millisecond sooner.
    """

    path: str
    name: str
    version: str
    cpu_features_digest: str
    static: bool = False

    def flags(self, strict: bool = False, optimise: str = "-O3") -> tuple[str, ...]:
        """Arguments of a compilation; without ``strict``, faster arithmetic may differ in the last bits from IEEE."""
        if optimise not in LEVELS:
            raise UserError(f"optimise = {optimise!r} is not one of {', '.join(LEVELS)}; give one of these")
        arithmetic = _STRICT if strict else _FAST
        library = ("-static-libstdc++", "-static-libgcc") if self.static else ()
        return ("-std=c++17", optimise, "-march=native", *arithmetic, "-fno-math-errno", "-w", *library)


def find() -> Compiler:
    """The compiler to use; looked up anew only when ``$NEUROSEARCH_CXX`` or ``$PATH`` changes."""
    return _find(os.environ.get(VARIABLE, ""), os.environ.get("PATH", ""))


@lru_cache
def _find(wanted: str, path: str) -> Compiler:
    for name in [wanted] if wanted else ["clang++", "g++"]:
        executable = shutil.which(name, path=path)
        if executable:
            version = _version(executable)
            kind = "clang++" if "clang" in version else "g++"
            static = os.path.isabs(_asked(executable, "-print-file-name=libstdc++.a"))
            return Compiler(os.path.abspath(executable), kind, version, _cpu_features_digest(), static)
    if wanted:
        raise UserError(f"${VARIABLE} = {wanted!r} is not an executable; name a C++ compiler such as g++, or unset it")
    raise UserError(
        "no C++ compiler (clang++ or g++) is on the PATH; install one, for example with "
        f"'apt-get install g++', or name one in ${VARIABLE}"
    )


def _version(executable: str) -> str:
    said = _asked(executable, "--version")
    if not said:
        raise UserError(f"{executable} --version fails; name a C++ compiler in ${VARIABLE}")
    return said.splitlines()[0]


def _asked(executable: str, question: str) -> str:
    """A compiler's answer to an option about itself; empty if it fails."""
    environment = {**os.environ, "LC_ALL": "C"}
    try:
        answer = subprocess.run([executable, question], capture_output=True, text=True, timeout=60, env=environment)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UserError(f"the compiler {executable} does not run ({error}); name another in ${VARIABLE}") from error
    return answer.stdout.strip() if answer.returncode == 0 else ""


@lru_cache
def _cpu_features_digest() -> str:
    """Digest of the processor: a ``-march=native`` binary must not run on one that lacks its instructions."""
    kept = ("vendor_id", "cpu family", "model", "model name", "flags", "Features", "CPU implementer", "CPU part")
    text = f"{platform.system()} {platform.machine()} {platform.processor()}"
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        first = cpuinfo.read_text().split("\n\n")[0].splitlines()
        text += "\n".join(line for line in first if line.split("\t")[0].split(":")[0].strip() in kept)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
