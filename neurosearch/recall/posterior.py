"""The posterior of a memory, evaluated: its log, its gradient, recall in NumPy, time constants, the largest step.

Letters: B cues recalled at once, N units, M patterns.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from neurosearch.errors import UserError
from neurosearch.language import arrays
from neurosearch.parts.noises.base import Noise
from neurosearch.parts.priors.base import Prior
from neurosearch.parts.storage_rules.base import Storage
from neurosearch.random import draw, stream_id
from neurosearch.recall.derive import Dynamics, derive
from neurosearch.recall.kernel import omega, store

_CUES = 12
"""Noisy cues with which the largest step is tested."""

_FAR = 1e6
"""Bound that stands in for an infinite support: recall beyond it counts as divergent."""

_SAMPLE = 48
"""Units of the small memory on which the largest step is measured: within a quarter of that of 200 units."""


@dataclass(frozen=True)
class Memory:
    """A storage rule, the prior and the noise that its recall assumes, and the number of units."""

    storage: Storage
    prior: Prior
    noise: Noise
    units: int

    @cached_property
    def dynamics(self) -> Dynamics:
        """The matched recall dynamics."""
        return derive(self.storage, self.prior, self.noise)

    @cached_property
    def numbers(self) -> dict[str, float]:
        """Value of every number that the derived texts read, including μ and σ² (by quadrature over the prior)."""
        dynamics = self.dynamics  # its texts are checked before any is evaluated
        out = {f"storage_{k}": v for k, v in self.storage.values.items()}
        out |= {f"prior_{k}": v for k, v in self.prior.values.items()} | {
            f"noise_{k}": v for k, v in self.noise.values.items()
        }
        points, weight = self.prior.nodes()
        pairs, weights = omega(self.storage, points[:, None], points[None, :]), weight[:, None] * weight[None, :]
        mean = float((weights * pairs).sum())
        out |= {"crosstalk_mean": mean, "crosstalk_variance": float((weights * (pairs - mean) ** 2).sum())}
        own = arrays.value(dynamics.slope_own, {**out, "x_post": points, "cue": points})
        pair = arrays.value(dynamics.slope_pair, {**out, "x_post": points[:, None], "x_pre": points[None, :]})
        out["precision"] = max(1e-9, -float((weight * own).sum()))
        strength = float((weights * pair).sum()) / out["crosstalk_variance"]
        out["data_precision"] = 0.0 if dynamics.mean_field else (self.units - 1) * strength
        return out

    def time_constant(self, load: int) -> float:
        """Membrane time constant near a stored pattern, 1/precision, in units of the gradient's ``tau``."""
        return 1 / (self.numbers["precision"] + self.numbers["data_precision"] / others(load))

    def describe(self, load: int) -> str:
        """The equations, with the moments of Ω and the time constant that they predict for a load."""
        n = self.numbers
        fixed = {
            k: v for k, v in n.items() if self.prior.discrete and k.startswith(("storage_", "prior_low", "prior_high"))
        }
        if abs(n["crosstalk_mean"]) < 1e-12 * n["crosstalk_variance"] ** 0.5:
            fixed["crosstalk_mean"] = 0.0
        lines = [
            str(derive(self.storage, self.prior, self.noise, fixed)),
            f"mu = {n['crosstalk_mean']:.6g}, sigma^2 = {n['crosstalk_variance']:.6g} (under the prior)",
        ]
        if self.dynamics.mean_field:
            return "\n".join([*lines, "membrane time constant: tau (the log odds carry everything else)"])
        inhibition = n["data_precision"] / others(load)
        lines.append(f"for N = {self.units}, M = {load}: membrane time constant {self.time_constant(load):.4g} tau;")
        lines.append(f"  of its inverse {n['precision']:.4g} is leak and drive, {inhibition:.4g} divisive inhibition")
        return "\n".join(lines)

    def log_posterior(self, x: np.ndarray, cue: np.ndarray, w: np.ndarray, load: int) -> np.ndarray:
        """[B] log P(x | cue, w) up to a constant, for x, cue [B, N] and w [N, N] (from row to column)."""
        n = {**self.numbers, "others": others(load)}
        own = arrays.value(self.dynamics.own_log, {**n, "x_post": x, "cue": cue})
        error = w - n["others"] * n["crosstalk_mean"] - omega(self.storage, x[:, :, None], x[:, None, :])
        error = error * (1 - np.eye(self.units)) / np.sqrt(2 if self.dynamics.symmetric else 1)
        pairs = (error**2).sum((1, 2)) / (2 * n["others"] * n["crosstalk_variance"])
        return np.asarray(np.broadcast_to(own, x.shape).sum(1) - pairs)

    def field(
        self, w: np.ndarray, load: int, gains: Mapping[str, float] | None = None
    ) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
        """The function (x, cue) → ``tau dx/dt`` [B, N]: the gradient times the mobility, or mean - x.

        ``gains`` detunes ``leak``, ``inhibition``, or the ``response`` to other neurons.
        """
        d, gain = self.dynamics, {"leak": 1.0, "inhibition": 1.0, "response": 1.0} | dict(gains or {})
        n = {**self.numbers, "others": others(load)}
        pull = self._separated if d.terms else self._pairwise

        def field(x: np.ndarray, cue: np.ndarray) -> np.ndarray:
            learned, free = pull(x, w, n)
            pairs = gain["response"] * (learned + gain["inhibition"] * free) / (n["others"] * n["crosstalk_variance"])
            env = {**n, "x_post": x, "cue": cue}
            leak, drive = gain["leak"] * arrays.value(d.leak, env), arrays.value(d.drive, env)
            if d.mean_field:
                middle, half = (n["prior_high"] + n["prior_low"]) / 2, (n["prior_high"] - n["prior_low"]) / 2
                return np.asarray(middle + half * np.tanh((drive + pairs) / 2) + leak)
            return np.asarray(leak + drive + arrays.value(d.mobility, env) * pairs)

        return field

    def _separated(self, x: np.ndarray, w: np.ndarray, n: Mapping[str, float]) -> tuple[np.ndarray, np.ndarray]:
        parts = {"w": np.zeros_like(x), "back": np.zeros_like(x), "": np.zeros_like(x)}
        for t in self.dynamics.terms:
            carried = np.broadcast_to(arrays.value(t.carried, {**n, "x_post": x}), x.shape)
            total = (
                carried.sum(1, keepdims=True) - carried if not t.through else carried @ (w if t.through == "w" else w.T)
            )
            parts[t.through] = parts[t.through] + arrays.value(t.own, {**n, "x_post": x}) * total
        return parts["w"] + parts["back"], parts[""]

    def _pairwise(self, x: np.ndarray, w: np.ndarray, n: Mapping[str, float]) -> tuple[np.ndarray, np.ndarray]:
        d, env = self.dynamics, {**n, "x_pre": x[:, :, None], "x_post": x[:, None, :]}
        apart = 1 - np.eye(self.units)
        learned = w * arrays.value(d.forward, env) + w.T * arrays.value(d.backward, env)
        return (apart * learned).sum(1), (apart * arrays.value(d.inhibition, env)).sum(1)

    def recall(
        self,
        w: np.ndarray,
        cues: np.ndarray,
        load: int,
        steps: int,
        rate: float = 0.1,
        gains: Mapping[str, float] | None = None,
    ) -> np.ndarray:
        """[steps + 1, B, N] recall from cues [B, N] by Euler steps of ``rate`` membrane time constants.

        Raises:
            UserError: ``rate`` is above ``largest_rate``.
        """
        if not rate <= (limit := self.largest_rate(load)):
            raise UserError(
                f"a step of {rate:g} membrane time constants is too large for stable recall; use at most {limit:.3g}"
            )
        field, step = self.field(w, load, gains), rate * self.time_constant(load)
        low, high = self.start
        out = [np.clip(cues, low, high)]
        for _ in range(steps):
            out.append(out[-1] + step * field(out[-1], cues))
        return np.array(out)

    def one_unit(self, w: np.ndarray, truth: np.ndarray, cues: np.ndarray, load: int, count: int = 0) -> np.ndarray:
        """[B, N] posterior mean of each unit given all other units: a bound for recall with these weights.

        It holds on average, if synapses really are independent.

        Args:
            truth, cues: [B, N] stored patterns and their cues.
            count: compute only so many units, the first; 0: all.
        """
        points, weight = self.prior.grid()
        count = count or self.units
        n = {**self.numbers, "others": others(load)}
        own = arrays.value(self.noise.log_density, {**self.noise.values, "x": points, "cue": cues[:, :count, None]})
        expected = n["others"] * n["crosstalk_mean"]
        values = np.exp(1j * points) if self.prior.period else points
        out = np.empty((len(truth), count), values.dtype)
        for b, x in enumerate(truth):
            forward, back = (omega(self.storage, *pair) for pair in ((x[:, None], points), (points, x[:, None])))
            for unit in range(count):
                square = (w[:, unit, None] - expected - forward) ** 2
                if not self.dynamics.symmetric:
                    square += (w[unit, :, None] - expected - back) ** 2
                square[unit] = 0
                log = own[b, unit] - square.sum(0) / (2 * n["others"] * n["crosstalk_variance"])
                density = weight * np.exp(log - log.max())
                out[b, unit] = (density * values).sum() / density.sum()
        return np.angle(out) if self.prior.period else out

    @property
    def start(self) -> tuple[float, float]:
        """Range in which recall may begin: off the bounds of a bounded prior, where mobility is 0; else anywhere."""
        low, high = self.prior.support
        if self.prior.period or not np.isfinite(high - low):
            return -1e9, 1e9  # clips nothing
        edge = 0.0 if self.prior.discrete else 0.02 * (high - low)  # 2 %: there the mobility is 8 % of its maximum
        return low + edge, high - edge

    def largest_rate(self, load: int) -> float:
        """Largest stable Euler step in membrane time constants.

        The inverse of the largest downward curvature of the log posterior, relative to the predicted one, measured
        along a recall of a small memory (same ratio of patterns to units); smaller where recall from noisy cues would
        diverge or leave the prior's support. 1 for the mean field, which overshoots beyond.
        """
        if self.dynamics.mean_field:
            return 1.0
        units = min(self.units, _SAMPLE)
        small = Memory(self.storage, self.prior, self.noise, units)
        patterns = self.prior.draw(0, max(2, round(load * units / self.units)), units)
        w, m = store(self.storage, patterns), len(patterns)
        field, scale = small.field(w, m), small.time_constant(m)
        u = draw(0, stream_id("largest_rate.cues"), 0, np.arange(_CUES)[:, None], np.arange(units))
        cue = np.clip(patterns[np.arange(_CUES) % m] + self.noise.deviation(u), *small.start)
        x, worst = np.clip(patterns[:1], *small.start), 0.0
        pattern = x
        for _ in range(3):  # curvature at the pattern, and twice further along its recall
            worst = max(worst, _steepest(lambda y: field(y, pattern), x))
            for _ in range(15):
                x = x + 0.1 / max(worst, 1 / scale) * field(x, pattern)
        step = 1 / worst
        while not self._stays(field, cue, 1.25 * step):  # a margin of a quarter: a larger memory has rarer values
            step *= 0.8
        return step / scale

    def _stays(self, field: Callable[[np.ndarray, np.ndarray], np.ndarray], cue: np.ndarray, step: float) -> bool:
        """Whether recall with this step stays finite and inside the prior's support for 200 steps."""
        if self.prior.period:
            return True  # a phase has no bound to leave, and its field is bounded
        low, high = np.clip(self.prior.support, -_FAR, _FAR)
        x, edge = cue, 1e-9 * (high - low)
        with np.errstate(all="ignore"):
            for _ in range(200):
                x = x + step * field(x, cue)
                if not (np.isfinite(x).all() and (x >= low - edge).all() and (x <= high + edge).all()):
                    return False
        return True


def others(load: int) -> float:
    """M - 1, the memories that are noise to the one recalled; at least 1, since the dynamics divide by it."""
    if load < 1:
        raise UserError(f"load = {load}: a memory without patterns cannot recall; give a load of at least 1")
    return max(1.0, load - 1.0)


def _steepest(field: Callable[[np.ndarray], np.ndarray], x: np.ndarray) -> float:
    """Largest absolute eigenvalue of the field's Jacobian at x, by power iteration on finite differences."""
    direction = np.cos(np.arange(x.shape[1]) * 1.7 + 0.3)[None, :]  # a generic start
    here, size = field(x), 0.0
    for _ in range(12):  # rough is enough: Euler is unstable only beyond twice the step that follows from it
        direction = direction / np.sqrt((direction**2).sum())
        slope = (field(x + 1e-5 * direction) - here) / 1e-5
        size = max(size, float(np.sqrt((slope**2).sum())))
        direction = slope
    return size
