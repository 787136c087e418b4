"""A finished network → the files of a target, with what each of its elements became."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from neurosearch.errors import UserError
from neurosearch.export import found, nir_graph
from neurosearch.export.faithfulness import FAITHFUL, FAITHFULNESS, Element, table
from neurosearch.export.network import Network
from neurosearch.spelling import suggestion

SUFFIXES = {"json": ".json", "nir": ".nir"}
"""Targets, and how their files end."""


@dataclass(frozen=True)
class Exported:
    """What was written.

    Attributes:
        target: ``json`` or ``nir``.
        paths: the files, the one to name first.
        elements: what became of each element of the network.
    """

    target: str
    paths: tuple[Path, ...]
    elements: tuple[Element, ...]

    @property
    def text(self) -> str:
        """For the screen."""
        shown = sorted({e.verdict for e in self.elements}, key=list(FAITHFULNESS).index)
        lines = [f"wrote {', '.join(str(path) for path in self.paths)}", "", table(self.elements), ""]
        return "\n".join(lines + [f"{verdict}: {FAITHFULNESS[verdict]}" for verdict in shown])


def destination(target: str, out: Path | None, name: str) -> Path:
    """The file of a target: ``out``, inside it if it is a folder, or ``name`` in the working directory."""
    if target not in SUFFIXES:
        raise UserError(f"--to {target} does not exist; {suggestion(target, SUFFIXES)}")
    if target == "nir":
        nir_graph.check_installed()  # a network may run for long before it is written
    suffix = SUFFIXES[target]
    if out is None or out.is_dir():
        return (out or Path()) / f"{name}{suffix}"
    if not out.suffix:
        return out.with_name(out.name + suffix)
    if out.suffix != suffix:
        raise UserError(f"--out {out} must end in {suffix} for --to {target}")
    return out


def export(network: Network, target: str, path: Path, provenance: Mapping[str, Any]) -> Exported:
    """Write a network.

    Args:
        network: after its run.
        target: a key of ``SUFFIXES``.
        path: as ``destination`` gives it.
        provenance: study, trial, versions and date, plain data.
    """
    if target == "json":
        return Exported(target, found.write(network, path, provenance), _everything(network))
    written, elements = nir_graph.write(network, path, provenance)
    return Exported(target, (written,), elements)


def _everything(network: Network) -> tuple[Element, ...]:
    synapses = [name for name in network.state if name.endswith(".w")]
    return (
        Element(
            "configuration",
            "all parts",
            FAITHFUL,
            "`neurosearch run` makes the same run of it, bit for bit with the same build",
        ),
        *(
            Element(name, "final weights", FAITHFUL, f"{len(network.state[name])} synapses with their pairs i, j")
            for name in synapses
        ),
        Element("*", "final state", FAITHFUL, f"{len(network.state)} variables of neurons and synapses"),
    )
