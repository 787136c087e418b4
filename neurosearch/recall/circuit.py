"""Derived recall as a circuit: the texts of its units, its inhibitory pool and its graded projections."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, make_dataclass

from neurosearch.declare import quantity
from neurosearch.language import text as tx
from neurosearch.parts.neurons.base import Neuron
from neurosearch.recall.derive import Dynamics, Term

_TWO_PI = "6.283185307179586"
_HARMONIC = re.compile(r"(sin|cos)\((?:(\d+) \* )?x\)")
_APART = "int(i != j)"
"""0 for a unit and itself: the table of weights is a full square, which is quicker than one with a gap in each row."""


@dataclass(frozen=True)
class Circuit:
    """A memory as neurons and graded projections.

    Attributes:
        unit: the memory's neurons; ``cue`` holds their input, ``x`` the recalled value.
        pool: the one neuron that sums the output of all units, or ``None`` where no inhibition is needed.
        recurrent, backward: lines of the graded projection among units through the stored weights, and through the
            weights of the opposite direction (empty where the rule is symmetric).
        to_pool, from_pool: lines of the projections to and from the pool.
    """

    unit: Neuron
    pool: Neuron | None
    recurrent: str
    backward: str
    to_pool: str
    from_pool: str


def circuit(dynamics: Dynamics, numbers: Mapping[str, float]) -> Circuit:
    """The circuit that computes the dynamics.

    While a pattern is learned, and in the first step of a new cue, a unit's ``x`` equals its input; otherwise it obeys
    the derived equation. ``tau_mem`` is its time constant near a stored pattern; that of the gradient is ``tau_mem``
    times the posterior's precision. ``leak``, ``inhibition`` and ``response`` are 1 when matched. The load M is
    ``load``, or, where that is 0, the number of patterns that the unit has counted.

    Args:
        numbers: every number that the texts read: ``posterior.Memory.numbers``, ``tau_mem``, the three gains, ``load``,
            ``start_low`` and ``start_high`` (the range in which recall may begin).
    """
    if dynamics.terms:
        carried = list(dict.fromkeys(t.carried for t in dynamics.terms))
        return _separated(dynamics, numbers, {c: f"sent{k}" for k, c in enumerate(carried)})
    return _pairwise(dynamics, numbers)


def _separated(d: Dynamics, numbers: Mapping[str, float], sent: Mapping[str, str]) -> Circuit:
    """Each unit sends a few functions of its own ``x`` and receives their weighted or plain sums over the others."""
    landing = {"w": "arrived", "back": "returned", "": "pooled"}
    lands = {t: f"{landing[t.through]}{sent[t.carried].removeprefix('sent')}" for t in d.terms}

    harmonics = {_own(c): name for c, name in sent.items() if _HARMONIC.fullmatch(_own(c))}

    def received(kind: str) -> str:
        terms = [t for t in d.terms if bool(t.through) == bool(kind)]
        arriving = [lands[t] if t.through else f"({lands[t]} - {sent[t.carried]})" for t in terms]
        own = [_sent(_own(t.own), harmonics) for t in terms]
        return _sum([f"({a})*{b}" for a, b in zip(own, arriving, strict=True)])

    def lines(through: str, text: str) -> str:
        used: dict[str, Term] = {lands[t]: t for t in d.terms if t.through == through}
        return "\n".join(
            text.format(variable=v, sent=sent[t.carried], pool=f"total{v.removeprefix('pooled')}")
            for v, t in used.items()
        )

    unit = _unit(d, numbers, received("w"), received(""), [*sent.values(), *dict.fromkeys(lands.values())],
                 _sends({_own(c): name for c, name in sent.items()}))  # fmt: skip
    pools = sorted({v for t, v in lands.items() if not t.through})
    pool = (
        _neuron("MemoryPool", {}, equations="\n".join(f"total{v.removeprefix('pooled')} : 1" for v in pools))
        if pools
        else None
    )
    weighted = f"{{variable}} = {_APART}*w*{{sent}}_pre"
    return Circuit(
        unit, pool, recurrent=lines("w", weighted), backward=lines("back", weighted),
        to_pool=lines("", "{pool} = {sent}_pre"), from_pool=lines("", "{variable} = {pool}_pre"),
    )  # fmt: skip


def _sent(source: str, harmonics: Mapping[str, str]) -> str:
    """Replace sines and cosines by the values that the unit has sent: x has not changed since (docs/step.md)."""
    return _HARMONIC.sub(lambda match: harmonics.get(match[0], match[0]), source)


def _sends(sent: Mapping[str, str]) -> list[str]:
    """Lines that compute what a unit sends; higher harmonics by angle addition, since sines dominate the run time."""
    lines = []
    for source in sorted(sent, key=lambda text: (_order(text), text)):
        k = _order(source)
        low, one = ({f: sent.get(_harmonic(f, n)) for f in ("sin", "cos")} for n in (k - 1, 1))
        if k > 1 and all((*low.values(), *one.values())):
            rotated = (
                f"{low['sin']}*{one['cos']} + {low['cos']}*{one['sin']}"
                if source.startswith("sin")
                else f"{low['cos']}*{one['cos']} - {low['sin']}*{one['sin']}"
            )
            lines.append(f"{sent[source]} = {rotated}")
        else:
            lines.append(f"{sent[source]} = {source}")
    return lines


def _order(source: str) -> int:
    """k of ``sin(k * x)`` or ``cos(k * x)``; 0 for anything else."""
    match = _HARMONIC.fullmatch(source)
    return int(match[2] or 1) if match else 0


def _harmonic(function: str, k: int) -> str:
    return f"{function}(x)" if k == 1 else f"{function}({k} * x)"


def _pairwise(d: Dynamics, numbers: Mapping[str, float]) -> Circuit:
    """Compute every pair: for rules that are not a short sum of products."""
    table = {k: f"{k}_post" for k in ("others", *numbers)}
    recurrent = (
        f"arrived = {_APART}*w*({tx.rename(d.forward, table)})\ninhibited = {_APART}*({tx.rename(d.inhibition, table)})"
    )
    backward = f"returned = {_APART}*w*({tx.rename(d.backward, table)})" if d.backward != "0" else ""
    lands = ["arrived", "returned", "inhibited"] if backward else ["arrived", "inhibited"]
    learned = "arrived + returned" if backward else "arrived"
    unit = _unit(d, numbers, learned, "inhibited", lands, [], f"{d.forward} {d.inhibition} {d.backward}")
    return Circuit(unit, None, recurrent, backward, "", "")


def _unit(
    d: Dynamics, numbers: Mapping[str, float], learned: str, free: str, variables: list[str], sends: list[str],
    on_synapses: str = "",
) -> Neuron:  # fmt: skip
    pull = f"response*({learned} + inhibition*({free}))/(others*crosstalk_variance)"
    leak, drive = f"leak*({_own(d.leak)})", _own(d.drive)
    if d.mean_field:
        middle, half = "(prior_high + prior_low)/2", "(prior_high - prior_low)/2"
        slope = f"({middle} + {half}*tanh(({drive} + {pull})/2) + {leak})/tau_mem"
    else:
        slope = f"({leak} + {drive} + ({_own(d.mobility)})*{pull})/(tau_mem*(precision + data_precision/others))"
    shown = "clip(learn + fresh*int(elapsed == 0), 0, 1)"
    return _neuron(
        "MemoryUnit",
        numbers,
        read=on_synapses,
        equations="\n".join([f"dx/dt = {slope} : 1", *(f"{v} : 1" for v in ("cue", "stored", "others", *variables))]),
        each_step="\n".join([
            f"shown = {shown}", "begin = learn*cue + (1 - learn)*clip(cue, start_low, start_high)",
            "x = shown*begin + (1 - shown)*x", *sends,
        ]),
        at_sample="stored += learn\nothers = clip(load + int(load == 0)*stored - 1, 1, 1000000000)",
        method="euler",
        start={"others": 1.0},
    )  # fmt: skip


def phase_clock(frequency: float) -> Neuron:
    """A neuron that spikes once per cycle of an oscillation, at the ``phase`` it receives; ``told`` is its last phase.

    Args:
        frequency: of the oscillation [Hz].
    """
    turn = f"{_TWO_PI}*frequency*dt"
    return _neuron(
        "PhaseClock",
        {"frequency": frequency},
        {"frequency": "Hz"},
        equations="phase : 1\ntold : 1\nnow : 1\nahead : 1",
        each_step=f"""now = {turn}*step - {_TWO_PI}*floor(frequency*dt*step + 1e-9)
                      ahead = (phase - now)/{_TWO_PI}
                      ahead = ahead - floor(ahead)""",
        threshold="ahead < frequency*dt",
        reset=f"told = now + {turn}/2",
    )


def _own(source: str) -> str:
    return tx.rename(source, {"x_post": "x"})


def _sum(parts: list[str]) -> str:
    return " + ".join(parts) or "0"


def _neuron(
    owner: str, numbers: Mapping[str, float], units: Mapping[str, str] | None = None, read: str = "", **texts: object
) -> Neuron:
    """A neuron with these texts and the numbers that they, or the synapses' texts in ``read``, name."""
    named = _words(read) | {
        n for k in ("equations", "each_step", "at_sample", "threshold", "reset") for n in _words(str(texts.get(k, "")))
    }
    units = {"tau_mem": "second", **(units or {})}
    fields = [(k, float, quantity(float(v), units.get(k, "1"))) for k, v in numbers.items() if k in named]
    cls = make_dataclass(owner, fields, bases=(Neuron,), namespace={"__doc__": owner, **texts}, frozen=True)
    return cls()


def _words(source: str) -> set[str]:
    return set(re.findall(r"[A-Za-z_]\w*", source))
