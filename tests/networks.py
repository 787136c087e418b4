"""Small networks and streams with generic numbers, and the three engines that must agree on them."""

from dataclasses import dataclass

import numpy as np

from neurosearch import catalogue
from neurosearch.graph import Constant, Graph, Input, Population, Projection, Random, Teacher
from neurosearch.lower.lower import lower
from neurosearch.parts.homeostasis import Homeostasis
from neurosearch.parts.neurons.li import Li
from neurosearch.parts.wiring.all_to_all import AllToAll
from neurosearch.parts.wiring.fan_in import FanIn
from neurosearch.plan import Plan, to_plain
from neurosearch.record import Record, Stream
from neurosearch.simulate.arguments import arguments
from neurosearch.simulate.compiled import Compiled
from neurosearch.simulate.drive import as_they_are
from neurosearch.simulate.engine import Limits
from neurosearch.simulate.reference import Result, Stepper
from neurosearch.simulate.request import Request
from neurosearch.simulate.stock import Stock
from neurosearch.timeline import Timeline, timeline

INPUTS, HIDDEN, OUTPUTS = 12, 30, 4
__all__ = ["HIDDEN", "INPUTS", "OUTPUTS", "Case", "case", "layered", "make", "same", "stream", "to_plain"]
WEIGHTS = Random(0.137, 0.0911)


def make(kind, name, **values):
    return catalogue.find(kind, name)(**values)


def layered(rule, neuron=None, encoder=None, stp=True, teaching_steps=7, weights=WEIGHTS):
    """Input, a hidden population with graded inhibition and homeostasis, an output population with ``rule``."""
    neuron = neuron or make("neurons", "lif", tau_mem=0.0173, v_threshold=0.913)
    encoder = encoder or make("encoders", "poisson", max_rate=231.7)
    output = neuron if rule.spiking else Li(tau_mem=0.0191)
    depress = make("stp", "tsodyks_markram", U=0.417, tau_facilitation=0.0371, tau_depression=0.0233)
    teacher = Teacher(2.93, 1.71) if rule.teacher else None
    gain = 7.0 if "g +=" in neuron.receive else 1.0  # a current decays before the potential has followed it
    return Graph(
        input=Input("input", INPUTS, encoder),
        populations=(
            Population("hidden", HIDDEN, neuron, Homeostasis(rate=0.0737, sparsity=0.377)),
            Population("inhibitor", 1, Li(tau_mem=0.0071)),
            Population("output", OUTPUTS, output, teacher=teacher),
        ),
        projections=(
            Projection(
                "to_hidden",
                "input",
                "hidden",
                FanIn(5),
                Random(1.317 * (4.0 if rule.teacher and gain > 1 else gain), 0.271, 0.211),
                stp=depress if stp and not encoder.graded else None,
            ),
            Projection("to_inhibitor", "hidden", "inhibitor", AllToAll(), Constant(0.0217)),
            Projection("inhibition", "inhibitor", "hidden", AllToAll(), Constant(-0.773), graded="v"),
            Projection(
                "learned",
                "hidden",
                "output",
                AllToAll(),
                Random(weights.mean * (gain if rule.spiking and not rule.teacher else 1.0), weights.spread),
                rule=rule,
            ),
        ),
        readout="output",
        decision=rule.readout,
        teaching_steps=teaching_steps if rule.teacher else 0,
    )


def stream(samples=12, steps=19, frames=1, seed=3, lead_in=2, held_out=2):
    """Samples of random values: ``frames`` rows each, the frames of unequal length."""
    numbers = np.random.default_rng(seed)
    values = numbers.random((samples * frames, INPUTS)).astype(np.float32)
    lengths = (
        np.maximum(1, steps // frames + numbers.integers(-1, 2, samples * frames))
        if frames > 1
        else np.full(samples, steps)
    )
    phase = np.ones(samples, np.int8)
    phase[:lead_in], phase[samples - held_out :] = 0, 2
    labels = numbers.integers(0, OUTPUTS, samples)
    labels[:lead_in] = -1
    return Stream(
        values,
        (INPUTS,),
        np.arange(samples * frames, dtype=np.int32),
        lengths.astype(np.int32),
        np.full(samples, frames, np.int32),
        labels.astype(np.int32),
        phase,
        OUTPUTS,
        f"test {samples} {steps} {frames} {seed}",
    )


@dataclass
class Case:
    """A plan on a stream."""

    plan: Plan
    shown: Stream
    line: Timeline
    seed: int = 7

    def request(self) -> Request:
        """Everything that can be asked: all variables, all spikes."""
        names = [f"{g.name}.{v.name}" for g in self.plan.shape.groups for v in g.variables if not v.shared]
        names += [f"{s.name}.{v.name}" for s in self.plan.shape.synapses for v in s.variables]
        whole = (0, self.line.samples - 1)
        return Request(self.plan, self.line, as_they_are(self.shown), self.seed, tuple(names), whole)

    def asked(self):
        return arguments(self.request())

    def reference(self) -> Result:
        return Stepper(self.plan, self.line, self.shown.values, self.seed).run()

    def compiled(self, strict=True) -> Record:
        return self.run(Compiled(strict))

    def brian(self) -> Record:
        return self.run(Stock())

    def run(self, engine) -> Record:
        record = engine.run(self.request(), Limits(seconds=300))
        assert record.status == "ok", record.reason
        return record


def case(graph, shown=None, memory=None, seed=7, learning=True, optimise=True):
    plan = lower(graph, memory, optimise=optimise)
    shown = shown or stream()
    return Case(plan, shown, timeline(shown, plan.teaching_steps, learning), seed)


def same(record, reference, line, tolerance=0.0):
    """Spikes identical; read-out and every state variable within ``tolerance`` (0: bit for bit)."""
    for k, name in enumerate(record.populations):
        mine = record.raster[record.raster[:, 1] == k][:, [0, 2]]
        other = reference.raster[name]
        np.testing.assert_array_equal(mine, other[other[:, 0] < line.boundaries[-1]], err_msg=name)
    np.testing.assert_allclose(record.readout, reference.readout, rtol=0, atol=tolerance)
    for key, values in record.arrays.items():
        owner, name = key.split(".")
        state = reference.state.synapses if owner in reference.state.synapses else reference.state.neurons
        np.testing.assert_allclose(values, state[owner][name], rtol=0, atol=tolerance, err_msg=key)


def wiring_stream(projection):
    """The stream of a projection's wiring draws."""
    from neurosearch.random import stream_id

    return stream_id(f"{projection}.wiring")


def make_quantity(default, unit="1", **limits):
    from neurosearch.declare import quantity

    return quantity(default, unit, **limits)
