"""Derive the recall dynamics that match a storage rule, a prior and a cue noise, with SymPy (Lengyel & Dayan 2004).

With M patterns stored additively, w_ij = Σ_m Ω(x_i, x_j), synapses assumed independent and the other M - 1 memories
as Gaussian noise of mean (M - 1) μ and variance (M - 1) σ²,

    log P(x | cue, w) = Σ_i log P(x_i) + log P(cue_i | x_i) - Σ_pairs [w - (M - 1) μ - Ω]²/(2 (M - 1) σ²).

A neuron follows its gradient; for a prior of two values, the mean field of the same posterior. A pair of neurons
counts once when Ω is symmetric; otherwise both of its weights count.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import sympy as sp

from neurosearch.errors import UserError
from neurosearch.language import text as tx
from neurosearch.parts.noises.base import Noise
from neurosearch.parts.priors.base import Prior
from neurosearch.parts.storage_rules.base import Storage
from neurosearch.recall import kernel
from neurosearch.recall.separate import separate

_WORDS: dict[str, Any] = {
    "+": lambda a, b: a + b, "-": lambda a, b: a - b, "*": lambda a, b: a * b, "/": lambda a, b: sp.sympify(a) / b,
    "**": lambda a, b: sp.sympify(a) ** b, "neg": lambda a: -a, "exp": sp.exp, "log": sp.log, "sqrt": sp.sqrt,
    "tanh": sp.tanh, "sin": sp.sin, "cos": sp.cos,
}  # fmt: skip
X, OTHER, CUE = sp.symbols("x_post x_pre cue", real=True)
W, BACK = sp.symbols("w back", real=True)
MEMORIES, MEAN, VARIANCE = sp.symbols("others crosstalk_mean crosstalk_variance", real=True)


@dataclass(frozen=True)
class Term:
    """``own * Σ_j weight * carried_j``.

    Attributes:
        through: ``w`` (the weight from j), ``back`` (the weight to j) or empty (no learned weight: inhibition).
        own: expression over the neuron's own ``x``.
        carried: expression over the other neuron's ``x``.
    """

    through: str
    own: str
    carried: str


@dataclass(frozen=True)
class Dynamics:
    """Recall dynamics, split into the terms of a circuit. All are texts of the rule language.

    ``x`` and ``x_post`` are the neuron itself, ``x_pre`` another one, ``w`` the weight from it, ``back`` the weight to
    it, ``others`` = M - 1; ``crosstalk_mean`` and ``crosstalk_variance`` are μ and σ². Numbers carry the prefix
    ``storage_``, ``prior_`` or ``noise_``. The pair terms are not yet divided by ``others*crosstalk_variance``.

    Attributes:
        mean_field: ``tau dx/dt = mean(log odds) - x`` for a prior of two values; otherwise ``tau dx/dt`` is the
            gradient times ``mobility``.
        leak, drive: a unit's own term, and that of its cue (for a mean field: in the log odds).
        excitation, subtractive: pair terms with a learned weight, with and without the other neuron's value.
        subtractive_inhibition, divisive: pair terms without a learned weight, without and with ``x_post``.
        terms: the pair terms again, separated into a sent and a receiving factor; empty where impossible.
        forward, backward, inhibition: the pair terms again, by the weight that they pass through.
        omega, own_log: Ω, and log prior plus log noise, for the posterior itself.
        slope_own, slope_pair: d/dx of a unit's own terms, and what a pair subtracts from it (times 1/((M - 1) σ²)) at
            a stored pattern: together the inverse of the membrane time constant.
    """

    mean_field: bool
    symmetric: bool
    leak: str
    drive: str
    mobility: str
    excitation: str
    subtractive: str
    subtractive_inhibition: str
    divisive: str
    forward: str
    backward: str
    inhibition: str
    terms: tuple[Term, ...]
    omega: str
    own_log: str
    slope_own: str
    slope_pair: str

    def __str__(self) -> str:
        """Readable equations."""
        scale = "/((M - 1) sigma^2)"
        pair = {
            "recurrent excitation": self.excitation,
            "subtractive inhibition": _plus(self.subtractive, self.subtractive_inhibition),
            "divisive inhibition": self.divisive,
        }  # fmt: skip
        # Ω(x_i, x_j) is stored in w_ij, from i to j: input to i passes through w_ji, unless the two are equal.
        ways = {} if self.symmetric else {"w": "w_ji", "back": "w_ij"}

        def through(text: str) -> str:
            return _readable(text, ways)

        ease = "" if self.mobility == "1" else f"{_readable(self.mobility)} * "
        lines = [f"Omega(x_i, x_j) = {_readable(self.omega, {'x_pre': 'x_i', 'x_post': 'x_j'})}"]
        if self.mean_field:
            lines += [
                "tau dx_i/dt = mean(L_i) - x_i   with mean(L) = low + (high - low)/(1 + exp(-L))",
                "L_i = the sum of, over j:",
            ]
        else:
            lines += [f"tau dx_i/dt = leak + feed-forward drive + {ease}the sum over j of the rest"]
            lines.append(f"  leak: {_readable(self.leak)}")
        lines.append(f"  feed-forward drive: {_readable(self.drive)}")
        lines += [f"  {name}: {'0' if text == '0' else f'[{through(text)}]{scale}'}" for name, text in pair.items()]
        return "\n".join(lines)


def derive(storage: Storage, prior: Prior, noise: Noise, fixed: Mapping[str, float] | None = None) -> Dynamics:
    """The recall dynamics that match a storage rule.

    Args:
        fixed: numbers to substitute into the equations, which makes them shorter; the others stay symbols.

    Raises:
        UserError: a kernel of phases that is discontinuous or not periodic; a text without a derivative.
    """
    kernel.check(storage, prior, noise)
    omega = tx.rename(storage.pair, {k: f"storage_{k}" for k in storage.values})
    own = tx.rename(
        tx.expression(prior.log_density, f"{prior.owner}.log_density"), {k: f"prior_{k}" for k in prior.values}
    )
    cue = tx.rename(
        tx.expression(noise.log_density, f"{noise.owner}.log_density"), {k: f"noise_{k}" for k in noise.values}
    )
    mobility = tx.rename(
        tx.expression(prior.mobility, f"{prior.owner}.mobility"), {k: f"prior_{k}" for k in prior.values}
    )
    return _derive(omega, own, cue, mobility, prior.discrete, storage.owner, tuple(sorted((fixed or {}).items())))


def symbolic(source: str, where: str = "expression") -> sp.Expr:
    """A text of the rule language as a SymPy expression.

    Raises:
        UserError: a function that is not smooth, so that recall has no derivative to follow.
    """
    rough = sorted(tx.calls(source) - _WORDS.keys()) + [
        c for c in ("<", ">", "==", "!=", "%", " and ", " or ") if c in source
    ]
    if rough:
        raise UserError(
            f"{where}: `{rough[0].strip()}` in `{source}` is not smooth, so no recall can be derived from it; "
            f"use only {', '.join(sorted(k for k in _WORDS if k.isalpha() and k != 'neg'))}, "
            f"or store with `smoothed`"
        )
    env = {name: sp.Symbol("x_post" if name == "x" else name, real=True) for name in tx.names(source)}
    return sp.sympify(tx.evaluate(tx.tree(source), env, _WORDS))


@lru_cache(maxsize=256)
def _derive(
    omega: str, own: str, cue: str, mobility: str, discrete: bool, where: str, fixed: tuple[tuple[str, float], ...]
) -> Dynamics:
    numbers = {sp.Symbol(k, real=True): sp.nsimplify(v, rational=True) for k, v in fixed}
    forward = symbolic(omega, where).subs(numbers)
    mirror = forward.subs({X: OTHER, OTHER: X}, simultaneous=True)
    symmetric = _equal(forward, mirror)
    prior, evidence, ease = (
        symbolic(e, w).subs(numbers) for e, w in ((own, "prior"), (cue, "noise"), (mobility, "prior"))
    )
    ends = tuple(sp.Symbol(f"prior_{end}", real=True).subs(numbers) for end in ("low", "high"))
    mean = MEAN.subs(numbers)
    w_part, f_part = _field(forward, mean, *ends) if discrete else _slope(forward, mean)
    back_part = sp.Integer(0)
    if not symmetric:
        back_part, more = _field(mirror, mean, *ends) if discrete else _slope(mirror, mean)
        f_part = _tidy(f_part + more)
        if _equal(forward, -mirror):  # the opposite weight is the same with the other sign: one weight is enough
            w_part, back_part = _tidy(w_part - back_part), sp.Integer(0)
    leak, drive = _own_field(prior, evidence, *ends) if discrete else _own_slope(prior, evidence, ease)
    plain, plain_back = _constant(w_part), _constant(back_part)
    slope_own = sp.diff(ease * (sp.diff(prior, X) + sp.diff(evidence, X)), X) if not discrete else sp.Integer(-1)
    slope_pair = ease * sp.diff(forward, X) ** 2 + (0 if symmetric else ease * sp.diff(mirror, X) ** 2)
    subtracts = not f_part.has(X)
    return Dynamics(
        mean_field=discrete, symmetric=symmetric, leak=_text(leak), drive=_text(drive), mobility=_text(ease),
        excitation=_text(W * _tidy(w_part - plain) + BACK * _tidy(back_part - plain_back)),
        subtractive=_text(W * plain + BACK * plain_back),
        subtractive_inhibition=_text(f_part) if subtracts else "0", divisive="0" if subtracts else _text(f_part),
        forward=_text(w_part), backward=_text(back_part), inhibition=_text(f_part),
        terms=_terms({"w": w_part, "back": back_part, "": f_part}),
        omega=_text(forward), own_log=_text(prior + evidence),
        slope_own=_text(_tidy(slope_own)), slope_pair=_text(slope_pair),
    )  # fmt: skip


def _equal(a: sp.Expr, b: sp.Expr) -> bool:
    """Whether two expressions agree at two generic points: faster than a symbolic proof, and as reliable."""
    names = sorted((a - b).free_symbols, key=str)
    # Primes make the points generic; 30 digits leave a rounding error far below the tolerance of 1e-20.
    for turn in (1, 2):
        point = {n: sp.Rational(1, 3) + sp.Rational(turn * (k + 1) ** 2 % 97, 101) for k, n in enumerate(names)}
        if abs(complex((a - b).subs(point).evalf(30))) > 1e-20:
            return False
    return True


def _tidy(expression: sp.Expr) -> sp.Expr:
    """Factored; sums of sines and cosines stay as they are."""
    return expression if expression.has(sp.sin, sp.cos) else sp.factor(expression)


def _constant(expression: sp.Expr) -> sp.Expr:
    """The terms without either neuron's value."""
    return sp.Add(*[t for t in sp.Add.make_args(sp.expand(expression)) if not t.has(OTHER, X)])


def _slope(omega: sp.Expr, mean: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
    """d/dx of -(w - (M-1)μ - Ω)²/2: the coefficient of w, and the remainder."""
    slope = _tidy(sp.diff(omega, X))
    return slope, _tidy(-(MEMORIES * mean + omega) * slope)


def _field(omega: sp.Expr, mean: sp.Expr, low: sp.Expr, high: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
    """The same for two values: the change from low to high, averaged over the other neuron's two values."""
    probability = (OTHER - low) / (high - low)

    def change(other: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
        up, down = omega.subs({X: high, OTHER: other}), omega.subs({X: low, OTHER: other})
        return up - down, -(up - down) * (MEMORIES * mean + (up + down) / 2)

    parts = [probability * a + (1 - probability) * b for a, b in zip(change(high), change(low), strict=True)]
    return sp.factor(parts[0]), sp.factor(parts[1])


def _own_slope(prior: sp.Expr, evidence: sp.Expr, ease: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
    """Leak and feed-forward drive: the slope's terms without and with the cue, times the mobility."""
    own, cue = sp.cancel(ease * sp.diff(prior, X)), sp.expand(sp.diff(evidence, X))
    with_cue = sp.Add(*[t for t in sp.Add.make_args(cue) if t.has(CUE)])
    return _tidy(own) + ease * _tidy(cue - with_cue), ease * _tidy(with_cue)


def _own_field(prior: sp.Expr, evidence: sp.Expr, low: sp.Expr, high: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
    odds = [e.subs(X, high) - e.subs(X, low) for e in (prior, evidence)]
    return -X, sp.simplify(odds[0]) + sp.factor(sp.expand(odds[1]))


def _terms(parts: dict[str, sp.Expr]) -> tuple[Term, ...]:
    out: list[Term] = []
    for through, part in parts.items():
        pairs = separate(part, X, OTHER)
        if pairs is None:
            return ()
        out += [Term(through, _text(own), _text(carried.subs(OTHER, X))) for own, carried in pairs]
    return tuple(out)


def _text(expression: sp.Expr) -> str:
    """SymPy → the rule language."""
    return tx.expression(str(expression), "derived")


def _plus(a: str, b: str) -> str:
    return b if a == "0" else a if b == "0" else f"{a} + {b}"


def _readable(source: str, other: Mapping[str, str] = MappingProxyType({})) -> str:
    names = {"x_post": "x_i", "x_pre": "x_j", "w": "w_ij", "crosstalk_mean": "mu", "cue": "cue_i", **other}
    table = {
        n: names.get(n) or n.removeprefix("storage_").removeprefix("prior_").removeprefix("noise_")
        for n in tx.names(source)
    }
    return tx.rename(source, {**table, "others": "(M - 1)"})
