"""Lower a wiring: its text in final names, or its pairs as data; a user's text must agree with its ``pairs``."""

import logging
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from neurosearch import random
from neurosearch.errors import UserError
from neurosearch.graph import Graph, Projection
from neurosearch.language import text as tx
from neurosearch.language.arrays import FUNCTIONS
from neurosearch.language.sides import POST, sided, unsided
from neurosearch.lower.lowering import Lowering
from neurosearch.lower.population_builder import PopulationBuilder
from neurosearch.parts.wiring.base import Wiring, checked_pairs
from neurosearch.parts.wiring.fan_in import chosen
from neurosearch.plan import SEED
from neurosearch.random import stream_id

_LOG = logging.getLogger(__name__)
_REPORTED: set[tuple[str, int]] = set()

COMPARED = 1 << 18
"""Number of pairs of a user's text that are compared with ``pairs``: some 10 ms, once per wiring and size."""


@dataclass(frozen=True)
class Wired:
    """The description of the pairs in ``plan.Synapses``; see there."""

    condition: str = ""
    fan_in: tuple[str, ...] = ()
    listed: bool = False


def lower_wiring(low: Lowering, post: PopulationBuilder, p: Projection) -> Wired:
    """Lower a wiring; parameters that its text needs become the postsynaptic population's."""
    wiring, place = p.wiring, low.place(p.name, "wiring")
    texts = [name for name in ("condition", "fan_in", "every") if getattr(wiring, name)]
    if len(texts) > 1:
        raise UserError(f"{wiring.owner} has {' and '.join(texts)}, which each say all its pairs; keep one of them")
    stream, seed = stream_id(f"{p.name}.wiring"), sided(SEED.name, POST)
    if wiring.fan_in and wiring.fan_in not in wiring.units:
        tx.unknown(f"{wiring.owner}.fan_in", wiring.fan_in, wiring.fan_in, wiring.units)
    if not texts:
        return Wired(listed=True)
    for name, unit in wiring.units.items():
        post.parameter(unsided(f"{p.name}_{name}"), (*place, name), unit, integer=name == wiring.fan_in)
    if wiring.every:
        return Wired()
    post.draws()
    table = {k: sided(unsided(f"{p.name}_{k}"), POST) for k in wiring.units}
    if wiring.fan_in:
        return Wired(fan_in=(seed, str(stream), table[wiring.fan_in]))
    return Wired(tx.rename(_condition(wiring), table, _WiringDraws(stream, seed)))


def check_wirings(graph: Graph) -> None:
    """Refuse a user's wiring whose ``pairs`` cannot be used, or are not those of its text; report large fan-ins."""
    sizes = {graph.input.name: graph.input.size} | {p.name: p.size for p in graph.populations}
    for p in graph.projections:
        _report_fewer(p, sizes[p.pre] - (p.pre == p.post and not p.wiring.itself))
        if not type(p.wiring).__module__.startswith("neurosearch.parts."):
            recurrent = p.pre == p.post and not p.wiring.itself
            check_text(p.wiring, stream_id(f"{p.name}.wiring"), sizes[p.pre], sizes[p.post], recurrent)


def _report_fewer(p: Projection, there_are: int) -> None:
    """Say, once for a projection and a size, that a fan-in is larger than the number of inputs there are."""
    asked = int(getattr(p.wiring, p.wiring.fan_in)) if p.wiring.fan_in else 0
    if asked > there_are and (p.name, there_are) not in _REPORTED:
        _REPORTED.add((p.name, there_are))
        setting = f"{p.wiring.owner}.{p.wiring.fan_in}"
        _LOG.warning(
            "projection %s: %s = %d, and there are %d inputs: all are connected", p.name, setting, asked, there_are
        )


def _condition(wiring: Wiring) -> str:
    where = f"{wiring.owner}.condition"
    checked = tx.expression(wiring.condition, where)
    for symbol in sorted(tx.names(checked) - {"i", "j", *wiring.units}):
        tx.unknown(where, checked, symbol, {"i", "j", *wiring.units})
    return checked


@dataclass(frozen=True)
class _WiringDraws:
    """Turns ``uniform(n)`` of a wiring's condition into a draw for each pair, the same in every step."""

    stream: int
    seed: str

    def __call__(self, function: str, n: int) -> str:
        return f"{'draw' if function == 'uniform' else 'gauss'}({self.seed}, {self.stream + n}, 0, i, j)"


@lru_cache(maxsize=64)
def check_text(wiring: Wiring, stream: int, n_pre: int, n_post: int, recurrent: bool) -> None:
    """Refuse a user's wiring whose ``pairs`` are unusable or differ from its text."""
    seed = 1  # any: text and pairs must agree for each
    i, j = checked_pairs(wiring, seed, stream, n_pre, n_post, recurrent)
    if not (wiring.condition or wiring.fan_in or wiring.every):
        return
    rows = np.unique(np.linspace(0, n_pre - 1, max(1, COMPARED // n_post)).astype(int))
    given = np.zeros((len(rows), n_post), bool)
    place = np.full(n_pre, -1)
    place[rows] = np.arange(len(rows))
    kept = place[i] >= 0
    given[place[i[kept]], j[kept]] = True
    differs = np.argwhere(given != _said(wiring, seed, stream, rows, n_pre, n_post, recurrent))
    if differs.size:
        row, post = differs[0]
        text = "condition" if wiring.condition else "fan_in" if wiring.fan_in else "every"
        with_text, in_pairs = ("no synapse", "one") if given[row, post] else ("a synapse", "none")
        empty = "False" if text == "every" else "''"
        raise UserError(
            f"{wiring.owner}.{text} gives {with_text} from neuron {rows[row]} to neuron {post}, and `pairs` {in_pairs} "
            f"({n_pre} x {n_post} neurons, seed {seed}); make them equal, or write `{text} = {empty}` to use the pairs"
        )


def _said(
    wiring: Wiring, seed: int, stream: int, rows: np.ndarray, n_pre: int, n_post: int, recurrent: bool
) -> np.ndarray:
    """[rows, n_post] bool: the synapses of a text, from some presynaptic neurons."""
    i, j = rows[:, None], np.arange(n_post)
    said = np.ones((len(rows), n_post), bool)
    if wiring.fan_in:
        k = min(int(getattr(wiring, wiring.fan_in)), n_pre - recurrent)
        table = np.zeros((n_pre, n_post), bool)
        table[chosen(seed, stream, n_post, k, n_pre, recurrent), j[:, None]] = True
        said = table[rows]
    elif wiring.condition:
        source = tx.rename(_condition(wiring), {}, _WiringDraws(stream, str(seed)))
        draws: dict[str, Any] = {"draw": random.draw, "gauss": random.gauss}
        env = {"i": i, "j": j, **wiring.values}
        said &= np.asarray(tx.evaluate(tx.tree(source), env, {**FUNCTIONS, **draws}), bool)
    return said & (i != j) if recurrent else said
