"""Input neurons run for many steps at once: the same spikes as step by step, and none is left out that would spike."""

import platform
import re
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path

import networks
import numpy as np
import pytest

from neurosearch import catalogue
from neurosearch.declare import quantity
from neurosearch.graph import Graph, Input, Population, Projection, Random
from neurosearch.language import text as tx
from neurosearch.language.text import RuleError
from neurosearch.lower.run_ahead import NEVER
from neurosearch.parts.encoders.base import SpikingEncoder
from neurosearch.parts.encoders.periodic import Periodic
from neurosearch.parts.neurons.base import Neuron
from neurosearch.parts.neurons.li import Li
from neurosearch.parts.rules.base import Rule
from neurosearch.parts.stp.base import ShortTerm
from neurosearch.parts.wiring.all_to_all import AllToAll
from neurosearch.plan import to_plain
from neurosearch.simulate import build, compiler, run
from neurosearch.simulate.reference import FUNCTIONS, Stepper


@dataclass(frozen=True)
class Tired(SpikingEncoder):
    """A value that is sent less and less: state, draws, the time, the neuron's number, a reset with a local name."""

    equations = """trust : 1
                   sent : integer"""
    each_step = """leak = 0.9
                   trust = leak*trust + 0.07*drive"""
    threshold = "(uniform(0) < trust - 0.01*sent) and (elapsed < 25 + 7*drive) and (i != 3)"
    reset = """half = 0.5*trust
               trust = half
               sent += 1"""
    at_sample = "trust = 0.3*int(drive > 0.4)"


@dataclass(frozen=True)
class Counting(SpikingEncoder):
    """Reads how often it spiked, which the steps of others' texts may change: step by step."""

    threshold = "uniform(0) < drive/(1 + count)"


@dataclass(frozen=True)
class Sliding(SpikingEncoder):
    """One spike in a sample, whenever it is due; late values are due in a later frame, or never."""

    stride: float = quantity(61.0, low=0)

    threshold = "elapsed == int(stride*drive)"


@dataclass(frozen=True)
class Halves(SpikingEncoder):
    """Due between two steps: never where twice the value is odd."""

    threshold = "elapsed == floor(30*drive)/2"


@dataclass(frozen=True)
class Rare(SpikingEncoder):
    """A code with a word for never that 32 bits do not hold, and a square of the time that they do not hold either."""

    threshold = "(elapsed == 5 + 4294967296*int(drive < 0.5)) or (elapsed*elapsed*1000000 == 529000000*floor(4*drive))"


@dataclass(frozen=True)
class Remainder(SpikingEncoder):
    """A reset that only neurons which spiked can compute: for others it divides integers by 0."""

    equations = "n : 1"
    each_step = "n += int(3*drive)"
    threshold = "n > 20"
    reset = "n = int(7*drive + 9) % int(3*drive)"


@dataclass(frozen=True)
class Alternating(SpikingEncoder):
    """0 and -0 are equal, but one over them is not."""

    equations = "x : 1"
    each_step = "x = -x"
    threshold = "(1/x > 0) and (drive > 0)"


@dataclass(frozen=True)
class Stacked(SpikingEncoder):
    """Statements that each read the one before several times."""

    equations = "a : 1"
    each_step = "\n".join(["a = 0.5*a + 0.1*a*a + 0.01*drive"] * 12)
    threshold = "a > 0.012"
    reset = "a = 0"


@dataclass(frozen=True)
class Trusting(SpikingEncoder):
    """What others may look into while it runs."""

    equations = """sent : integer
                   trust : 1"""
    each_step = "trust = 0.95*trust + 0.05*drive"
    threshold = "uniform(0) < 0.4*trust"
    reset = """sent += 1
               trust = 0.8*trust"""


@dataclass(frozen=True)
class Ticking(SpikingEncoder):
    """Whole numbers alone, with everything that is allowed of them: state, draws, a reset, truths of every kind."""

    equations = """n : integer
                   m : integer"""
    each_step = """n += int(9*drive)
                   m = -n*n + 40*n - 300"""
    threshold = (
        "not ((n < 30) and (m != 5)) and ((uniform(0) < 0.4*drive) or (n >= 47) or (m == i) or (uniform(1) < 0.02))"
    )
    reset = """n -= 30
               m *= 2"""


@dataclass(frozen=True)
class Coin(SpikingEncoder):
    """Whole numbers alone, and no state: its draws are mixed beforehand."""

    threshold = "(uniform(0) < 0.3*drive) or ((uniform(1) < drive) and (uniform(2) < 0.2))"


@dataclass(frozen=True)
class Flow(SpikingEncoder):
    """Its own equation reads what its steps write."""

    equations = """dx/dt = (n - x)/(20*dt) : 1
                   n : 1"""
    each_step = "n += 10*drive"
    threshold = "n > 50"
    reset = "n -= 50"
    at_sample = "n = x"


OWN = {
    "tired": Tired(), "counting": Counting(), "sliding": Sliding(), "halves": Halves(), "rare": Rare(),
    "stacked": Stacked(), "trusting": Trusting(), "flow": Flow(), "ticking": Ticking(), "coin": Coin(),
    "jittered": Periodic(jitter=0.7),
}  # fmt: skip
STEP_BY_STEP = {"counting", "flow"}
SPIKING = [n for n in catalogue.names("encoders") if not catalogue.find("encoders", n)().graded]


def encoder(name):
    return OWN[name] if name in OWN else networks.make("encoders", name)


def shown(inputs, samples=6, steps=83, frames=1, seed=5):
    """A stream with many zeros, and with frames longer than what is run at once."""
    made = networks.stream(samples=samples, steps=steps, frames=frames, seed=seed)
    numbers = np.random.default_rng(seed)
    values = numbers.random((samples * frames, inputs)).astype(np.float32)
    values[numbers.random(values.shape) < 0.4] = 0
    return replace(made, values=values, shape=(inputs,), key=f"{made.key} ahead {inputs}")


def case(monkeypatch, name, inputs, stp=False, **about):
    monkeypatch.setattr(networks, "INPUTS", inputs)
    rule = networks.make("rules", "delta_potential", eta=0.0317)
    return networks.case(networks.layered(rule, encoder=encoder(name), stp=stp), shown(inputs, **about))


class Watched(Stepper):
    """Notes which input neurons are idle at the start of each frame, and what they do until the next event."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.idle = None
        self.seen = self.left_out = 0

    def _input(self):
        return self.groups[self.plan.input]

    def _kept(self):
        own = {s.target for s in (*self._input().each_step, *self._input().reset)}
        return {n: v for n, v in self.state.neurons[self._input().name].items() if n in own}

    def _event(self, moment):
        super()._event(moment)
        if moment in ("begin", "frame"):
            group = self._input()
            env = {n: self._neuron(group, n) for n in tx.names(group.can_skip)}
            idle = tx.evaluate(tx.tree(group.can_skip), env, FUNCTIONS) if group.can_skip else False
            self.idle = np.broadcast_to(np.asarray(idle, bool), self.plan.sizes[group.name])
            self.before = {n: v.copy() for n, v in self._kept().items()}
            self.seen += self.idle.size
            self.left_out += int(self.idle.sum())

    def step(self):
        super().step()
        assert not (self.idle & self.state.fired[self.plan.input]).any()
        for name, value in self._kept().items():
            np.testing.assert_array_equal(value[self.idle], self.before[name][self.idle])


@pytest.mark.parametrize("frames", [1, 3])
@pytest.mark.parametrize("name", [*SPIKING, *OWN])
def test_idle_neurons_neither_spike_nor_change_until_the_next_event(monkeypatch, name, frames):
    c = case(monkeypatch, name, 60, steps=41, frames=frames)
    watched = Watched(c.plan, c.line, c.shown.values, c.seed)
    result = watched.run()
    assert len(result.raster["input"]) > 50
    assert (c.plan.shape.group("input").can_skip == "") == (name in STEP_BY_STEP)
    if name in ("sliding", "halves", "rare", "stacked", *STEP_BY_STEP):
        assert watched.left_out == 0  # or, of the first, what shows 0 is due at once
    else:
        assert watched.left_out > (0 if name in ("tired", "trusting") else 0.3 * watched.seen)  # those that show 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "inputs", "frames", "stp"),
    [
        *((name, 70, 2, False) for name in [*SPIKING, *OWN]),
        *((name, 1100, 1, False) for name in ("latency", "tired")),  # more than stand side by side
        *((name, inputs, 3, False) for name in ("ticking", "coin") for inputs in (1, 33, 1100)),
        *((name, 70, 1, True) for name in ("periodic", "tired")),
    ],
)
def test_steps_run_at_once_are_the_steps_of_the_reference(monkeypatch, name, inputs, frames, stp):
    c = case(monkeypatch, name, inputs, samples=4, frames=frames, stp=stp)
    reference = c.reference()
    assert len(np.unique(reference.raster["input"][:, 1])) > 0.3 * inputs
    networks.same(c.compiled(), reference, c.line)


@dataclass(frozen=True)
class Looking(Rule):
    """Reads the encoder's state from one of a rule's places."""

    readout = "v"
    spiking = False


@dataclass(frozen=True)
class AtSpikes(Looking):
    on_pre = "w += 0.01*trust_pre"


@dataclass(frozen=True)
class InTraces(Looking):
    pre = "x : 1"
    pre_spike = "x += trust"
    on_sample = "w += 0.01*x_pre"


@dataclass(frozen=True)
class InEquations(Looking):
    pre = "dx/dt = (trust - x)/(20*dt) : 1"
    on_sample = "w += 0.01*x_pre"


@dataclass(frozen=True)
class AtDecisions(Looking):
    pre = "x : 1"
    pre_decision = "x = trust"
    on_sample = "w += 0.01*x_pre"


@dataclass(frozen=True)
class InSums(Looking):
    post = """x : 1
              total : sum of w*trust_pre over post"""
    post_decision = "x = total"
    on_sample = "w += 0.001*x_post"


@dataclass(frozen=True)
class Worn(ShortTerm):
    """Short-term plasticity that knows how often its neuron has spiked."""

    equations = "x : 1"
    release = "x"
    on_spike = "x = 0.5*x + 0.01*sent"
    start = {"x": 1.0}


@dataclass(frozen=True)
class AtTheEnd(Looking):
    """Reads it when nothing runs ahead any more."""

    on_sample = "w += 0.01*trust_pre"


def direct(monkeypatch, rule, stp=None, inputs=70, teaching_steps=9):
    """Trusting inputs straight to the outputs, whose decision comes before the sample's end."""
    monkeypatch.setattr(networks, "INPUTS", inputs)
    graph = Graph(
        input=Input("input", inputs, Trusting()),
        populations=(Population("output", networks.OUTPUTS, Li(tau_mem=0.0191)),),
        projections=(Projection("learned", "input", "output", AllToAll(), Random(0.3, 0.2), rule=rule, stp=stp),),
        readout="output",
        decision="v",
        teaching_steps=teaching_steps,
    )
    return networks.case(graph, shown(inputs, samples=4, frames=2))


@pytest.mark.slow
@pytest.mark.parametrize("look", [AtSpikes(), InTraces(), InEquations(), AtDecisions(), InSums(), Worn(), AtTheEnd()])
def test_nobody_sees_an_encoder_ahead_of_time(monkeypatch, look):
    worn = isinstance(look, Worn)
    c = direct(monkeypatch, AtTheEnd() if worn else look, look if worn else None)
    assert (c.plan.shape.group("input").can_skip != "") == isinstance(look, AtTheEnd)
    networks.same(c.compiled(), c.reference(), c.line)


def instructions():
    """Kinds of processors that this one can stand for."""
    if platform.machine() not in ("x86_64", "AMD64"):
        return ["native"]
    has = set(re.findall(r"\w+", Path("/proc/cpuinfo").read_text())) if Path("/proc/cpuinfo").exists() else set()
    levels = {
        "x86-64": set(),
        "haswell": {"avx2", "bmi2", "fma"},
        "skylake-avx512": {"avx512f", "avx512dq", "avx512bw"},
    }
    return [name for name, needed in levels.items() if needed <= has]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["ticking", "coin", "tired"])
def test_every_processor_lists_the_same_spikes(monkeypatch, tmp_path, name):
    c = case(monkeypatch, name, 75, samples=4, frames=2)
    shape, cxx = c.plan.shape, compiler.find()
    program = build.program(shape.digest, to_plain(shape), strict=True)
    source, reference = Path(program.path).with_name("program.cpp"), c.reference()
    assert ("static int32_t *every_mixed" in source.read_text()) == (name != "tired")
    for processor in instructions():
        binary = tmp_path / processor
        flags = [*cxx.flags(strict=True, optimise="-O1"), f"-march={processor}"]
        subprocess.run([cxx.path, *flags, str(source), "-o", str(binary)], check=True)
        networks.same(run.run(str(binary), c.asked(), time_limit=60), reference, c.line)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["periodic", "tired"])
def test_brian_on_its_own_runs_the_same_spikes(monkeypatch, name):
    c = case(monkeypatch, name, 20, samples=4, steps=40, frames=2)
    reference = c.reference()
    networks.same(c.brian(), reference, c.line, tolerance=1e-12)


@pytest.mark.slow
def test_what_is_multiplied_by_0_is_not_drawn(monkeypatch):
    c = case(monkeypatch, "jittered", 33, samples=4)
    program = build.program(c.plan.shape.digest, to_plain(c.plan.shape), strict=True)
    assert "+ (jitter == 0 ? 0 : jitter * (" in Path(program.path).with_name("program.cpp").read_text()
    still = case(monkeypatch, "periodic", 33, samples=4)
    assert c.plan.shape.digest == still.plan.shape.digest  # one program for both
    networks.same(still.compiled(), still.reference(), still.line)
    assert not np.array_equal(c.compiled().raster, still.compiled().raster)


@pytest.mark.slow
def test_an_input_that_shows_nothing_costs_and_does_nothing(monkeypatch):
    c = case(monkeypatch, "periodic", 33, samples=4)
    dark = replace(c.shown, values=np.zeros_like(c.shown.values), key="dark")
    c = networks.Case(c.plan, dark, c.line)
    record = c.compiled()
    assert record.spikes["input"].sum() == 0
    networks.same(record, c.reference(), c.line)


@pytest.mark.slow
def test_a_reset_is_computed_for_those_alone_that_can(monkeypatch):
    monkeypatch.setattr(networks, "INPUTS", 40)
    c = networks.case(
        networks.layered(networks.make("rules", "delta_potential"), encoder=Remainder(), stp=False), shown(40)
    )
    assert not c.plan.shape.group("input").can_skip
    assert c.compiled().spikes["input"].sum() > 50


def test_zeros_that_differ_only_in_their_sign_are_not_taken_for_unchanged():
    c = networks.case(networks.layered(networks.make("rules", "delta"), encoder=Alternating(), stp=False))
    assert c.plan.shape.group("input").can_skip == NEVER


def test_a_known_moment_is_one_that_time_alone_decides(monkeypatch):
    moments = {name: case(monkeypatch, name, 9).plan.shape.group("input").only_spike_step for name in [*SPIKING, *OWN]}
    assert {name for name, moment in moments.items() if moment} == {"latency", "sliding"}


@dataclass(frozen=True)
class Wrong(SpikingEncoder):
    threshold = "n > 3"
    equations = "n : integer"
    each_step = "n += 2*drive"


@dataclass(frozen=True)
class Divided(Wrong):
    each_step = "n /= 2"


@dataclass(frozen=True)
class Flowing(Wrong):
    equations = "dn/dt = -n/(20*dt) : integer"
    each_step = ""


@pytest.mark.parametrize(
    ("made", "sentence"),
    [
        (Wrong(), r"`n` is an integer; round what is assigned to it with int\(...\), in `n \+= 2 \* drive`"),
        (Divided(), "`n` is an integer"),
        (Flowing(), "an integer cannot follow a differential equation"),
    ],
)
def test_what_is_assigned_to_a_whole_number_is_whole(made, sentence):
    with pytest.raises(RuleError, match=sentence):
        networks.case(networks.layered(networks.make("rules", "delta"), encoder=made, stp=False))


@dataclass(frozen=True)
class Rounded(Neuron):
    equations = "n : integer"
    threshold = "n > 3"
    reset = "n = 0"
    receive = "n += w"


def test_a_whole_number_receives_no_weights():
    with pytest.raises(RuleError, match="`n` is an integer, but weights are real"):
        networks.case(networks.layered(networks.make("rules", "delta"), neuron=Rounded()))


@dataclass(frozen=True)
class Named(SpikingEncoder):
    equations = "donset/dt = drive/(10*dt) : 1"
    threshold = "onset > 1"


@dataclass(frozen=True)
class Seeded(SpikingEncoder):
    seed: float = quantity(0.5)

    threshold = "uniform(0) < seed*drive"


@pytest.mark.parametrize(("made", "name"), [(Named(), "onset"), (Seeded(), "seed")])
def test_names_of_ours_are_taken(made, name):
    with pytest.raises(RuleError, match=f"`{name}` is taken"):
        networks.case(networks.layered(networks.make("rules", "delta"), encoder=made, stp=False))
