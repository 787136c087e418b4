"""Which statements are of integers alone, and which products are not drawn."""

import re

import numpy as np
import pytest
from brian2.codegen.statements import Statement

from neurosearch.simulate.codeobject import _drawn_unless_0
from neurosearch.simulate.integer_vectorisation import computes_whole


def test_texts_of_whole_numbers_are_told_from_others():
    def statement(text):
        var, op, expression = re.fullmatch(r"(\w+) (\S?=) (.+)", text).groups()
        kind = bool if var == "_cond" else np.float64 if var.startswith("x") else np.int32
        return Statement(var, op, expression, "", kind)

    yes = [
        ["n += 3*m - (-k)", "_cond = (n > k) and not (m == 2 or n != -1)"],
        ["_cond = draw_lot(seed, 7, now, i) < n"],
    ]
    no = [
        "_cond = n > 0.5", "_cond = n < x", "_cond = n", "_cond = m/n > 2", "_cond = n % m == 1", "n = int(x)",
        "n = m > 2", "x1 = n + m", "n /= 2", "_cond = n > 4294967296", "_cond = 1 < n < m", "_cond = n**2 > 4",
        "_cond = draw_lot(seed, 7, now, n) < 4", "_cond = draw_lot(seed, 7, now + 1, i) < 4", "_cond = floor(n) == 2",
    ]  # fmt: skip
    for texts in yes:
        assert computes_whole(map(statement, texts), {"n", "m", "k"})
    for text in no:
        assert not computes_whole([statement(text)], {"n", "m", "k", "seed"}), text
    assert not computes_whole([statement("_cond = n > 1"), statement("n = x")], {"n"})


DRAWN = "x = 0.5 + (a * ((- 0.5) + (2 * draw4(seed, 27, step, i))));"


def test_a_summand_of_draws_times_0_is_not_drawn():
    assert _drawn_unless_0(DRAWN, {"a"}) == DRAWN.replace("(a * (", "(a == 0 ? 0 : a * (")


@pytest.mark.parametrize(
    "line",
    [
        DRAWN.replace("0.5 + (a", "(a"),  # 0 and -0 differ
        DRAWN.replace("2 *", "v *"),  # may be infinite
        DRAWN.replace("(2 * draw4", "1.0f/(draw4"),
        DRAWN.replace("2 *", "2 * exp(3) *"),
        DRAWN.replace("(a *", "(b *"),  # one for each neuron
        DRAWN.replace("draw4(seed, 27, step, i)", "7"),
    ],
)
def test_every_other_product_is_left_as_it_is(line):
    assert _drawn_unless_0(line, {"a"}) == line
