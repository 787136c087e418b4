"""Write functions of two neurons as sums of products, so that neurons send a few values and pairs compute nothing."""

import sympy as sp

_MOST = 64
"""Most values that a unit sends, those of a kernel of 16 harmonics; beyond, every pair is computed."""


def separate(expression: sp.Expr, x: sp.Symbol, other: sp.Symbol) -> list[tuple[sp.Expr, sp.Expr]] | None:
    """``expression = Σ own(x) carried(other)`` as pairs (own, carried); ``None`` if it is not a short sum."""
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
    """A trigonometric polynomial of ``x - other`` in sines and cosines of ``x`` and ``other``; ``None`` if not one."""
    lag = sp.Symbol("lag", real=True)
    shifted = expression.subs(other, x - lag)
    if shifted.has(x) or not shifted.has(sp.sin, sp.cos):
        return None
    coefficients: dict[int, sp.Expr] = {}
    for term in sp.Add.make_args(sp.expand(shifted.rewrite(sp.exp))):
        factor, wave = term.as_independent(lag, as_Add=False)
        if wave != 1 and not isinstance(wave, sp.exp):
            return None
        order = sp.expand(wave.args[0] / (sp.I * lag)) if wave != 1 else sp.Integer(0)
        if not order.is_Integer:
            return None
        coefficients[int(order)] = coefficients.get(int(order), sp.Integer(0)) + factor
    out = coefficients.get(0, sp.Integer(0))
    for k in sorted({abs(k) for k in coefficients} - {0}):
        plus, minus = coefficients.get(k, sp.Integer(0)), coefficients.get(-k, sp.Integer(0))
        cosine, sine = sp.expand(plus + minus), sp.expand(sp.I * (plus - minus))
        out += cosine * sp.cos(k * x) * sp.cos(k * other) + cosine * sp.sin(k * x) * sp.sin(k * other)
        out += sine * sp.sin(k * x) * sp.cos(k * other) - sine * sp.cos(k * x) * sp.sin(k * other)
    return sp.expand(out, deep=False)
