"""Plan → Plan: weights change only while the stream has learning on, and every write is counted on its synapse."""

from dataclasses import dataclass, replace
from functools import lru_cache

from neurosearch.language import text as tx
from neurosearch.lower import edit
from neurosearch.plan import Action, Plan, Shape, Table, Variable


@dataclass(frozen=True)
class GateLearning:
    """A block that assigns ``w`` computes the new weight and keeps the old one where ``learn`` is 0."""

    name: str = "gate_learning"

    def __call__(self, plan: Plan) -> Plan:
        """The plan with every plastic projection gated."""
        return replace(plan, shape=_gated(plan.shape))


@lru_cache(maxsize=256)
def _gated(shape: Shape) -> Shape:
    for s in shape.synapses:
        if s.plastic:
            shape = _gate(shape, s.name)
    return shape


def _gate(shape: Shape, name: str) -> Shape:
    shape = edit.with_blocks(shape, name, _keeping)
    s = shape.projection(name)
    writes = Variable("writes", integer=True, role="measurement")
    shape = edit.with_synapses(shape, replace(s, variables=(*s.variables, writes)))
    shape = edit.grown(shape, s.post, variables=(Variable("learn", shared=True, role="table"),))
    gate = Action("begin", "read", s.post, variable="learn", table="learn")
    return edit.with_table(edit.with_begin(shape, gate), Table("learn"))


def _keeping(place: str, block: tx.Block) -> tx.Block:
    del place
    if not any(s.target == "w" for s in block):
        return block
    where = block[0].where
    before = tx.block("w_new = 1.0*w", where)  # a copy: in NumPy a bare name would be the same array
    after = tx.block("w_new = learn_post*w_new + (1 - learn_post)*w\nwrites += int(w_new != w)\nw = w_new", where)
    return before + tx.rename_block(block, {"w": "w_new"}) + after
