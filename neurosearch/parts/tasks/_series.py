"""Prediction of a series: each sample shows the last few values, and the next one is the target."""

import numpy as np

from neurosearch.errors import UserError
from neurosearch.parts.tasks.base import ALL, Task, check_delay
from neurosearch.random import draw, stream_id
from neurosearch.record.goal import Values
from neurosearch.record.stream import HELD_OUT, STREAM, WARM_UP, Stream


def next_value(task: Task, series: np.ndarray, n_training: int, history: int, key: str) -> Stream:
    """The stream in the series' own order: its first part is streamed, the rest held out.

    A sample's channels are the last ``history`` values, oldest first, scaled by the training part to 0 to 1 and cut;
    its target is the next value, as the series has it. The first samples have a whole history too.

    Args:
        series: [history - 1 + n + 1] values; n samples fit.
        n_training: samples of the training part.
        key: identity of the series.
    """
    n = len(series) - history
    n_stream = task.samples or n_training
    n_held = n - n_training if task.held_out == ALL else task.held_out
    for field, asked, most in (("samples", n_stream, n_training), ("held_out", n_held, n - n_training)):
        if asked > most:
            name = type(task).__name__
            raise UserError(f"{name}.{field} = {asked}, but {name} has {most}; give at most {most}")
    check_delay(task, task.delay, n_stream)
    low, high = series[: history + n_training].min(), series[: history + n_training].max()
    windows = np.lib.stride_tricks.sliding_window_view(series[:-1], history)
    values = np.clip((windows - low) / (high - low if high > low else 1), 0, 1).astype(np.float32)
    values.flags.writeable = False
    lead = np.arange(min(task.lead_in, n_stream))
    shown = np.concatenate([lead, np.arange(n_stream), n_training + np.arange(n_held)])
    phase = np.repeat(np.array([WARM_UP, STREAM, HELD_OUT], np.int8), [len(lead), n_stream, n_held])
    target = np.where(phase == WARM_UP, np.nan, series[history + shown])
    return Stream(
        values=values,
        shape=(history,),
        frame_row=shown.astype(np.int32),
        frame_steps=np.full(len(shown), task.steps, np.int32),
        sample_frames=np.ones(len(shown), np.int32),
        goal=Values(target[:, None].astype(np.float32)),
        phase=phase,
        outputs=1,
        key=key,
        delay=task.delay,
    )


def drawn(seed: int, name: str, n: int) -> np.ndarray:
    """[n] uniform numbers of a seed."""
    return draw(seed, stream_id(f"task.{name}"), 0, np.arange(n), 0)
