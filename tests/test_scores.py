"""Scores of change, prediction, latency and hardware, each against a case worked out by hand."""

import dataclasses
import math

import numpy as np
import pytest

from neurosearch.evaluate import accuracy, change, latency, prediction
from neurosearch.evaluate.score import score
from neurosearch.hardware import operations
from neurosearch.hardware.operations import Inventory, Pathway
from neurosearch.record import CUT, DIRECTIONS, HELD_OUT, PROBE, STREAM, Record, Stream
from neurosearch.record.score import Change


def stream_of(labels: list[int], phase: list[int], session: list[int] | None = None, steps: int = 10) -> Stream:
    n = len(labels)
    return Stream(
        np.zeros((1, 1), np.float32), (1,), np.zeros(n, np.int32), np.full(n, steps, np.int32), np.ones(n, np.int32),
        np.array(labels, np.int32), np.array(phase, np.int8), 2, "by hand",
        session=None if session is None else np.array(session, np.int32),
    )  # fmt: skip


def record_of(decided: list[int], completed: int | None = None) -> Record:
    done = len(decided) if completed is None else completed
    readout = np.array([[0.0, 0.0] if d < 0 else np.eye(2)[d] for d in decided])[:done]
    return Record("ok", done, len(decided), readout, {}, {}, {}, np.zeros((0, 3), np.int32))


# ---- accuracy


def test_fading_accuracy_forgets() -> None:
    assert accuracy.fading(np.ones(7, bool)) == 1
    assert accuracy.fading(np.array([True, False])) == pytest.approx(0.995 / 1.995)
    late, early = np.arange(2000) >= 1000, np.arange(2000) < 1000
    assert accuracy.fading(late) > 0.99
    assert accuracy.fading(early) < 0.01


def test_kappa_of_a_skewed_stream() -> None:
    labels = np.array([0] * 9 + [1])
    assert accuracy.kappa(np.zeros(10, int), labels) == 0, "nine in ten right, and nothing known"
    assert accuracy.kappa(labels, labels) == 1
    assert accuracy.kappa(np.zeros(3, int), np.zeros(3, int)) == 0
    # Cohen (1960): 20 and 15 agreements of 50, raters say yes 25 and 30 times
    a = np.repeat([1, 1, 0, 0], [20, 5, 10, 15])
    b = np.repeat([1, 0, 1, 0], [20, 5, 10, 15])
    assert accuracy.kappa(a, b) == pytest.approx((0.7 - 0.5) / (1 - 0.5))


# ---- change


def test_adaptation_by_hand() -> None:
    old, session = [1] * 40, [0] * 40 + [1] * 40
    new = [0] * 12 + [1] * 28  # windows of 10 end at samples 10, 11, ...; nine right in ten at sample 21
    assert change.adaptation(np.array(old + new, bool), np.array(session)) == [Change(time=21, depth=1.0)]
    assert change.adaptation(np.ones(80, bool), np.array(session)) == [Change(time=0, depth=0)]
    assert change.adaptation(np.array(old + [0] * 40, bool), np.array(session)) == [Change(time=40, depth=1)]


def test_a_dip_after_recovery_is_not_the_change() -> None:
    new = [0] * 5 + [1] * 25 + [0] * 10
    assert change.adaptation(np.array([1] * 40 + new, bool), np.repeat([0, 1], 40)) == [Change(time=14, depth=0.5)]


def test_two_changes_are_averaged_into_the_score() -> None:
    right = [1] * 40 + [0] * 12 + [1] * 28 + [1] * 40
    stream = stream_of([1] * 120, [STREAM] * 120, list(np.repeat([0, 1, 2], 40)))
    result = score(record_of(right), stream)
    assert result.metrics["adaptation_time"] == (21 + 0) / 2
    assert result.metrics["adaptation_depth"] == 0.5
    assert result.changes[0] == Change(time=21.0, depth=1.0)
    assert "forgetting" not in result.metrics


def test_forgetting_and_backward_transfer_by_hand() -> None:
    # three sessions of one sample; probes after the first (of 0) and the second (of 0 and 1), two each
    phase = [STREAM, PROBE, PROBE, STREAM, PROBE, PROBE, PROBE, PROBE, STREAM] + [HELD_OUT] * 6
    session = [0, 0, 0, 1, 0, 0, 1, 1, 2, 0, 0, 1, 1, 2, 2]
    right = [1, 1, 0, 1, 1, 1, 1, 0, 1, 0, 0, 1, 1, 1, 1]
    stream = stream_of([1] * 15, phase, session)
    table = change.remembered(np.array(right, bool), stream.labels, stream.phase, np.array(session))
    np.testing.assert_array_equal(table, [[0.5, np.nan, np.nan], [1, 0.5, np.nan], [0, 1, 1]])
    found = change.memory(table)
    assert found["forgetting"] == ((1 - 0) + (0.5 - 1)) / 2
    assert found["backward_transfer"] == ((0 - 0.5) + (1 - 0.5)) / 2
    more = (
        [*phase[:9], *[HELD_OUT] * 9],
        [*session[:9], 0, 0, 0, 1, 1, 1, 2, 2, 2],
        [*right[:9], 0, 0, 1, 1, 1, 0, 1, 1, 1],
    )
    again = change.remembered(np.array(more[2], bool), np.ones(18), np.array(more[0]), np.array(more[1]))
    np.testing.assert_array_equal(again, table, "the end is judged by the samples that were probed before")
    assert score(record_of(right), stream).metrics["held_out_accuracy"] == 4 / 6, "probes are no held-out samples"
    assert change.memory(table[:1, :1]) == {}


# ---- latency


def test_latency_by_hand() -> None:
    readout = np.array([[1, 0], [0, 1], [0, 1], [0, 0], [1, 0], [1, 0], [0, 0], [0, 0.0]])
    steps = np.array([4, 8, 12, 4, 8, 12, 6, 12])
    assert latency.latencies(readout, steps).tolist() == [8, 8, 12]
    assert latency.latencies(np.zeros((0, 2)), np.zeros(0)).size == 0


def test_cut_samples_give_a_latency_and_nothing_else() -> None:
    stream = stream_of([1, 1, 1, 1], [STREAM, HELD_OUT, CUT, CUT])
    stream = dataclasses.replace(stream, frame_steps=np.array([10, 10, 5, 10], np.int32))
    metrics = score(record_of([1, 0, 1, 1]), stream).metrics
    assert (metrics["accuracy"], metrics["held_out_accuracy"], metrics["decision_latency"]) == (1, 0, 5)
    assert "decision_latency" not in score(record_of([1, 0, 1, 1], completed=3), stream).metrics


# ---- prediction


def test_errors_by_hand() -> None:
    predicted, target = np.array([[1.0], [3.0], [0.0]]), np.array([[1.0], [1.0], [0.0]])
    assert prediction.smape(predicted, target) == pytest.approx(200 * (0 + 2 / 4 + 0) / 3)
    assert prediction.nrmse(predicted, target) == pytest.approx(math.sqrt(4 / 3) / np.std([1, 1, 0]))
    assert prediction.smape(np.array([np.nan, 1.0]), np.ones(2)) == 100
    assert prediction.nrmse(np.array([np.nan, 1.0]), np.ones(2)) is None
    assert prediction.nrmse(np.ones(2), np.ones(2)) is None


def predicting(targets: list[float], phase: list[int]) -> Stream:
    stream = stream_of([-1] * len(targets), phase)
    return dataclasses.replace(stream, outputs=1, targets=np.array(targets, np.float32)[:, None])


def test_predicted_values_are_scored_where_there_is_a_target() -> None:
    stream = predicting([1, 2, np.nan, 4, 5], [STREAM] * 4 + [HELD_OUT])
    record = dataclasses.replace(record_of([0] * 5), readout=np.array([[1], [2], [9], [4], [6.0]]))
    metrics = score(record, stream).metrics
    assert (metrics["smape"], metrics["nrmse"]) == (0, 0)
    assert metrics["held_out_smape"] == pytest.approx(200 / 11)
    assert "accuracy" not in metrics


def test_a_prediction_that_never_moves_is_silent_and_one_that_was_not_made_is_the_worst() -> None:
    stream = predicting([1, 2, 3], [STREAM] * 3)
    still = dataclasses.replace(record_of([0] * 3), readout=np.full((3, 1), 2.0))
    assert score(still, stream).status == "silent"
    half = dataclasses.replace(still, status="not_finite", completed=1, readout=np.array([[1.0]]))
    assert score(half, stream).metrics["smape"] == pytest.approx(400 / 3)


# ---- hardware: 4 inputs, 3 hidden neurons that spike, 2 outputs


NETWORK = Inventory(
    sizes={"input": 4, "hidden": 3, "output": 2},
    numbers={"input": 4, "hidden": 7, "output": 2},
    spiking=("hidden",),
    pathways={
        "a": Pathway("input", "hidden", synapses=6, places=12, bits=32),
        "b": Pathway("hidden", "output", 6, 6, bits=4, numbers=1, plastic=True, on_pre=True, on_post=True, sweeps=2),
        "c": Pathway("hidden", "hidden", 6, 9, bits=0, carries="values"),
        "d": Pathway("output", "hidden", 6, 6, bits=0, zero=True, carries="values"),
        "e": Pathway("input", "output", 8, 8, bits=0, carries="frames"),
    },
    dt=1e-3,
)


def test_footprint_and_connections_by_hand() -> None:
    found = operations.static(NETWORK)
    assert found["footprint_bytes"] == (4 + 7 + 2) * 4 + 6 * 4 + (6 * 4 // 8 + 6 * 4)
    assert found["connection_sparsity"] == pytest.approx(1 - (6 + 6 + 6 + 8) / (12 + 6 + 9 + 6 + 8))


def test_activity_by_hand() -> None:
    # 20 steps in 2 frames; 5 hidden spikes, which meet 10 synapses of b; inputs meet 9 of a; 4 values of e a frame
    found = operations.activity(NETWORK, {"hidden": 5.0}, {"a": 9.0, "b": 10.0, "e": 8.0}, steps=20, frames=2)
    assert found["activation_sparsity"] == 1 - 5 / (3 * 20)
    assert found["dense_operations"] == 20 * (12 + 6 + 9 + 6 + 8)
    assert found["effective_operations"] == 9 + 10 + 6 * 20 + 0 + 8 * 10


def test_plasticity_by_hand() -> None:
    found = operations.learning(NETWORK, {"output": 4.0}, {"b": 10.0}, writes=12.0, steps=20)
    assert found["plasticity_operations"] == 2 * 6 + 10 + 4 * 3
    assert found["writes_per_second"] == 12 / 6 / 0.020
    fixed = dataclasses.replace(NETWORK, pathways={"a": NETWORK.pathways["a"]})
    assert operations.learning(fixed, {}, {}, None, 20) == {}


def test_what_was_not_counted_is_not_reported() -> None:
    assert "activation_sparsity" not in operations.activity(NETWORK, {}, {}, 20, 2)
    assert "effective_operations" not in operations.activity(NETWORK, {}, {"a": 1.0}, 20, 2)


def test_an_inventory_in_a_score() -> None:
    record = dataclasses.replace(
        record_of([1, 1]),
        spikes={"hidden": np.array([5, 5])},
        events={"a": np.array([9, 9]), "b": np.array([10, 10]), "e": np.array([4, 4])},
        arrays={"b.writes": np.array([12, 12, 0, 0, 0, 0])},
    )
    metrics = score(record, stream_of([1, 1], [STREAM] * 2), sizes={"hidden": 3}, inventory=NETWORK).metrics
    assert set(metrics) <= set(DIRECTIONS)
    assert metrics["writes_per_second"] == 12 / 6 / 0.010
    assert metrics["effective_operations"] == 9 + 10 + 60 + 40


# ---- the inventory of a real plan


def test_the_inventory_of_a_mushroom_body() -> None:
    from neurosearch import catalogue, config
    from neurosearch.hardware.inventory import inventory
    from neurosearch.hardware.weight_memory import WeightMemory
    from neurosearch.lower.lower import lower

    data = {"kenyon": {"size": 30, "fan_in": 5, "inhibition": 0.0}, "rule": "modulated_stdp", "encoder": "poisson"}
    architecture = config.build(catalogue.find("architectures", "mushroom_body"), data)
    memory = WeightMemory(bits=3)
    found = inventory(lower(architecture.graph((8, 8), 10), memory), memory)
    ways = found.pathways
    assert set(ways) == {"input_kenyon", "kenyon_inhibitor", "inhibitor_kenyon", "kenyon_output"}
    assert (ways["input_kenyon"].synapses, ways["input_kenyon"].places) == (150, 64 * 30)
    assert ways["inhibitor_kenyon"].zero
    plastic = ways["kenyon_output"]
    assert (plastic.synapses, plastic.bits, plastic.numbers) == (300, 3, 1), "the eligibility is stored per synapse"
    assert (plastic.on_pre, plastic.on_post, plastic.sweeps) == (True, True, 1)
    assert set(found.spiking) == {"kenyon", "output"}
