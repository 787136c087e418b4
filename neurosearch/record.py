"""Nouns that travel up the corridor: what is shown (Stream), what happened (Record), what it is worth (Score, Trial).

Letters: K samples, F frames, C channels (raw inputs), O outputs, P populations, S spiking pathways.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

WARM_UP, STREAM, HELD_OUT, PROBE, CUT = 0, 1, 2, 3, 4
"""Phases of a sample: shown once without label and unscored; scored and learned; scored with learning off after the
stream; the same within the stream, to see what is remembered; shown for a part of its steps, to see when it decides."""

LEAD_IN = WARM_UP
"""Its former name, for tasks of users."""

DIRECTIONS: Mapping[str, str] = {
    "accuracy": "maximize",  # prequential: predict, score, then learn; the whole stream
    "last_accuracy": "maximize",  # prequential, last window of the stream
    "held_out_accuracy": "maximize",  # learning off, after the stream; never an objective of a search
    "samples_to_80": "minimize",  # samples until 80 % of the last window's accuracy is first reached
    "fading_accuracy": "maximize",  # prequential at the stream's end, old samples fading away
    "kappa": "maximize",  # Cohen's: prequential agreement beyond chance, for skewed streams
    "adaptation_time": "minimize",  # samples after a change until the accuracy is back, mean of all changes
    "adaptation_depth": "minimize",  # how far it fell meanwhile
    "forgetting": "minimize",  # best earlier less final accuracy on the samples of each session but the last
    "backward_transfer": "maximize",  # final less first accuracy on them: negative where they were forgotten
    "decision_latency": "minimize",  # steps until the decision stays what it is, mean of the samples cut short
    "smape": "minimize",  # of predicted values, per cent, prequential
    "nrmse": "minimize",  # root mean square error over the standard deviation of the targets, prequential
    "last_nrmse": "minimize",  # the same in the last window of the stream
    "held_out_smape": "minimize",  # learning off, after the stream; never an objective of a search
    "held_out_nrmse": "minimize",  # the same
    "recall_error": "minimize",  # of a memory: root mean square of recalled less stored values (phases: on the circle)
    "overlap": "maximize",  # correlation of recalled and stored values; of phases the mean cosine of their difference
    "capacity": "maximize",  # patterns stored times the share of cues recalled with an error below the criterion
    "steps_to_converge": "minimize",  # steps until a recall's error has come within 5 % of where it ends
    "spikes": "minimize",  # spikes of all populations, a sample
    "synaptic_operations": "minimize",  # synaptic deliveries, a sample
    "effective_operations": "minimize",  # NeuroBench's: non-zero inputs times weights, anew in every step, a sample
    "dense_operations": "minimize",  # NeuroBench's: all places of all weight matrices in every step, a sample
    "activation_sparsity": "maximize",  # NeuroBench's: part of the neuron-steps without a spike
    "connection_sparsity": "maximize",  # NeuroBench's: part of the places of weight matrices without a synapse
    "footprint_bytes": "minimize",  # NeuroBench's: weights, states, traces and parameters
    "writes": "minimize",  # weight writes, a sample
    "writes_per_synapse": "minimize",  # largest number of writes to one synapse in the run
    "writes_per_second": "minimize",  # mean writes to a plastic synapse in a second of the network's time
    "plasticity_operations": "minimize",  # evaluations of a rule on a synapse, a sample
}
"""Every score by name, with the direction in which it is better."""


@dataclass(frozen=True, eq=False)
class SparseRows:
    """[rows, C] zeros and ones, kept as the channels that are one: recorded events, where nearly everything is zero.

    Attributes:
        offsets: [rows + 1] int64; row r is 1 at ``units[offsets[r] : offsets[r + 1]]``.
        units: [n] channels, of any integer type.
        columns: C.
    """

    offsets: np.ndarray
    units: np.ndarray
    columns: int

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, C), as of an array."""
        return len(self), self.columns

    def __getitem__(self, rows: int | slice | np.ndarray) -> np.ndarray:
        """[C] one row, or [r, C] several, float32, as of an array."""
        if isinstance(rows, int | np.integer):
            return self.dense(np.array([rows]))[0]
        return self.dense(np.arange(len(self))[rows])

    def dense(self, rows: np.ndarray) -> np.ndarray:
        """[r, C] float32 of the rows with these numbers, 0 to rows - 1."""
        out = np.zeros((len(rows), self.columns), np.float32)
        lengths = self.offsets[rows + 1] - self.offsets[rows]
        out[np.repeat(np.arange(len(rows)), lengths), self._events(rows, lengths)] = 1
        return out

    def totals(self, rows: np.ndarray) -> np.ndarray:
        """[C] how many of these rows are 1 in each channel."""
        lengths = self.offsets[rows + 1] - self.offsets[rows]
        return np.bincount(self._events(rows, lengths), minlength=self.columns)

    def _events(self, rows: np.ndarray, lengths: np.ndarray) -> np.ndarray:
        """Units of these rows, one row after another."""
        before = np.cumsum(lengths) - lengths
        return np.asarray(self.units[np.repeat(self.offsets[rows] - before, lengths) + np.arange(lengths.sum())])


def digest(*arrays: np.ndarray) -> str:
    """SHA-256 of the types, shapes and values of arrays."""
    sha = hashlib.sha256()
    for array in arrays:
        sha.update(f"{array.dtype.str}{array.shape}".encode())
        sha.update(np.ascontiguousarray(array).data)
    return sha.hexdigest()


@dataclass(frozen=True, eq=False)
class Recall:
    """What a stream of patterns and cues asks of a memory.

    Attributes:
        truth: [K] int32, the row of ``Stream.values`` that a sample's readout should equal; -1 while patterns are
            stored.
        fresh: [K] bool, False where a sample goes on with the recall of the one before.
        period: 0, or the period of the values (2 pi for phases).
        criterion: error below which a pattern counts as recalled.
        references: errors that stand beside the memory's, by name (``cue``, ``no_memory``).
    """

    truth: np.ndarray
    fresh: np.ndarray
    period: float
    criterion: float
    references: Mapping[str, float]


@dataclass(frozen=True, eq=False)
class Stream:
    """Labelled samples in the order in which they are shown.

    Attributes:
        values: [rows, C] float32, raw channel values, in [0, 1] for images, or ``SparseRows`` of recorded events; the
            same for every seed of a task.
        shape: layout of the channels, for example ``(8, 8)`` for an image, ``(12,)`` for a signal.
        frame_row: [F] int32, the row of ``values`` shown in a frame.
        frame_steps: [F] int32, how many steps a frame lasts.
        sample_frames: [K] int32, how many frames a sample has; their sum is F.
        labels: [K] int32, class of a sample; -1 where there is none.
        phase: [K] int8, WARM_UP, STREAM, HELD_OUT in this order; PROBE between samples of STREAM, CUT at the end.
        outputs: number of classes O.
        key: identity of ``values`` (task, its settings that change them, data file): equal keys, equal values.
        delay: samples between a sample's end and the arrival of its label.
        taught: [K] int32, the class that the learner is told, -1 for none (of target values: whether); without it the
            labels, or all values, are told.
        targets: [K, O] float32, real values to be predicted instead of classes; NaN where there is none.
        session: [K] int32, which part of a changing stream a sample belongs to, from 0; the stream changes where it
            grows.
        step: seconds that a step stands for in data that have times; 0 in data that have none.
        recall: what is asked of a memory, where that is not classes.
    """

    values: np.ndarray | SparseRows
    shape: tuple[int, ...]
    frame_row: np.ndarray
    frame_steps: np.ndarray
    sample_frames: np.ndarray
    labels: np.ndarray
    phase: np.ndarray
    outputs: int
    key: str
    delay: int = 0
    taught: np.ndarray | None = None
    targets: np.ndarray | None = None
    session: np.ndarray | None = None
    step: float = 0.0
    recall: Recall | None = None

    @property
    def arrays(self) -> tuple[np.ndarray, ...]:
        """What ``values`` consists of."""
        return (self.values,) if isinstance(self.values, np.ndarray) else (self.values.offsets, self.values.units)


@dataclass(frozen=True, eq=False)
class Record:
    """What one simulation did.

    Attributes:
        status: ``ok``, or why it ended early: ``stopped``, ``not_finite``, ``time_limit``, ``memory_limit``,
            ``crashed``.
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
        curve: prequential accuracy (of predicted values: normalised error) in consecutive windows of the stream.
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
