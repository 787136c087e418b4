"""Replay a stored trial: the same configuration and seeds must give the same score, bit for bit."""

import threading

from neurosearch.record.score import Score
from neurosearch.record.trial import Trial
from neurosearch.search.evaluation import Evaluate


def replay(trial: Trial, evaluate: Evaluate, cancel: threading.Event | None = None) -> tuple[Score, list[str]]:
    """Run a stored trial again; returns the new score and the differences, empty if it is identical."""
    configuration, seeds = dict(trial.configuration), trial.seeds
    score = evaluate(configuration, seeds, cancel or threading.Event())
    return score, differences(trial.score, score)


def differences(stored: Score, now: Score) -> list[str]:
    """``what: stored → now`` for status, every stored metric and every point of the learning curve."""
    found = [] if stored.status == now.status else [f"status: {stored.status} → {now.status} {now.reason}".rstrip()]
    before, after = stored.provenance.data, now.provenance.data
    if before and after and before != after:
        found.insert(0, "the data of the task changed since the trial was stored; restore them")
    for name in stored.metrics or now.metrics:  # what a measured score lacks, the version that stored it did not know
        old, new = stored.metrics.get(name), now.metrics.get(name)
        if old != new:
            found.append(f"{name}: {old!r} → {new!r}")
    if tuple(stored.curve) != tuple(now.curve):
        found.append("the learning curve differs")
    return found
