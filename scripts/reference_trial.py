"""The reference trial of the benchmarks, as a configuration and as a hand-written program.

2,000 Kenyon cells, all 1,797 digits in 50 steps of 1 ms each, Poisson input through Tsodyks-Markram synapses, and a
three-factor rule: handwritten/mushroom_body.cpp and textbook.py are the same model.
"""

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from neurosearch import random
from neurosearch.random import stream_id
from neurosearch.record import Record
from neurosearch.simulate import compiler
from neurosearch.timeline import timeline
from neurosearch.trial import Prepared

SOURCE = Path(__file__).parent / "handwritten" / "mushroom_body.cpp"

CONFIGURATION: Mapping[str, Any] = {
    "architecture": {
        "mushroom_body": {
            "encoder": {"poisson": {"max_rate": 250.0, "stp": "tsodyks_markram"}},
            "kenyon": {"size": 2000, "fan_in": 8, "negative": 0.0, "drive": 4.0,
                       "homeostasis": 0.0, "inhibition": 100.0},
            "rule": {"modulated_stdp": {"presynaptic": 1.0, "depression": 0.1, "eta": 0.05, "amplitude": 10.0}},
        }
    },
    "task": {"digits": {"all_samples": True, "lead_in": 0, "held_out": 0, "steps": 50}},
}  # fmt: skip

_NUMBERS = {
    "dt": "", "max_rate": "input.max_rate", "U": "input.input_kenyon_stp_U",
    "tau_facilitation": "input.input_kenyon_stp_tau_facilitation",
    "tau_depression": "input.input_kenyon_stp_tau_depression", "tau_mem": "kenyon.tau_mem",
    "v_threshold": "kenyon.v_threshold", "v_leak": "kenyon.v_leak", "v_reset": "kenyon.v_reset",
    "inhibition": "kenyon.inhibitor_kenyon_weight", "tau_inhibition": "inhibitor.tau_mem",
    "inhibitor_weight": "inhibitor.kenyon_inhibitor_weight", "homeostasis_rate": "kenyon.homeostasis_rate",
    "sparsity": "kenyon.homeostasis_sparsity", "homeostasis_floor": "kenyon.homeostasis_floor",
    "output_tau_mem": "output.tau_mem", "output_v_threshold": "output.v_threshold", "fan_in": "kenyon.input_kenyon_k",
    "mean": "kenyon.input_kenyon_mean", "spread": "kenyon.input_kenyon_spread",
    "negative": "kenyon.input_kenyon_negative", "w_mean": "output.kenyon_output_mean",
    "w_spread": "output.kenyon_output_spread", "w_negative": "output.kenyon_output_negative",
} | {
    name: f"output.kenyon_output_{name}"
    for name in ("tau_plus", "tau_minus", "tau_eligibility", "presynaptic", "potentiation", "depression", "eta",
                 "amplitude", "dead_zone", "normalise", "w_min", "w_max")
}  # fmt: skip
"""Argument of the hand-written program → name of the same parameter in the plan."""

_STREAMS = {
    "input": "input.Poisson.threshold.0", "wiring": "input_kenyon.wiring", "size": "input_kenyon.size",
    "sign": "input_kenyon.sign", "w_size": "kenyon_output.size", "w_sign": "kenyon_output.sign",
}  # fmt: skip
"""Name of a random stream in the hand-written program → its name in the plan."""


@dataclass(frozen=True, eq=False)
class ByHand:
    """Results of the hand-written program.

    Attributes:
        readout: [K, 10] decision variable.
        counts: [K, 6] spikes of input, kenyon and output, then deliveries of the three projections.
        weights, writes: [10, kenyon].
    """

    run_seconds: float
    accuracy: float
    readout: np.ndarray
    counts: np.ndarray
    weights: np.ndarray
    writes: np.ndarray


def compile_by_hand(cxx: compiler.Compiler, folder: Path, strict: bool = False) -> Path:
    """Compile the hand-written program with the flags of a generated one."""
    (folder / "draws.h").write_text("#include <cmath>\n#include <cstdint>\n" + random.CPP + random.CPP_LOTS)
    binary = folder / f"by_hand_{cxx.name}_{'strict' if strict else 'fast'}"
    command = [cxx.path, *cxx.flags(strict), "-I", str(folder), str(SOURCE), "-o", str(binary)]
    subprocess.run(command, check=True)
    return binary


def run_by_hand(binary: Path, prepared: Prepared, seed: int) -> ByHand:
    """Run it on the same parameters and data as the generated program."""
    plan, line = prepared.plan, timeline(prepared.stream)
    numbers: dict[str, float] = {k: plan.values[name] for k, name in _NUMBERS.items() if name}
    numbers |= {"dt": plan.shape.dt, "seed": seed, "kenyon": plan.sizes["kenyon"], "steps": int(line.boundaries[1])}
    numbers |= {f"stream.{name}": stream_id(stream) for name, stream in _STREAMS.items()}
    table = prepared.drive.table()
    data = [np.array([len(table), line.samples], np.int32), table]
    data += [prepared.drive.order(line.order), line.labels.astype(np.int32)]
    command = [str(binary), *(f"{name}={value!r}" for name, value in numbers.items())]
    ran = subprocess.run(command, input=b"".join(x.tobytes() for x in data), stdout=subprocess.PIPE, check=True)
    header, _, rest = ran.stdout.partition(b"\n")
    said, arrays = json.loads(header), []
    for dtype, columns, rows in (("f8", 10, line.samples), ("i8", 6, line.samples), ("f8", plan.sizes["kenyon"], 10),
                                 ("i4", plan.sizes["kenyon"], 10)):  # fmt: skip
        size = np.dtype(dtype).itemsize * columns * rows
        arrays.append(np.frombuffer(rest[:size], dtype).reshape(rows, columns))
        rest = rest[size:]
    return ByHand(said["run_seconds"], said["accuracy"], *arrays)


def differences(record: Record, by_hand: ByHand) -> list[str]:
    """Results that differ between the generated and the hand-written program, compared bit for bit.

    The record must hold the probes ``w``, ``writes``, ``i`` and ``j`` of kenyon_output.
    """
    i, j = record.arrays["kenyon_output.i"], record.arrays["kenyon_output.j"]
    pairs = {
        "readout": (record.readout, by_hand.readout),
        "weights": (record.arrays["kenyon_output.w"], by_hand.weights[j, i]),
        "writes": (record.arrays["kenyon_output.writes"], by_hand.writes[j, i]),
    }
    for k, name in enumerate(("input", "kenyon", "output")):
        pairs[f"spikes of {name}"] = (record.spikes[name], by_hand.counts[:, k])
    for k, name in enumerate(("input_kenyon", "kenyon_inhibitor", "kenyon_output")):
        pairs[f"events of {name}"] = (record.events[name], by_hand.counts[:, 3 + k])
    return [name for name, (ours, theirs) in pairs.items() if not np.array_equal(ours, theirs)]
