"""Names that a class of the user's gives: one that Brian2 keeps for itself is refused before anything is built.

Brian2 is asked, name by name. Shipped classes are asked about in the tests, so that a run need not import it.
"""

from collections.abc import Iterator

from neurosearch.declare import Text
from neurosearch.graph import Graph
from neurosearch.language import text as tx
from neurosearch.language.declarations import TAKEN, lines
from neurosearch.language.sides import split
from neurosearch.lower.brian_names import complaints
from neurosearch.parts.encoders.base import Encoder
from neurosearch.parts.neurons.base import Neuron

DECLARES = ("equations", "pre", "post", "synapse")
STATEMENTS = (
    "each_step", "reset", "at_sample", "on_spike", "on_pre", "on_post", "on_sample", "pre_spike", "post_spike",
    "pre_decision", "post_decision", "pre_sample", "post_sample",
)  # fmt: skip


def check_names(graph: Graph) -> None:
    """Ask Brian2 about every name that a class of the user's brings along."""
    parts: list[Text | None] = [graph.input.encoder]
    parts += [part for p in graph.populations for part in (p.neuron, p.homeostasis)]
    parts += [part for p in graph.projections for part in (p.rule, p.stp)]
    for part in parts:
        if part is not None and not type(part).__module__.startswith("neurosearch.parts."):
            refuse_taken(part)


def refuse_taken(part: Text) -> None:
    """Refuse a name of a part that Brian2 would refuse in a plan."""
    kept = list(kept_names(part))
    known = complaints([name for _, name in kept])
    for place, name in kept:
        problem = known[name]
        if place == name and name in TAKEN:
            problem = f"`{name}` is taken"
        if place == name and split(name)[1]:
            problem = "_pre and _post at the end of a name mean a side of a synapse"
        if problem:
            tx.fail(f"{part.owner}.{place}", name, f"{problem}; call it something else")


def kept_names(part: Text) -> Iterator[tuple[str, str]]:
    """(place, name) of what keeps its name in a plan: locals, and whatever a neuron or an encoder declares."""
    declared = {x.name for place in DECLARES for x in lines(getattr(part, place, ""), f"{part.owner}.{place}")}
    if isinstance(part, Neuron | Encoder):  # names of other parts get those of their projection before them
        yield from ((name, name) for name in part.units)
        yield from (("equations", name) for name in sorted(declared))
    for place in STATEMENTS:
        for s in tx.block(getattr(part, place, ""), f"{part.owner}.{place}"):
            if s.target not in declared:
                yield place, s.target
