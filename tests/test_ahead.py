"""Input neurons run for many steps at once: the same spikes as step by step, and none is left out that would spike."""

from dataclasses import dataclass, replace

import networks
import numpy as np
import pytest

from neurosearch import catalogue
from neurosearch import text as tx
from neurosearch.declare import quantity
from neurosearch.encoders.base import SpikingEncoder
from neurosearch.stepper import FUNCTIONS, Stepper
from neurosearch.text import RuleError


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


OWN = {"tired": Tired(), "counting": Counting(), "sliding": Sliding(), "halves": Halves()}
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
            env = {n: self._neuron(group, n) for n in tx.names(group.idle)}
            idle = tx.evaluate(tx.tree(group.idle), env, FUNCTIONS) if group.idle else False
            self.idle = np.broadcast_to(np.asarray(idle, bool), self.plan.sizes[group.name])
            self.before = {n: v.copy() for n, v in self._kept().items()}
            self.seen += self.idle.size
            self.left_out += int(self.idle.sum())

    def _step(self):
        super()._step()
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
    if name == "counting":
        assert not c.plan.shape.group("input").idle
    elif name in ("sliding", "halves"):
        assert watched.left_out == 0  # what shows 0 is due at once
    else:
        assert watched.left_out > (0 if name == "tired" else 0.3 * watched.seen)  # those that show 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "inputs", "frames", "stp"),
    [
        *((name, 70, 2, False) for name in [*SPIKING, *OWN]),
        *((name, 1100, 1, False) for name in ("latency", "tired")),  # more than stand side by side
        *((name, 70, 1, True) for name in ("periodic", "tired")),
    ],
)
def test_steps_run_at_once_are_the_steps_of_the_reference(monkeypatch, name, inputs, frames, stp):
    c = case(monkeypatch, name, inputs, samples=4, frames=frames, stp=stp)
    reference = c.reference()
    assert len(np.unique(reference.raster["input"][:, 1])) > 0.3 * inputs
    networks.same(c.compiled(), reference, c.line)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["periodic", "tired"])
def test_brian_on_its_own_runs_the_same_spikes(monkeypatch, name):
    c = case(monkeypatch, name, 20, samples=4, steps=40, frames=2)
    reference = c.reference()
    networks.same(c.brian(), reference, c.line, tolerance=1e-12)


@pytest.mark.slow
def test_an_input_that_shows_nothing_costs_and_does_nothing(monkeypatch):
    c = case(monkeypatch, "periodic", 33, samples=4)
    dark = replace(c.shown, values=np.zeros_like(c.shown.values), key="dark")
    c = networks.Case(c.plan, dark, c.line)
    record = c.compiled()
    assert record.spikes["input"].sum() == 0
    networks.same(record, c.reference(), c.line)


def test_a_known_moment_is_one_that_time_alone_decides(monkeypatch):
    moments = {name: case(monkeypatch, name, 9).plan.shape.group("input").moment for name in [*SPIKING, *OWN]}
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
        (Wrong(), r"`n` is a whole number; round what is assigned to it with int\(...\), in `n \+= 2 \* drive`"),
        (Divided(), "`n` is a whole number"),
        (Flowing(), "a whole number cannot follow a differential equation"),
    ],
)
def test_what_is_assigned_to_a_whole_number_is_whole(made, sentence):
    with pytest.raises(RuleError, match=sentence):
        networks.case(networks.layered(networks.make("rules", "delta"), encoder=made, stp=False))
