"""The lean device: bit for bit what Brian2 computes, at sizes chosen at the start, and a program that keeps its word.

Reference is Brian2's own NumPy target with the same text (Euler integration, so that no library's exp() decides), and
once the stock C++ standalone device. Samples have one length there, because stock clocks know only multiples of dt.
"""

import json
import os
import signal
import subprocess
import time
from dataclasses import dataclass, field

import numpy as np
import pytest

from neurosearch import random

brian2 = pytest.importorskip("brian2")
brian2.prefs.logging.file_log = False
brian2.BrianLogger.suppress_name("only_threshold")
brian2.BrianLogger.suppress_name("clock_driven")

from brian2 import Clock, Network, NeuronGroup, Synapses, TimedArray, linked_var, ms  # noqa: E402
from brian2.core.functions import Function  # noqa: E402

from neurosearch.simulate.device import Unsupported, fresh_device  # noqa: E402

STRICT = ["-std=c++17", "-O3", "-march=native", "-ffp-contract=off", "-fno-math-errno", "-w"]
FAST = ["-std=c++17", "-O3", "-march=native", "-ffast-math", "-fno-finite-math-only", "-fno-math-errno", "-w"]
DTYPES = {"float64": "f8", "float32": "f4", "int64": "i8", "int32": "i4", "uint8": "u1"}
STEPS, SAMPLES = 20, 6


def drawing() -> Function:
    kinds = ["integer"] * 5
    names = ["seed", "stream", "step", "i", "j"]
    function = Function(random.draw, arg_units=[1] * 5, return_unit=1, arg_names=names, arg_types=kinds, return_type="float")
    function.implementations.add_numpy_implementation(random.draw)
    function.implementations.add_implementation("cpp", random.CPP, name="draw")
    return function


@dataclass
class Kit:
    """What a model is built with, for the lean device or for stock Brian2."""

    device: object = None
    sizes: dict = field(default_factory=dict)
    tables: dict = field(default_factory=dict)
    groups: list = field(default_factory=list)
    draw: Function = field(default_factory=drawing)

    def group(self, name, *args, **kwargs):
        made = NeuronGroup(2 if self.device and name in self.sizes else self.sizes.get(name, 1), *args, name=name, **kwargs)
        made.namespace["draw"] = self.draw
        if self.device:
            self.device.runtime_size(made)
        self.groups.append(made)
        return made

    def synapses(self, name, source, target, *args, **kwargs):
        made = Synapses(source, target, *args, name=name, **kwargs)
        made.namespace["draw"] = self.draw
        return made

    def clock(self, event):
        clock = Clock(dt=STEPS * ms, name=f"{event}_clock")
        if self.device:
            self.device.event_clocks[clock.name] = event
        return clock

    def table(self, name, values, rows="sample"):
        self.tables[name] = values
        if self.device:
            return self.device.table(name, "f8", rows=rows, columns=values.ndim == 2)
        return TimedArray(values, dt=STEPS * ms, name=name)


@dataclass
class Model:
    objects: list
    probes: list
    values: dict = field(default_factory=dict)


LIF = "dv/dt = (drive - v)/(10*ms) : 1\ndrive : 1"


def neurons(kit, name="kc", extra="", **kwargs):
    options = {"threshold": "v > 1", "reset": "v = 0", "method": "euler", **kwargs}
    made = kit.group(name, LIF + "\n" + extra, **options)
    made.drive = "0.8 + 0.9*draw(7, 1, 0, i, 0)"
    made.v = "draw(7, 2, 0, i, 0)"
    return made


def lif(kit):
    return Model([neurons(kit)], ["kc.v"])


def refractory(kit):
    extra = "dv/dt = (drive - v)/(10*ms) : 1 (unless refractory)\ndrive : 1"
    group = kit.group("kc", extra, threshold="v > 1", reset="v = 0", refractory=3 * ms, method="euler")
    group.drive = "1.1 + draw(7, 1, 0, i, 0)"
    return Model([group], ["kc.v", "kc.lastspike"])


def random_wiring(kit):
    source, target = neurons(kit, "pn"), neurons(kit, threshold="v > 2")
    synapses = kit.synapses("pn_kc", source, target, "w : 1", on_pre="v_post += w")
    synapses.connect(condition="draw(3, 4, 0, i, j) < 0.3")
    synapses.w = "0.5*draw(3, 5, 0, i, j)/sqrt(N_pre)"
    return Model([source, target, synapses], ["kc.v", "pn_kc.w", "pn_kc.N_outgoing", "pn_kc.N_incoming"])


def fixed_fan_in(kit):
    source, target = neurons(kit, "pn"), neurons(kit, threshold="v > 2")
    synapses = kit.synapses("pn_kc", source, target, "w : 1", on_pre="v_post += w", on_post="w += 0.001*v_pre")
    synapses.connect(i="(j*7 + 5*m) % N_pre for m in range(4)")
    synapses.w = "0.1 + 0.1*draw(3, 5, 0, i, j)"
    return Model([source, target, synapses], ["kc.v", "pn_kc.w"])


def stdp(kit, recurrent=False):
    trace = "dx/dt = -x/(15*ms) : 1"
    source = neurons(kit, "pn", trace, reset="v = 0; x += 1")
    target = source if recurrent else neurons(kit, "kc", trace, reset="v = 0; x += 1")
    on_pre = "v_post += w\nw = clip(w - 0.01*x_post, 0, 0.2)"
    synapses = kit.synapses("plastic", source, target, "w : 1", on_pre=on_pre, on_post="w = clip(w + 0.012*x_pre, 0, 0.2)")
    if recurrent:
        synapses.connect(condition="i != j and draw(3, 4, 0, i, j) < 0.4")
    else:
        synapses.connect()
    synapses.w = "0.1*draw(3, 5, 0, i, j)"
    return Model([source, synapses, *([] if recurrent else [target])], ["pn.v", "plastic.w", f"{target.name}.x"])


def recurrent(kit):
    return stdp(kit, recurrent=True)


def graded(kit):
    source, target = neurons(kit, "pn"), neurons(kit, "kc", "total : 1")
    target.equations  # noqa: B018 (a summed variable needs its parameter declared)
    every = kit.synapses("every", source, target, "w : 1\ntotal_post = w*v_pre : 1 (summed)")
    every.connect()
    every.w = "draw(3, 5, 0, i, j)"
    back = kit.synapses("back", target, source, "g : 1\ndrive_post = 1 + g*v_pre : 1 (summed)")
    back.connect(condition="draw(3, 6, 0, i, j) < 0.5")
    back.g = "draw(3, 7, 0, i, j)/N_pre"
    return Model([source, target, every, back], ["kc.total", "pn.v", "pn.drive"])


def inhibited(kit):
    apl = kit.group("apl", "da/dt = -a/(8*ms) : 1", method="euler")
    kc = neurons(kit, "kc", "a : 1 (linked)", threshold="v - 0.3*a > 1")
    kc.a = linked_var(apl, "a")
    synapses = kit.synapses("kc_apl", kc, apl, on_pre="a_post += 1.0/N_pre")
    synapses.connect()
    return Model([apl, kc, synapses], ["apl.a", "kc.v"])


def learning(kit):
    """A delta rule at the end of samples, gates and input from tables, reset at the end."""
    end, begin, frame = kit.clock("end"), kit.clock("begin"), kit.clock("frame")
    n_in, n_out = kit.sizes["pn"], kit.sizes["out"]
    generator = np.random.default_rng(1)
    image = kit.table("image", generator.random((SAMPLES + 1, n_in)), rows="frame")
    # stock reads the row at the boundary itself, so its table starts one sample later
    shift = 0 if kit.device else 1
    target = np.vstack([np.zeros((1, n_out)), np.eye(n_out)[np.arange(SAMPLES + 1) % n_out]])
    target = kit.table("target", target[1 - shift :])
    gain = kit.table("gain", 1 + generator.random(SAMPLES), rows="sample")
    pn = kit.group("pn", "rate : 1\ngate : 1 (shared)\nn : 1\nk : integer", threshold="draw(5, 6, t_in_timesteps, i, 0) < rate", reset="n += 1; k += 1")
    pn.namespace.update(image=image, gain=gain)
    pn.run_regularly("rate = 0.4*gate*image(t, i)", clock=frame, when="start", order=5)
    pn.run_regularly("gate = gain(t)/2", clock=begin, when="start", order=4)
    pn.run_regularly("n = 0", clock=end, when="start", order=3)
    out = neurons(kit, "out", "n : 1\nerr : 1", reset="v = 0; n += 1")
    out.namespace["target"] = target
    out.run_regularly("err = (target(t, i)*5 - n)*int(t_in_timesteps > 0)", clock=end, when="start", order=1)
    out.run_regularly("n = 0; v = v*int(t_in_timesteps == 0)", clock=end, when="start", order=3)
    plastic = kit.synapses("plastic", pn, out, "w : 1\nw_max : 1 (shared)", on_pre="v_post += w")
    plastic.connect()
    plastic.w = "0.2*draw(3, 5, 0, i, j)"
    plastic.w_max = 0.4
    plastic.run_regularly("w = clip(w + 0.01*err_post*n_pre, -w_max, w_max)", clock=end, when="start", order=2)
    if kit.device:
        kit.device.readout(out, "n")
    return Model([pn, out, plastic], ["plastic.w", "out.v", "out.err", "pn.rate", "pn.k"])


def short_term(kit):
    stp = "du/dt = -u/(50*ms) : 1\ndx/dt = (1 - x)/(20*ms) : 1\nU : 1 (shared, constant)"
    source = neurons(kit, "pn", stp, reset="v = 0; u += U*(1 - u); x -= u*x")
    source.U, source.x = 0.3, 1
    target = neurons(kit, "kc", "g : 1\nlevel : integer")
    target.run_regularly("level = int(v*10); g = 0.5*level", when="before_groups")
    synapses = kit.synapses("pn_kc", source, target, on_pre="v_post += 0.4*(u_pre + U_pre*(1 - u_pre))*x_pre")
    synapses.connect(j="k for k in range(i, N_post, 3)")
    return Model([source, target, synapses], ["kc.v", "kc.level", "kc.g", "pn.x", "pn.u"])


MODELS = [lif, refractory, random_wiring, fixed_fan_in, stdp, recurrent, graded, inhibited, learning, short_term]
SIZES = {"pn": 23, "kc": 300, "out": 11}


def objects_and_clocks(model):
    return Network(*model.objects)


def compiled(text, folder, name, flags=STRICT, compiler="g++"):
    (folder / f"{name}.cpp").write_text(text)
    subprocess.run([compiler, *flags, str(folder / f"{name}.cpp"), "-o", str(folder / name)], check=True)
    return folder / name


def lean_text(make, sizes):
    device = fresh_device(strict=True)
    brian2.defaultclock.dt = 1 * ms
    kit = Kit(device=device, sizes=sizes)
    model = make(kit)
    for group in kit.groups:
        if group.thresholder:
            device.count_spikes(group)
    for made in model.objects:
        if isinstance(made, Synapses) and hasattr(made, "pre"):
            device.count_events(made, made.name)
    return device.program(objects_and_clocks(model), 0.001), model, kit


def message(arguments):
    parts = []
    for key, value in arguments.items():
        if isinstance(value, np.ndarray):
            parts.append(f"{key}:{DTYPES[value.dtype.name]}:{value.size}\n".encode() + value.tobytes())
        else:
            parts += [f"{key}={one}\n".encode() for one in (value if isinstance(value, list) else [value])]
    return b"".join([*parts, b"go\n"])


def parsed(output):
    lines = []
    while output.startswith(b"p "):
        line, output = output.split(b"\n", 1)
        lines.append(tuple(int(word) for word in line.split()[1:]))
    head, data = output.split(b"\n", 1)
    result = json.loads(head[2:])
    arrays, at = {}, 0
    for name, dtype, *shape in result["arrays"]:
        arrays[name] = np.frombuffer(data, dtype, int(np.prod(shape)), at).reshape(shape)
        at += arrays[name].nbytes
    assert at == len(data)
    return result, arrays, lines


def start(program, arguments):
    process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdin.write(message(arguments))
    process.stdin.flush()
    return process


def finish(process):
    output, errors = process.stdout.read(), process.stderr.read().decode()
    code = process.wait()
    for pipe in (process.stdin, process.stdout, process.stderr):
        pipe.close()
    return code, output, errors


def run(program, arguments):
    code, output, errors = finish(start(program, arguments))
    assert code == 0, errors
    return parsed(output)


def stream(sizes, kit=None, samples=SAMPLES, steps=STEPS):
    arguments = {"boundaries": np.arange(samples + 1) * steps}
    arguments["frames"] = arguments["boundaries"].copy()
    arguments |= {f"size.{name}": n for name, n in sizes.items()}
    for name, values in (kit.tables if kit else {}).items():
        arguments[f"table.{name}"] = values
        if values.ndim == 2:
            arguments[f"columns.{name}"] = values.shape[1]
    return arguments


def reference(make, sizes):
    """Final arrays by Brian2's NumPy target, by probe."""
    brian2.set_device("runtime")
    brian2.prefs.codegen.target = "numpy"
    brian2.defaultclock.dt = 1 * ms
    model = make(Kit(sizes=sizes))
    network = objects_and_clocks(model)
    network.run((SAMPLES * STEPS + 1) * ms, namespace={})
    by_name = {made.name: made for made in model.objects}
    return {probe: np.array(by_name[probe.split(".")[0]].variables[probe.split(".")[1]].get_value()) for probe in model.probes}


def present(make, sizes):
    text, model, kit = lean_text(make, sizes)
    return text, model, kit, {name: n for name, n in sizes.items() if name in {g.name for g in kit.groups}}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("programs")


@pytest.mark.parametrize("make", MODELS, ids=lambda f: f.__name__)
def test_same_bits_as_brian2(make, folder):
    text, model, kit, sizes = present(make, SIZES)
    program = compiled(text, folder, make.__name__)
    _, arrays, _ = run(program, {**stream(sizes, kit), "probe": model.probes})
    expected = reference(make, SIZES)
    assert arrays["spikes"].sum() > 20
    for probe in model.probes:
        np.testing.assert_array_equal(arrays[probe], expected[probe], err_msg=probe)


@pytest.mark.parametrize("make", [random_wiring, stdp, graded])
def test_one_program_at_several_sizes(make, folder):
    for sizes in ({"pn": 1, "kc": 5}, {"pn": 70, "kc": 513}):
        program = folder / make.__name__
        if not program.exists():
            compiled(lean_text(make, SIZES)[0], folder, make.__name__)
        expected = reference(make, sizes)
        _, arrays, _ = run(program, {**stream(sizes), "probe": list(expected)})
        for probe, values in expected.items():
            np.testing.assert_array_equal(arrays[probe], values, err_msg=probe)
