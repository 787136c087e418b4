"""The state of lowering a graph to a plan."""

from dataclasses import dataclass, field

from neurosearch.graph import Graph
from neurosearch.lower.numbers import Place
from neurosearch.lower.population_builder import PopulationBuilder
from neurosearch.plan import Action, Group, Synapses


@dataclass
class Lowering:
    """A graph and the parts lowered so far.

    Attributes:
        builders: population or input → builder of its group.
        synapses: projection → its synapses so far.
        decision: actions at the decision; the first evaluates the read-out.
        after_target: actions at the decision that follow as soon as the label is visible.
        end, frame: actions at a sample's end, and at a frame.
        helpers: groups of one neuron that hold a sum over a population.
    """

    graph: Graph
    builders: dict[str, PopulationBuilder] = field(default_factory=dict)
    synapses: dict[str, Synapses] = field(default_factory=dict)
    decision: list[Action] = field(default_factory=list)
    after_target: list[Action] = field(default_factory=list)
    end: list[Action] = field(default_factory=list)
    frame: list[Action] = field(default_factory=list)
    helpers: list[Group] = field(default_factory=list)

    def single(self, name: str) -> bool:
        """Whether a population has one neuron, so that its values can be linked to."""
        return name != self.graph.input.name and any(p.name == name and p.size == 1 for p in self.graph.populations)

    def place(self, projection: str, part: str) -> Place:
        """Path of a part of a projection in the graph."""
        k = next(k for k, p in enumerate(self.graph.projections) if p.name == projection)
        return ("projections", k, part)
