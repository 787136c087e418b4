"""Whether a study asks for scores that its task has: known from the stream, before anything is simulated."""

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
    """The study, if each of its objectives and constraints is a score of one of its tasks.

    A study that searches the numbers of its task (its length, how often it changes) is not asked: they may decide
    which scores there are. The driver looks at the first trial then.
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
    """The sentence about a score that the task, or all of the tasks, cannot give."""
    has = ", ".join(name for name, m in metrics().items() if name in given and m.judges != "held_out")
    of = f"the task {tasks[0]}, which has" if len(tasks) == 1 else f"the tasks {', '.join(tasks)}, which have"
    return f"{study.file}: {asked}: {name} is no score of {of} {has}; choose one of these"


def scores_of(stream: Stream) -> set[str]:
    """Names of the scores that a network can have on this stream: those of a made-up record of a plastic one."""
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
