"""A plan keeps its own facts, through every pass; each pass changes what its golden text says, and nothing else."""

import difflib
import math
from dataclasses import replace
from pathlib import Path

import networks
import pytest

from neurosearch import catalogue
from neurosearch.hardware.weight_memory import WeightMemory
from neurosearch.language import text as tx
from neurosearch.lower import lower as lowering
from neurosearch.lower.passes import pipeline
from neurosearch.lower.verify import PlanError, verify
from neurosearch.plan import (
    SEED,
    Action,
    Group,
    Link,
    Parameter,
    Plan,
    Shape,
    Sum,
    Synapses,
    Table,
    Variable,
    shape_from_plain,
    to_plain,
)
from neurosearch.report.plan_text import plan_data, plan_text

GOLDEN = Path(__file__).parent / "golden"
MEMORY = WeightMemory(bits=3, range=0.5, rounding="stochastic")


def small():
    """Ten inputs, a relay that is linked to, and two outputs whose eligible weights change at a sample's end."""
    source = Group(
        "source",
        (Variable("drive", role="table"), Variable("fatigue")),
        (Parameter("rate", "Hz"), SEED),
        each_step=tx.block("fatigue = 0.5*fatigue", "small"),
        threshold="draw4(seed, 1, step, i) < rate*drive*dt - fatigue",
        reset=tx.block("fatigue += 0.25", "small"),
    )
    relay = Group("relay", (Variable("v", rhs="-v/tau"),), (Parameter("tau", "second"),))
    out = Group(
        "out",
        (Variable("v", rhs="(inhibition - v)/tau"), Variable("decision", role="measurement")),
        (Parameter("tau", "second"), Parameter("w_min"), Parameter("weight"), SEED),
        links=(Link("inhibition", "relay", "v", "inhibit"),),
        threshold="v > 1",
        reset=tx.block("v = 0", "small"),
    )
    learned = Synapses(
        "learned", "source", "out",
        variables=(Variable("w"), Variable("e", rhs="-e/tau_post")),
        initial="draw(seed_post, 2, 0, i, j)",
        deliver=tx.block("v_post += w", "small"),
        on_pre=tx.block("e += 1", "small"),
        plastic=True,
        lower_bound="w_min",
    )  # fmt: skip
    synapses = (
        learned,
        Synapses("excite", "out", "relay", sums=(Sum("v", "v_pre", "decision"),)),
        Synapses("inhibit", "relay", "out", weight="weight"),
    )
    actions = (
        Action("decision", "neurons", "out", tx.block("decision = v", "small")),
        Action("decision", "sum", "excite"),
        Action("end", "synapses", "learned", tx.block("w = w + 0.1*e; e = 0", "small")),
        Action("begin", "neurons", "out", tx.block("v = 0", "small")),
        Action("frame", "read", "source", variable="drive", table="drive"),
    )
    tables = (Table("drive", rows="frame", per_neuron=True),)
    shape = Shape(1e-3, (relay, source, out), synapses, actions, tables, "out")
    values = {"source.rate": 100.0, "relay.tau": 0.01, "out.tau": 0.02, "out.w_min": 0.0, "out.weight": -1.0}
    return Plan(shape, {"source": 10, "relay": 1, "out": 2}, values, "source")


def golden():
    """File → text: the plan as it is, and what each pass of the pipeline changes in what the ones before it made."""
    plan = small()
    texts = {"plan.txt": plan_text(plan) + "\n"}
    for each in pipeline(MEMORY):
        before, plan = plan, each(plan)
        change = difflib.unified_diff(plan_text(before).splitlines(), plan_text(plan).splitlines(), n=0, lineterm="")
        lines = [line for line in change if not line.startswith(("---", "+++", "@@"))]
        texts[f"{each.name}.txt"] = "\n".join(lines) + "\n"
    return texts


@pytest.mark.parametrize("file", ["plan.txt", *(f"{each.name}.txt" for each in pipeline(MEMORY))])
def test_a_plan_and_what_each_pass_changes_in_it_are_the_golden_texts(file):
    assert golden()[file] == (GOLDEN / file).read_text(encoding="utf-8"), "python tests/test_plan.py writes them anew"


def test_there_is_a_golden_text_for_each_pass_and_no_other():
    assert {f.name for f in GOLDEN.iterdir()} == golden().keys()


def test_the_hand_made_plan_keeps_its_facts_through_every_pass():
    plan = verify(small(), "hand")
    for each in pipeline(MEMORY):
        plan = verify(each(plan), each.name)
    assert shape_from_plain(to_plain(plan.shape)) == plan.shape


def graphs():
    """Every architecture, for values and images; every rule with every encoder, and with every neuron."""
    for name in catalogue.names("architectures"):
        for shape in ((12,), (1, 6, 6)):
            n = math.prod(shape)  # a memory recalls as many values as it is shown
            yield f"{name} {shape}", lambda a=name, s=shape, n=n: catalogue.find("architectures", a)().graph(s, n)
    for rule in catalogue.names("rules"):
        for kind in ("encoders", "neurons"):
            for name in catalogue.names(kind):
                if kind == "neurons" and not catalogue.find(kind, name).threshold:
                    continue  # the hidden neurons of these networks spike
                part = {kind.removesuffix("s"): (kind, name)}
                yield (
                    f"{rule} {name}",
                    lambda r=rule, p=part: networks.layered(
                        networks.make("rules", r), **{k: networks.make(*of) for k, of in p.items()}
                    ),
                )


GRAPHS = dict(graphs())


@pytest.mark.parametrize("name", GRAPHS)
def test_every_pass_keeps_the_facts_of_every_plan(name):
    graph = GRAPHS[name]()
    for memory in (None, MEMORY):
        for optimise in (True, False):
            for after, plan in lowering.stages(graph, memory, optimise=optimise):
                verify(plan, after)


def changed(part, **fields):
    """The small plan with fields of one of its parts replaced."""

    def change(things):
        return tuple(replace(x, **fields) if x.name == part else x for x in things)

    plan = small()
    shape = replace(plan.shape, groups=change(plan.shape.groups), synapses=change(plan.shape.synapses))
    return replace(plan, shape=shape)


def acted(action):
    plan = small()
    return replace(plan, shape=replace(plan.shape, actions=(*plan.shape.actions, action)))


def shaped(**fields):
    return replace(small(), shape=replace(small().shape, **fields))


def block(source):
    return tx.block(source, "test")


BROKEN = {
    "group out, threshold: `u` in `u > 1` is not known there": lambda: changed("out", threshold="u > 1"),
    "the function `erf` in `erf(v) > 1` does not exist": lambda: changed("out", threshold="erf(v) > 1"),
    "`rate = 1` writes `rate`, which may only be read": lambda: changed("source", each_step=block("rate = 1")),
    "`u = 1` writes `u`, which is neither a variable": lambda: changed("out", reset=block("u = 1")),
    "`u += 1` changes `u`, which has no value there": lambda: changed("out", reset=block("u += 1; v = u")),
    "group relay: it has a reset but no threshold": lambda: changed("relay", reset=block("v = 0")),
    "`v` is declared twice": lambda: changed("relay", parameters=(Parameter("tau"), Parameter("v"))),
    "`v` has the unknown role 'goal'": lambda: changed("relay", variables=(Variable("v", role="goal"),)),
    "`v` has no parameter 'tua' as its time constant": lambda: changed(
        "relay", variables=(Variable("v", role="scale", time_constant="tua"),)
    ),
    "`v` is held while refractory, but": lambda: changed("relay", variables=(Variable("v", held=True),)),
    "refractory names `rest`, which is not a parameter": lambda: changed("out", refractory="rest"),
    "`x` reads out, which does not integrate before it": lambda: changed("relay", links=(Link("x", "out", "v"),)),
    "`x` reads relay.u, which does not exist": lambda: changed("out", links=(Link("x", "relay", "u"),)),
    "`x` belongs to the projection none, which": lambda: changed("out", links=(Link("x", "relay", "v", "none"),)),
    "pre is the group nobody, which does not exist": lambda: changed("learned", pre="nobody"),
    "deliver needs spikes, and relay has no threshold": lambda: changed("learned", pre="relay"),
    "`v_post = w` does not add to a variable": lambda: changed("learned", deliver=block("v_post = w")),
    "`u_post` in `u_post` is not known there": lambda: changed("learned", on_pre=block("e += u_post")),
    "`v_post = 1` writes `v_post`, which may only be": lambda: changed("learned", on_pre=block("v_post = 1")),
    "weight names `mass`, which is not a parameter of out": lambda: changed("inhibit", weight="mass"),
    "a stored weight `w` needs an initial value": lambda: changed("learned", initial=""),
    "its pairs are given in more than one way": lambda: changed("inhibit", condition="i == j", listed=True),
    "it is recurrent, but source is not out": lambda: changed("learned", recurrent=True),
    "its pairs are to be listed, but it has no wiring": lambda: changed("inhibit", listed=True),
    "the sum `v` has the unknown moment 'later'": lambda: changed("excite", sums=(Sum("v", "v_pre", "later"),)),
    "the sum `u` is not a variable of relay": lambda: changed("excite", sums=(Sum("u", "v_pre", "decision"),)),
    "no action sums `v` at its moment, frame": lambda: changed(
        "excite", sums=(Sum("v", "v_pre", "frame"), Sum("v", "v_pre", "decision"))
    ),
    "its moment must be one of decision, end, begin, frame": lambda: acted(Action("never", "neurons", "out")),
    "its owner does not exist among the groups": lambda: acted(Action("end", "neurons", "learned")),
    "its owner does not exist among the synapses": lambda: acted(Action("end", "synapses", "out")),
    "learned has no sum at that moment": lambda: acted(Action("frame", "sum", "learned")),
    "the table label does not exist": lambda: acted(Action("frame", "read", "source", variable="drive", table="label")),
    "it reads into `v`, which is not a variable with the role": lambda: acted(
        Action("frame", "read", "out", variable="v", table="drive")
    ),
    "a row of drive does not change at this moment": lambda: acted(
        Action("end", "read", "source", variable="drive", table="drive")
    ),
    "a row of drive does not fit `drive`": lambda: shaped(tables=(Table("drive", rows="frame"),)),
    "table label: no action reads it": lambda: shaped(tables=(*small().shape.tables, Table("label"))),
    "no action reads a table into `drive`": lambda: shaped(actions=small().shape.actions[:-1], tables=()),
    "there is no group reader": lambda: shaped(readout="reader"),
    "it is the readout, but has no variable `decision`": lambda: shaped(readout="relay"),
    "dt: 0 second is not positive": lambda: shaped(dt=0),
    "out: the name is given twice": lambda: shaped(groups=(*small().shape.groups, small().shape.groups[-1])),
    "input: there is no group inputs": lambda: replace(small(), input="inputs"),
    "its size is 2, but must be 1, as it is linked": lambda: replace(small(), sizes={**small().sizes, "relay": 2}),
    "group out: its size is 0, but must be at least 1": lambda: replace(small(), sizes={"source": 1, "relay": 1}),
    "the parameter out.tau has none": lambda: replace(small(), values={}),
    "out.speed is neither a parameter nor a variable": lambda: replace(
        small(), values={**small().values, "out.speed": 1.0}
    ),
}


@pytest.mark.parametrize("sentence", BROKEN)
def test_a_plan_that_contradicts_itself_is_refused_in_one_sentence(sentence):
    with pytest.raises(PlanError) as refusal:
        verify(BROKEN[sentence](), "test_pass")
    message = str(refusal.value)
    assert message.startswith("the plan after test_pass is inconsistent: ")
    assert sentence in message
    assert "\n" not in message


def test_lowering_verifies_what_it_returns(monkeypatch):
    """A pass that breaks a fact is named."""

    class Forgetful:
        name = "forget_values"

        def __call__(self, plan):
            return replace(plan, values={})

    monkeypatch.setattr(lowering, "pipeline", lambda memory, optimise: (Forgetful(),))
    with pytest.raises(PlanError, match="the plan after forget_values is inconsistent: values: the parameter"):
        networks.case(networks.layered(networks.make("rules", "delta")))


def test_graphs_that_differ_in_numbers_alone_share_one_shape():
    plans = [
        lowering.lower(networks.layered(networks.make("rules", "stdp", eta=eta, w_max=eta)), WeightMemory(2, eta))
        for eta in (0.01, 0.02)
    ]
    assert plans[0].shape is plans[1].shape
    assert [p.values["output.learned_eta"] for p in plans] == [0.01, 0.02]
    assert [p.values["output.learned_memory_lsb"] for p in plans] == [0.01 / 3, 0.02 / 3]
    other = lowering.lower(networks.layered(networks.make("rules", "delta")), WeightMemory(2, 0.01))
    assert other.shape != plans[0].shape


def test_an_instance_with_a_text_of_its_own_is_a_structure_of_its_own():
    """Texts may be chosen by a field: what is kept for a class must not answer for such an instance."""
    slow, fast = (networks.make("neurons", "lif") for _ in range(2))
    object.__setattr__(fast, "each_step", "v += 0.5")
    plans = [lowering.lower(networks.layered(networks.make("rules", "stdp"), neuron=n)) for n in (slow, fast)]
    assert [len(p.shape.group("hidden").each_step) for p in plans] == [0, 1]


def test_the_data_of_a_plan_are_all_of_it():
    plan = lowering.lower(networks.layered(networks.make("rules", "stdp")))
    data = plan_data(plan)
    assert shape_from_plain(data["shape"]) == plan.shape
    assert (data["digest"], data["values"], data["sizes"]) == (plan.shape.digest, plan.values, plan.sizes)


if __name__ == "__main__":
    for file, text in golden().items():
        (GOLDEN / file).write_text(text, encoding="utf-8")
