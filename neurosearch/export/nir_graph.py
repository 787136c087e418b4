"""Export a trained network as a NIR graph (Pedersen et al. 2024); what NIR cannot express goes into its metadata.

A spike is the value 1 for one step of ``dt``, as NIR readers interpret it. A reader that treats a spike as a Dirac
pulse of area 1 must multiply ``r`` of LIF and LI, and ``w_in`` of CubaLIF, by ``dt`` (both are in the metadata).
"""

import re
from collections.abc import Mapping
from importlib import metadata as metadata_of_packages
from pathlib import Path
from typing import Any

import numpy as np

from neurosearch import catalogue, config
from neurosearch.errors import UserError
from neurosearch.export.faithfulness import APPROXIMATE, FAITHFUL, UNSUPPORTED, Element
from neurosearch.export.network import Network, pairs
from neurosearch.export.nir_metadata import KEY, metadata
from neurosearch.graph import Population, Projection
from neurosearch.language.declarations import lines

DENSE_LIMIT = 2**28
"""Entries of the largest weight matrix written: NIR stores a weight for every pair, 8 bytes each (2 GiB)."""

PRIMITIVES: Mapping[str, tuple[str, ...]] = {
    "LIF": ("tau_mem", "v_threshold", "v_reset", "v_leak"),
    "CubaLIF": ("tau_mem", "tau_syn", "v_threshold", "v_reset", "v_leak"),
    "LI": ("tau_mem",),
}
"""Supported NIR neurons, with the parameters that our neuron must have."""

NIR = (1, 0, 6)
"""The first version of the package nir with the classes and parameters that are written here."""

STATES = {"LIF": 1, "LI": 1, "CubaLIF": 2}
"""State variables of each NIR neuron; a neuron of ours with more is approximated."""


def write(network: Network, path: Path, provenance: Mapping[str, Any]) -> tuple[Path, tuple[Element, ...]]:
    """Write a ``.nir`` file and verify it by reading it back.

    Raises:
        UserError: the file cannot be written, NIR cannot express a neuron, or a weight matrix is too large.
    """
    nir = _nir()
    nir_graph, elements = graph(network, provenance)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        nir.write(str(path), nir_graph)
    except OSError as error:
        raise UserError(
            f"{path} cannot be written: {error.strerror or error}; choose another place with --out"
        ) from error
    if not same(nir_graph.to_dict(), nir.read(str(path)).to_dict()):
        raise RuntimeError(f"{path} differs from the graph that was written to it")
    return path, elements


def graph(network: Network, provenance: Mapping[str, Any]) -> tuple[Any, tuple[Element, ...]]:
    """The ``nir.NIRGraph`` of a network, and how faithfully it represents each element."""
    nir = _nir()
    declared = network.graph
    source = declared.input
    nodes: dict[str, Any] = {source.name: nir.Input({"input": np.array([source.size])})}
    edges: list[tuple[str, str]] = []
    elements = [_encoder(network)]
    for population in declared.populations:
        nodes[population.name], of_population = _population(network, population)
        elements += of_population
    for projection in declared.projections:
        node, of_projection = _projection(network, projection)
        elements += of_projection
        if node is not None:
            nodes[projection.name] = node
            edges += [(projection.pre, projection.name), (projection.name, projection.post)]
    end = "readout"
    while end in nodes:
        end += "_"
    nodes[end] = nir.Output({"output": np.array([network.plan.sizes[declared.readout]])})
    edges.append((declared.readout, end))
    elements += _rest(network, end)
    extra = {KEY: metadata(network, elements, provenance)}
    return nir.NIRGraph(nodes, edges, metadata=extra), tuple(elements)


def same(a: Any, b: Any) -> bool:
    """Whether two graphs, as plain data, are equal: nodes, edges, metadata, and every array bit for bit."""
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list | tuple) and isinstance(b, list | tuple):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
    return np.shape(a) == np.shape(b) and bool(np.all(np.asarray(a) == np.asarray(b)))


def check_installed() -> None:
    """Raise unless a version of the package nir is there that this export can be written with."""
    needed = ".".join(map(str, NIR))
    try:
        version = metadata_of_packages.version("nir")
    except metadata_of_packages.PackageNotFoundError as error:
        raise UserError(
            f"export to nir needs the package nir; install it with `pip install 'nir>={needed}'`"
        ) from error
    if tuple(map(int, re.findall(r"\d+", version)[:3])) < NIR:
        raise UserError(
            f"export to nir needs the package nir from version {needed} on, and {version} is installed; "
            f"run `pip install 'nir>={needed}'`, in an environment of its own if another package holds nir back"
        )


def _nir() -> Any:
    check_installed()
    import nir

    return nir


def _primitive(population: Population) -> str:
    """Name of the nearest NIR neuron."""
    neuron = population.neuron
    own = set(neuron.values)
    nearest = neuron.nir or ("LIF" if neuron.threshold else "LI")
    missing = [name for name in PRIMITIVES.get(nearest, ()) if name not in own]
    if nearest not in PRIMITIVES or missing:
        why = (
            f"{neuron.owner} has no {', '.join(missing)}"
            if missing
            else f"{nearest} is not one of {', '.join(PRIMITIVES)}"
        )
        raise UserError(f"{population.name}: NIR cannot express neuron {neuron.owner}: {why}; export to json instead")
    return nearest


def _population(network: Network, population: Population) -> tuple[Any, list[Element]]:
    nir = _nir()
    primitive, name, size = _primitive(population), population.name, network.plan.sizes[population.name]

    def each(parameter: str) -> np.ndarray:
        return np.full(size, network.plan.values[f"{name}.{parameter}"])

    gain = np.full(size, _gain(network, population))
    if primitive == "LI":
        leak = each("v_leak") if "v_leak" in population.neuron.values else np.zeros(size)
        node = nir.LI(tau=each("tau_mem"), r=gain, v_leak=leak)
    else:
        threshold = each("v_threshold") + network.state.get(f"{name}.theta", 0.0)
        firing = {"v_leak": each("v_leak"), "v_threshold": threshold, "v_reset": each("v_reset")}
        if primitive == "LIF":
            node = nir.LIF(tau=each("tau_mem"), r=gain, **firing)
        else:
            node = nir.CubaLIF(tau_syn=each("tau_syn"), tau_mem=each("tau_mem"), r=np.ones(size), w_in=gain, **firing)
    elements = [_neuron_element(network, population, primitive)]
    if population.homeostasis is not None:
        note = "v_threshold includes the learned thresholds, which no longer adapt"
        elements.append(Element(name, "homeostasis", FAITHFUL, note))
    if population.teacher is not None:
        elements.append(
            Element(name, "teacher", UNSUPPORTED, "the teaching current is in the metadata; only plasticity needs it")
        )
    return node, elements


def _neuron_element(network: Network, population: Population, primitive: str) -> Element:
    neuron, kind = population.neuron, f"neuron {catalogue.name_of(population.neuron)}"
    own = [x.name for x in lines(neuron.equations, f"{neuron.owner}.equations") if x.rhs]
    if neuron.refractory:
        return Element(
            population.name, kind, APPROXIMATE, f"as {primitive} without its refractory time (in the metadata)"
        )
    if not neuron.nir or len(own) != STATES[primitive]:
        extra = ", ".join(name for name in own if name != "v") or "its other texts"
        return Element(population.name, kind, APPROXIMATE, f"as {primitive} without {extra} (in the metadata)")
    if primitive == "CubaLIF" and any(
        _is_graded(network, p) for p in network.graph.projections if p.post == population.name
    ):
        return Element(
            population.name, kind, APPROXIMATE, "graded input is filtered by tau_syn; in the simulation it was not"
        )
    return Element(population.name, kind, FAITHFUL, f"{primitive}; same equation, time step of the reader")


def _is_graded(network: Network, p: Projection) -> bool:
    return bool(p.graded or (p.pre == network.graph.input.name and network.graph.input.encoder.graded))


def _gain(network: Network, population: Population) -> float:
    """``r`` (for CubaLIF ``w_in``) with which a presynaptic spike increments the variable by its weight."""
    name, dt, values = population.name, network.graph.dt, network.plan.values
    if _primitive(population) == "CubaLIF":
        return values[f"{name}.tau_syn"] / dt
    spikes = any(p.post == name and not _is_graded(network, p) for p in network.graph.projections)
    return values[f"{name}.tau_mem"] / dt if spikes else 1.0


def _projection(network: Network, p: Projection) -> tuple[Any, list[Element]]:
    population = {x.name: x for x in network.graph.populations}
    post = population[p.post]
    elements, divisor, verdict, note = [], 1.0, FAITHFUL, "final weights" if p.rule else "weights"
    if _is_graded(network, p):
        if p.pre in population and (p.graded != "v" or _primitive(population[p.pre]) != "LI"):
            output = "v" if p.graded != "v" else "spikes"
            note = f"omitted: it carries {p.graded!r} of {p.pre}, but that node outputs {output}"
            return None, [Element(p.name, "graded projection", UNSUPPORTED, note)]
        divisor = _gain(network, post)
        if divisor != 1:
            note += f", divided by {post.name}'s gain {divisor:g}, which applies to spikes"
        if _primitive(post) == "CubaLIF":
            verdict, note = APPROXIMATE, note + "; filtered by tau_syn"
    if _closes_a_loop(network, p):
        verdict, note = APPROXIMATE, note + "; the reader determines the delay of the loop (here one step)"
    if p.stp is not None:
        elements.append(
            Element(p.name, f"stp {catalogue.name_of(p.stp)}", UNSUPPORTED, "in the metadata; the weights are static")
        )
        verdict = APPROXIMATE
    if p.rule is not None:
        elements.append(
            Element(p.name, f"rule {catalogue.name_of(p.rule)}", UNSUPPORTED, "in the metadata; weights are final")
        )
    weight = _dense(network, p) / divisor
    note += f" [{weight.shape[0]} out, {weight.shape[1]} in]"
    return _nir().Linear(weight), [Element(p.name, "projection", verdict, note), *elements]


def _closes_a_loop(network: Network, p: Projection) -> bool:
    """Whether a projection is part of a recurrent loop."""
    reached, waiting = set(), [p.post]
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += [q.post for q in network.graph.projections if q.pre == name]
    return p.pre in reached


def _dense(network: Network, p: Projection) -> np.ndarray:
    """[post, pre] weight matrix; 0 where there is no synapse."""
    n_pre, n_post = network.plan.sizes[p.pre], network.plan.sizes[p.post]
    if n_pre * n_post > DENSE_LIMIT:
        raise UserError(
            f"{p.name} has {n_post} x {n_pre} pairs, and NIR stores a weight for each of them "
            f"({n_pre * n_post * 8 / 1e9:.1f} GB); export to json instead"
        )
    i, j = pairs(network.plan, p.name, network.seed)
    dense = np.zeros((n_post, n_pre))
    weight = network.plan.weight(p.name)
    dense[j, i] = network.state[f"{p.name}.w"] if weight is None else weight
    return dense


def _encoder(network: Network) -> Element:
    source = network.graph.input
    kind = f"encoder {catalogue.name_of(source.encoder)}"
    signal = f"the current `{source.encoder.graded}`" if source.encoder.graded else "its spikes"
    return Element(
        source.name,
        kind,
        UNSUPPORTED,
        f"in the metadata; feed {signal} for the normalised values into the node {source.name}",
    )


def _rest(network: Network, end: str) -> list[Element]:
    declared = network.graph
    decision = f"in the metadata: the largest `{declared.decision}` of {declared.readout}; the node {end} is its output"
    reset = "in the metadata: at_sample of each neuron, executed between samples"
    elements = [
        Element(declared.readout, "decision", UNSUPPORTED, decision),
        Element("*", "reset between samples", UNSUPPORTED, reset),
    ]
    if network.configuration.get("memory") not in (None, config.OFF):
        elements.append(Element("*", "weight memory", FAITHFUL, "weights are quantised to its levels"))
    return elements
