"""The command export: run a configuration's network again for its final weights, and write it to files."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from neurosearch import rerun
from neurosearch.config import split_part
from neurosearch.export import export as targets
from neurosearch.export.export import destination
from neurosearch.export.found import Found, differences
from neurosearch.export.network import Network
from neurosearch.record.score import Score
from neurosearch.record.trial import Trial
from neurosearch.study.study import Study


def export(
    configuration: Mapping[str, Any],
    target: str,
    out: Path | None,
    seed: int,
    *,
    study: Study | None = None,
    trial: Trial | None = None,
    recorded: Found | None = None,
) -> str:
    """Write the network of a seed; returns what to print.

    Args:
        configuration: architecture, task and memory as plain data.
        target: ``json`` or ``nir``.
        out: file or folder; default: a file named after study and trial in the working directory.
        study, trial: source of the configuration, for the provenance.
        recorded: the exported network that it comes from.
    """
    path = destination(target, out, _name(configuration, study, trial))
    made = rerun.network(configuration, seed, rerun.limits_of(study))
    written = targets.export(made, target, path, rerun.provenance(seed, study, trial))
    lines = [
        written.text,
        "",
        _score(made.score),
        *_compared(trial, seed, made.score),
        *_repeated(recorded, seed, made),
    ]
    if target == "json":
        lines.append(f"run it again: neurosearch run {written.paths[0]}")
    return "\n".join(lines)


def _name(configuration: Mapping[str, Any], study: Study | None, trial: Trial | None) -> str:
    if study is None:
        return Path(split_part(configuration["architecture"])[0].rpartition(":")[0] or "found").stem
    return study.name if trial is None else f"{study.name}-{trial.number}"


def _score(score: Score) -> str:
    parts = [f"{name} {score.metrics[name]:.4f}" for name in ("accuracy", "held_out_accuracy") if name in score.metrics]
    status = "" if score.status == "ok" else f" ({score.status}: {score.reason})"
    return f"this network: {', '.join(parts) or 'not measured'}{status}"


def _repeated(recorded: Found | None, seed: int, made: Network) -> list[str]:
    """Compare the network, run again, with the one in the file."""
    if recorded is None:
        return []
    if seed not in recorded.seeds:
        return [f"seed {seed} is not among those recorded: this is another network"]
    different = differences(recorded, made.score, made.program)
    return [f"not the same as recorded: {different[0]}", *different[1:]] if different else ["the same as recorded"]


def _compared(stored: Trial | None, seed: int, score: Score) -> list[str]:
    """Compare the exported run with the one that the search stored."""
    if stored is None:
        return []
    seeds = list(stored.seeds)
    if seed not in seeds:
        return [f"seed {seed} is not among the trial's seeds {seeds}: its stored score is not this network's"]
    each = stored.score.seeds
    was = each[seeds.index(seed)].metrics if each and len(seeds) > 1 else stored.score.metrics
    other = [name for name, value in score.metrics.items() if name in was and was[name] != value]
    if not other:
        return [f"the same as trial {stored.number} stored{' for this seed' if len(seeds) > 1 else ''}, bit for bit"]
    changed = ", ".join(f"{name} {was[name]} → {score.metrics[name]}" for name in other[:3])
    return [
        f"not the same as trial {stored.number} stored ({changed}): another compiler, processor or version built it"
    ]
