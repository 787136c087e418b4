"""The nouns that travel up the corridor: what is shown (Stream), what happened (Record), what it is worth (Score, Trial).

Letters: K samples, F frames, C channels (raw inputs), O outputs, P populations, S spiking pathways.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

LEAD_IN, STREAM, HELD_OUT = 0, 1, 2
"""Phases of a sample: shown once without label and unscored; scored and learned; scored with learning off."""

DIRECTIONS: Mapping[str, str] = {
    "accuracy": "maximize",  # prequential: predict, score, then learn; the whole stream
    "last_accuracy": "maximize",  # prequential, last window of the stream
    "held_out_accuracy": "maximize",  # learning off, after the stream; never an objective of a search
    "samples_to_80": "minimize",  # samples until 80 % of the last window's accuracy is first reached
    "spikes": "minimize",  # spikes of all populations, a sample
    "synaptic_operations": "minimize",  # synaptic deliveries, a sample
    "writes": "minimize",  # weight writes, a sample
    "writes_per_synapse": "minimize",  # largest number of writes to one synapse in the run
}
"""Every score by name, with the direction in which it is better."""


@dataclass(frozen=True, eq=False)
class Stream:
    """Labelled samples in the order in which they are shown.

    Attributes:
        values: [rows, C] float32, raw channel values; the same array for every seed of a task, in [0, 1] for images.
        shape: layout of the channels, for example ``(8, 8)`` for an image, ``(12,)`` for a signal.
        frame_row: [F] int32, the row of ``values`` shown in a frame.
        frame_steps: [F] int32, how many steps a frame lasts.
        sample_frames: [K] int32, how many frames a sample has; their sum is F.
        labels: [K] int32, class of a sample; -1 where there is none.
        phase: [K] int8, LEAD_IN, STREAM or HELD_OUT, in this order.
        outputs: number of classes O.
        key: identity of ``values`` (task, its settings that change them, data file): equal keys, equal values.
        delay: samples between a sample's end and the arrival of its label.
    """

    values: np.ndarray
    shape: tuple[int, ...]
    frame_row: np.ndarray
    frame_steps: np.ndarray
    sample_frames: np.ndarray
    labels: np.ndarray
    phase: np.ndarray
    outputs: int
    key: str
    delay: int = 0


@dataclass(frozen=True, eq=False)
class Record:
    """What one simulation did.

    Attributes:
        status: ``ok``, or why it ended early: ``stopped``, ``not_finite``, ``time_limit``, ``memory_limit``, ``crashed``.
        completed: samples finished, out of ``samples``.
        readout: [completed, O] decision variable at each sample's decision.
        spikes: population → [completed] spikes in each sample.
        events: pathway → [completed] synaptic deliveries in each sample.
        arrays: probed arrays by name, for example ``kc_output.w``.
        raster: [m, 3] int32: step, index into ``populations``, neuron.
        run_seconds, setup_seconds, wall_seconds: inside the program's step loop, before it, and seen from outside.
        reason: a sentence when the status is not ``ok``.
    """

    status: str
    completed: int
    samples: int
    readout: np.ndarray
    spikes: Mapping[str, np.ndarray]
    events: Mapping[str, np.ndarray]
    arrays: Mapping[str, np.ndarray]
    raster: np.ndarray
    populations: tuple[str, ...] = ()
    run_seconds: float = 0.0
    setup_seconds: float = 0.0
    wall_seconds: float = 0.0
    reason: str = ""


@dataclass(frozen=True)
class Score:
    """What a record is worth.

    Attributes:
        status: ``ok``, ``silent``, ``saturated``, or the record's own (``not_finite``, ``time_limit``, ...).
        metrics: name (a key of ``DIRECTIONS``) → value; empty when nothing could be measured.
        curve: prequential accuracy in consecutive windows of the stream (the learning curve).
        detail: further numbers worth storing (spikes per population, seconds), plain JSON values.
        reason: a sentence when the status is not ``ok``.
    """

    status: str
    metrics: Mapping[str, float]
    curve: tuple[float, ...] = ()
    detail: Mapping[str, Any] = field(default_factory=dict)
    reason: str = ""


@dataclass(frozen=True)
class Trial:
    """One stored evaluation of a study.

    Attributes:
        number: position in the study, from 0.
        params: sampled path → value, only the paths that exist for this choice.
        score: the mean over the study's seeds.
        seconds: phase → seconds (``build``, ``simulate``, ``sample``, ``other``).
        detail: order of asks and tells, seeds, digest of the build, versions.
    """

    number: int
    params: Mapping[str, Any]
    score: Score
    seconds: Mapping[str, float] = field(default_factory=dict)
    detail: Mapping[str, Any] = field(default_factory=dict)
