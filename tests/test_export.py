"""Exports: a found network runs again bit for bit, damage is one sentence, a NIR file computes the same."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import nir
import numpy as np
import pytest
from networks import INPUTS, layered, make, stream

from neurosearch import config, rerun, trial
from neurosearch.cli.export import export as export_verb
from neurosearch.declare import quantity
from neurosearch.errors import UserError
from neurosearch.export import found, nir_graph
from neurosearch.export.export import destination, export
from neurosearch.export.faithfulness import APPROXIMATE, FAITHFUL, FAITHFULNESS, UNSUPPORTED, Element, table
from neurosearch.export.network import Network, pairs, state_names
from neurosearch.graph import Constant, Graph, Input, Population, Projection, Random
from neurosearch.lower.lower import lower
from neurosearch.parts.homeostasis import Homeostasis
from neurosearch.parts.neurons.base import Neuron
from neurosearch.parts.wiring.all_to_all import AllToAll
from neurosearch.parts.wiring.fan_in import FanIn
from neurosearch.record import Score
from neurosearch.simulate.reference import Stepper
from neurosearch.study.configuration import Configuration
from neurosearch.timeline import timeline

SEED = 3
TASK = {"digits": {"samples": 60, "lead_in": 10, "held_out": 20, "steps": 16}}


def configuration(**architecture):
    fields = {"kenyon": {"size": 50, "drive": 10}, **architecture}
    data = {"architecture": {"mushroom_body": fields}, "task": TASK, "memory": "off"}
    return config.to_dict(config.build(Configuration, data))


@pytest.fixture(scope="module")
def finished():
    return rerun.network(configuration(), SEED)


@pytest.fixture
def written(finished, tmp_path):
    export(finished, "json", tmp_path / "found.json", {"study": "digits", "trial": 17})
    return tmp_path / "found.json"


# -- found.json


def test_a_found_network_reads_back_as_it_was(finished, written):
    read = found.load(written)
    assert read.configuration == finished.configuration
    assert read.seeds == (SEED,)
    assert read.score.metrics == finished.score.metrics
    assert read.score.curve == finished.score.curve
    assert read.provenance["study"] == "digits"
    assert read.provenance["program"] == finished.program
    for name, array in finished.state.items():
        np.testing.assert_array_equal(read.arrays[name], array)
    assert set(read.learned) == {"input_kenyon.w", "kenyon_output.w", "kenyon.theta"}
    assert not np.array_equal(read.arrays["kenyon.theta"], np.zeros(50)), "homeostasis has moved the thresholds"
    assert np.count_nonzero(read.arrays["kenyon_output.w"]), "it has learned"
    np.load(written.with_suffix(".npz"), allow_pickle=False).close()


def test_it_runs_again_bit_for_bit(written):
    read = found.load(written)
    score = trial.run_trial(read.configuration, read.seeds)
    assert found.differences(read, score, score.provenance.program) == []
    assert score.metrics == read.score.metrics
    other = trial.run_trial(read.configuration, [SEED + 1])
    assert any(line.startswith("accuracy: ") for line in found.differences(read, other, score.provenance.program))
    assert "another build" in found.differences(read, other, "0" * 64)[-1]


def test_the_pairs_are_those_of_the_wiring(written):
    arrays = found.load(written).arrays
    i, j = arrays["input_kenyon.i"], arrays["input_kenyon.j"]
    assert (np.bincount(j, minlength=50) == 8).all()
    assert len(set(zip(i.tolist(), j.tolist(), strict=True))) == len(i) == len(arrays["input_kenyon.w"])
    assert i.max() < 64
    assert len(arrays["kenyon_output.i"]) == 500


@pytest.mark.slow
@pytest.mark.parametrize(
    "architecture",
    [
        {},
        {
            "encoder": {"poisson": {"stp": "tsodyks_markram"}},
            "rule": "modulated_stdp",
            "kenyon": {"size": 50, "drive": 10},
        },
    ],
    ids=["current", "poisson"],
)
def test_final_weights_and_thresholds_give_the_held_out_accuracy_again(architecture, tmp_path):
    it = rerun.network(configuration(**architecture), SEED)
    export(it, "json", tmp_path / "found.json", {})
    score = rerun.with_weights(found.load(tmp_path / "found.json"))
    assert score.metrics["held_out_accuracy"] == it.score.metrics["held_out_accuracy"]
    assert score.metrics["writes"] == 0
    assert "accuracy" not in score.metrics, "on samples whose labels the weights have seen"


def test_renamed_together_it_still_loads(written, tmp_path):
    written.rename(tmp_path / "best.json")
    (tmp_path / "found.npz").rename(tmp_path / "best.npz")
    assert found.load(tmp_path / "best.json").seeds == (SEED,)


def edit(file, change):
    data = json.loads(file.read_text())
    change(data)
    file.write_text(json.dumps(data))


DAMAGE = {
    "cut JSON": (lambda f: f.write_text(f.read_text()[:500]), "found.json, line "),
    "not JSON": (lambda f: f.write_text("weights"), "found.json, line 1"),
    "no JSON": (lambda f: f.unlink(), "No such file"),
    "another JSON": (lambda f: f.write_text('{"a": 1}'), "is not a found network"),
    "a list": (lambda f: f.write_text("[1]"), "is not a found network"),
    "later format": (lambda f: edit(f, lambda d: d.update(format=2)), "format = 2, but this version"),
    "no format": (lambda f: edit(f, lambda d: d.pop("format")), "format = None"),
    "no score": (lambda f: edit(f, lambda d: d.pop("score")), "score is missing"),
    "no metrics": (lambda f: edit(f, lambda d: d["score"].pop("metrics")), "score.metrics is missing"),
    "odd seed": (lambda f: edit(f, lambda d: d.update(seeds=["x"])), "seeds = ['x']"),
    "no digest": (lambda f: edit(f, lambda d: d["arrays"].pop("sha256")), "arrays.sha256 is missing"),
    "no NPZ": (lambda f: f.with_suffix(".npz").unlink(), "must be in the folder of found.json"),
    "cut NPZ": (lambda f: os.truncate(f.with_suffix(".npz"), 900), "SHA-256 differs"),
    "other NPZ": (lambda f: np.savez(f.with_suffix(".npz"), w=np.zeros(3)), "SHA-256 differs"),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_damage_is_one_sentence(written, name):
    damage, says = DAMAGE[name]
    damage(written)
    with pytest.raises(UserError) as error:
        found.load(written)
    assert says in str(error.value)
    assert "\n" not in str(error.value)


def test_an_npz_that_is_no_npz_is_one_sentence(written):
    import hashlib

    written.with_suffix(".npz").write_bytes(b"PK nothing")
    edit(written, lambda d: d["arrays"].update(sha256=hashlib.sha256(b"PK nothing").hexdigest()))
    with pytest.raises(UserError, match="cut or damaged"):
        found.load(written)


def test_weights_that_do_not_fit_the_configuration_are_refused(written):
    read = found.load(written)
    short = replace(read, arrays={**read.arrays, "kenyon.theta": np.zeros(7)})
    with pytest.raises(UserError, match=r"kenyon\.theta has \(7,\) values, not \(50,\)"):
        rerun.with_weights(short)
    odd = replace(read, arrays={**read.arrays, "purkinje.w": np.zeros(7)})
    with pytest.raises(UserError, match=r"contains weights purkinje\.w that the configuration does not define"):
        rerun.with_weights(odd)


def test_a_class_of_the_users_own_that_changed_is_noticed(finished, tmp_path):
    own = tmp_path / "mine.py"
    text = "from neurosearch.declare import Part\n\n\nclass Mine(Part):\n    pass\n"
    own.write_text(text)
    mine = replace(finished, configuration={**finished.configuration, "architecture": {f"{own}:Mine": {}}})
    export(mine, "json", tmp_path / "found.json", {})
    assert found.load(tmp_path / "found.json").configuration == mine.configuration
    own.write_text(text + "# another\n")
    with pytest.raises(UserError, match=r"mine\.py:Mine changed since .*found\.json was written"):
        found.load(tmp_path / "found.json")


def test_where_it_is_written(tmp_path):
    assert destination("json", None, "digits-17") == Path("digits-17.json")
    assert destination("nir", tmp_path, "x") == tmp_path / "x.nir"
    assert destination("nir", tmp_path / "a", "x") == tmp_path / "a.nir"
    assert destination("json", tmp_path / "b.json", "x") == tmp_path / "b.json"
    with pytest.raises(UserError, match=r"must end in \.nir"):
        destination("nir", tmp_path / "b.json", "x")
    with pytest.raises(UserError, match="did you mean 'nir'"):
        destination("nri", None, "x")


@pytest.mark.parametrize(("version", "refused"), [("1.0.4", True), ("1.0.5", True), ("1.0.6", False), ("1.1", False)])
def test_an_older_nir_is_a_sentence_before_anything_runs(version, refused, tmp_path):
    """Read from what is installed: here from an environment that has only the name and version of nir."""
    info = tmp_path / f"nir-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: nir\nVersion: {version}\n")
    code = f"""
import sys
sys.path.insert(0, {str(tmp_path)!r})
from pathlib import Path
from neurosearch.errors import UserError
from neurosearch.export.export import destination
try:
    destination("nir", None, "x")
except UserError as error:
    print(error)
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stderr
    said = f"nir from version 1.0.6 on, and {version} is installed; run `pip install 'nir>=1.0.6'`"
    assert (said in ran.stdout) == refused


@pytest.mark.parametrize("target", ["json", "nir"])
def test_a_place_that_cannot_be_written_is_one_sentence(finished, tmp_path, target):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match=r"cannot be written: .*; choose another place with --out"):
        export(finished, target, destination(target, tmp_path / "file" / "below", "x"), {})
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file"]


def test_an_export_of_a_found_network_says_whether_it_came_out_the_same(written, tmp_path):
    recorded = found.load(written)
    again = export_verb(recorded.configuration, "json", tmp_path / "again.json", SEED, recorded=recorded)
    assert "\nthe same as recorded" in again
    assert "this is another network" in export_verb(
        recorded.configuration, "json", tmp_path / "again.json", SEED + 1, recorded=recorded
    )
    metrics = {**recorded.score.metrics, "accuracy": 0.123}
    other = replace(recorded, score=replace(recorded.score, metrics=metrics))
    said = export_verb(recorded.configuration, "nir", tmp_path / "again.nir", SEED, recorded=other)
    assert "not the same as recorded: accuracy: 0.123 → " in said


def test_data_of_the_users_are_not_written_over(finished, tmp_path):
    np.savez(tmp_path / "own.npz", x=np.zeros((3, 2)), y=np.arange(3))
    (tmp_path / "notes.json").write_text("{}")
    for name, there in (("own", "own.npz"), ("notes", "notes.json")):
        before = (tmp_path / there).read_bytes()
        with pytest.raises(UserError, match=rf"{there} exists and is not an earlier export; choose another place"):
            export(finished, "json", tmp_path / f"{name}.json", {})
        assert (tmp_path / there).read_bytes() == before
    for _ in range(2):  # an earlier export is
        export(finished, "json", tmp_path / "found.json", {})
    (tmp_path / "found.npz").write_bytes(b"cut")
    export(finished, "json", tmp_path / "found.json", {})
    (tmp_path / "found.json").unlink()
    export(finished, "json", tmp_path / "found.json", {})
    assert found.load(tmp_path / "found.json").arrays


def test_a_run_that_did_not_end_has_no_final_weights():
    with pytest.raises(UserError, match="did not run to its end, so it has no final weights"):
        rerun.network(configuration(), SEED, trial.Limits(seconds=0.0))


def test_the_verb_says_what_became_of_each_element(tmp_path):
    said = export_verb(configuration(), "nir", tmp_path, SEED)
    for verdict, meaning in FAITHFULNESS.items():
        assert f"{verdict}: {meaning}" in said
    assert (tmp_path / "found.nir").is_file()
    assert "accuracy" in said.splitlines()[-1]


# -- NIR


def stepped(graph, state=None, shown=None, seed=7):
    """A plan on a stream with learning off and some of its state given, run by the reference engine."""
    plan, shown = lower(graph), shown or stream()
    plan = found.frozen(plan)
    engine = Stepper(plan, timeline(shown, plan.teaching_steps, learning=False), shown.values, seed)
    for name, array in (state or {}).items():
        owner, _, variable = name.partition(".")
        (engine.state.synapses if variable == "w" else engine.state.neurons)[owner][variable] = array
    return plan, engine, engine.run()


def network(graph, plan, engine, state=None, seed=7):
    owners = engine.state.synapses | engine.state.neurons
    arrays = {n: owners[n.split(".")[0]][n.split(".")[1]] for n in state_names(plan)} | (state or {})
    data = {"architecture": "mushroom_body", "task": "digits", "memory": "off"}
    return Network(data, seed, graph, plan, Score("ok", {}), arrays)


def interpret(file, x, steps, dt):
    """The spikes of each LIF, by a small reader of NIR: exact exponential steps, a spike is 1 for one step.

    ``x`` [steps, inputs] is what the input gives in each step. Order: integrators, then neurons, then spikes arrive.
    """
    graph = nir.read(file)
    nodes = {name: node for name, node in graph.nodes.items() if isinstance(node, nir.LIF | nir.LI)}
    into = {name: [] for name in nodes}
    for a, b in graph.edges:
        if isinstance(graph.nodes[a], nir.Linear):
            pre = next(source for source, target in graph.edges if target == a)
            into[b].append((pre, graph.nodes[a].weight))
    spiking = {name for name, node in nodes.items() if isinstance(node, nir.LIF)}
    sends_spikes = spiking | ({"input"} if set(np.unique(x)) <= {0.0, 1.0} else set())
    v = {name: np.broadcast_to(node.v_leak, node.tau.shape).astype(float) for name, node in nodes.items()}
    out = {name: np.zeros((steps, len(node.tau)), bool) for name, node in nodes.items() if name in spiking}
    for n in range(steps):
        for name in sorted(nodes, key=lambda k: k in spiking):
            node = nodes[name]
            graded = [w @ (x[n] if pre == "input" else v[pre]) for pre, w in into[name] if pre not in sends_spikes]
            current = sum(graded, np.zeros(len(node.tau)))
            final = node.v_leak + node.r * current
            v[name] = final + (v[name] - final) * np.exp(-dt / node.tau)
        for name in spiking:
            out[name][n] = v[name] > nodes[name].v_threshold
        for name, node in nodes.items():
            for pre, w in into[name]:
                if pre in sends_spikes:
                    v[name] = v[name] + dt / node.tau * node.r * (w @ (out[pre][n] if pre in spiking else x[n]))
        for name in spiking:
            v[name] = np.where(out[name][n], nodes[name].v_reset, v[name])
    return out


def spikes(result, group, size, steps):
    raster = np.zeros((steps, size), bool)
    events = result.raster[group]
    events = events[events[:, 0] < steps]
    raster[events[:, 0], events[:, 1]] = True
    return raster


def one_sample(steps, seed=3):
    return replace(stream(samples=1, steps=steps, seed=seed, lead_in=0, held_out=0), key=f"one {steps} {seed}")


def test_a_lif_of_the_file_does_what_ours_does_under_a_constant_current(tmp_path):
    neuron = make("neurons", "lif", tau_mem=0.0137, v_threshold=0.871, v_reset=-0.213, v_leak=0.117)
    graph = Graph(
        Input("input", INPUTS, make("encoders", "current", gain=1.31)),
        (Population("cells", 5, neuron, Homeostasis(rate=0.1)),),
        (Projection("to_cells", "input", "cells", FanIn(4), Random(0.7, 0.4)),),
        "cells", "v",
    )  # fmt: skip
    shown, theta = one_sample(400), {"cells.theta": np.linspace(-0.2, 0.3, 5)}
    plan, engine, result = stepped(graph, theta, shown)
    file, _ = nir_graph.write(network(graph, plan, engine, theta), tmp_path / "cells.nir", {})
    cells = nir.read(file).nodes["cells"]
    np.testing.assert_array_equal(cells.v_threshold, 0.871 + theta["cells.theta"])
    np.testing.assert_array_equal(cells.r, np.ones(5))
    x = np.tile(1.31 * shown.values[0].astype(float), (400, 1))
    mine = spikes(result, "cells", 5, 400)
    assert mine.sum(axis=0).min() > 5
    np.testing.assert_array_equal(interpret(file, x, 400, 1e-3)["cells"], mine)


@pytest.mark.parametrize("encoder", ["current", "poisson"])
def test_a_whole_network_of_the_file_fires_as_ours_does(tmp_path, encoder):
    """Spikes, graded inhibition in a loop, homeostatic thresholds and two kinds of input, by an interpreter of NIR."""
    graph = layered(make("rules", "delta_potential"), encoder=make("encoders", encoder), stp=False)
    theta = {"hidden.theta": np.linspace(-0.3, 0.4, 30)}
    shown = one_sample(150)
    plan, engine, result = stepped(graph, theta, shown)
    file, elements = nir_graph.write(network(graph, plan, engine, theta), tmp_path / "net.nir", {})
    constant = np.tile(shown.values[0].astype(float), (150, 1))
    given = constant if encoder == "current" else spikes(result, "input", INPUTS, 150)
    mine = spikes(result, "hidden", 30, 150)
    assert 20 < mine.sum() < 0.5 * mine.size
    np.testing.assert_array_equal(interpret(file, given, 150, 1e-3)["hidden"], mine)
    verdicts = {(e.name, e.kind): e.verdict for e in elements}
    assert verdicts["hidden", "neuron lif"] == FAITHFUL
    assert verdicts["learned", "projection"] == FAITHFUL
    assert verdicts["inhibition", "projection"] == APPROXIMATE
    assert verdicts["learned", "rule delta_potential"] == UNSUPPORTED
    assert verdicts["input", f"encoder {encoder}"] == UNSUPPORTED


def test_weights_stand_as_rows_of_the_receiving_neurons(finished, tmp_path):
    file, _ = nir_graph.write(finished, tmp_path / "net.nir", {})
    read = nir.read(file)
    assert read.nodes["input_kenyon"].weight.shape == (50, 64)
    assert read.nodes["kenyon_output"].weight.shape == (10, 50)
    i, j = pairs(finished.plan, "input_kenyon", SEED)
    w = finished.state["input_kenyon.w"]
    dense = read.nodes["input_kenyon"].weight
    assert np.count_nonzero(dense) == np.count_nonzero(w)
    for k in (0, 17, 399):
        assert dense[j[k], i[k]] == w[k]
    learned = finished.state["kenyon_output.w"].reshape(50, 10)
    np.testing.assert_array_equal(read.nodes["kenyon_output"].weight, learned.T)
    np.testing.assert_array_equal(read.nodes["inhibitor_kenyon"].weight, np.full((50, 1), -1.0))
    assert read.nodes["kenyon"].v_threshold[3] == 1 + finished.state["kenyon.theta"][3]
    assert [type(read.nodes[n]).__name__ for n in ("kenyon", "inhibitor", "output")] == ["LIF", "LI", "LI"]


def test_the_file_is_equal_to_what_was_written(finished, tmp_path):
    made, _ = nir_graph.graph(finished, {"study": "digits"})
    nir.write(str(tmp_path / "a.nir"), made)
    again = nir.read(str(tmp_path / "a.nir"))
    assert nir_graph.same(made.to_dict(), again.to_dict())
    again.nodes["kenyon_output"].weight[2, 3] = np.nextafter(again.nodes["kenyon_output"].weight[2, 3], 9)
    assert not nir_graph.same(made.to_dict(), again.to_dict())


def test_the_metadata_hold_what_nir_lacks(tmp_path):
    rule = make("rules", "stdp", eta=0.0123)
    graph = layered(rule, neuron=make("neurons", "adlif", b=0.321))
    plan, engine, _ = stepped(graph)
    file, elements = nir_graph.write(network(graph, plan, engine), tmp_path / "net.nir", {"study": "digits"})
    metadata = nir.read(file).metadata["neurosearch"]
    assert metadata["version"] == 1
    assert metadata["dt"] == graph.dt
    projections = json.loads(metadata["projections"])
    assert projections["learned"]["rule"]["name"] == "stdp"
    assert projections["learned"]["rule"]["parameters"]["eta"] == 0.0123
    assert projections["learned"]["rule"]["texts"]["on_pre"] == rule.on_pre
    assert projections["to_hidden"]["stp"]["parameters"]["U"] == 0.417
    assert projections["inhibition"]["graded"] == "v"
    populations = json.loads(metadata["populations"])
    assert populations["hidden"]["neuron"]["parameters"]["b"] == 0.321
    assert populations["output"]["teacher"] == {"amplitude": 2.93, "suppression": 1.71}
    assert json.loads(metadata["encoder"])["name"] == "poisson"
    assert json.loads(metadata["provenance"])["study"] == "digits"
    verdicts = {(e.name, e.kind): e.verdict for e in elements}
    assert verdicts["hidden", "neuron adlif"] == APPROXIMATE
    assert verdicts["to_hidden", "stp tsodyks_markram"] == UNSUPPORTED
    assert verdicts["to_hidden", "projection"] == APPROXIMATE
    assert [e["verdict"] for e in json.loads(metadata["elements"])] == [e.verdict for e in elements]


@pytest.mark.parametrize(("name", "verdict", "primitive"), [
    ("lif", FAITHFUL, "LIF"), ("cuba_lif", APPROXIMATE, "CubaLIF"), ("lif_refractory", APPROXIMATE, "LIF"),
    ("adlif", APPROXIMATE, "LIF"),
])  # fmt: skip
def test_every_neuron_has_its_primitive(tmp_path, name, verdict, primitive):
    graph = layered(make("rules", "delta"), neuron=make("neurons", name))
    plan, engine, _ = stepped(graph)
    file, elements = nir_graph.write(network(graph, plan, engine), tmp_path / "net.nir", {})
    assert type(nir.read(file).nodes["hidden"]).__name__ == primitive
    assert next(e.verdict for e in elements if e.name == "hidden" and e.kind == f"neuron {name}") == verdict


def test_a_current_based_neuron_gets_the_step_of_a_weight(tmp_path):
    """``tau_syn dI/dt = -I + w_in w S`` with S = 1 for one step adds ``dt / tau_syn * w_in * w``: exactly w."""
    graph = layered(make("rules", "delta"), neuron=make("neurons", "cuba_lif", tau_syn=0.0043))
    plan, engine, _ = stepped(graph)
    file, elements = nir_graph.write(network(graph, plan, engine), tmp_path / "net.nir", {})
    node = nir.read(file).nodes["hidden"]
    np.testing.assert_allclose(graph.dt / node.tau_syn * node.w_in, 1, rtol=1e-14)
    np.testing.assert_array_equal(node.r, 1)
    assert "tau_syn" in next(e.note for e in elements if e.name == "hidden" and e.kind.startswith("neuron"))


def test_what_nir_cannot_carry_is_left_out_and_said(tmp_path):
    graph = layered(make("rules", "delta_potential"))
    graded = Projection("peek", "hidden", "output", AllToAll(), Constant(0.1), graded="v")
    graph = replace(graph, projections=(*graph.projections, graded))
    plan, engine, _ = stepped(graph)
    file, elements = nir_graph.write(network(graph, plan, engine), tmp_path / "net.nir", {})
    assert "peek" not in nir.read(file).nodes
    assert next(e.verdict for e in elements if e.name == "peek") == UNSUPPORTED


def test_a_loop_of_spikes_is_approximate_too(tmp_path):
    graph = layered(make("rules", "delta"))
    loop = Projection("back", "output", "hidden", AllToAll(), Constant(-0.01))
    graph = replace(graph, projections=(*graph.projections, loop))
    plan, engine, _ = stepped(graph)
    _, elements = nir_graph.write(network(graph, plan, engine), tmp_path / "net.nir", {})
    verdicts = {e.name: e.verdict for e in elements if e.kind == "projection"}
    assert verdicts["back"] == verdicts["learned"] == APPROXIMATE


def test_a_neuron_that_nir_cannot_hold_is_a_sentence(tmp_path):
    @dataclass(frozen=True)
    class Oscillator(Neuron):
        speed: float = quantity(100.0, "Hz")
        equations = "dv/dt = speed*(1 - v) : 1"
        threshold = "v > 0.9"
        reset = "v = 0"

    graph = layered(make("rules", "delta_potential"), neuron=Oscillator())
    plan, engine, _ = stepped(graph)
    with pytest.raises(UserError, match=r"hidden: NIR cannot express neuron Oscillator: Oscillator has no tau_mem"):
        nir_graph.graph(network(graph, plan, engine), {})


def test_a_matrix_beyond_reason_is_refused(finished, monkeypatch):
    monkeypatch.setattr(nir_graph, "DENSE_LIMIT", 1000)
    with pytest.raises(UserError, match="input_kenyon has 50 x 64 pairs, and NIR stores a weight for each"):
        nir_graph.graph(finished, {})


def test_an_unknown_verdict_is_a_bug():
    with pytest.raises(ValueError, match="perfect"):
        Element("a", "b", "perfect")
    assert table([Element("a", "neuron", FAITHFUL, "x"), Element("long", "n", APPROXIMATE)]).splitlines() == [
        "a     neuron  faithful     x",
        "long  n       approximate",
    ]


def test_nir_is_imported_by_its_export_alone():
    code = "import sys, neurosearch.export.export, neurosearch.cli.export; print('nir' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
