"""The lean device: bit for bit what Brian2 computes, at sizes chosen at the start, and a program that keeps its word.

Reference is Brian2's own NumPy target with the same text (Euler integration, so that no library's exp() decides), and
once the stock C++ standalone device. Samples have one length there, because stock clocks know only multiples of dt.
"""

import json
import os
import signal
import subprocess
from dataclasses import dataclass, field

import numpy as np
import pytest

from neurosearch import random

brian2 = pytest.importorskip("brian2")
brian2.prefs.logging.file_log = False
brian2.BrianLogger.suppress_name("only_threshold")
brian2.BrianLogger.suppress_name("clock_driven")
brian2.BrianLogger.suppress_name("unused_brian_object")

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
    function = Function(
        random.draw, arg_units=[1] * 5, return_unit=1, arg_names=names, arg_types=kinds, return_type="float"
    )
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
        made = NeuronGroup(
            2 if self.device and name in self.sizes else self.sizes.get(name, 1), *args, name=name, **kwargs
        )
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
    synapses = kit.synapses(
        "plastic", source, target, "w : 1", on_pre=on_pre, on_post="w = clip(w + 0.012*x_pre, 0, 0.2)"
    )
    if recurrent:
        synapses.connect(condition="i != j and draw(3, 4, 0, i, j) < 0.4")
    else:
        synapses.connect()
    synapses.w = "0.1*draw(3, 5, 0, i, j)"
    return Model([source, synapses, *([] if recurrent else [target])], ["pn.v", "plastic.w", f"{target.name}.x"])


def recurrent(kit):
    return stdp(kit, recurrent=True)


def graded(kit):
    source, target = neurons(kit, "pn"), neurons(kit, "kc", "total : 1\nfew : 1")
    fan_in = kit.synapses("fan_in", source, target, "g : 1\nfew_post = g*v_pre + 0.1*drive_post : 1 (summed)")
    fan_in.connect(i="(j*7 + 5*m) % N_pre for m in range(4)")
    fan_in.g = "draw(3, 8, 0, i, j)"
    every = kit.synapses("every", source, target, "w : 1\ntotal_post = w*v_pre : 1 (summed)")
    every.connect()
    every.w = "draw(3, 5, 0, i, j)"
    back = kit.synapses("back", target, source, "g : 1\ndrive_post = 1 + g*v_pre : 1 (summed)")
    back.connect(condition="draw(3, 6, 0, i, j) < 0.5")
    back.g = "draw(3, 7, 0, i, j)/N_pre"
    return Model([source, target, fan_in, every, back], ["kc.total", "kc.few", "pn.v", "pn.drive"])


def several_sums(kit):
    """Sums over the same synapses, as one loop; ``d`` reads what ``c`` sums, so it stays behind it."""
    source = neurons(kit, "pn", "x : 1\nc : 1\nd : 1")
    target = neurons(kit, "kc", "a : 1\nb : 1")
    one = kit.group("apl", "sum_v : 1\nsum_va : 1")
    source.x = "draw(7, 9, 0, i, 0)"
    fan_in = kit.synapses("fan_in", source, target, "g : 1\na_post = g*v_pre : 1 (summed)\nb_post = x_pre : 1 (summed)")
    fan_in.connect(i="(j*7 + 5*m) % N_pre for m in range(4)")
    fan_in.g = "draw(3, 8, 0, i, j)"
    sums = "w : 1\nc_post = w*v_pre : 1 (summed)\nd_post = w*x_pre + c_pre : 1 (summed)"
    every = kit.synapses("every", source, source, sums)
    every.connect()
    every.w = "0.01*draw(3, 5, 0, i, j)"
    onto_one = "sum_v_post = v_pre : 1 (summed)\nsum_va_post = v_pre*a_pre : 1 (summed)"
    single = kit.synapses("single", target, one, onto_one)
    single.connect()
    return Model(
        [source, target, one, fan_in, every, single], ["kc.a", "kc.b", "pn.c", "pn.d", "apl.sum_v", "apl.sum_va"]
    )


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
    pn = kit.group(
        "pn",
        "rate : 1\ngate : 1 (shared)\nn : 1\nk : integer",
        threshold="draw(5, 6, t_in_timesteps, i, 0) < rate",
        reset="n += 1; k += 1",
    )
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


MODELS = [
    lif,
    refractory,
    random_wiring,
    fixed_fan_in,
    stdp,
    recurrent,
    graded,
    several_sums,
    inhibited,
    learning,
    short_term,
]
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
    return {
        probe: np.array(by_name[probe.split(".")[0]].variables[probe.split(".")[1]].get_value())
        for probe in model.probes
    }


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


def test_sums_over_the_same_synapses_are_one_loop():
    text = present(several_sums, SIZES)[0]
    step = text[text.index("static inline void step(") : text.index("static void decision_event(")]
    runs = [line.split("::")[0].strip() for line in step.splitlines() if "_sum" in line]
    assert runs == [
        "every_summed_variable_c_post_codeobject",
        "every_summed_variable_d_post_codeobject",
        "fan_in_sums",
        "single_sums",
    ]


@pytest.mark.parametrize("make", [random_wiring, stdp, graded, several_sums])
def test_one_program_at_several_sizes(make, folder):
    for sizes in ({"pn": 1, "kc": 5}, {"pn": 70, "kc": 513}):
        program = folder / make.__name__
        if not program.exists():
            compiled(lean_text(make, SIZES)[0], folder, make.__name__)
        expected = reference(make, sizes)
        _, arrays, _ = run(program, {**stream(sizes), "probe": list(expected)})
        for probe, values in expected.items():
            np.testing.assert_array_equal(arrays[probe], values, err_msg=probe)


def test_same_bits_as_stock_cpp_with_exact_integration(folder):
    """Where exp() is used: both are C++ and share the library's exp()."""

    def decaying(kit):
        group = kit.group(
            "kc",
            "dv/dt = (d - v)/(11*ms) : 1\nd : 1\ndx/dt = -x/(7*ms) : 1",
            threshold="v > 1",
            reset="v = 0; x += 1",
            method="exact",
        )
        group.d = "0.9 + draw(7, 1, 0, i, 0)"
        synapses = kit.synapses("self", group, group, "w : 1", on_pre="v_post += w", on_post="w += 0.01*x_pre")
        synapses.connect(condition="i != j and draw(3, 4, 0, i, j) < 0.2")
        synapses.w = "0.1*draw(3, 5, 0, i, j)"
        return Model([group, synapses], ["kc.v", "kc.x", "self.w"])

    text, model, _, sizes = present(decaying, {"kc": 60})
    _, arrays, _ = run(compiled(text, folder, "decaying"), {**stream(sizes), "probe": model.probes})

    brian2.set_device("cpp_standalone", build_on_run=False)
    device = brian2.get_device()
    device.reinit()
    device.activate(build_on_run=False)
    brian2.defaultclock.dt = 1 * ms
    stock = decaying(Kit(sizes={"kc": 60}))
    objects_and_clocks(stock).run((SAMPLES * STEPS + 1) * ms, namespace={})
    project = folder / "stock"
    device.build(directory=str(project), compile=False, run=False)
    sources = sorted(str(path.relative_to(project)) for path in project.rglob("*.cpp"))
    flags = ["-O1", "-march=native", "-ffp-contract=off", "-std=c++17", "-w", f"-I{project}", f"-I{project}/brianlib"]
    objects = [str(project / name) for name in sources]
    subprocess.run(["g++", *flags, *objects, "-o", str(project / "main")], check=True, cwd=project)
    subprocess.run(["./main"], check=True, cwd=project)
    by_name = {made.name: made for made in stock.objects}
    assert arrays["spikes"].sum() > 100
    for probe in model.probes:
        owner, name = probe.split(".")
        expected = np.fromfile(project / "results" / device.get_array_filename(by_name[owner].variables[name]))
        np.testing.assert_array_equal(arrays[probe], expected, err_msg=probe)
    brian2.set_device("runtime")


def test_events_rows_and_lengths(folder):
    """Samples of several lengths, a teaching phase, frames: every event at its step, with its row, in its order."""
    device = fresh_device(strict=True)
    brian2.defaultclock.dt = 1 * ms
    image = device.table("image", "f4", rows="frame", columns=True)
    target = device.table("target", "i4", columns=True)
    gain = device.table("gain", "f8")
    names = ("decision", "end", "begin", "frame")
    sums = "".join(f"{name}_sum : 1\n{name}_last : integer\n" for name in names)
    group = NeuronGroup(
        2, sums + "total : 1\ntrail : 1", name="watch", namespace={"image": image, "target": target, "gain": gain}
    )
    device.runtime_size(group)
    for number, name in enumerate(names, 1):
        clock = Clock(dt=10 * number * ms, name=f"c_{name}")
        device.event_clocks[clock.name] = name
        read = "image(t, i)" if name == "frame" else "target(t, i)*gain(t)"
        note = f"{name}_last = t_in_timesteps; trail = (trail*5 + {number}) % 1000003"
        group.run_regularly(f"{name}_sum += t_in_timesteps*{read}; {note}", clock=clock)
    group.run_regularly("total += image(t, i)*gain(t)*(1 + t/dt)", when="groups")
    device.readout(group, "total")
    program = compiled(device.program(Network(group), 0.001), folder, "events")

    generator = np.random.default_rng(0)
    lengths = np.array([3, 7, 1, 12, 5])
    boundaries = np.concatenate([[0], np.cumsum(lengths)])
    free = np.array([3, 4, 1, 9, 2])
    decisions = boundaries[:-1] + free
    frames = np.array([0, 3, 6, 10, 11, 13, 17, 23])
    order = np.array([2, 0, 1, 1, 2, 0, 3, 3], np.int32)
    images = generator.random((4, 3)).astype(np.float32)
    targets, gains = generator.integers(0, 9, (5, 3)).astype(np.int32), generator.random(3)
    expected = {f"watch.{name}_sum": np.zeros(3) for name in names} | {
        "watch.total": np.zeros(3),
        "watch.trail": np.zeros(3),
    }
    readout, sample, frame, log = [], 0, 0, 0
    for n in range(boundaries[-1] + 1):
        at_sample = lambda k: targets[min(k, 4)] * gains[min(k, 2)]  # noqa: E731
        if n in decisions:
            readout.append(expected["watch.total"].copy())
            expected["watch.decision_sum"] += n * at_sample(sample)
            log = (log * 5 + 1) % 1000003
        if n in boundaries:
            if n:
                expected["watch.end_sum"] += n * at_sample(sample)
                log = (log * 5 + 2) % 1000003
                sample += 1
            expected["watch.begin_sum"] += n * at_sample(sample)
            log = (log * 5 + 3) % 1000003
        if n in frames:
            frame = order[list(frames).index(n)]
            expected["watch.frame_sum"] += n * images[frame].astype(float)
            log = (log * 5 + 4) % 1000003
        expected["watch.total"] += images[frame].astype(float) * gains[min(sample, 2)] * (1 + n)
    expected["watch.trail"] += log
    arguments = {"size.watch": 3, "boundaries": boundaries, "decisions": decisions, "frames": frames, "order": order}
    arguments |= {
        "table.image": images,
        "columns.image": 3,
        "table.target": targets,
        "columns.target": 3,
        "table.gain": gains,
    }
    arguments |= {"labels": np.array([0, 1, -1, 2, 0], np.int32), "report": 2, "probe": list(expected)}
    result, arrays, lines = run(program, arguments)
    assert (result["status"], result["completed"], result["steps"]) == ("ok", 5, boundaries[-1] + 1)
    for name, values in expected.items():
        np.testing.assert_allclose(arrays[name], values, rtol=1e-13, err_msg=name)
    np.testing.assert_allclose(arrays["readout"], readout, rtol=1e-13)
    right = np.argmax(readout, axis=1) == arguments["labels"]
    assert lines == [(2, 2, right[:2].sum()), (4, 3, right[:4].sum())]

    path = folder / "image.f4"
    images.tofile(path)
    text = message({k: v for k, v in arguments.items() if k != "table.image"}).replace(
        b"go\n", f"table.image@f4@{path}\ngo\n".encode()
    )
    process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdin.write(text)
    process.stdin.flush()
    code, output, errors = finish(process)
    assert code == 0, errors
    np.testing.assert_array_equal(parsed(output)[1]["watch.total"], arrays["watch.total"])


def test_counts_equal_the_raster(folder):
    """Spikes, deliveries and graded deliveries of each sample against a count of every single spike."""
    device = fresh_device()
    brian2.defaultclock.dt = 1 * ms
    kit = Kit(device=device, sizes={"pn": 40, "kc": 90})
    frame = kit.clock("frame")
    model = fixed_fan_in(kit)
    source, target, synapses = model.objects
    light = kit.group("light", "shown : 1")
    light.run_regularly("shown = int(draw(1, 1, t_in_timesteps, i, 0) < 0.5)", clock=frame)
    current = kit.synapses("light_kc", light, target, "g : 1")
    current.connect(condition="draw(1, 2, 0, i, j) < 0.3")
    for group in (source, target):
        device.count_spikes(group)
    device.count_events(synapses, "pn→kc")
    device.count_graded(current, "shown", "light→kc")
    program = compiled(device.program(Network(light, current, *model.objects)), folder, "counts", FAST)
    sizes = {"pn": 40, "kc": 90, "light": 13}
    bounds = np.array([0, 9, 40, 41, 100])
    frames = np.array([0, 4, 9, 20, 30, 40, 41, 80])
    probes = ["pn_kc.i", "light_kc.i"]
    arguments = {**stream(sizes), "boundaries": bounds, "frames": frames, "raster": "0:3", "probe": probes}
    result, arrays, _ = run(program, arguments)
    assert (result["populations"], result["pathways"]) == (["pn", "kc"], ["pn→kc", "light→kc"])
    raster, fan_out = arrays["raster"], np.bincount(arrays["pn_kc.i"], minlength=40)
    light_out = np.bincount(arrays["light_kc.i"], minlength=13)
    assert len(raster) > 50
    for k in range(4):
        here = raster[(raster[:, 0] >= bounds[k]) & (raster[:, 0] < bounds[k + 1])]
        assert [np.sum(here[:, 1] == p) for p in (0, 1)] == arrays["spikes"][k].tolist()
        assert fan_out[here[here[:, 1] == 0, 2]].sum() == arrays["events"][k, 0]
        shown = [random.draw(1, 1, n, np.arange(13), 0) < 0.5 for n in frames if bounds[k] <= n < bounds[k + 1]]
        assert sum(light_out[lit].sum() for lit in shown) == arrays["events"][k, 1]
    part = run(program, {**arguments, "raster": "1:2"})[1]["raster"]
    np.testing.assert_array_equal(part, raster[(raster[:, 0] >= 9) & (raster[:, 0] < 41)])


@pytest.fixture(scope="module")
def learner(folder):
    text, _, kit, sizes = present(learning, SIZES)
    samples = 400_000
    arguments = {**stream(sizes, kit, samples=samples), "report": 50, "labels": np.zeros(samples, np.int32)}
    return compiled(text, folder, "learner", FAST), arguments


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_stops_cleanly(learner, sign):
    process = start(*learner)
    first = process.stdout.readline()
    os.kill(process.pid, sign)
    code, output, _ = finish(process)
    result, arrays, lines = parsed(first + output)
    assert (code, result["status"]) == (0, "stopped")
    assert 50 <= result["completed"] < 400_000
    assert len(arrays["readout"]) == len(arrays["spikes"]) == result["completed"]
    assert result["completed"] in (result["steps"] // STEPS, (result["steps"] - 1) // STEPS)
    assert lines[-1][0] == result["completed"] // 50 * 50


def test_ends_when_its_pipe_closes(learner):
    process = start(*learner)
    process.stdout.readline()
    process.stdin.close()
    process.stdout.close()
    assert process.wait(60) == 5
    process.stderr.close()


BAD = {
    "size.kcc": ("7", "no argument of this name"),
    "size.pn": ("0", "0 is outside 1"),
    "size.out": ("4000000000", "outside 1"),
    "plastic.w_max": ("much", "'much' is not a number"),
    "plastic.w": (np.zeros(5), "253 are needed"),
    "plastic.N_incoming": ("1", "cannot be set"),
    "boundaries": (np.array([0, 20, 20]), "entry 2 is 20"),
    "decisions": (np.arange(400_000), "outside its sample"),
    "labels": (np.zeros(3, np.int32), "3 entries, 400000 are needed"),
    "frames": (np.array([0, 9, 5]), "entry 2 is 5"),
    "columns.image": ("22", "not a multiple of the row length"),
    "table.target": (np.zeros((2, 11), np.float32), "f4 where f8 is needed"),
    "report": ("often", "'often' is not an integer"),
    "raster": ("5", "'5' is not first:last"),
    "probe": ("plastic.v", "no variable 'plastic.v'"),
}


@pytest.mark.parametrize("key", BAD)
def test_refuses_bad_arguments(learner, key):
    program, arguments = learner
    value, sentence = BAD[key]
    code, output, errors = finish(start(program, {**arguments, key: value}))
    assert (code, output) == (3, b"")
    assert errors.startswith(f"{key}: ") or key.startswith("columns")
    assert sentence in errors
    assert errors.count("\n") == 1


def test_missing_stream_and_memory(learner):
    program, arguments = learner
    without = {k: v for k, v in arguments.items() if k != "boundaries"}
    assert finish(start(program, without))[::2] == (3, "boundaries: it is not given\n")
    without = {k: v for k, v in arguments.items() if k != "table.image"}
    assert finish(start(program, without))[::2] == (3, "table.image: it is not given or empty\n")
    code, _, errors = finish(
        start(
            program,
            {
                "memory": 60_000_000,
                **arguments,
                "size.pn": 23,
                "size.out": 2_000_000,
                "columns.target": 2_000_000,
                "table.target": np.zeros(2_000_000),
            },
        )
    )
    assert (code, errors.startswith("memory:")) == (4, True)


def test_given_values_win_over_the_text(learner):
    program, arguments = learner
    bounds = {"boundaries": np.array([0, 1]), "labels": np.zeros(1, np.int32), "frames": np.array([0])}
    weights = np.linspace(-1, 1, 23 * 11)
    given = {
        **arguments,
        **bounds,
        "plastic.w": weights,
        "plastic.w_max": 2,
        "pn.k": 4,
        "probe": ["plastic.w", "plastic.w_max", "pn.k"],
    }
    arrays = run(program, given)[1]
    assert arrays["plastic.w_max"] == [2]
    assert set(arrays["pn.k"]) <= {4, 5, 6}
    assert np.abs(arrays["plastic.w"] - weights).max() < 0.2


def test_not_finite_is_a_status(folder):
    device = fresh_device()
    brian2.defaultclock.dt = 1 * ms
    group = NeuronGroup(3, "x : 1", name="grow")
    group.x = 2
    group.run_regularly("x = x*x")
    device.readout(group, "x")
    program = compiled(device.program(Network(group)), folder, "grow", FAST)
    result, arrays, _ = run(program, {"boundaries": np.arange(101) * 2})
    assert (result["status"], result["completed"]) == ("not_finite", len(arrays["readout"]))
    assert 3 < result["completed"] < 6
    assert np.isfinite(arrays["readout"]).all()


def noise(kit):
    return [kit.group("g", "dv/dt = -v/(5*ms) + xi/sqrt(1*ms) : 1", method="euler")]


def delayed(kit):
    group = neurons(kit, "pn")
    synapses = kit.synapses("slow", group, group, on_pre="v_post += 1", delay=2 * ms)
    synapses.connect()
    return [group, synapses]


def indexed(kit):
    group = neurons(kit, "pn")
    group.v[1] = 3
    return [group]


def listed(kit):
    group = neurons(kit, "pn")
    synapses = kit.synapses("listed", group, group, on_pre="v_post += 1")
    synapses.connect(i=[0, 1], j=[1, 0])
    return [group, synapses]


def monitored(kit):
    group = neurons(kit, "pn")
    return [group, brian2.SpikeMonitor(group)]


def sampled(kit):
    group = neurons(kit, "pn")
    synapses = kit.synapses("sampled", group, group, on_pre="v_post += 1")
    synapses.connect(p=0.1)
    return [group, synapses]


def own_clock(kit):
    return [neurons(kit, "pn"), NeuronGroup(2, "dv/dt = -v/ms : 1", dt=2 * ms, name="slow", method="euler")]


def python_code(kit):
    return [neurons(kit, "pn"), brian2.NetworkOperation(lambda: None)]


REFUSED = {
    noise: "xi|randn",
    delayed: "delay|resize_array",  # what Brian2 prepares first for a delay differs between its versions
    indexed: "index",
    listed: "synapses_create_array",
    monitored: "spikemonitor",
    sampled: "sample",
    own_clock: "dt",
    python_code: "Python",
}


@pytest.mark.parametrize("make", REFUSED, ids=lambda f: f.__name__)
def test_refuses_with_a_sentence(make):
    device = fresh_device()
    brian2.defaultclock.dt = 1 * ms
    with pytest.raises(Unsupported, match=REFUSED[make]):
        device.program(Network(*make(Kit(device=device, sizes={"pn": 5}))))


def test_contracts_name_what_is_missing(monkeypatch):
    from neurosearch.simulate import contracts

    assert contracts.missing() is None
    monkeypatch.setitem(contracts.NAMES, "brian2.core.clocks", ("Clock", "Sundial"))
    with pytest.raises(Unsupported, match=r"no brian2\.core\.clocks\.Sundial"):
        contracts.check()
