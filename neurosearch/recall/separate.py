"""Functions of two neurons as sums of products, so that neurons send a few values instead of every pair computing."""

import sympy as sp

_MOST = 64


def separate(expression: sp.Expr, x: sp.Symbol, other: sp.Symbol) -> list[tuple[sp.Expr, sp.Expr]] | None:
    """``expression = Σ own(x) carried(other)`` as pairs (own, carried); ``None`` where it is no short sum."""
    if expression == 0:
        return []
    waves = harmonics(expression, x, other)
    if waves is None:
        own, carried = sp.factor(expression).as_independent(other, as_Add=False)
        if not carried.has(x):
            return [(own, carried)]
    grouped: dict[sp.Expr, sp.Expr] = {}
    for term in sp.Add.make_args(sp.expand(expression) if waves is None else waves):
        own, carried = term.as_independent(other, as_Add=False)
        if carried.has(x):
            return None
        grouped[carried] = grouped.get(carried, sp.Integer(0)) + own
    return [(own, carried) for carried, own in grouped.items()] if len(grouped) <= _MOST else None


def harmonics(expression: sp.Expr, x: sp.Symbol, other: sp.Symbol) -> sp.Expr | None:
    """A trigonometric polynomial of the lag ``x - other`` in single neurons' sines and cosines; ``None`` for others."""
    lag = sp.Symbol("lag", real=True)
    shifted = expression.subs(other, x - lag)
    if shifted.has(x) or not shifted.has(sp.sin, sp.cos):
        return None
    found: dict[int, sp.Expr] = {}
    for term in sp.Add.make_args(sp.expand(shifted.rewrite(sp.exp))):
        factor, wave = term.as_independent(lag, as_Add=False)
        if wave != 1 and not isinstance(wave, sp.exp):
            return None
        turns = sp.expand(wave.args[0] / (sp.I * lag)) if wave != 1 else sp.Integer(0)
        if not turns.is_Integer:
            return None
        found[int(turns)] = found.get(int(turns), sp.Integer(0)) + factor
    out = found.get(0, sp.Integer(0))
    for k in sorted({abs(k) for k in found} - {0}):
        plus, minus = found.get(k, sp.Integer(0)), found.get(-k, sp.Integer(0))
        cosine, sine = sp.expand(plus + minus), sp.expand(sp.I * (plus - minus))
        out += cosine * sp.cos(k * x) * sp.cos(k * other) + cosine * sp.sin(k * x) * sp.sin(k * other)
        out += sine * sp.sin(k * x) * sp.cos(k * other) - sine * sp.cos(k * x) * sp.sin(k * other)
    return sp.expand(out, deep=False)
