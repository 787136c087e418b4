"""The recall dynamics that match a storage rule, as text or JSON: the derivation of a memory without its network."""

import json
import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

from neurosearch import config
from neurosearch.errors import UserError
from neurosearch.recall.posterior import Memory
from neurosearch.study import document
from neurosearch.study.own_files import named

_STATES = re.compile(r"\bx_(i|j|pre|post)\b")


def derivation(storage: str, prior: str, noise: str, units: int, load: int, *, as_json: bool = False) -> str:
    """The matched recall of a storage rule.

    Args:
        storage: name of a rule, ``{name: {field: value}}``, ``./file.py:Class``, or Ω itself as an expression over
            ``x_i`` (presynaptic) and ``x_j`` (postsynaptic).
        prior, noise: distributions of patterns and cues that recall assumes: names or ``{name: {field: value}}``.
        units: N, number of units of the memory.
        load: M, number of stored patterns.

    Raises:
        UserError: an unknown part, an invalid expression, or a prior that does not fit the noise.
    """
    written = _STATES.search(storage) and "{" not in storage
    rule = {"written": {"rule": storage}} if written else _named(storage, "STORAGE")
    made = config.build_part("storage_rules", rule, where="derive", path="STORAGE")
    assumed = [
        config.build_part(kind, _named(text, path), where="derive", path=path)
        for kind, path, text in (("priors", "--prior", prior), ("noises", "--noise", noise))
    ]
    if units < 2:
        raise UserError(f"derive: --units = {units}: a memory has at least 2 units")
    memory = Memory(made, assumed[0], assumed[1], units)
    described = memory.describe(load)
    rate = memory.largest_rate(load)
    if not as_json:
        return f"{described}\nlargest stable step: {rate:.3g} membrane time constants"
    data = {
        "equations": asdict(memory.dynamics),
        "numbers": memory.numbers,
        "time_constant": memory.time_constant(load),
        "largest_rate": rate,
        "units": units,
        "load": load,
    }
    return json.dumps(data, indent=2, ensure_ascii=False)


def _named(text: str, where: str) -> Any:
    """A command-line argument as plain data; the user's own files named in it may be executed."""
    return named(document.loads(text, where), Path.cwd())
