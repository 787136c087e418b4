"""The user's own files: what they say wrongly is a sentence, and what they hold is known by its content."""

import re
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import networks
import numpy as np
import pytest

from neurosearch import catalogue, trial
from neurosearch.errors import UserError
from neurosearch.inspect import encoded

RULE = "from dataclasses import dataclass\nfrom neurosearch import Rule, quantity\n"
TASK = """
    import numpy as np
    from dataclasses import dataclass
    from neurosearch.parts.tasks.base import Task, arrange, samples_of

    @dataclass(frozen=True)
    class Mine(Task):
        def stream(self, seed):
            numbers = np.random.default_rng(3)
            x = numbers.random((90, CHANNELS)).astype(np.float32) * SCALE
            y = np.arange(90) % 3
            data = samples_of(x, (CHANNELS,), y, np.arange(60), np.arange(60, 90), "mine", outputs=3)
            return arrange(self, data, seed)
"""
SMALL = {"encoder": "current", "kenyon": {"size": 40, "drive": 20.0}}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("    on_smaple = 'w = w'", r"Mine\.on_smaple is not a place for a text; did you mean 'on_sample'"),
        ("    on_sample = 5", r"Mine\.on_sample = 5 must be a text"),
        ("    teacher = 'yes'", r"Mine\.teacher = 'yes' must be True or False"),
        ("    eta = quantity(0.1)", r"Mine\.eta lacks its type: write `eta: float = quantity\(\.\.\.\)`"),
    ],
)
def test_a_rule_that_is_written_wrongly(tmp_path, body, said):
    (tmp_path / "my.py").write_text(f"{RULE}@dataclass(frozen=True)\nclass Mine(Rule):\n{body}\n")
    with pytest.raises(UserError, match=said):
        catalogue.find("rules", f"{tmp_path}/my.py:Mine")


def own(tmp_path: Path, text: str, **words: object) -> str:
    text = dedent(text)
    for word, value in words.items():
        text = text.replace(word, str(value))
    (tmp_path / "my.py").write_text(text)
    return f"{tmp_path}/my.py:Mine"


def trial_of(task: object, architecture: object = None) -> dict[str, object]:
    return {"architecture": architecture or {"mushroom_body": SMALL}, "task": task}


@pytest.mark.parametrize(
    ("tau", "equation", "said"),
    [
        ("0.01", "-e/(tau - tau)", r"Mine\.synapse: `-e / \(tau - tau\)` is never a number"),
        (
            "0.0",
            "-e/tau",
            r"output\.kenyon_output_tau = 0, by which a differential equation divides; give a value above",
        ),
        ("float('inf')", "-e/tau", r"output\.kenyon_output_tau = inf is not a finite number"),
    ],
)
def test_a_decay_that_has_no_value_is_refused_before_anything_is_built(tmp_path, tau, equation, said):
    text = f"""
        from dataclasses import dataclass
        from neurosearch import Rule, quantity
        @dataclass(frozen=True)
        class Mine(Rule):
            tau: float = quantity({tau}, "second")
            synapse = "de/dt = {equation} : 1"
            on_pre = "e += 1"
            on_sample = "w = w + e; e = 0"
            readout = "received"
    """
    architecture = {"mushroom_body": {**SMALL, "encoder": "poisson", "rule": own(tmp_path, text)}}
    with pytest.raises(UserError, match=said):
        trial.prepare(trial_of({"digits": {"samples": 20, "held_out": 0, "lead_in": 0}}, architecture), 0)


def test_preparing_a_users_class_leaves_the_process_as_it_is(tmp_path):
    """Trials are prepared in threads; Brian2, if it were imported there, would fail, and elsewhere take Ctrl-C."""
    name = own(
        tmp_path,
        """
        from dataclasses import dataclass
        from neurosearch import Rule, quantity
        @dataclass(frozen=True)
        class Mine(Rule):
            eta: float = quantity(0.1)
            on_sample = "wanted = eta*target_post; w = clip(w + wanted*count_pre, -1, 1)"
            readout = "received"
        """,
    )
    code = f"""
        import signal, sys, threading
        from neurosearch import trial
        before = sys.excepthook, signal.getsignal(signal.SIGINT)
        architecture = {{"mushroom_body": {{**{SMALL!r}, "encoder": "poisson", "rule": {name!r}}}}}
        task = {{"digits": {{"samples": 20, "held_out": 0, "lead_in": 0}}}}
        def prepare():
            print(trial.prepare({{"architecture": architecture, "task": task}}, 0).plan.input)
        thread = threading.Thread(target=prepare)
        thread.start(); thread.join()
        assert before == (sys.excepthook, signal.getsignal(signal.SIGINT)) and "brian2" not in sys.modules
    """
    ran = subprocess.run([sys.executable, "-c", dedent(code)], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "input", ran.stderr


def test_tasks_that_share_a_key_do_not_share_their_values(tmp_path):
    tables, contents = [], []
    for number, (channels, scale) in enumerate(((6, 1.0), (6, 0.5), (4, 1.0))):
        (tmp_path / str(number)).mkdir()
        name = own(tmp_path / str(number), TASK, CHANNELS=channels, SCALE=scale)
        prepared = trial.prepare(trial_of({name: {"steps": 4, "lead_in": 0}}), 0)
        tables.append(np.array(prepared.drive.table()))
        contents.append(trial.content(prepared.stream))
    assert [table.shape for table in tables] == [(90, 6), (90, 6), (90, 4)]
    np.testing.assert_allclose(tables[1], tables[0] * 0.5)
    assert len(set(contents)) == 3


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (TASK.replace("return arrange", "1/0; return arrange"), r"Mine\.stream fails: ZeroDivisionError: .*fix"),
        (TASK.replace("return arrange", "arrange"), r"Mine\.stream returned None; return a Stream"),
        (TASK.replace("def stream(", "def steam("), r"my\.py: Mine has no stream; write it"),
        (TASK.replace("* SCALE", "* float('nan')"), r"NaN"),
    ],
)
def test_a_task_that_is_written_wrongly(tmp_path, text, said):
    name = own(tmp_path, text, CHANNELS=6, SCALE=1.0)
    with pytest.raises(UserError, match=said):
        trial.prepare(trial_of({name: {"steps": 4, "lead_in": 0}}), 0)


ARCHITECTURE = """
    from dataclasses import dataclass
    from typing import Any
    from neurosearch.architecture import AbstractArchitecture
    from neurosearch.declare import part

    @dataclass(frozen=True)
    class Mine(AbstractArchitecture):
        encoder: Any = part("encoders", "current")

        def graph(self, shape, n_outputs):
            return BODY
"""


@pytest.mark.parametrize(
    ("body", "said"),
    [("5", r"Mine\.graph returned 5; return a Graph"), ("shape.nothing", r"Mine\.graph fails: AttributeError: .*fix")],
)
def test_an_architecture_that_is_written_wrongly(tmp_path, body, said):
    name = own(tmp_path, ARCHITECTURE, BODY=body)
    with pytest.raises(UserError, match=said):
        trial.prepare(trial_of({"digits": {"steps": 4}}, {name: {}}), 0)


NEURON = """
    from dataclasses import dataclass
    from neurosearch import Neuron, quantity

    @dataclass(frozen=True)
    class Mine(Neuron):
        tau_mem: float = quantity(0.02, "second", low=1e-4)
        equations = "dv/dt = (current - tanh(v))/tau_mem : 1"
        threshold = "v > 1"
        reset = "v = 0"
        receive = "v += w"
        MORE
"""


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("method = 'rk9'", r"Mine\.method: .*rk4"),
        ("refractory = 'tau_reff'", r"Mine\.refractory: unknown symbol `tau_reff`"),
        ("method = 'exponential_euler'", r"give the class of these equations another `method`, such as .euler."),
    ],
)
def test_a_neuron_that_cannot_be_integrated(tmp_path, more, said):
    cls = catalogue.find("neurons", own(tmp_path, NEURON, MORE=more))
    with pytest.raises(UserError, match=said):
        networks.case(networks.layered(networks.make("rules", "delta"), neuron=cls())).compiled()


def test_a_neuron_that_is_not_linear_runs_with_another_method(tmp_path):
    cls = catalogue.find("neurons", own(tmp_path, NEURON, MORE="method = 'euler'"))
    c = networks.case(networks.layered(networks.make("rules", "delta"), neuron=cls()))
    networks.same(c.compiled(), c.reference(), c.line)


def test_a_wiring_without_its_pairs_is_a_sentence(tmp_path):
    text = """
        from dataclasses import dataclass
        from neurosearch.parts.wiring.base import Wiring

        @dataclass(frozen=True)
        class Mine(Wiring):
            condition = "i < j"
    """
    with pytest.raises(UserError, match=r"my\.py: Mine has no pairs; write it"):
        catalogue.find("wiring", own(tmp_path, text))


NET = """
    from dataclasses import dataclass
    from typing import Any
    from neurosearch.architecture import AbstractArchitecture
    from neurosearch.declare import part
    from neurosearch.graph import Constant, Graph, Input, Population, Projection
    from neurosearch.parts.encoders.current import Current
    from neurosearch.parts.neurons.li import Li
    from neurosearch.parts.normalisations.mirrored import Mirrored
    from neurosearch.parts.wiring.all_to_all import AllToAll

    @dataclass(frozen=True)
    class Mine(AbstractArchitecture):
        FIELD: Any = part("encoders", "current")

        def graph(self, shape, n_outputs):
            code = CODE
            source = Input("input", SIZE, code)
            wired = Projection("wired", "input", "out", AllToAll(), Constant(0.1))
            return Graph(source, (Population("out", n_outputs, Li()),), (wired,), "out", "v")
"""


def drives(tmp_path, **words):
    """What the input neurons of an architecture of the user's are shown, and what a linear learner sees of it."""
    words = {"SIZE": "code.normalisation.inputs(shape)", **words}
    (tmp_path / "task").mkdir()
    task = {own(tmp_path / "task", TASK, CHANNELS=6, SCALE=1.0): {"steps": 4, "lead_in": 0}}
    configuration = trial_of(task, own(tmp_path, NET, **words))
    prepared = trial.prepare(configuration, 0)
    assert prepared.plan.sizes["input"] == prepared.drive.columns
    return prepared.stream.values, np.array(prepared.drive.table()), encoded.encoded(configuration, 0).values


def test_an_encoder_may_be_a_field_of_any_name(tmp_path):
    values, shown, seen = drives(tmp_path, FIELD="code", CODE="self.code")
    np.testing.assert_array_equal(shown, values)
    assert seen.shape == (90, 6)


def test_the_input_of_the_graph_is_the_encoder_whatever_the_field_holds(tmp_path):
    values, shown, seen = drives(tmp_path, FIELD="encoder", CODE="Current(normalisation=Mirrored())")
    np.testing.assert_allclose(shown, np.concatenate([values, 1 - values], axis=1))
    assert seen.shape == (90, 12)
    configuration = trial_of({f"{tmp_path}/task/my.py:Mine": {"steps": 4, "lead_in": 0}}, f"{tmp_path}/my.py:Mine")
    assert set(encoded.run_baselines(configuration, 0)) == {"online_softmax", "passive_aggressive"}


def test_an_input_of_another_size_than_its_encoder_is_a_sentence(tmp_path):
    with pytest.raises(
        UserError, match=r"Mine\.graph has 5 input neurons, but its input's encoder Current has 6 values"
    ):
        drives(tmp_path, FIELD="encoder", CODE="self.encoder", SIZE="5")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["RAND_MAX", "SIGINT"])
def test_a_name_that_is_a_macro_of_cpp_is_a_sentence(tmp_path, name):
    text = NEURON.replace("dv/dt", f"{name} : 1\\ndv/dt")
    cls = catalogue.find("neurons", own(tmp_path, text, MORE=f"method = 'euler'; each_step = '{name} = v'"))
    with pytest.raises(UserError, match=rf"(hidden|output): `{name}` is a C\+\+ macro; rename it"):
        networks.case(networks.layered(networks.make("rules", "delta"), neuron=cls())).compiled()


@pytest.mark.parametrize("seed", [-1, 2**31, 10**30])
def test_a_seed_outside_the_range_is_a_sentence(seed):
    with pytest.raises(UserError, match=f"seed = {seed} is outside 0 to {2**31 - 1}"):
        trial.prepare(trial_of({"digits": {"steps": 4}}), seed)


def test_the_rule_of_the_readme_learns(tmp_path):
    readme = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", readme, re.DOTALL)
    (tmp_path / "instar.py").write_text(code)
    settings = {
        "rule": {f"{tmp_path}/instar.py:Instar": {"eta": 0.002}},
        "kenyon": {"size": 1000, "drive": 20.0, "sparsity": 0.02},
    }
    score = trial.run_trial(trial_of({"digits": {}}, {"mushroom_body": settings}), [0])
    assert score.metrics["accuracy"] > 0.7
