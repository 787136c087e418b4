"""A fixed number of distinct inputs for each neuron, chosen by Floyd's algorithm (Bentley & Floyd 1987)."""

from dataclasses import dataclass

import numpy as np

from neurosearch.declare import quantity
from neurosearch.parts.wiring.base import Wiring
from neurosearch.random import draw

CPP = """
static inline int64_t pick(int64_t seed, int64_t stream, int64_t j, int64_t m, int64_t k, int64_t n, int64_t apart) {
    n -= apart;
    static std::vector<int64_t> chosen;
    static int64_t key[5] = {-1, -1, -1, -1, -1};
    if (seed != key[0] || stream != key[1] || j != key[2] || k != key[3] || n != key[4]) {
        chosen.clear();
        for (int64_t q = n - k; q < n; q++) {
            int64_t r = (int64_t)floor(draw(seed, stream, 0, j, q - n + k) * (double)(q + 1));
            for (int64_t c : chosen) if (c == r) { r = q; break; }
            chosen.push_back(r); }
        key[0] = seed; key[1] = stream; key[2] = j; key[3] = k; key[4] = n; }
    return chosen[m] + (apart && chosen[m] >= j); }
struct FanOut { std::vector<int64_t> offset, target; int64_t key[6] = {-1, -1, -1, -1, -1, -1}; };
static const FanOut& fan_table(int64_t seed, int64_t stream, int64_t k, int64_t n, int64_t n_post, int64_t apart) {
    static FanOut t;
    const int64_t key[6] = {seed, stream, k, n, n_post, apart};
    bool same = true;
    for (int q = 0; q < 6; q++) same = same && t.key[q] == key[q];
    if (same) return t;
    t.offset.assign((size_t)n + 1, 0);
    t.target.assign((size_t)(k * n_post), 0);
    for (int64_t j = 0; j < n_post; j++)
        for (int64_t m = 0; m < k; m++) t.offset[(size_t)pick(seed, stream, j, m, k, n, apart) + 1]++;
    for (int64_t i = 0; i < n; i++) t.offset[(size_t)i + 1] += t.offset[(size_t)i];
    std::vector<int64_t> next(t.offset.begin(), t.offset.end());
    for (int64_t j = 0; j < n_post; j++)
        for (int64_t m = 0; m < k; m++) t.target[(size_t)next[(size_t)pick(seed, stream, j, m, k, n, apart)]++] = j;
    for (int q = 0; q < 6; q++) t.key[q] = key[q];
    return t; }
static inline int64_t fan_out(int64_t i, int64_t seed, int64_t stream, int64_t k, int64_t n, int64_t n_post,
                              int64_t apart) {
    const FanOut& t = fan_table(seed, stream, k, n, n_post, apart);
    return t.offset[(size_t)i + 1] - t.offset[(size_t)i]; }
static inline int64_t fan_target(int64_t i, int64_t m, int64_t seed, int64_t stream, int64_t k, int64_t n,
                                 int64_t n_post, int64_t apart) {
    const FanOut& t = fan_table(seed, stream, k, n, n_post, apart);
    return t.target[(size_t)(t.offset[(size_t)i] + m)]; }
"""
"""``pick(seed, stream, j, m, k, n, apart)``: the m-th of k distinct inputs (of n) of neuron j; remembers the last j.

With ``apart`` 1 they are of neuron j's own population and never neuron j: it picks from n - 1 numbers, and those from j
on mean the next neuron.

``fan_out`` and ``fan_target`` are the same synapses presynaptic neuron by presynaptic neuron: how many start at neuron
i, and where the m-th of them ends.
"""


def chosen(seed: int, stream: int, n_post: int, k: int, n: int, apart: bool = False) -> np.ndarray:
    """[n_post, k] int64: the distinct inputs of every neuron, in the order of ``pick``."""
    n -= apart
    out = np.zeros((n_post, k), np.int64)
    j = np.arange(n_post)
    for m, q in enumerate(range(n - k, n)):
        r = np.floor(draw(seed, stream, 0, j, m) * float(q + 1)).astype(np.int64)
        taken = (out[:, :m] == r[:, None]).any(axis=1)
        out[:, m] = np.where(taken, q, r)
    return out + (out >= j[:, None]) if apart else out


@dataclass(frozen=True)
class FanIn(Wiring):
    """``k`` distinct inputs for every neuron, or all of them where there are fewer."""

    k: int = quantity(8, low=1)

    fan_in = "k"

    def pairs(self, seed: int, stream: int, n_pre: int, n_post: int, recurrent: bool) -> tuple[np.ndarray, np.ndarray]:
        """See ``Wiring.pairs``: postsynaptic neuron by postsynaptic neuron, inputs in the order chosen."""
        k = min(int(self.k), n_pre - recurrent)
        return chosen(seed, stream, n_post, k, n_pre, recurrent).ravel(), np.repeat(np.arange(n_post), k)

    def count(self, seed: int, stream: int, n_pre: int, n_post: int, recurrent: bool) -> int:
        """See ``Wiring.count``."""
        del seed, stream
        return min(int(self.k), n_pre - recurrent) * n_post
