"""Check from the stream, before any simulation, that the task provides the metrics of a study."""

import dataclasses

import numpy as np

from neurosearch.errors import UserError
from neurosearch.evaluate.metrics import metrics
from neurosearch.evaluate.score import score
from neurosearch.hardware.operations import Inventory, Pathway
from neurosearch.record.goal import Classes, Recall, Values
from neurosearch.record.record import Record
from neurosearch.record.stream import Stream
from neurosearch.study import study as studies
from neurosearch.study.space import Choice, is_under
from neurosearch.study.study import Study


def checked(study: Study) -> Study:
    """Return the study if one of its tasks provides each of its objectives and constraints.

    A study that searches numbers of its task (its length, the number of changes) is not checked, because they may
    determine which metrics exist; the driver then checks the first trial.
    """
    searched = {path: d for path, d in study.space.items() if path == "task" or is_under(path, "task")}
    named = [isinstance(d, Choice) and all(isinstance(o, str | bool) for o in d.options) for d in searched.values()]
    if not all(named):
        return study
    goals = dict.fromkeys(study.objectives, "objectives") | dict.fromkeys(study.constraints, "constraints")
    names: list[str] = []
    given: set[str] = set()
    for chosen in studies.combinations(dataclasses.replace(study, space=searched)):
        task = study.resolve(chosen).task
        names.append(next(iter(study.configuration(chosen)["task"])))
        try:
            given |= scores_of(task.stream(study.seeds[0]))
        except UserError as error:
            raise UserError(f"{study.file}: {error}") from error
        if goals.keys() <= given:
            return study
    absent = next(name for name in goals if name not in given)
    raise UserError(refusal(study, goals[absent], absent, list(dict.fromkeys(names)), given))


def refusal(study: Study, asked: str, name: str, tasks: list[str], given: set[str]) -> str:
    """The message about a metric that none of the tasks provides."""
    has = ", ".join(name for name, m in metrics().items() if name in given and m.judges != "held_out")
    lacking = f"task {tasks[0]} does" if len(tasks) == 1 else f"tasks {', '.join(tasks)} do"
    return f"{study.file}: {asked}: {lacking} not provide {name}; available: {has}"


def scores_of(stream: Stream) -> set[str]:
    """Names of the metrics that a network can have on this stream, from an artificial record of a plastic network."""
    samples = len(stream.phase)
    match stream.goal:
        case Values(targets=targets):
            readout = np.nan_to_num(targets)
        case Recall():
            readout = np.zeros((samples, stream.values.shape[1]))
        case Classes():
            readout = np.zeros((samples, stream.outputs))
    none, one = np.zeros(samples, int), np.ones(1, int)
    record = Record("ok", samples, samples, readout, {"cells": none}, {"way": none}, {"way.writes": one}, one)
    way = Pathway("cells", "cells", synapses=1, places=1, plastic=True)
    made_of = Inventory({"cells": 1}, {"cells": 1}, ("cells",), {"way": way}, dt=1e-3)
    return set(score(record, stream, sizes={"cells": 1}, inventory=made_of).metrics)
