"""The reference trial in the style of Brian2's tutorials: one new standalone program per trial.

Event-driven plasticity per synapse, `rand()`, a TimedArray, numbers as literals, Brian2's own build. It is what
``speedup_vs_fresh_build`` of bench_engine.py is measured against. Run alone: ``python scripts/textbook.py``.
"""

import tempfile
import time
from dataclasses import dataclass
from typing import Any

import numpy as np

NUMBERS = {
    "max_rate": 250.0, "U": 0.3, "tau_facilitation": 57e-3, "tau_depression": 20e-3, "tau_kenyon": 20e-3, "drive": 4.0,
    "inhibition": 100.0, "tau_inhibition": 10e-3, "tau_output": 20e-3, "tau_plus": 20e-3, "tau_minus": 20e-3,
    "tau_eligibility": 0.2, "presynaptic": 1.0, "potentiation": 1.0, "depression": 0.1, "eta": 0.05, "amplitude": 10.0,
    "w_max": 1.0,
}  # fmt: skip
KENYON, FAN_IN, OUTPUTS, STEPS = 2000, 8, 10, 50


@dataclass(frozen=True)
class Timed:
    """Duration of one trial, in total and inside the program, and its accuracy."""

    seconds: float
    run_seconds: float
    accuracy: float


def digits(seed: int, samples: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """All digits, in an order drawn from the seed: values [n, 64] in 0 to 1, classes [n]."""
    from sklearn.datasets import load_digits

    values, labels = load_digits(return_X_y=True)
    order = np.random.default_rng(seed).permutation(len(labels))[:samples]
    return values[order] / 16, labels[order]


def trial(numbers: dict[str, float], seed: int, samples: int | None = None) -> Timed:
    """Declare, generate, compile, run and score one network."""
    import brian2 as b2

    began = time.perf_counter()
    values, labels = digits(seed, samples)
    with tempfile.TemporaryDirectory(prefix="textbook-") as folder:
        b2.set_device("cpp_standalone", build_on_run=False)
        b2.device.reinit()
        b2.device.activate(build_on_run=False)
        b2.seed(seed)
        network, monitor = build(numbers, values, labels, seed)
        network.run(len(labels) * STEPS * b2.ms + b2.ms)
        b2.device.build(directory=folder, compile=True, run=True)
        decided = (monitor.spikes + 0.001 * monitor.received)[:, 1 : len(labels) + 1].argmax(axis=0)
        run_seconds = float(b2.device._last_run_time)
        b2.device.delete(force=True)
    return Timed(time.perf_counter() - began, run_seconds, float((decided == labels).mean()))


def build(p: dict[str, float], values: np.ndarray, labels: np.ndarray, seed: int) -> tuple[Any, Any]:
    """The network, and the monitor that reads its output at the end of each sample."""
    import brian2 as b2

    second, hertz, sample = b2.second, b2.Hz, STEPS * b2.ms
    b2.defaultclock.dt = 1 * b2.ms
    units = {k: v * second if k.startswith("tau") else v * hertz if k == "max_rate" else v for k, v in p.items()}
    target = np.zeros((len(labels) + 1, OUTPUTS))  # a sample's label is shown after its end
    target[np.arange(1, len(labels) + 1), labels] = 1
    space = units | {
        "stimulus": b2.TimedArray(np.vstack([values, values[-1:]]), dt=sample),
        "target": b2.TimedArray(target, dt=sample),
    }
    inputs = b2.NeuronGroup(64, "", threshold="rand() < max_rate*stimulus(t, i)*dt", namespace=space)
    inhibitor = b2.NeuronGroup(1, "dv/dt = -v/tau_inhibition : 1", method="exact", namespace=space)
    kenyon = b2.NeuronGroup(
        KENYON, "dv/dt = (-inhibition*inhibitor_v - v)/tau_kenyon : 1\ninhibitor_v : 1 (linked)\nspikes : 1",
        threshold="v > 1", reset="v = 0; spikes += 1", method="exponential_euler", namespace=space,
    )  # fmt: skip
    kenyon.inhibitor_v = b2.linked_var(inhibitor, "v")
    power = b2.NeuronGroup(1, "total : 1", namespace=space)
    output = b2.NeuronGroup(
        OUTPUTS, "dv/dt = -v/tau_output : 1\nspikes : 1\nreceived : 1\nm : 1\npower : 1 (linked)",
        threshold="v > 1", reset="v = 0; spikes += 1", method="exact", namespace=space,
    )  # fmt: skip
    output.power = b2.linked_var(power, "total")

    generator = np.random.default_rng(seed)
    pre = np.concatenate([generator.choice(64, FAN_IN, replace=False) for _ in range(KENYON)])
    feed = b2.Synapses(
        inputs, kenyon,
        """du/dt = -u/tau_facilitation : 1 (event-driven)
           dx/dt = (1 - x)/tau_depression : 1 (event-driven)""",
        on_pre=f"u += U*(1 - u)\nv_post += drive/{FAN_IN}*u*x\nx -= u*x", method="exact", namespace=space,
    )  # fmt: skip
    feed.connect(i=pre, j=np.repeat(np.arange(KENYON), FAN_IN))
    feed.x = 1
    inhibit = b2.Synapses(kenyon, inhibitor, on_pre=f"v_post += 1/{KENYON}")
    inhibit.connect()
    squares = b2.Synapses(kenyon, power, on_pre="total_post += 2*spikes_pre + 1")
    squares.connect()
    learn = b2.Synapses(
        kenyon, output,
        """w : 1
           dx/dt = -x/tau_plus : 1 (event-driven)
           dy/dt = -y/tau_minus : 1 (event-driven)
           dtag/dt = -tag/tau_eligibility : 1 (event-driven)""",
        on_pre="v_post += w; received_post += w; tag += presynaptic - depression*y; x += 1",
        on_post="tag += potentiation*x; y += 1", method="exact", namespace=space,
    )  # fmt: skip
    learn.connect()

    monitor = b2.StateMonitor(output, ["spikes", "received"], record=True, dt=sample, when="start", order=-1)
    done = {"dt": sample, "when": "before_groups"}
    error = "m = eta*(amplitude*target(t, i) - spikes)/clip(power, 1, inf)"
    change = "w = clip(w + m_post*tag*exp(-(t - lastupdate)/tau_eligibility), -w_max, w_max); tag = 0"
    output.run_regularly(error, order=0, **done)
    learn.run_regularly(change, order=1, **done)
    output.run_regularly("spikes = 0; received = 0; v = 0", order=2, **done)
    kenyon.run_regularly("spikes = 0; v = 0", order=2, **done)
    inhibitor.run_regularly("v = 0", order=2, **done)
    power.run_regularly("total = 0", order=2, **done)
    parts = [inputs, inhibitor, kenyon, power, output, feed, inhibit, squares, learn, monitor]
    return b2.Network(*parts), monitor


if __name__ == "__main__":
    print(trial(NUMBERS, 0))
