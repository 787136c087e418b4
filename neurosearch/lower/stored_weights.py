"""Plan → Plan: store plastic weights in a chip's weight memory, rounding every write to one of its levels."""

from dataclasses import dataclass, replace
from functools import lru_cache

from neurosearch.hardware.weight_memory import WeightMemory
from neurosearch.language import text as tx
from neurosearch.lower import edit
from neurosearch.plan import SEED, Parameter, Plan, Shape, Synapses
from neurosearch.random import stream_id

GRID = 2**20
"""Resolution to which a weight is rounded before the nearest level is chosen, so that the last bit, in which engines
may differ, cannot decide a tie.

Updates below half of it are lost; single precision alone would lose those below 2^-24.
"""


@dataclass(frozen=True)
class StoreWeights:
    """Every write of a plastic weight is rounded to a level of the memory; initial weights too."""

    memory: WeightMemory
    name: str = "store_weights"

    def __call__(self, plan: Plan) -> Plan:
        """The plan with every plastic projection stored in the memory."""
        numbers = {
            f"{s.post}.{_name(s.name, k)}": v
            for s in plan.shape.synapses
            if s.plastic
            for k, v in self._numbers(plan, s).items()
        }
        return replace(plan, shape=_stored(plan.shape), values={**plan.values, **numbers})

    def _numbers(self, plan: Plan, s: Synapses) -> dict[str, float]:
        """Use all levels for the positive range if a rule keeps its weights positive."""
        memory, top = self.memory, 2**self.memory.bits - 1
        positive = bool(s.lower_bound) and plan.values[f"{s.post}.{s.lower_bound}"] >= 0
        low = 0.0 if positive else -memory.range
        stochastic = float(memory.rounding == "stochastic")
        return {"low": low, "lsb": (memory.range - low) / top, "top": float(top), "stochastic": stochastic}


def _name(projection: str, number: str) -> str:
    return f"{projection}_memory_{number}"


@lru_cache(maxsize=256)
def _stored(shape: Shape) -> Shape:
    for s in shape.synapses:
        if s.plastic:
            shape = _store(shape, s)
    return shape


def _store(shape: Shape, s: Synapses) -> Shape:
    p = f"{s.name}_memory"

    def rounded(value: str, half: str) -> str:
        level = f"floor(({value} - {p}_low_post)/{p}_lsb_post*{GRID} + 0.5)/{GRID}"
        return f"{p}_low_post + {p}_lsb_post*clip(floor({level} + {half}), 0, {p}_top_post)"

    def change(place: str, block: tx.Block) -> tx.Block:
        if not any(x.target == "w" for x in block):
            return block
        draw = f"draw(seed_post, {stream_id(f'{s.name}.memory.{place}')}, step, i, j)"
        half = f"(0.5 + {p}_stochastic_post*({draw} - 0.5))"
        return (*block, tx.Statement("w", "=", rounded("w", half), block[0].where + " in memory"))

    shape = edit.with_synapses(shape, replace(s, initial=rounded(f"({s.initial})", "0.5")))
    numbers = tuple(Parameter(_name(s.name, k)) for k in ("low", "lsb", "top", "stochastic"))
    return edit.grown(edit.with_blocks(shape, s.name, change), s.post, parameters=(*numbers, SEED))
