"""The graph: what an architecture declares before anything is built: populations, projections, an input, a read-out."""

from dataclasses import dataclass

from neurosearch.declare import Part, quantity
from neurosearch.errors import UserError
from neurosearch.parts.encoders.base import Encoder
from neurosearch.parts.homeostasis import Homeostasis
from neurosearch.parts.neurons.base import Neuron
from neurosearch.parts.rules.base import Rule
from neurosearch.parts.stp.base import ShortTerm
from neurosearch.parts.wiring.base import Wiring


@dataclass(frozen=True)
class Constant(Part):
    """One weight for all synapses of a projection; nothing is stored per synapse."""

    value: float = quantity(1.0)


@dataclass(frozen=True)
class Random(Part):
    """A weight per synapse: uniform in ``mean ± spread``, its sign flipped with probability ``negative``."""

    mean: float = quantity(1.0)
    spread: float = quantity(0.0, low=0)
    negative: float = quantity(0.0, low=0, high=1)


@dataclass(frozen=True)
class Input:
    """The source: one neuron per value of a sample after the encoder's normalisation.

    Attributes:
        size: number of neurons, ``encoder.normalisation.inputs(shape)``.
    """

    name: str
    size: int
    encoder: Encoder


@dataclass(frozen=True)
class Teacher(Part):
    """A current that drives the labelled class's output neuron and inhibits the others in the teaching phase."""

    amplitude: float = quantity(3.0, low=0, high=1000)
    suppression: float = quantity(3.0, low=0, high=1000)


@dataclass(frozen=True)
class Population:
    """Neurons of one kind."""

    name: str
    size: int
    neuron: Neuron
    homeostasis: Homeostasis | None = None
    teacher: Teacher | None = None


@dataclass(frozen=True)
class Projection:
    """Synapses from one population (or the input) to another.

    Attributes:
        graded: empty for spikes; else an expression over the presynaptic neuron's variables that is carried in every
            step (from a current encoder: its own ``graded`` expression, carried through a frame). Or lines
            ``variable = expression``: that variable of the postsynaptic neuron becomes the sum of the expression, over
            ``w``, ``i``, ``j`` and both neurons' variables (``x_pre``, ``x_post``), over its synapses.
    """

    name: str
    pre: str
    post: str
    wiring: Wiring
    weights: Constant | Random
    rule: Rule | None = None
    stp: ShortTerm | None = None
    graded: str = ""


@dataclass(frozen=True)
class Graph:
    """A network and its read-out.

    Attributes:
        readout: the population whose neurons represent the classes.
        decision: expression over its variables; the largest value decides.
        teaching_steps: length of the teaching phase of a sample, in steps.
        dt: time step in seconds.
    """

    input: Input
    populations: tuple[Population, ...]
    projections: tuple[Projection, ...]
    readout: str
    decision: str
    teaching_steps: int = 0
    dt: float = 1e-3

    def __post_init__(self) -> None:
        names = [self.input.name, *(p.name for p in self.populations), *(p.name for p in self.projections)]
        for name in names:
            if not name.isidentifier() or name.startswith("_") or name.endswith(("_pre", "_post")):
                raise UserError(
                    f"the name {name!r} in a graph must be an identifier that does not end in _pre or _post"
                )
            if names.count(name) > 1:
                raise UserError(f"the name {name!r} is used {names.count(name)} times in a graph; names must differ")
        groups = {self.input.name, *(p.name for p in self.populations)}
        for p in self.projections:
            for side, end in (("pre", p.pre), ("post", p.post)):
                if end not in groups:
                    raise UserError(
                        f"projection {p.name}: {side} = {end!r} is not a population; known: {sorted(groups)}"
                    )
            if p.post == self.input.name:
                raise UserError(f"projection {p.name} ends at the input; inputs receive nothing")
        if self.readout not in groups - {self.input.name}:
            raise UserError(
                f"readout = {self.readout!r} is not a population; known: {sorted(groups - {self.input.name})}"
            )
        sizes = {self.input.name: self.input.size} | {p.name: p.size for p in self.populations}
        for name, size in sizes.items():
            if size < 1:
                raise UserError(f"{name}.size = {size} must be at least 1")
