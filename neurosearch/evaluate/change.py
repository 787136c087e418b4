"""What a change of the stream did: how far the accuracy fell, when it was back, and what of earlier sessions is left.

Forgetting is that of Chaudhry et al. (2018), backward transfer that of Lopez-Paz and Ranzato (2017).
"""

from collections.abc import Sequence

import numpy as np

from neurosearch.record.metric import Metric
from neurosearch.record.score import Change
from neurosearch.record.stream import HELD_OUT, PROBE, STREAM

ADAPTATION_TIME = Metric(
    "adaptation_time", "minimize", "samples after a change until the accuracy is back, mean of all changes", "stream"
)
ADAPTATION_DEPTH = Metric(
    "adaptation_depth", "minimize", "how far the accuracy falls after a change, mean of all changes", "stream"
)
FORGETTING = Metric(
    "forgetting", "minimize", "best earlier less final accuracy on the samples of each session but the last", "stream"
)
BACKWARD_TRANSFER = Metric(
    "backward_transfer", "maximize", "final less first accuracy on them: negative where they were forgotten", "stream"
)

WINDOW = 50
"""Samples over which the accuracy before and after a change is averaged; a quarter of a session where that is less."""

RECOVERED = 0.9
"""A stream has adapted when the trailing window reaches this part of the accuracy before the change."""


def adaptation(right: np.ndarray, session: np.ndarray) -> list[Change]:
    """What each change did in a stream of decisions [n] whose session [n] never falls.

    *Before* is the accuracy in the last window before the change. The change is felt when a trailing window inside the
    new session is below 0.9 of it, and over when one is not any more; *time* is the number of samples until then, the
    whole session where that does not come, 0 where nothing was felt. *Depth* is *before* less the lowest window
    within that time (of the whole session where nothing was felt), at least 0.
    """
    starts = np.flatnonzero(np.diff(session)) + 1
    if not len(starts):
        return []
    ends = np.append(starts[1:], len(right))
    begins = np.concatenate([[0], starts[:-1]])
    return [
        _change(right[begin:start], right[start:end]) for begin, start, end in zip(begins, starts, ends, strict=True)
    ]


def _change(old: np.ndarray, new: np.ndarray) -> Change:
    width = max(1, min(WINDOW, len(old) // 4, len(new) // 4))
    before = float(old[-width:].mean())
    total = np.concatenate([[0], np.cumsum(new)])
    window = (total[width:] - total[:-width]) / width
    low = window < RECOVERED * before - 1e-9
    if not low.any():
        return Change(0.0, max(0.0, before - float(window.min())))
    first = int(np.argmax(low))
    back = np.flatnonzero(~low[first:])
    over = first + int(back[0]) if len(back) else len(window)
    time = over + width if len(back) else len(new)
    return Change(float(time), max(0.0, before - float(window[: over + 1].min())))


def adapted(changes: Sequence[Change]) -> dict[str, float]:
    """Mean time and depth of all changes; nothing where the stream did not change."""
    if not changes:
        return {}
    return {
        ADAPTATION_TIME.name: float(np.mean([one.time for one in changes])),
        ADAPTATION_DEPTH.name: float(np.mean([one.depth for one in changes])),
    }


def remembered(right: np.ndarray, labels: np.ndarray, phase: np.ndarray, session: np.ndarray) -> np.ndarray:
    """[T, T] accuracy after session i (row) on the samples of session j (column), learning off; NaN where not shown.

    All arguments are [K], of the whole stream; the last row is what is left at its end, of the samples that were probed
    before where there are such.
    """
    streamed, shown = phase == STREAM, ((phase == PROBE) | (phase == HELD_OUT)) & (labels >= 0)
    count = int(session[streamed].max()) + 1
    now = np.maximum.accumulate(np.where(streamed, session, 0))
    table = np.full((count, count), np.nan)
    for j in range(count):
        probed = int(((phase == PROBE) & (now == j) & (session == j)).sum())
        for i in range(count):
            mine = np.flatnonzero(shown & (now == i) & (session == j))
            mine = mine[:probed] if probed else mine  # the same samples each time: frozen weights forget nothing
            if len(mine):
                table[i, j] = right[mine].mean()
    return table


def memory(table: np.ndarray) -> dict[str, float]:
    """``forgetting`` and ``backward_transfer`` of such a table; nothing where a session was not shown again."""
    final, first = table[-1, :-1], np.diagonal(table)[:-1]
    if not len(final) or np.isnan(final).any() or np.isnan(first).any():
        return {}
    best = np.nanmax(np.where(np.tri(len(table), k=0, dtype=bool), table, np.nan)[:-1, :-1], axis=0)
    return {FORGETTING.name: float((best - final).mean()), BACKWARD_TRANSFER.name: float((final - first).mean())}
