"""Derived recall: its slope is that of the posterior, recall only climbs, the split is whole, mistakes are said."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurosearch import catalogue
from neurosearch.cli.derivation import derivation
from neurosearch.errors import UserError
from neurosearch.language import arrays
from neurosearch.recall import kernel
from neurosearch.recall.derive import derive
from neurosearch.recall.posterior import Memory


def make(kind, name, **values):
    return catalogue.find(kind, name)(**values)


NORMAL, PHASED = make("noises", "normal", sd=0.37), make("noises", "von_mises", kappa=1.3)
BINARY, GAUSSIAN, CIRCLE = (
    make("priors", "binary"),
    make("priors", "gaussian", mean=0.21, spread=0.83),
    make("priors", "circle"),
)
BOUNDED = make("priors", "bounded", high=1.3, a=1.4, b=2.3)
SHIPPED = {
    "covariance": [({"gain": 0.7, "mean": 0.13}, GAUSSIAN, NORMAL), ({"mean": 0.31}, BOUNDED, NORMAL)],
    "sparse_covariance": [({"f": 0.3}, BOUNDED, NORMAL), ({}, GAUSSIAN, NORMAL)],
    "sine": [({"gain": 1.7}, CIRCLE, PHASED)],
    "periodic_stdp": [
        ({}, CIRCLE, PHASED),
        ({"width": 0.3, "harmonics": 5, "a_minus": 0.7, "tau_minus": 1.1}, CIRCLE, PHASED),
    ],
    "smoothed": [({"kernel": "exp(-lag/0.7) - 0.6*int(lag > 4)", "width": 0.4}, CIRCLE, PHASED)],
    "written": [
        ({"rule": "x_pre*x_post + 0.3*x_pre**2*x_post"}, GAUSSIAN, NORMAL),
        ({"rule": "tanh(x_i - 0.3)*tanh(2*x_j)"}, GAUSSIAN, NORMAL),
        ({"rule": "exp(cos(x_post - x_pre - 0.4))"}, CIRCLE, PHASED),
        ({"rule": "sin(x_post)*cos(2*x_pre)"}, CIRCLE, PHASED),
        ({"rule": "1/(1 + exp(-x_pre*x_post))"}, BOUNDED, NORMAL),
    ],
}  # fmt: skip
CASES = [(name, *case) for name, cases in SHIPPED.items() for case in cases]
NAMES = [f"{name}-{n}" for name, cases in SHIPPED.items() for n in range(len(cases))]


def prepared(name, values, prior, noise, units=9, load=4, seed=0):
    """A memory, its weights, a state and a cue inside the support."""
    memory = Memory(make("storage_rules", name, **values), prior, noise, units)
    patterns = prior.draw(seed, load, units)
    u = np.random.default_rng(seed).random((2, 2, units)) * 0.9 + 0.05
    return memory, kernel.store(memory.storage, patterns), prior.quantile(u[0]), prior.quantile(u[1])


def test_every_shipped_storage_rule_is_tested():
    assert set(SHIPPED) == set(catalogue.names("storage_rules"))


@pytest.mark.parametrize(("name", "values", "prior", "noise"), CASES, ids=NAMES)
def test_the_slope_is_that_of_the_log_posterior(name, values, prior, noise):
    memory, w, x, cue = prepared(name, values, prior, noise)
    derived, h = memory.field(w, 4)(x, cue), 1e-5
    numeric = np.empty_like(x)
    for unit in range(x.shape[1]):
        step = h * np.eye(x.shape[1])[unit]
        up, down = (memory.log_posterior(x + s * step, cue, w, 4) for s in (1, -1))
        numeric[:, unit] = (up - down) / (2 * h)
    ease = arrays.value(memory.dynamics.mobility, {**memory.numbers, "x_post": x})
    np.testing.assert_allclose(derived, ease * numeric, rtol=0, atol=1e-6 * np.abs(derived).max())


@pytest.mark.parametrize(("name", "values", "prior", "noise"), CASES, ids=NAMES)
def test_the_split_is_the_whole(name, values, prior, noise):
    """Leak, drive, excitation, subtractive and divisive inhibition add up; so do the separated terms."""
    memory, w, x, cue = prepared(name, values, prior, noise)
    d, n = memory.dynamics, {**memory.numbers, "others": 3.0}
    pairs = {**n, "x_pre": x[:, :, None], "x_post": x[:, None, :], "w": w, "back": w.T}
    parts = (d.excitation, d.subtractive, d.subtractive_inhibition, d.divisive)
    apart = 1 - np.eye(x.shape[1])
    total = sum((apart * arrays.value(part, pairs)).sum(1) for part in parts) / (3.0 * n["crosstalk_variance"])
    own = {**n, "x_post": x, "cue": cue}
    whole = arrays.value(d.leak, own) + arrays.value(d.drive, own) + arrays.value(d.mobility, own) * total
    np.testing.assert_allclose(memory.field(w, 4)(x, cue), whole, rtol=1e-9, atol=1e-9 * np.abs(whole).max())
    learned, free = memory._pairwise(x, w, n)
    np.testing.assert_allclose(
        (learned + free) / (3.0 * n["crosstalk_variance"]), total, rtol=1e-9, atol=1e-9 * np.abs(total).max()
    )


def test_the_textbook_rule_gives_the_textbook_equation():
    """tau dx/dt = -(x-m)/s² + (cue-x)/n² + [Σ w (x_j-m) - (x-m) Σ (x_j-m)²]/((M-1) s⁴) for Ω = (x_i-m)(x_j-m)."""
    m, s, n = 0.21, 0.83, 0.37
    memory, w, x, cue = prepared("covariance", {"mean": m}, GAUSSIAN, NORMAL)
    sums = ((x - m) ** 2).sum(1, keepdims=True) - (x - m) ** 2
    expected = -(x - m) / s**2 + (cue - x) / n**2 + ((x - m) @ w - (x - m) * sums) / (3 * s**4)
    np.testing.assert_allclose(memory.field(w, 4)(x, cue), expected, rtol=1e-9, atol=1e-9)
    assert memory.time_constant(4) == pytest.approx(1 / (1 / s**2 + 1 / n**2 + 8 / (3 * s**2)), rel=1e-9)


def test_two_values_give_the_mean_field():
    """x = tanh(cue/n² + Σ w x/(M - 1)) for values of -1 and 1."""
    memory, w, _, cue = prepared("covariance", {}, BINARY, NORMAL)
    x = np.tanh(cue)
    expected = np.tanh(cue / 0.37**2 + x @ w / 3) - x
    np.testing.assert_allclose(memory.field(w, 4)(x, cue), expected, rtol=1e-9, atol=1e-12)


def test_sparse_values_get_feedback_inhibition():
    """The log odds of Savin et al.: Σ w (x_j - f)/... - (1 - 2f)/2 Σ E(x_j - f)²/..., from the rule alone."""
    f = 0.2
    prior, memory_f = make("priors", "binary", low=0.0, high=1.0, active=f), f * (1 - f)
    memory, w, _, cue = prepared("sparse_covariance", {"f": f}, prior, NORMAL)
    x = np.clip(cue, 0, 1)
    squares = x * (1 - f) ** 2 + (1 - x) * f**2
    other = squares.sum(1, keepdims=True) - squares
    odds = (
        np.log(f / (1 - f))
        + (2 * cue - 1) / (2 * 0.37**2)
        + ((x - f) @ w) / memory_f / 3
        - (1 - 2 * f) / 2 * other / memory_f**2 / 3
    )
    np.testing.assert_allclose(memory.field(w, 4)(x, cue), 1 / (1 + np.exp(-odds)) - x, rtol=1e-8, atol=1e-10)
    assert memory.dynamics.subtractive_inhibition != "0"


smooth = st.sampled_from([
    "x_pre*x_post", "{a}*x_pre*x_post + {b}*x_pre", "tanh({a}*x_pre)*x_post", "x_pre*x_post + {b}*(x_pre - x_post)**2",
    "exp(-({a}*x_pre - x_post)**2/2)",
])  # fmt: skip
periodic = st.sampled_from([
    "sin(x_post - x_pre)", "{a}*sin(x_post - x_pre) + {b}*cos(2*x_post - 2*x_pre)",
    "exp({b}*cos(x_post - x_pre - {a}))",
    "sin(x_pre)*cos(x_post) + {b}*sin(2*x_post)",
])  # fmt: skip
number = st.sampled_from([0.3, 0.8, 1.4])  # few, so that each text is derived once


@settings(max_examples=50, deadline=None)
@given(circle=st.booleans(), data=st.data(), load=st.integers(2, 12), seed=st.integers(0, 10_000))
def test_recall_never_goes_down(circle, data, load, seed):
    """For random smooth rules and patterns, a stable step never lowers the log posterior."""
    source = data.draw(periodic if circle else smooth).format(
        a=round(data.draw(number), 3), b=round(data.draw(number), 3)
    )
    prior, noise = (CIRCLE, PHASED) if circle else data.draw(st.sampled_from([(GAUSSIAN, NORMAL), (BOUNDED, NORMAL)]))
    units = 16
    memory = Memory(make("storage_rules", "written", rule=source), prior, noise, units)
    patterns = prior.draw(seed, load, units)
    w = kernel.store(memory.storage, patterns)
    deviation = noise.deviation(np.random.default_rng(seed).random((2, units)))
    path = memory.recall(w, patterns[:2] + deviation, load, 40, 0.5 * min(1.0, memory.largest_rate(load)))
    cues = patterns[:2] + deviation
    climb = np.diff([memory.log_posterior(x, cues, w, load) for x in path], axis=0)
    assert climb.min() > -1e-9 * max(1.0, float(np.abs(memory.log_posterior(path[0], cues, w, load)).max()))


def test_gradient_recall_climbs_for_the_shipped_rules():
    for name, values, prior, noise in CASES:
        memory, w, _, cue = prepared(name, values, prior, noise, units=40, load=6)
        path = memory.recall(w, cue, 6, 60, 0.5 * min(1.0, memory.largest_rate(6)))
        climb = np.diff([memory.log_posterior(x, cue, w, 6) for x in path], axis=0)
        assert climb.min() > -1e-8, (name, values)


@pytest.mark.parametrize(
    ("prior", "sd", "load"), [(make("priors", "gaussian"), 4.0, 11), (make("priors", "bounded", b=4.0), 0.2, 3)]
)
def test_the_largest_step_holds_from_noisy_cues_too(prior, sd, load):
    memory = Memory(make("storage_rules", "covariance", mean=0.2), prior, make("noises", "normal", sd=sd), 100)
    for seed in range(3):
        patterns = prior.draw(seed, load, 100)
        cues = patterns[:2] + memory.noise.deviation(np.random.default_rng(seed).random((2, 100)))
        path = memory.recall(kernel.store(memory.storage, patterns), cues, load, 300, memory.largest_rate(load))
        assert np.isfinite(path).all()
        assert np.abs(path[-1]).max() < 100


def test_printed_weights_go_the_way_they_are_stored():
    """w_ij = Σ Ω(x_i, x_j): for Ω = x_i² x_j, what unit i learns of w_ij is d/dx_i of x_i² x_j."""
    said = derivation("x_i**2*x_j", "gaussian", "normal", 20, 3)
    assert "Omega(x_i, x_j) = x_j * x_i ** 2" in said
    assert "2 * w_ij * x_i * x_j" in said
    assert "w_ji * x_j ** 2" in said


def test_readable_equations_and_predictions():
    said = Memory(
        make("storage_rules", "covariance"), make("priors", "gaussian"), make("noises", "normal"), 200
    ).describe(11)
    for part in (
        "leak:",
        "feed-forward drive:",
        "recurrent excitation: [gain * w_ij * x_j]",
        "divisive inhibition: [gain ** 2 * (mean - x_i) * (mean - x_j) ** 2]/((M - 1) sigma^2)",
        "membrane time constant 0.04016 tau",
    ):
        assert part in said, said
    binary = Memory(make("storage_rules", "covariance"), BINARY, make("noises", "normal"), 200).describe(11)
    assert "recurrent excitation: [2 * w_ij * x_j]/((M - 1) sigma^2)" in binary
    assert "subtractive inhibition: 0" in binary


def test_numbers_do_not_change_the_texts():
    one, other = (
        derive(make("storage_rules", "covariance", gain=g, mean=m), GAUSSIAN, NORMAL)
        for g, m in ((1.0, 0.0), (0.3, 0.7))
    )
    assert one == other


def test_a_smoothed_kernel_is_its_fourier_series():
    turn = "(1 - exp(-6.283185307179586/0.6))"
    kernel_text = f"exp(-lag/0.6)/{turn} - exp((lag - 6.283185307179586)/0.6)/{turn}"
    series = {
        "closed": make("storage_rules", "periodic_stdp", width=0.5, harmonics=6),
        "by FFT": make("storage_rules", "smoothed", width=0.5, harmonics=6, kernel=kernel_text),
    }
    lag = np.linspace(0, 2 * np.pi, 101)
    values = {k: kernel.omega(s, np.zeros_like(lag), lag) for k, s in series.items()}
    np.testing.assert_allclose(values["closed"], values["by FFT"], atol=1e-6)
    fine = (np.arange(4000) + 0.5) * 2 * np.pi / 4000
    raw = arrays.value(kernel_text, {"lag": fine})
    away = (lag[:, None] - fine + np.pi) % (2 * np.pi) - np.pi
    weight = np.exp(-(away**2) / (2 * 0.5**2))
    np.testing.assert_allclose(values["closed"], (weight * raw).sum(1) / weight.sum(1), atol=0.02)


@pytest.mark.parametrize(
    ("storage", "prior", "noise", "said"),
    [
        ("exp(-(x_post - x_pre))", CIRCLE, PHASED, r"is not periodic with 2π, .* must be; store with `smoothed`"),
        ("exp(-((x_post - x_pre) % 6.28318530718))", CIRCLE, PHASED, r"jumps by 0\.99\d, .*; store with `smoothed`"),
        ("int(sin(x_post - x_pre) > 0)", CIRCLE, PHASED, r"jumps by 1, but recall needs its derivative"),
        ("abs(x_pre - x_post)", GAUSSIAN, NORMAL, r"`abs` in .* is not smooth"),
        ("x_pre*x_post", CIRCLE, NORMAL, r"needs a cue noise for phases, such as von_mises, not Normal"),
        ("x_pre*x_post", GAUSSIAN, PHASED, r"needs a cue noise for real numbers, such as normal, not VonMises"),
        ("2.5", GAUSSIAN, NORMAL, r"so it stores nothing"),
        ("1/x_pre**2 + log(x_post)", GAUSSIAN, NORMAL, r"is not finite for all values of the prior Gaussian"),
        ("x_pre*y", GAUSSIAN, NORMAL, r"unknown symbol `y`"),
        ("x_pre*gauss(0)", GAUSSIAN, NORMAL, r"with random draws"),
        ("x_pre**", GAUSSIAN, NORMAL, r"syntax error"),
    ],
)  # fmt: skip
def test_what_cannot_be_derived_is_said_in_a_sentence(storage, prior, noise, said):
    with pytest.raises(UserError, match=said) as caught:
        derive(make("storage_rules", "written", rule=storage), prior, noise)
    assert "\n" not in str(caught.value)


def test_other_mistakes():
    memory, w, _, cue = prepared("covariance", {}, GAUSSIAN, NORMAL)
    with pytest.raises(
        UserError, match=r"a step of 5 membrane time constants is too large for stable recall; use at most 0\.\d+"
    ):
        memory.recall(w, cue, 4, 3, rate=5.0)
    with pytest.raises(UserError, match="load = 0: a memory without patterns cannot recall"):
        memory.field(w, 0)
    with pytest.raises(UserError, match="there are no patterns to store"):
        kernel.store(memory.storage, np.zeros((0, 9)))
    with pytest.raises(UserError, match=r"Smoothed\.kernel: .* is not finite at lag"):
        make("storage_rules", "smoothed", kernel="log(lag - 3)")
    with pytest.raises(UserError, match="unknown symbol `x_pre`"):
        make("storage_rules", "smoothed", kernel="x_pre")


def test_the_one_unit_bound_is_the_closed_form_for_gaussian_values():
    """sqrt(1/(1 + 1/n² + N/(M - 1))) where synapse noise is Gaussian and independent, as the derivation takes it."""
    memory = Memory(
        make("storage_rules", "covariance"), make("priors", "gaussian"), make("noises", "normal", sd=1.0), 100
    )
    numbers, errors = np.random.default_rng(1), []
    for seed in range(4):
        truth = memory.prior.draw(seed, 1, 100)
        noise = np.triu(numbers.normal(size=(100, 100)) * np.sqrt(10), 1)
        w = truth.T @ truth + noise + noise.T
        errors.append(memory.one_unit(w, truth, truth + numbers.normal(size=truth.shape), 11) - truth)
    assert np.sqrt(np.mean(np.square(errors))) == pytest.approx(np.sqrt(1 / (2 + 99 / 10)), rel=0.1)


def test_one_unit_of_a_real_memory_is_better_than_its_cue():
    for name, values, prior, noise in (("covariance", {}, BINARY, NORMAL), ("sine", {}, CIRCLE, PHASED)):
        memory = Memory(make("storage_rules", name, **values), prior, noise, 60)
        patterns = prior.draw(0, 4, 60)
        cues = patterns[:2] + noise.deviation(np.random.default_rng(0).random((2, 60)))
        told = memory.one_unit(kernel.store(memory.storage, patterns), patterns[:2], cues, 4)
        away = np.abs(np.exp(1j * told) - np.exp(1j * patterns[:2])) if prior.period else np.abs(told - patterns[:2])
        assert away.mean() < 0.25


def test_a_hundred_recalls_find_their_patterns():
    """N = 200, 500 steps, 100 cues by NumPy."""
    memory = Memory(make("storage_rules", "covariance", gain=1.01), BINARY, make("noises", "normal"), 200)
    patterns = BINARY.draw(0, 11, 200)
    w = kernel.store(memory.storage, patterns)
    cues = patterns[np.arange(100) % 11] + memory.noise.deviation(np.random.default_rng(0).random((100, 200)))
    path = memory.recall(w, cues, 11, 500, 0.1)
    assert np.abs(path[-1] - patterns[np.arange(100) % 11]).max() < 0.01


def test_derivation_of_a_text_is_that_of_the_rule_it_spells_out():
    text = derivation("(x_i - 0.13)*(x_j - 0.13)", "gaussian", "{normal: {sd: 0.37}}", 50, 7)
    numbers = [
        json.loads(derivation(rule, "gaussian", "{normal: {sd: 0.37}}", 50, 7, as_json=True))
        for rule in ("(x_i - 0.13)*(x_j - 0.13)", "{covariance: {mean: 0.13}}")
    ]
    assert numbers[0]["time_constant"] == pytest.approx(numbers[1]["time_constant"], rel=1e-12)
    assert numbers[0]["largest_rate"] == pytest.approx(numbers[1]["largest_rate"], rel=1e-6)
    assert f"membrane time constant {numbers[0]['time_constant']:.4g} tau" in text
    for part in ("leak", "feed-forward drive", "recurrent excitation", "subtractive inhibition", "divisive inhibition"):
        assert part in text
    memory = Memory(
        make("storage_rules", "covariance", mean=0.13),
        make("priors", "gaussian"),
        make("noises", "normal", sd=0.37),
        50,
    )
    assert numbers[1]["equations"]["leak"] == memory.dynamics.leak


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("covarance", "gaussian", "normal", 9, 3), "STORAGE = covarance: .* did you mean 'covariance'"),
        (("x_i*y_j", "gaussian", "normal", 9, 3), "unknown symbol `y_j`"),
        (("x_i*x_j", "gauss", "normal", 9, 3), "--prior = gauss"),
        (("x_i*x_j", "{gaussian", "normal", 9, 3), "--prior, line 1"),
        (("x_i*x_j", "gaussian", "{normal: {std: 1}}", 9, 3), "--noise.*std"),
        (("x_i*x_j", "circle", "normal", 9, 3), "needs a cue noise for phases"),
        (("x_i*x_j", "gaussian", "normal", 1, 3), "--units = 1"),
        (("x_i*x_j", "gaussian", "normal", 9, 0), "load = 0"),
        (("int(x_i > x_j)", "gaussian", "normal", 9, 3), "not smooth"),
    ],
)
def test_derivation_says_what_is_wrong(given, said):
    with pytest.raises(UserError, match=said):
        derivation(*given)
