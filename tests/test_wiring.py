"""Wirings: text and `pairs` are the same synapses, and what is compiled has exactly these."""

import logging
import tracemalloc
from dataclasses import dataclass

import numpy as np
import pytest

from neurosearch import catalogue
from neurosearch.declare import quantity
from neurosearch.errors import UserError
from neurosearch.graph import Constant, Graph, Input, Population, Projection, Random
from neurosearch.hardware.inventory import inventory
from neurosearch.lower.lower import lower
from neurosearch.lower.wiring import check_text
from neurosearch.parts.neurons.lif import Lif
from neurosearch.parts.wiring.base import Wiring
from neurosearch.parts.wiring.fan_in import FanIn
from neurosearch.parts.wiring.probability import Probability
from neurosearch.plan import to_plain
from neurosearch.random import below, draw
from neurosearch.simulate import build, run

import networks  # isort: skip


@dataclass(frozen=True)
class Ring(Wiring):
    """The user's, with ``pairs`` alone: neighbours up to a distance, in an order that no engine uses."""

    reach: int = quantity(2, low=1)

    def pairs(self, seed, stream, n_pre, n_post, recurrent):
        del stream
        i, j = np.divmod(np.random.default_rng(seed).permutation(n_pre * n_post), n_post)
        keep = (np.abs(i - j) <= self.reach) & ((i != j) | (not recurrent))
        return i[keep], j[keep]


@dataclass(frozen=True)
class Later(Wiring):
    """The user's, with text and ``pairs``."""

    p: float = quantity(0.6, low=0, high=1)

    condition = "i < j and uniform(2) < p"

    def pairs(self, seed, stream, n_pre, n_post, recurrent):
        del recurrent
        i, j = np.divmod(np.arange(n_pre * n_post), n_post)
        keep = (i < j) & (draw(seed, stream + 2, 0, i, j) < self.p)
        return i[keep], j[keep]


SHIPPED = catalogue.names("wiring")
ALL = {
    **{name: catalogue.find("wiring", name)(**({"p": 0.3} if name == "probability" else {})) for name in SHIPPED},
    "ring": Ring(),
    "later": Later(),
}


def graph_of(projections, pre=20, post=13):
    populations = (Population("pre", pre, Lif()), Population("post", post, Lif()))
    feed = Projection("feed", "input", "pre", ALL["all_to_all"], Constant(0.7))
    source = Input("input", networks.INPUTS, networks.make("encoders", "poisson"))
    return Graph(source, populations, (feed, *projections), "post", "v")


def one(wiring, post="post", **sizes):
    return graph_of((Projection("wired", "pre", post, wiring, Random(0.137, 0.0911)),), **sizes)


@pytest.mark.slow
@pytest.mark.parametrize("device", ["compiled", "brian"])
def test_what_is_compiled_has_exactly_the_pairs(device):
    """Initial weights are draws of their pair, so they show which pairs there are, and in which order."""
    projections = [
        Projection(f"{name}_{post}_{how}", "pre", post, wiring, Random(0.0137, 0.00911), graded=graded)
        for name, wiring in ALL.items()
        for post in ("post", "pre")
        for how, graded in (("spikes", ""), ("graded", "v"))
    ]
    c = networks.case(graph_of(projections), networks.stream(samples=3))
    if device == "compiled":
        program = build.program(c.plan.shape.digest, to_plain(c.plan.shape), strict=True, optimise="-O1")
        record = run.run(program.path, c.asked(), time_limit=60)
        assert record.status == "ok", record.reason
    else:
        record = c.brian()
    reference = c.reference()
    for p in projections:
        i, j = p.wiring.pairs(
            c.seed, networks.wiring_stream(p.name), 20, 20 if p.post == "pre" else 13, p.post == "pre"
        )
        assert len(record.arrays[f"{p.name}.w"]) == len(i) < 20 * 20 + 1, p.name
        found, expected = record.arrays[f"{p.name}.w"], reference.state.synapses[p.name]["w"]
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-15, err_msg=p.name)
        mine = set(zip(*(side.tolist() for side in reference.state.pairs[p.name]), strict=True))
        assert mine == set(zip(i.tolist(), j.tolist(), strict=True)), p.name
    networks.same(record, reference, c.line, tolerance=0.0 if device == "compiled" else 1e-12)


@pytest.mark.parametrize("name", SHIPPED)
@pytest.mark.parametrize(
    ("sizes", "recurrent"),
    [(sizes, False) for sizes in ((1, 1), (20, 20), (7, 31), (700, 701))] + [((n, n), True) for n in (1, 3, 20, 700)],
)
def test_the_text_of_every_wiring_gives_its_pairs(name, recurrent, sizes):
    wiring = ALL[name]
    check_text(wiring, 5, *sizes, recurrent and not wiring.itself)
    i, j = wiring.pairs(0, 5, *sizes, recurrent and not wiring.itself)
    assert wiring.count(0, 5, *sizes, recurrent and not wiring.itself) == len(i) == len(j)
    if recurrent and not wiring.itself:
        assert not (i == j).any()


def test_no_neuron_of_a_recurrent_fan_in_has_itself_as_input():
    i, j = FanIn(5).pairs(3, 9, 20, 20, recurrent=True)
    assert len(i) == 100
    assert not (i == j).any()
    assert len(set(zip(i.tolist(), j.tolist(), strict=True))) == 100
    counts = np.zeros((20, 20))
    for seed in range(400):
        np.add.at(counts, FanIn(5).pairs(seed, 9, 20, 20, recurrent=True), 1)
    others = counts[~np.eye(20, dtype=bool)]  # each of the 19 others equally often: 400 * 5 / 19 times
    assert np.abs(others - 2000 / 19).max() < 5 * np.sqrt(2000 / 19)
    i, j = FanIn(50).pairs(3, 9, 10, 10, recurrent=True)  # no more than there are
    assert set(zip(i.tolist(), j.tolist(), strict=True)) == {(a, b) for a in range(10) for b in range(10) if a != b}
    assert len(FanIn(3).pairs(3, 9, 1, 1, recurrent=True)[0]) == 0


def test_a_fan_in_above_the_number_of_inputs_is_reported_once(caplog):
    graph = one(FanIn(50), post="pre", pre=17)
    with caplog.at_level(logging.WARNING):
        plans = [lower(graph) for _ in range(2)]
    assert plans[0].values["pre.wired_k"] == 16
    said = "projection wired: FanIn.k = 50, and there are 16 inputs: all are connected"
    assert [record.getMessage() for record in caplog.records] == [said]


@pytest.mark.parametrize("name", SHIPPED)
@pytest.mark.parametrize("post", ["pre", "post"])
def test_the_inventory_counts_the_synapses_that_are_made(name, post):
    """A population wired to itself has none from a neuron to itself; one wired to another of its size has all."""
    wired = Projection("wired", "pre", post, ALL[name], Random(0.137, 0.0911))
    plan = lower(graph_of((wired,), pre=20, post=20))
    counted = inventory(plan).pathways["wired"]
    assert counted.places == 400
    if name == "probability":  # an estimate: as many as another draw of the same probability gives
        pairs = 380 if post == "pre" else 400
        assert abs(counted.synapses - 0.3 * pairs) < 4 * np.sqrt(0.3 * 0.7 * pairs)
    else:
        assert counted.synapses == len(plan.pairs("wired", 0)[0])
    if name == "all_to_all":
        assert counted.synapses == (380 if post == "pre" else 400)


def test_a_wiring_with_pairs_alone_is_not_all_to_all():
    plan = lower(one(Ring(), post="pre"))
    expected = 2 * (19 + 18)
    assert len(plan.pairs("wired", 3)[0]) == expected
    assert inventory(plan).pathways["wired"].synapses == expected


@dataclass(frozen=True)
class Disagrees(Wiring):
    """A text that says something else than ``pairs``."""

    condition = "i <= j"

    def pairs(self, seed, stream, n_pre, n_post, recurrent):
        del seed, stream, recurrent
        i, j = np.divmod(np.arange(n_pre * n_post), n_post)
        return i[i < j], j[i < j]


@dataclass(frozen=True)
class HalfOfAll(type(ALL["all_to_all"])):
    """Other pairs under the text of the class that it extends."""

    def pairs(self, seed, stream, n_pre, n_post, recurrent):
        i, j = super().pairs(seed, stream, n_pre, n_post, recurrent)
        return i[::2], j[::2]


@dataclass(frozen=True)
class OtherFanIn(FanIn):
    """The same of a fixed fan-in."""

    def pairs(self, seed, stream, n_pre, n_post, recurrent):
        return super().pairs(seed + 1, stream, n_pre, n_post, recurrent)


@dataclass(frozen=True)
class TwoTexts(FanIn):
    """Two texts."""

    condition = "i < j"


@pytest.mark.parametrize(
    ("wiring", "post", "said"),
    [
        (Disagrees(), "post", r"Disagrees\.condition gives a synapse from neuron 0 to neuron 0, and `pairs` none"),
        (HalfOfAll(), "post", r"HalfOfAll\.every gives a synapse .* write `every = False` to use the pairs"),
        (OtherFanIn(4), "pre", r"OtherFanIn\.fan_in gives .* write `fan_in = ''`"),
        (TwoTexts(), "post", r"TwoTexts has condition and fan_in, which each say all its pairs; keep one of them"),
    ],
)
def test_a_text_that_disagrees_with_pairs_is_refused(wiring, post, said):
    with pytest.raises(UserError, match=said):
        lower(one(wiring, post=post))


def broken(returned):
    @dataclass(frozen=True)
    class Broken(Wiring):
        def pairs(self, seed, stream, n_pre, n_post, recurrent):
            return returned(n_pre, n_post)

    return Broken()


@pytest.mark.parametrize(
    ("returned", "said"),
    [
        (lambda n, m: 1 / 0, r"Broken\.pairs for 20 x 20 neurons fails: ZeroDivisionError: .*; fix the file"),
        (lambda n, m: ([0, 1], [2]), r"returned arrays of \(2,\) int64 and \(1,\) int64; return two of"),
        (lambda n, m: ([0.5], [1.0]), r"returned arrays of \(1,\) float64 .* whole numbers"),
        (lambda n, m: ([1, 20], [2, 3]), r"returned the presynaptic neuron 20; return numbers from 0 to 19"),
        (lambda n, m: ([1, 2], [-1, 3]), r"returned the postsynaptic neuron -1; return numbers from 0 to 19"),
        (lambda n, m: ([1, 4], [2, 4]), r"a synapse of neuron 4 onto itself; .*`itself = True`"),
        (lambda n, m: ([1, 4, 1], [2, 3, 2]), r"returned the pair \(1, 2\) twice; return each pair once"),
        (lambda n, m: None, r"Broken\.pairs for 20 x 20 neurons fails: TypeError"),
    ],
)
def test_pairs_that_are_none_are_a_sentence(returned, said):
    with pytest.raises(UserError, match=said):
        lower(one(broken(returned), post="pre"))


def test_no_pairs_at_all_are_a_network():
    assert len(lower(one(broken(lambda n, m: ([], [])))).pairs("wired", 1)[0]) == 0


@pytest.mark.parametrize("p", [0.0, 1e-9, 0.1, 0.5, 1 - 1e-9, 1.0])
def test_draws_below_a_probability_are_the_draws(p):
    i, n = np.arange(3, 90), 101
    np.testing.assert_array_equal(below(5, 7, i, n, p), draw(5, 7, 0, i[:, None], np.arange(n)) < p)


def test_counting_the_synapses_of_many_neurons_takes_little_memory():
    plan = lower(one(Probability(p=0.1), post="pre", pre=3000))
    tracemalloc.start()
    try:
        counted = inventory(plan).pathways["wired"].synapses
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert abs(counted / (0.1 * 3000 * 2999) - 1) < 5 / np.sqrt(900_000)
    assert peak < 3000 * 3000  # a byte a pair
