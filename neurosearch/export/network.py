"""A finished network, the input of every exporter: its declaration, plan, and variables at the end of the run."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from neurosearch.graph import Graph
from neurosearch.plan import Plan
from neurosearch.record.score import Score


@dataclass(frozen=True, eq=False)
class Network:
    """One network after its run. Letters: N neurons of a group, E synapses of a projection.

    Attributes:
        configuration: architecture, task and memory as plain data.
        seed: of wiring, initial weights, spikes and order of the stream.
        graph: the declared network.
        plan: the simulated plan.
        score: of this network alone.
        state: ``owner.variable`` → [N] or [E] at the end of the run; the names of ``state_names``.
        program: digest of the build.
        compiler: its name and version.
        data: identity of the stream's values.
    """

    configuration: Mapping[str, Any]
    seed: int
    graph: Graph
    plan: Plan
    score: Score
    state: Mapping[str, np.ndarray]
    program: str = ""
    compiler: str = ""
    data: str = ""


def state_names(plan: Plan) -> list[str]:
    """``owner.variable`` of every value per neuron or per synapse that changes, which a run must return."""
    neurons = [
        f"{g.name}.{v.name}"
        for g in plan.shape.groups
        for v in g.variables
        if not v.shared and v.role not in ("table", "frame_constant")  # the input, and values derived from it
    ]
    return neurons + [f"{s.name}.{v.name}" for s in plan.shape.synapses for v in s.variables]


def pairs(plan: Plan, projection: str, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Presynaptic and postsynaptic neuron of each synapse, each [E] int32, in the order of the weights."""
    i, j = plan.pairs(projection, seed)
    return i.astype(np.int32), j.astype(np.int32)
