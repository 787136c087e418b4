"""Counter-based randomness: equal bits in C++ and NumPy, and numbers that look random."""

import subprocess

import numpy as np
import pytest

from neurosearch import random
from neurosearch.parts.wiring.fan_in import CPP, FanIn, chosen
from neurosearch.parts.wiring.probability import Probability
from neurosearch.simulate import compiler


def probabilities():
    """Around every kind of edge: lots and their halves, one and zero, far outside."""
    lots = np.array([0, 1, 2, 3, 1000, 2**22, 2**23 - 2, 2**23 - 1, 2**23])
    edges = np.concatenate([lots, lots + 0.5, lots - 0.5]) * 2.0**-23
    near = [np.nextafter(edges, -np.inf), edges, np.nextafter(edges, np.inf)]
    return np.concatenate([*near, np.random.default_rng(1).random(2000), [1e-30, -1e-30, -3, 7, 1e300, -1e300, np.inf]])


def test_a_lot_is_below_the_odds_exactly_where_the_draw_is_below_the_probability():
    lots = np.concatenate([np.arange(1005), 2**22 + np.arange(-3, 3), 2**23 - np.arange(1, 6)])[:, None]
    chance = probabilities()
    np.testing.assert_array_equal(lots < random.odds(chance), (lots + 0.5) * 2.0**-23 < chance)
    np.testing.assert_array_equal(random.odds(np.nan), 0)
    i = np.arange(1000)
    np.testing.assert_array_equal(random.draw4(1, 2, 3, i), (random.lot(1, 2, 3, i) + 0.5) * 2.0**-23)


@pytest.mark.slow
def test_lots_and_odds_have_the_same_bits_in_cpp(tmp_path):
    chance = probabilities()
    main = """
    int main() {
        for (int64_t i = 0; i < 500; i++)
            printf("%d %.17g\\n", draw_lot(i % 3, 12345678901 + i, 7 * i, i), draw4(i, 5, 6, i));
        double p;
        while (scanf("%lg", &p) == 1) printf("%d 0\\n", draw_odds(p)); }
    """
    (tmp_path / "a.cpp").write_text(
        "#include <cstdint>\n#include <cstdio>\n#include <cmath>\n" + random.CPP + random.CPP_LOTS + main
    )
    cxx = compiler.find()
    for strict in (True, False):
        subprocess.run([cxx.path, *cxx.flags(strict), "a.cpp", "-o", "a"], cwd=tmp_path, check=True)
        given = "\n".join(map(repr, map(float, chance)))
        out = subprocess.run(["./a"], cwd=tmp_path, check=True, capture_output=True, text=True, input=given).stdout
        found = np.array([[float(x) for x in line.split()] for line in out.splitlines()])
        i = np.arange(500)
        np.testing.assert_array_equal(found[:500, 0], random.lot(i % 3, 12345678901 + i, 7 * i, i))
        np.testing.assert_array_equal(found[:500, 1], random.draw4(i, 5, 6, i))
        np.testing.assert_array_equal(found[500:, 0], random.odds(chance))


@pytest.mark.slow
def test_draws_gauss_and_pick_have_the_same_bits_in_cpp(tmp_path):
    main = """
    int main() { for (int64_t s = 0; s < 3; s++) for (int64_t n = 0; n < 50; n += 7) for (int64_t i = 0; i < 40; i++)
        printf("%.17g %.17g %lld %lld\\n", draw(s, 12345678901 + s, n, i, 3*i), gauss(s, 77, n, i, i*i),
               (long long)pick(s, 5, n, i % 9, 9, 60, 0), (long long)pick(s, 5, n, i % 9, 9, 61, 1)); }
    """
    source = (
        "#include <cstdint>\n#include <cstdio>\n#include <cmath>\n#include <vector>\n"
        + random.CPP
        + random.CPP_GAUSS
        + CPP
        + main
    )
    (tmp_path / "a.cpp").write_text(source)
    cxx = compiler.find()
    subprocess.run([cxx.path, *cxx.flags(strict=True), "a.cpp", "-o", "a"], cwd=tmp_path, check=True)
    out = subprocess.run(["./a"], cwd=tmp_path, check=True, capture_output=True, text=True).stdout
    mine = np.array([[float(x) for x in line.split()] for line in out.splitlines()])
    s, n, i = (x.ravel() for x in np.meshgrid(np.arange(3), np.arange(0, 50, 7), np.arange(40), indexing="ij"))
    np.testing.assert_array_equal(mine[:, 0], random.draw(s, 12345678901 + s, n, i, 3 * i))
    np.testing.assert_array_equal(mine[:, 1], random.gauss(s, 77, n, i, i * i))
    for column, size, apart in ((2, 60, False), (3, 61, True)):  # both choose from 60, one after the other
        tables = {seed: chosen(seed, 5, 50, 9, size, apart) for seed in range(3)}
        np.testing.assert_array_equal(mine[:, column], [tables[a][b, c % 9] for a, b, c in zip(s, n, i, strict=True)])


def test_draws_are_uniform_and_uncorrelated_along_every_key():
    n = 200_000
    steps = np.arange(n)
    for keys in (
        (1, 2, steps, 0, 0),
        (steps, 2, 0, 0, 0),
        (1, steps, 0, 0, 0),
        (1, 2, 0, steps, 0),
        (1, 2, 0, 0, steps),
    ):
        u = random.draw(*keys)
        assert u.min() > 0
        assert u.max() < 1
        assert abs(u.mean() - 0.5) < 5 / np.sqrt(12 * n)
        bins = np.bincount((u * 256).astype(int), minlength=256)
        assert abs(((bins - n / 256) ** 2 / (n / 256)).sum() - 255) < 5 * np.sqrt(2 * 255)
        for lag in (1, 2, 64):
            assert abs(np.corrcoef(u[:-lag], u[lag:])[0, 1]) < 5 / np.sqrt(n)


def test_lots_of_neurons_are_uniform_and_uncorrelated_along_every_key():
    n = 200_000
    steps = np.arange(n)
    for keys in (
        (1, 2, steps, 0),
        (steps, 2, 0, 0),
        (1, steps, 0, 0),
        (1, 2, 0, steps),
        (1, 2, steps % 32, steps // 32),
    ):
        u = random.draw4(*keys)
        bins = np.bincount((u * 256).astype(int), minlength=256)
        assert abs(((bins - n / 256) ** 2 / (n / 256)).sum() - 255) < 5 * np.sqrt(2 * 255)
        for lag in (1, 2, 32, 64):
            assert abs(np.corrcoef(u[:-lag], u[lag:])[0, 1]) < 5 / np.sqrt(n)
    low = random.draw4(1, 2, steps % 50, steps // 50) < 0.02  # rare events: as many in every step and every neuron
    for counts in (np.bincount(steps[low] % 50, minlength=50), np.bincount(steps[low] // 50, minlength=4000)):
        mean = counts.mean()
        assert abs(counts.var() / mean / 0.98 - 1) < 5 * np.sqrt(2 / len(counts))


def test_gauss_has_mean_zero_and_variance_one():
    z = random.gauss(1, 2, np.arange(200_000), 0, 0)
    assert abs(z.mean()) < 0.012
    assert abs(z.std() - 1) < 0.01


@pytest.mark.parametrize(("k", "n"), [(1, 1), (5, 5), (3, 40), (39, 40)])
def test_fan_in_picks_distinct_inputs_equally_often(k, n):
    table = chosen(3, 9, 4000, k, n)
    assert all(len(set(row)) == k for row in table[:300])
    counts = np.bincount(table.ravel(), minlength=n)
    assert len(counts) == n
    expected = 4000 * k / n
    assert np.abs(counts - expected).max() <= 5 * np.sqrt(expected) + 1e-9


def test_wirings_have_no_synapse_of_a_neuron_onto_itself():
    i, j = Probability(p=0.5).pairs(1, 2, 30, 30, recurrent=True)
    assert (i != j).all()
    assert 350 < len(i) < 520
    i, j = FanIn(k=50).pairs(1, 2, 10, 4, recurrent=False)
    assert len(i) == 40  # never more than there are


def test_permutations_differ_by_seed_and_are_complete():
    a, b = random.permutation(1, "order", 500), random.permutation(2, "order", 500)
    assert sorted(a) == sorted(b) == list(range(500))
    assert (a != b).mean() > 0.9


@pytest.mark.parametrize("p", [0.02, 0.25])
def test_a_neurons_draws_are_independent_of_its_neighbours_and_of_the_step_before(p):
    steps, n = 3000, 1024
    below = random.draw4(3, random.stream_id("u"), np.arange(steps)[:, None], np.arange(n)) < p
    x = (below - p) / np.sqrt(p * (1 - p))
    products = [x, x[:-1] * x[1:], x[:-1, 1:] * x[1:, :-1]]
    products += [x[:, :-d] * x[:, d:] for d in (1, 2, 16, 512)]
    products += [x[:, : -2 * d] * x[:, d:-d] * x[:, 2 * d :] for d in (1, 4, 64)]
    for product in products:
        assert abs(product.mean()) * np.sqrt(product.size) < 4.5
    for width in (8, 64, n):  # the counts of neighbours, of all in a step
        counts = x.reshape(steps, n // width, width).sum(2) / np.sqrt(width)
        fourth = 3 + (1 - 6 * p * (1 - p)) / (width * p * (1 - p))
        assert abs((counts**2).mean() - 1) * np.sqrt(counts.size / (fourth - 1)) < 4.5
