"""Base class of plasticity rules: blocks of variables and of statements, each with its place in a step."""

from dataclasses import dataclass
from typing import ClassVar

from neurosearch.declare import Text


@dataclass(frozen=True)
class Rule(Text):
    """A local learning rule in the rule language.

    Blocks of variables: ``pre``, ``post``, ``synapse`` (keep a variable per neuron where possible; per synapse it costs
    far more memory). A line is ``dx/dt = ... : 1``, ``x : 1``, or a reduction ``x : sum of EXPRESSION over post`` (over
    the synapses of each postsynaptic neuron), ``... over group`` (over the postsynaptic population) or ``... over pre``
    (over the presynaptic population), evaluated at the decision.

    Blocks of statements: ``pre_spike``, ``post_spike`` (on the neuron, after all synapses of the step);
    ``on_pre``, ``on_post`` (on synapses; they see traces without this step's spikes and write synaptic variables only);
    ``pre_decision``, ``post_decision`` (on the neuron at the sample's decision, when ``target`` has become visible);
    ``on_sample`` (on synapses at the sample's end); ``pre_sample``, ``post_sample`` (on the neuron after that).

    Ports: ``count`` (spikes in this sample) and ``received`` (sum of the weights that arrived in it) of a neuron,
    ``target`` and ``labelled`` of an output neuron, ``drive`` of an input; with ``_pre``/``_post`` in synaptic texts.
    The weight is ``w``. The engine disables plasticity, not the text.

    Attributes:
        readout: expression over the output neuron's variables; the neuron with the largest value is the decision.
        spiking: whether the output neurons must spike.
        teacher: whether the rule learns from output spikes forced in a teaching phase.
    """

    texts: ClassVar = (
        "pre", "post", "synapse", "pre_spike", "post_spike", "on_pre", "on_post", "pre_decision", "post_decision",
        "on_sample", "pre_sample", "post_sample", "readout", "spiking", "teacher",
    )  # fmt: skip
    pre: ClassVar = ""
    post: ClassVar = ""
    synapse: ClassVar = ""
    pre_spike: ClassVar = ""
    post_spike: ClassVar = ""
    on_pre: ClassVar = ""
    on_post: ClassVar = ""
    pre_decision: ClassVar = ""
    post_decision: ClassVar = ""
    on_sample: ClassVar = ""
    pre_sample: ClassVar = ""
    post_sample: ClassVar = ""
    readout: ClassVar = "count + 0.001*received"
    spiking: ClassVar = True
    teacher: ClassVar = False
