"""Everything that grows while a graph is lowered to a plan."""

from dataclasses import dataclass, field

from neurosearch.graph import Graph
from neurosearch.lower.population_builder import PopulationBuilder
from neurosearch.plan import Action, Group, Synapses


@dataclass
class Lowering:
    """Everything that grows while a graph is lowered."""

    graph: Graph
    builders: dict[str, PopulationBuilder] = field(default_factory=dict)
    synapses: dict[str, Synapses] = field(default_factory=dict)
    decision: list[Action] = field(default_factory=list)
    after_target: list[Action] = field(default_factory=list)
    end: list[Action] = field(default_factory=list)
    frame: list[Action] = field(default_factory=list)
    helpers: list[Group] = field(default_factory=list)
    sizes: dict[str, int] = field(default_factory=dict)
