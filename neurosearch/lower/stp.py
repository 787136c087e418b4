"""Lower short-term plasticity: state on the presynaptic neuron, and the amount that a spike releases."""

from neurosearch.errors import UserError
from neurosearch.graph import Projection
from neurosearch.language import text as tx
from neurosearch.language.sides import POST, PRE, sided, unsided
from neurosearch.lower.lowering import Lowering
from neurosearch.lower.population_builder import PopulationBuilder, dimensions, own_lines, starts
from neurosearch.plan import Synapses


def lower_stp(low: Lowering, p: Projection, pre: PopulationBuilder) -> None:
    """Lower the short-term plasticity of projection ``p`` onto its presynaptic neurons."""
    stp = p.stp
    assert stp is not None
    if p.graded or not pre.threshold:
        raise UserError(f"projection {p.name}: short-term plasticity needs spikes, and {p.pre} sends graded values")
    found = own_lines(stp, "equations")
    own = dimensions(found, stp.owner)
    table = {k: _final(p, k) for k in (*own, *stp.units)}
    pre.part_numbers(stp, low.place(p.name, "stp"), table)
    pre.check_derivatives(stp, "equations", found, own)
    pre.declare(found, table)
    where, known = f"{stp.owner}.release", {*own, *stp.units}
    release = tx.expression(stp.release, where)
    tx.refuse_draws(where, release)
    for symbol in sorted(tx.names(release) - known):
        tx.unknown(where, release, symbol, known)
    pre.increments += pre.block(stp, "on_spike", table, own)
    place = low.place(p.name, "stp")
    pre.numbers |= {table[k]: v if isinstance(v, float) else (*place, v) for k, v in starts(stp, own).items()}


def released(p: Projection, synapses: Synapses) -> str:
    """The weight that a spike delivers, as an expression on the synapse."""
    weight = sided(synapses.weight, POST) if synapses.weight else "w"
    if p.stp is None:
        return weight
    release = tx.expression(p.stp.release, "release")
    return f"{weight}*({tx.rename(release, {n: sided(_final(p, n), PRE) for n in tx.names(release)})})"


def _final(p: Projection, name: str) -> str:
    return unsided(f"{p.name}_stp_{name}")
