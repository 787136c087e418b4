"""The keywords with which version 0.1 made streams, so that a user's task file that gives them still runs.

``Stream(..., labels=, taught=, targets=, recall=)`` and ``dataclasses.replace`` with these keywords make the goal that
they meant. Code of this package gives ``goal=``.
"""

from typing import Any

import numpy as np

from neurosearch.record.goal import Classes, Recall, Values

GOAL = ("labels", "taught", "targets", "recall")
"""Keywords of a stream that are its goal now: classes, what the learner is told of them, values, a recall."""

PLACE = 5
"""Of the goal among the arguments of a stream; labels stood there."""


def stream_keywords(given: tuple[Any, ...], named: dict[str, Any]) -> tuple[Any, ...]:
    """The goal that the former keywords mean, on top of a goal that is given (as ``dataclasses.replace`` does)."""
    told = {name: value for name in GOAL if (value := named.pop(name, None)) is not None}
    if not told:
        return given
    if len(given) <= PLACE:
        named["goal"] = _goal(named.get("goal"), **told)
        return given
    before = {"labels": given[PLACE]} if isinstance(given[PLACE], np.ndarray) else {"before": given[PLACE]}
    return (*given[:PLACE], _goal(**{**before, **told}), *given[PLACE + 1 :])


def _goal(before: Any = None, labels: Any = None, taught: Any = None, targets: Any = None, recall: Any = None) -> Any:
    if recall is not None or isinstance(before, Recall):
        return before if recall is None else recall
    if targets is None and not isinstance(before, Values):
        if labels is None:
            if before is None:
                raise TypeError("Stream: what the learner is told (taught) is given, but no labels or targets are")
            return Classes(before.labels, taught)
        return before.with_labels(labels) if taught is None and before is not None else Classes(labels, taught)
    visible: Any = None if taught is None else taught >= 0
    if taught is None and before is not None and not before.all_visible:
        visible = before.visible if isinstance(before, Values) else before.visible_labels >= 0
    was = before.targets if targets is None else targets
    return Values(was, visible, labels if labels is not None or before is None else before.labels)
