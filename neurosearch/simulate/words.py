"""The rule language in Brian2's words: texts and units."""

from dataclasses import replace

from neurosearch import text as tx
from neurosearch import units


def brian_text(block: tx.Block | str) -> str:
    """Text in Brian2's words."""
    words = {"step": "t_in_timesteps"}
    return tx.rename(block, words) if isinstance(block, str) else tx.text(_apart(tx.rename_block(block, words)))


def brian_unit(unit: str) -> str:
    """Brian2's unit of a quantity: a power of the second, with volt, ampere and metre as plain numbers.

    Dimensions were checked on the text itself; here only time must remain, for ``d/dt``. Volt, ampere and metre can be
    plain numbers at once, since a kilogram then is a cubic second.
    """
    _, kilogram, second, _ = units.dimension(unit, "unit")
    power = second + 3 * kilogram
    return "1" if power == 0 else f"second**{power:g}" if power != 1 else "second"


def _apart(block: tx.Block) -> tx.Block:
    """``x = f(x)`` in two statements: Brian2 would rewrite it as ``x *= ...`` and move the last bit."""
    out: list[tx.Statement] = []
    for s in block:
        if s.op == "=" and s.target in tx.names(s.value):
            out.append(replace(s, target=f"{s.target}_next"))
            s = replace(s, value=f"{s.target}_next")
        out.append(s)
    return tuple(out)
