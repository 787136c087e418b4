"""Compare our static and activity metrics with NeuroBench's, on the same spikes.

NeuroBench measures torch modules, so it lives in an environment of its own and is given a replica: linear layers with
our weights, fed with our recorded spikes, step by step. In ours, then in theirs:
``python scripts/check_neurobench.py write spikes.npz`` and ``python scripts/check_neurobench.py check spikes.npz``.
The second needs ``pip install torch snntorch neurobench`` (2.3.0; its data sets are not touched) and nothing of ours.
"""

import argparse
import json
from typing import Any

import numpy as np

SEED = 3
TASK = {"digits": {"samples": 40, "lead_in": 0, "held_out": 0, "steps": 12}}
ARCHITECTURE = {
    "mushroom_body": {
        "encoder": {"poisson": {}},
        "kenyon": {"size": 120, "fan_in": 9, "drive": 12.0, "inhibition": 0.0, "homeostasis": 0.0},
        "output": {"weight": 0.1, "spread": 0.05},
    }
}
LAYERS = ("input_kenyon", "kenyon_inhibitor", "inhibitor_kenyon", "kenyon_output")
"""Four linear layers to NeuroBench; the third, inhibition of strength 0, has only zero weights."""


def write(file: str) -> None:
    """Simulate without learning (NeuroBench has none) and keep spikes, weights and our metrics."""
    from neurosearch import trial
    from neurosearch.evaluate import prediction

    prepared = trial.prepare({"architecture": ARCHITECTURE, "task": TASK}, SEED)
    plan, n = prepared.plan, len(prepared.stream.labels)
    probes = ["input_kenyon.w", "kenyon_output.w"]
    asked = trial.request(prepared, SEED, learning=False, probes=probes, raster=(0, n - 1))
    record = trial.DEFAULT.run(asked)
    metrics = dict(trial.scored(prepared, record).metrics)
    numbers = np.random.default_rng(0).normal(size=(2, 500, 1))
    metrics["smape"] = prediction.smape(*numbers)
    arrays: dict[str, Any] = {"raster": record.raster, "numbers": numbers, "steps": TASK["digits"]["steps"] * n}
    for name, pre, post in (("input_kenyon", "input", "kenyon"), ("kenyon_output", "kenyon", "output")):
        from neurosearch.random import stream_id

        ids = stream_id(f"{name}.wiring")
        i, j = plan.wirings[name].pairs(SEED, ids, plan.sizes[pre], plan.sizes[post], False)
        weights = np.zeros((plan.sizes[post], plan.sizes[pre]))
        weights[j, i] = record.arrays[f"{name}.w"]
        arrays[name] = weights
    kenyon = plan.sizes["kenyon"]
    arrays |= {"kenyon_inhibitor": np.full((1, kenyon), 1 / kenyon), "inhibitor_kenyon": np.zeros((kenyon, 1))}
    np.savez(file, populations=list(record.populations), metrics=json.dumps(metrics), samples=n, **arrays)
    print(f"{file}: {len(record.raster)} spikes of {n} samples")


def check(file: str) -> None:
    """Let NeuroBench measure the replica, and print its metrics next to ours."""
    import torch
    from neurobench.metrics.static import ConnectionSparsity, Footprint
    from neurobench.metrics.workload import SMAPE, ActivationSparsity, SynapticOperations
    from neurobench.models import TorchModel

    data = np.load(file)
    ours, samples, steps = json.loads(str(data["metrics"])), int(data["samples"]), int(data["steps"])
    populations = data["populations"].tolist()

    def spikes(name: str, size: int) -> torch.Tensor:
        mine = data["raster"][(data["raster"][:, 1] == populations.index(name)) & (data["raster"][:, 0] < steps)]
        shown = torch.zeros(steps, size)
        shown[mine[:, 0], mine[:, 2]] = 1
        return shown.reshape(samples, -1, size)

    class Spiking(torch.nn.Module):
        def forward(self, recorded: torch.Tensor) -> torch.Tensor:
            return recorded

    class Replica(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            for name in LAYERS:
                layer = torch.nn.Linear(data[name].shape[1], data[name].shape[0], bias=False)
                layer.weight.data = torch.tensor(data[name], dtype=torch.float32)
                setattr(self, name, layer)
            self.kenyon = Spiking()

        def forward(self, shown: torch.Tensor) -> torch.Tensor:
            """One step of one sample, [1, inputs + kenyon]: the layers receive the same input as in our network."""
            n = self.input_kenyon.in_features
            self.input_kenyon(shown[:, :n])
            kenyon = self.kenyon(shown[:, n:])
            self.inhibitor_kenyon(self.kenyon_inhibitor(kenyon))
            return self.kenyon_output(kenyon)

    model = TorchModel(Replica())
    model.add_activation_module(Spiking)
    model.register_hooks()
    shown = torch.cat([spikes("input", data["input_kenyon"].shape[1]), spikes("kenyon", len(data["input_kenyon"]))], 2)
    operations, sparse = SynapticOperations(), []
    with torch.no_grad():
        for sample in shown:
            model.reset_hooks()
            for step in sample:
                model(step[None])
            counted = operations(model, None, (torch.zeros(1, 1), None))
            sparse.append(ActivationSparsity()(model, None, None))
    predicted, target = (torch.tensor(x) for x in data["numbers"])
    theirs = {
        "connection_sparsity": ConnectionSparsity()(model),
        "activation_sparsity": float(np.mean(sparse)),
        "effective_operations": float(counted["Effective_ACs"] + counted["Effective_MACs"]),
        "dense_operations": float(counted["Dense"]),
        "smape": SMAPE()(model, predicted, (None, target)),
        "footprint_bytes": Footprint()(model),
    }
    print("| score | ours | NeuroBench | difference |\n|---|---|---|---|")
    for name, value in theirs.items():
        print(f"| {name} | {ours[name]:.6g} | {value:.6g} | {ours[name] - value:.2g} |")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["write", "check"])
    parser.add_argument("file")
    arguments = parser.parse_args()
    (write if arguments.what == "write" else check)(arguments.file)
