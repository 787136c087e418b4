"""Effects of a change in the stream: drop of accuracy, time to recover, and retention of earlier sessions.

Forgetting as in Chaudhry et al. (2018), backward transfer as in Lopez-Paz & Ranzato (2017).
"""

from collections.abc import Sequence

import numpy as np

from neurosearch.record.metric import Metric
from neurosearch.record.score import Change
from neurosearch.record.stream import HELD_OUT, PROBE, STREAM

ADAPTATION_TIME = Metric(
    "adaptation_time", "minimize", "samples after a change until the accuracy recovers, mean over changes", "stream"
)
ADAPTATION_DEPTH = Metric(
    "adaptation_depth", "minimize", "drop of accuracy after a change, mean over changes", "stream"
)
FORGETTING = Metric(
    "forgetting", "minimize", "best earlier minus final accuracy on the samples of each session but the last", "stream"
)
BACKWARD_TRANSFER = Metric(
    "backward_transfer", "maximize", "final minus first accuracy on them: negative if they were forgotten", "stream"
)

WINDOW = 50
"""Samples over which accuracy is averaged before and after a change; a quarter of a session if that is less."""

RECOVERED = 0.9
"""A learner has adapted when its trailing window reaches this fraction of the accuracy before the change."""


def adaptation(right: np.ndarray, session: np.ndarray) -> list[Change]:
    """Adaptation to each change in a stream of decisions [n] with non-decreasing session numbers [n].

    *Before* is the accuracy in the last window before the change. A change has an effect if a trailing window inside
    the new session falls below 0.9 of it, and adaptation ends when a later window no longer does; *time* is the number
    of samples until then: the whole session if that never happens, 0 without an effect. *Depth* is *before* minus the
    lowest window within that time (within the whole session without an effect), at least 0.
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
    """Mean time and depth over all changes; empty for a stream without changes."""
    if not changes:
        return {}
    return {
        ADAPTATION_TIME.name: float(np.mean([one.time for one in changes])),
        ADAPTATION_DEPTH.name: float(np.mean([one.depth for one in changes])),
    }


def remembered(right: np.ndarray, labels: np.ndarray, phase: np.ndarray, session: np.ndarray) -> np.ndarray:
    """[T, T] accuracy after session i (row) on the samples of session j (column), learning off; NaN where not shown.

    All arguments are [K], over the whole stream; the last row is measured at its end, on the samples that were probed
    before if there are any.
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
    """``forgetting`` and ``backward_transfer`` of such a table; empty if a session was not probed again."""
    final, first = table[-1, :-1], np.diagonal(table)[:-1]
    if not len(final) or np.isnan(final).any() or np.isnan(first).any():
        return {}
    best = np.nanmax(np.where(np.tri(len(table), k=0, dtype=bool), table, np.nan)[:-1, :-1], axis=0)
    return {FORGETTING.name: float((best - final).mean()), BACKWARD_TRANSFER.name: float((final - first).mean())}
