"""Lower the read-out: the decision's expression over the output population."""

from neurosearch.language import text as tx
from neurosearch.lower.lowering import Lowering
from neurosearch.plan import Action, Variable


def lower_readout(low: Lowering) -> None:
    """Lower the read-out expression, the first action of every decision."""
    d, graph = low.builders[low.graph.readout], low.graph
    where = f"{d.name}.decision"
    checked = tx.expression(graph.decision, where)
    tx.refuse_draws(where, checked)
    known = {*d.own, "count", "received"}
    for symbol in sorted(tx.names(checked)):
        if symbol not in known:
            tx.unknown(where, checked, symbol, known)
        if symbol in ("count", "received"):
            d.port(symbol, where, checked)
    d.variables["decision"] = Variable("decision", role="measurement")
    low.decision.insert(0, Action("decision", "neurons", d.name, tx.block(f"decision = {checked}", where)))
