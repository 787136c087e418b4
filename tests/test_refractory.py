"""Refractory neurons: the time is rounded once, to whole steps; what is held stands still; and neurons can tell."""

import math
from dataclasses import dataclass, replace

import networks
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_step import graph, shown

from neurosearch.declare import quantity
from neurosearch.lower.lower import lower
from neurosearch.parts.neurons.base import Neuron
from neurosearch.parts.neurons.lif_refractory import LifRefractory
from neurosearch.parts.rules.delta import Delta

STEPS = 60
TIMES = (0.0, 0.4e-3, 0.5e-3, 1e-3, 1.4e-3, 1.6e-3, 2.0e-3, 2.5e-3, 2.9e-3, 3.0e-3, 7.49e-3, 7.51e-3)


@dataclass(frozen=True)
class Eager(Neuron):
    """Above its threshold in every step that lets it."""

    t_refractory: float = quantity(2e-3, "second", low=0)

    equations = "v : 1"
    threshold = "v >= 0"
    refractory = "t_refractory"


@dataclass(frozen=True)
class Climber(Neuron):
    """Climbs in each step by a quarter, to a threshold of one; counts the steps of its rest; sees whether it rests."""

    rise: float = quantity(0.25)
    drift: float = quantity(0.0, "Hz")
    t_refractory: float = quantity(5e-3, "second", low=0)

    equations = """dv/dt = drift : 1 (unless refractory)
                   resting : 1
                   seen : 1
                   copied : 1"""
    each_step = """v += rise
                   copied = v
                   resting += refractory"""
    threshold = "v >= 1"
    reset = """v = 0
               seen = refractory"""
    method = "euler"
    refractory = "t_refractory"


@dataclass(frozen=True)
class Timed(Neuron):
    """Equations that read the time since the sample began, and the number of the neuron."""

    tau_mem: float = quantity(20e-3, "second", low=1e-4)

    equations = "dv/dt = (0.2*elapsed + 0.001*step + 0.1*i - v)/tau_mem : 1"
    threshold = "v > 1"
    reset = "v = 0"


def case(neuron, dt=1e-3, samples=1):
    made = replace(graph(rule=Delta(eta=0), neuron=neuron, weight=0.0, decision="count"), dt=dt)
    return networks.case(made, shown(np.zeros(STEPS), samples=samples))


def intervals(result):
    return np.diff(result.raster["out"][:, 0])


@given(time=st.floats(0, 0.05), dt=st.sampled_from([1e-3, 0.5e-3, 1e-4, 2e-3, 0.7e-3]))
def test_a_refractory_time_is_the_nearest_whole_number_of_steps(time, dt):
    plan = lower(replace(graph(neuron=Eager(t_refractory=time)), dt=dt))
    steps = plan.values["out.t_refractory"] / dt
    assert abs(steps - round(steps)) < 1e-9
    assert abs(plan.values["out.t_refractory"] - time) <= dt / 2 * (1 + 1e-9)


@pytest.mark.parametrize("time", TIMES)
def test_every_engine_waits_the_same_whole_steps(time):
    """Of times between steps, 2.5 and 2.9 among them: C++ rounded down and NumPy to the nearest."""
    c = case(Eager(t_refractory=time))
    waited = max(1, math.floor(time / 1e-3 + 0.5))
    assert set(intervals(c.reference())) == {waited}
    networks.same(c.compiled(), c.reference(), c.line)
    if time in (2.5e-3, 2.9e-3):
        networks.same(c.brian(), c.reference(), c.line)


def test_each_step_moves_nothing_that_is_held():
    """Four quarters to the threshold, five steps of rest of which the last is free: eight steps from spike to spike."""
    c = case(Climber())
    reference = c.reference()
    first = reference.raster["out"][0, 0]
    spikes = 1 + (STEPS - first) // 8
    assert first == 3
    assert set(intervals(reference)) == {8}
    own = reference.state.neurons["out"]
    assert own["resting"][0] == 4 * (spikes - 1) + min(4, STEPS - reference.raster["out"][-1, 0])
    assert own["seen"][0] == 1  # a neuron that spikes is refractory
    networks.same(c.compiled(), reference, c.line)
    networks.same(c.brian(), reference, c.line)


def test_a_later_statement_reads_what_a_held_variable_kept():
    c = case(replace(Climber(), t_refractory=1.0))
    own = c.reference().state.neurons["out"]
    assert (own["v"][0], own["copied"][0]) == (0, 0)
    networks.same(c.compiled(), c.reference(), c.line)


def test_the_port_is_0_for_a_neuron_without_a_refractory_time():
    @dataclass(frozen=True)
    class Restless(Climber):
        equations = Climber.equations.replace(" (unless refractory)", "")
        refractory = ""

    own = case(Restless()).reference().state.neurons["out"]
    assert (own["resting"][0], own["seen"][0]) == (0, 0)


def test_equations_may_read_the_time():
    c = case(Timed(), samples=3)
    reference = c.reference()
    assert len(reference.raster["out"]) > 3
    networks.same(c.compiled(), reference, c.line)
    networks.same(c.brian(), reference, c.line, tolerance=1e-12)


def test_a_held_delivery_is_one_that_arrives_while_free():
    """Deliveries of a step see which neurons spike in it."""
    neuron = LifRefractory(tau_mem=0.02, t_refractory=2.6e-3)
    c = networks.case(graph(rule=Delta(eta=0), neuron=neuron, weight=1.5), shown(np.ones(STEPS)))
    reference = c.reference()
    assert set(intervals(reference)) == {4}  # three steps of rest; what arrives in the third acts in the fourth
    networks.same(c.compiled(), reference, c.line)
