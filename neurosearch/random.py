"""All random numbers: pure functions of (seed, stream, step, i, j), bit-identical in C++ and NumPy.

A 32-bit counter hash: each key is mixed in by multiply-xorshift rounds (constants of Ettinger's ``lowbias32`` search),
so a draw is independent of all earlier draws, and order, engine and number of workers cannot matter. A neuron's
uniform numbers, often one per step, have four keys: the neuron's index, mixed once, is combined with two numbers of
the step, one by exclusive or and an odd one by multiplication.
"""

import zlib
from typing import Any

import numpy as np

_START, _A, _B, _C = 0x9E3779B9, 0x85EBCA6B, 0x7FEB352D, 0x846CA68B
GAUSS_SCALE = 0.006765875086793227
"""One over the standard deviation of the sum of four uniform bytes, sqrt(4 (256^2 - 1) / 12)."""

CPP = f"""
static inline uint32_t _mix(uint32_t h, uint32_t key) {{
    h = (h ^ key) * {_A:#x}u;
    h = (h ^ (h >> 16)) * {_B:#x}u;
    h = (h ^ (h >> 15)) * {_C:#x}u;
    return h ^ (h >> 16); }}
template <class Number> static inline Number _mixed(Number i) {{  // of one neuron, or of several in a SIMD register
    const Number h = i * {_B:#x}u;
    return h ^ (h >> 15); }}
template <class Number> static inline Number _lot(uint32_t key, Number mixed) {{
    return ((mixed ^ key) * (_mix(key, 1) | 1)) >> 9; }}
static inline uint32_t _key(int64_t seed, int64_t stream, int64_t step) {{
    return _mix(_mix(_mix({_START:#x}u, (uint32_t)seed), (uint32_t)stream), (uint32_t)step); }}
static inline uint32_t _hash(int64_t seed, int64_t stream, int64_t step, int64_t i, int64_t j) {{
    return _mix(_mix(_key(seed, stream, step), (uint32_t)i), (uint32_t)j); }}
static inline double draw(int64_t seed, int64_t stream, int64_t step, int64_t i, int64_t j) {{
    return ((double)(int32_t)(_hash(seed, stream, step, i, j) >> 9) + 0.5) * 1.1920928955078125e-07; }}
"""
"""The same function for a C++ program (needs <cstdint>)."""

CPP_GAUSS = f"""
static inline double gauss(int64_t seed, int64_t stream, int64_t step, int64_t i, int64_t j) {{
    const uint32_t h = _hash(seed, stream, step, i, j);
    const uint32_t sum = (h & 255) + ((h >> 8) & 255) + ((h >> 16) & 255) + (h >> 24);
    return ((double)(int32_t)sum - 510.0) * {GAUSS_SCALE!r}; }}
"""

CPP_LOTS = """
static inline int32_t draw_lot(int64_t seed, int64_t stream, int64_t step, int64_t i) {
    return (int32_t)_lot(_key(seed, stream, step), _mixed((uint32_t)i)); }
static inline double draw4(int64_t seed, int64_t stream, int64_t step, int64_t i) {
    return ((double)draw_lot(seed, stream, step, i) + 0.5) * 1.1920928955078125e-07; }
static inline int32_t draw_odds(double chance) {
    const double x = chance * 8388608.0 - 0.5;
    return x > 0 ? (x < 8388608.0 ? (int32_t)ceil(x) : 8388608) : 0; }
"""


def stream_id(name: str) -> int:
    """A stable 31-bit number for a stream's name, inserted into texts as a literal."""
    return zlib.crc32(name.encode()) & 0x7FFFFFFF


def _hash(*keys: Any) -> np.ndarray:
    h = np.full((1,), _START, np.uint32)  # an array: NumPy scalars warn on overflow, arrays wrap silently
    for key in keys:
        key = np.asarray(key).astype(np.int64).astype(np.uint32)
        h = _avalanche((h ^ key) * np.uint32(_A))
    return h


def _avalanche(h: np.ndarray) -> np.ndarray:
    h = (h ^ (h >> np.uint32(16))) * np.uint32(_B)
    h = (h ^ (h >> np.uint32(15))) * np.uint32(_C)
    return h ^ (h >> np.uint32(16))


def draw(seed: Any, stream: Any, step: Any, i: Any, j: Any) -> np.ndarray:
    """Uniform numbers in (0, 1) on a grid of 2^-23, never 0 or 1; the keys are broadcast."""
    return ((_hash(seed, stream, step, i, j) >> np.uint32(9)).astype(np.float64) + 0.5) * 2.0**-23


def lot(seed: Any, stream: Any, step: Any, i: Any) -> np.ndarray:
    """Integers in [0, 2^23): a neuron's uniform draws before scaling."""
    key = _hash(seed, stream, step)
    h = np.asarray(i).astype(np.int64).astype(np.uint32) * np.uint32(_B)
    h = ((h ^ (h >> np.uint32(15))) ^ key) * (_hash(seed, stream, step, 1) | np.uint32(1))
    return (h >> np.uint32(9)).astype(np.int64)


def draw4(seed: Any, stream: Any, step: Any, i: Any) -> np.ndarray:
    """Uniform numbers in (0, 1) for a neuron, as ``draw`` gives them for a pair of neurons."""
    return (lot(seed, stream, step, i).astype(np.float64) + 0.5) * 2.0**-23


def odds(chance: Any) -> np.ndarray:
    """How many of the 2^23 lots are below a probability: ``lot < odds(p)`` exactly where ``draw4 < p``."""
    x = np.asarray(chance, float) * 2.0**23 - 0.5
    return np.where(x > 0, np.minimum(np.ceil(x), 2.0**23), 0).astype(np.int64)


def below(seed: int, stream: int, i: np.ndarray, n: int, p: float) -> np.ndarray:
    """[len(i), n] bool: ``draw(seed, stream, 0, i, j) < p`` for each j below n, about 20 times faster."""
    h = _hash(seed, stream, 0, i)[:, None] ^ np.arange(n, dtype=np.uint32)
    shifted = np.empty_like(h)  # allocating arrays would take longer than the arithmetic
    np.multiply(h, np.uint32(_A), out=h)
    for shift, factor in ((16, _B), (15, _C), (16, 1)):
        np.right_shift(h, np.uint32(shift), out=shifted)
        np.bitwise_xor(h, shifted, out=h)
        np.multiply(h, np.uint32(factor), out=h)
    np.right_shift(h, np.uint32(9), out=h)
    return np.less(h, odds(p).astype(np.uint32))


def gauss(seed: Any, stream: Any, step: Any, i: Any, j: Any) -> np.ndarray:
    """Approximately normal numbers (sum of four bytes of one hash; |z| < 3.46), identical in every engine."""
    h = _hash(seed, stream, step, i, j)
    total = np.zeros(h.shape)
    for n in range(4):
        total += (h >> np.uint32(8 * n)) & np.uint32(255)
    return (total - 510.0) * GAUSS_SCALE


def permutation(seed: int, stream: str, n: int) -> np.ndarray:
    """A permutation of ``range(n)``, [n] int64, sorted by draws (ties broken by index)."""
    keys = _hash(seed, stream_id(stream), 0, np.arange(n), 0)
    return np.argsort(keys, kind="stable")
