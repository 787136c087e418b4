"""What a record is worth."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

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
