"""Differential equations → the statements of one step, using Brian2's state updaters; the result is cached."""

from functools import lru_cache

from neurosearch.language import text as tx
from neurosearch.lower.brian_defaults import import_brian2
from neurosearch.plan import Group, Synapses, Variable


def step_text(owner: Group | Synapses) -> tx.Block:
    """The statements that advance a group's (or synapses') differential equations by ``dt``."""
    method = owner.method if isinstance(owner, Group) else "exponential_euler"
    lines = "\n".join(_line(v) for v in owner.variables)
    return _integrate(lines, method) if any(v.rhs for v in owner.variables) else ()


def _line(v: Variable) -> str:
    return f"d{v.name}/dt = {v.rhs} : {v.unit}" if v.rhs else f"{v.name} : {v.unit}"


@lru_cache(maxsize=256)
def _integrate(equations: str, method: str) -> tx.Block:
    prefs = import_brian2().prefs
    from brian2 import Equations
    from brian2.stateupdaters.base import StateUpdateMethod

    prefs.logging.file_log = False
    text = StateUpdateMethod.apply_stateupdater(Equations(equations), {}, method)
    return tx.block(text, f"{method} step")
