"""A found network as two files: NAME.json (configuration, provenance, score) and NAME.npz (wiring and final state)."""

import contextlib
import hashlib
import io
import json
import math
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from neurosearch import catalogue
from neurosearch.errors import UserError
from neurosearch.export.network import Network, pairs
from neurosearch.files import numpy_files, paths
from neurosearch.plan import Plan
from neurosearch.record.score import Score
from neurosearch.record.stored import score_from_json, score_to_json
from neurosearch.spelling import quoted
from neurosearch.study import document
from neurosearch.study.own_files import recorded, references
from neurosearch.study.schema import SEEDS

FORMAT = 1
"""Version of the two files; see ``Found``."""

ANOTHER_BUILD = "the program is another build than the recorded one (compiler, processor or version): digits may differ"


@dataclass(frozen=True, eq=False)
class Found:
    """What the two files hold.

    Attributes:
        configuration: architecture, task and memory as plain data; with ``seeds`` it reproduces the run.
        seeds: the one seed of the network that has these weights.
        score: of that run; every float exact to the last bit.
        arrays: ``projection.w`` [E], ``projection.i`` and ``projection.j`` [E] int32 (from which neuron to which),
            ``population.theta`` [N] (learned shift of the threshold) and every other variable at the end of the run.
        provenance: study, trial, versions, program, date.
        file: the JSON file.
    """

    configuration: Mapping[str, Any]
    seeds: tuple[int, ...]
    score: Score
    arrays: Mapping[str, np.ndarray]
    provenance: Mapping[str, Any]
    file: Path

    @property
    def learned(self) -> dict[str, np.ndarray]:
        """Final weights and thresholds: the start values of a run that continues from here."""
        return {name: array for name, array in self.arrays.items() if name.endswith((".w", ".theta"))}


def write(network: Network, path: Path, provenance: Mapping[str, Any]) -> tuple[Path, Path]:
    """Write NAME.json and NAME.npz; an incomplete file is never visible."""
    arrays = {name: np.asarray(array) for name, array in network.state.items()}
    for s in network.plan.shape.synapses:
        if f"{s.name}.w" in arrays:
            arrays[f"{s.name}.i"], arrays[f"{s.name}.j"] = pairs(network.plan, s.name, network.seed)
    beside = path.with_suffix(".npz")
    _check_ours(path, beside)
    packed = _packed(arrays)
    data = {
        "format": FORMAT,
        "kind": "neurosearch network",
        "configuration": network.configuration,
        "seeds": [network.seed],
        "score": _plain(score_to_json(network.score)),
        "arrays": {
            "file": beside.name,
            "sha256": hashlib.sha256(packed).hexdigest(),
            "shapes": {name: list(array.shape) for name, array in arrays.items()},
        },
        "own_files": {
            name: catalogue.source_digest(catalogue.find("", name)) for name in references(network.configuration)
        },
        "provenance": _plain(
            dict(provenance) | {"program": network.program, "compiler": network.compiler, "data": network.data}
        ),
    }
    text = json.dumps(data, indent=1, ensure_ascii=False, allow_nan=False)
    _put(beside, packed)
    _put(path, text.encode())
    return path, beside


def load(path: str | Path) -> Found:
    """Read both files and check that they belong together."""
    file = Path(path)
    data = document.load(file)
    _check_json(file, data)
    configuration = recorded(data["configuration"], data.get("own_files"), file)
    beside = _beside(file, data["arrays"]["file"])
    content = paths.content(
        beside, f"it must be in the folder of {file.name}, whose weights it holds; copy it there, or export again"
    )
    if hashlib.sha256(content).hexdigest() != data["arrays"]["sha256"]:
        raise UserError(
            f"{beside} is not the file that was written with {file.name}: "
            f"it is truncated, damaged or from another export (its SHA-256 differs); copy both files or export again"
        )
    return Found(
        configuration,
        tuple(data["seeds"]),
        _score(file, data["score"]),
        numpy_files.read_npz(content, beside, "export again"),
        data["provenance"],
        file,
    )


def _score(file: Path, data: Any) -> Score:
    try:
        return score_from_json(data)
    except ValueError as error:
        raise UserError(f"{file}: {error}; export it again") from error


def frozen(plan: Plan) -> Plan:
    """The plan with homeostasis off (rate 0), so that the given thresholds do not change."""
    rates = {f"{g.name}.{g.homeostasis_rate}": 0.0 for g in plan.shape.groups if g.homeostasis_rate}
    return replace(plan, values={**plan.values, **rates})


def differences(found: Found, score: Score, program: str = "") -> list[str]:
    """``metric: recorded → now`` for each difference of a new run; empty if it is equal bit for bit."""
    was, now = found.score, score
    lines = [
        f"{name}: {was.metrics.get(name)} → {now.metrics.get(name)}"
        for name in was.metrics or now.metrics  # skip metrics that the exporting version did not have
        if was.metrics.get(name) != now.metrics.get(name)
    ]
    if was.status != now.status:
        lines.insert(0, f"status: {was.status} → {now.status}")
    if was.curve != now.curve and not lines:
        lines.append("learning curve differs")
    if lines and program and program != found.provenance.get("program"):
        lines.append(ANOTHER_BUILD)
    return lines


def _check_json(file: Path, data: Any) -> None:
    if not isinstance(data, dict) or "configuration" not in data:
        raise UserError(f"{file} is not a found network; give a file that `neurosearch export --to json` wrote")
    if data.get("format") != FORMAT:
        raise UserError(
            f"{file}: format = {quoted(data.get('format'))}, but this version of neurosearch reads format {FORMAT}; "
            f"export it again"
        )
    wanted: dict[str, type] = {"seeds": list, "score": dict, "arrays": dict, "provenance": dict}
    inside: dict[str, dict[str, type]] = {
        "score": {"status": str, "metrics": dict, "curve": list, "detail": dict, "reason": str},
        "arrays": {"file": str, "sha256": str},
    }
    for name, kind in wanted.items():
        if not isinstance(data.get(name), kind):
            raise UserError(f"{file}: {name} is missing or not a {kind.__name__}; export it again")
        for below, its in inside.get(name, {}).items():
            if not isinstance(data[name].get(below), its):
                raise UserError(f"{file}: {name}.{below} is missing or not a {its.__name__}; export it again")
    if len(seeds_of(data, str(file))) != 1:
        raise UserError(f"{file}: seeds = {quoted(data['seeds'])} must be the one seed of its weights; export it again")


def seeds_of(data: Mapping[str, Any], where: str) -> tuple[int, ...]:
    """The seeds of a found network; ``where`` names its file in the error."""
    seeds = data.get("seeds", [0])
    right = isinstance(seeds, list) and len(seeds) > 0
    for seed in seeds if isinstance(seeds, list) else ():
        right = right and isinstance(seed, int) and not isinstance(seed, bool) and 0 <= seed < SEEDS
    if not right:
        raise UserError(f"{where}: seeds = {quoted(seeds)} must be integers from 0 to {SEEDS - 1}; export it again")
    return tuple(seeds)


def _beside(file: Path, name: str) -> Path:
    """The NPZ file: under its recorded name, or under the name of a JSON file that was renamed with it."""
    recorded = paths.located(Path(name).name or "unnamed", file.parent)
    return recorded if recorded.exists() or not file.with_suffix(".npz").exists() else file.with_suffix(".npz")


def _check_ours(path: Path, beside: Path) -> None:
    """Refuse to overwrite files that are not exports, above all the data that the task reads."""
    earlier = _is_network(path)
    other = path if path.exists() and not earlier else beside if beside.exists() and not earlier else None
    if other is not None and not (other == beside and _is_state(beside)):
        raise UserError(f"{other} exists and is not an earlier export; choose another place with --out")


def _is_network(path: Path) -> bool:
    try:
        return bool(json.loads(path.read_bytes())["kind"] == "neurosearch network")
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _is_state(path: Path) -> bool:
    try:
        return all("." in name for name in numpy_files.read_npz(path.read_bytes(), path, ""))
    except (OSError, UserError):
        return False


def _packed(arrays: Mapping[str, np.ndarray]) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def _put(path: Path, content: bytes) -> None:
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("xb") as file:  # never through an existing link
            file.write(content)
        os.replace(temporary, path)
    except OSError as error:
        with contextlib.suppress(OSError):  # report the first error
            temporary.unlink(missing_ok=True)
        raise UserError(f"{path} cannot be written: {error.strerror}; choose another place with --out") from error


def _plain(value: Any) -> Any:
    """Convert to JSON values; a number that is not finite becomes null."""
    if isinstance(value, Mapping):
        return {str(key): _plain(v) for key, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    if isinstance(value, np.ndarray | np.generic):
        return _plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return str(value) if isinstance(value, Path) else value
