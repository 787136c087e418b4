"""Write a trained network to the files of a target, and report how faithful each element is."""

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
"""Targets and the suffixes of their files."""


@dataclass(frozen=True)
class Exported:
    """The files of an export.

    Attributes:
        target: ``json`` or ``nir``.
        paths: the files written, the main one first.
        elements: how faithfully each element of the network is represented.
    """

    target: str
    paths: tuple[Path, ...]
    elements: tuple[Element, ...]

    @property
    def text(self) -> str:
        """The report that is printed."""
        verdicts = sorted({e.verdict for e in self.elements}, key=list(FAITHFULNESS).index)
        lines = [f"wrote {', '.join(str(path) for path in self.paths)}", "", table(self.elements), ""]
        return "\n".join(lines + [f"{verdict}: {FAITHFULNESS[verdict]}" for verdict in verdicts])


def destination(target: str, out: Path | None, name: str) -> Path:
    """The path to write: ``out``, ``name`` inside it if it is a folder, or ``name`` in the working directory.

    Raises:
        UserError: an unknown target, or a suffix that does not fit it.
    """
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
        path: from ``destination``.
        provenance: study, trial, versions and date, as plain data.
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
            "`neurosearch run` repeats the run, bit for bit with the same build",
        ),
        *(
            Element(name, "final weights", FAITHFUL, f"{len(network.state[name])} synapses with their indices i, j")
            for name in synapses
        ),
        Element("*", "final state", FAITHFUL, f"{len(network.state)} variables of neurons and synapses"),
    )
