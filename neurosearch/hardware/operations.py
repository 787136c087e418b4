"""Footprint, sparsity and operations by NeuroBench's definitions, and the cost of plasticity.

NeuroBench (Yik et al. 2025; package 2.3.0) counts: *footprint*, bytes of parameters and buffers; *connection sparsity*,
the fraction of zero entries of a weight matrix; *activation sparsity*, the fraction of neuron-steps without a spike;
*synaptic operations*, in each step the non-zero inputs of a layer times their non-zero weights (effective) or all
entries of its matrix (dense). It has no metric for learning: plasticity operations and writes per second are ours.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from neurosearch.record.metric import Metric

FOOTPRINT_BYTES = Metric("footprint_bytes", "minimize", "NeuroBench's: bytes of weights, states, traces and parameters")
CONNECTION_SPARSITY = Metric(
    "connection_sparsity", "maximize", "NeuroBench's: fraction of weight matrix entries without a synapse"
)
ACTIVATION_SPARSITY = Metric(
    "activation_sparsity", "maximize", "NeuroBench's: fraction of neuron-steps without a spike"
)
DENSE_OPERATIONS = Metric(
    "dense_operations", "minimize", "NeuroBench's: all weight matrix entries, counted in every step, per sample"
)
EFFECTIVE_OPERATIONS = Metric(
    "effective_operations", "minimize", "NeuroBench's: non-zero inputs times weights, counted in every step, per sample"
)
PLASTICITY_OPERATIONS = Metric("plasticity_operations", "minimize", "evaluations of a rule on a synapse per sample")
WRITES_PER_SECOND = Metric(
    "writes_per_second", "minimize", "mean writes per plastic synapse and second of network time"
)

BYTES = 4
"""Of a number that is not a weight in a memory of few bits: single precision, as in NeuroBench's own baselines."""


@dataclass(frozen=True)
class Pathway:
    """The synapses between two populations.

    Attributes:
        synapses: number of synapses; ``places``: number of pairs, the entries of the weight matrix.
        zero: whether every weight is 0, so that nothing is connected.
        carries: ``spikes``, ``frames`` (values that change with the frame) or ``values`` (new in each step).
        numbers: numbers stored per synapse in addition to the weight, such as traces.
        bits: of a stored weight; 0 if all synapses share one constant.
        on_pre, on_post: whether the rule is evaluated at spikes of that side.
        sweeps: evaluations on all synapses per sample: reductions, updates at the sample's end.
    """

    pre: str
    post: str
    synapses: int
    places: int
    zero: bool = False
    carries: str = "spikes"
    numbers: int = 0
    bits: int = 32
    plastic: bool = False
    on_pre: bool = False
    on_post: bool = False
    sweeps: int = 0


@dataclass(frozen=True)
class Inventory:
    """The components of a network.

    Attributes:
        sizes: population → number of neurons.
        numbers: population → total of stored numbers: states, traces and parameters.
        spiking: populations that spike, inputs excluded.
        pathways: by name.
        dt: seconds of a step.
    """

    sizes: Mapping[str, int]
    numbers: Mapping[str, int]
    spiking: tuple[str, ...]
    pathways: Mapping[str, Pathway]
    dt: float


def static(inventory: Inventory) -> dict[str, float]:
    """Footprint and connection sparsity, which are known before a run."""
    ways = inventory.pathways.values()
    stored = sum(inventory.numbers.values()) * BYTES
    stored += sum(-(-p.synapses * p.bits // 8) + p.synapses * p.numbers * BYTES for p in ways)
    places, connected = sum(p.places for p in ways), sum(p.synapses for p in ways if not p.zero)
    found = {FOOTPRINT_BYTES.name: float(stored)}
    return found | ({CONNECTION_SPARSITY.name: 1 - connected / places} if places else {})


def activity(
    inventory: Inventory, spikes: Mapping[str, float], events: Mapping[str, float], steps: float, frames: float
) -> dict[str, float]:
    """Activation sparsity and synaptic operations of a mean sample.

    Args:
        spikes: population → spikes per sample.
        events: pathway → deliveries per sample; for values held through a frame, one delivery per frame.
        steps, frames: per sample, teaching included.
    """
    found: dict[str, float] = {}
    neurons = sum(inventory.sizes[name] for name in inventory.spiking)
    if neurons and all(name in spikes for name in inventory.spiking):
        found[ACTIVATION_SPARSITY.name] = 1 - sum(spikes[name] for name in inventory.spiking) / (neurons * steps)
    ways = inventory.pathways
    found[DENSE_OPERATIONS.name] = steps * sum(p.places for p in ways.values())
    if all(name in events for name, p in ways.items() if p.carries != "values"):
        each = [_effective(p, events.get(name, 0.0), steps, frames) for name, p in ways.items()]
        found[EFFECTIVE_OPERATIONS.name] = sum(each)
    return found


def _effective(pathway: Pathway, events: float, steps: float, frames: float) -> float:
    """NeuroBench counts a multiplication in every step, even if the value does not change."""
    if pathway.zero:
        return 0.0
    if pathway.carries == "values":
        return pathway.synapses * steps
    return events * steps / frames if pathway.carries == "frames" else events


def learning(
    inventory: Inventory,
    spikes: Mapping[str, float],
    events: Mapping[str, float],
    writes: float | None,
    steps: float,
) -> dict[str, float]:
    """Plasticity of a mean sample: evaluations of a rule on a synapse, and writes per synapse and second."""
    plastic = {name: p for name, p in inventory.pathways.items() if p.plastic}
    if not plastic:
        return {}
    operations = 0.0
    for name, p in plastic.items():
        operations += p.synapses * p.sweeps
        operations += events.get(name, 0.0) if p.on_pre else 0.0
        operations += spikes.get(p.post, 0.0) * p.synapses / inventory.sizes[p.post] if p.on_post else 0.0
    found = {PLASTICITY_OPERATIONS.name: operations}
    synapses = sum(p.synapses for p in plastic.values())
    if writes is not None and synapses:
        found[WRITES_PER_SECOND.name] = writes / synapses / (steps * inventory.dt)
    return found
