"""Metadata for what NIR cannot express, under one versioned key: plasticity, encoder, homeostasis, decision.

Version 1: ``graph.metadata["neurosearch"]`` holds the numbers ``version`` and ``dt`` (seconds); everything else is JSON
text, because HDF5 has no nested lists. A part (neuron, rule, encoder, ...) is ``{name, parameters, texts}``: its name
in the catalogue, its parameters in SI units, its equations and statements in the rule language.

- ``configuration``, ``seed``: what ``neurosearch run`` needs to rebuild the network.
- ``encoder``: a part; ``populations``: name → ``{size, neuron, homeostasis, teacher}``.
- ``projections``: name → ``{pre, post, graded, rule, stp}``, including those omitted from the graph.
- ``readout``: ``{population, decision, teaching_steps}``; the largest value of ``decision`` is the class.
- ``elements``: ``{name, kind, verdict, note}`` of each element: faithful, approximate or unsupported.
- ``provenance``: study, trial, versions, program, date.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from neurosearch import catalogue, config
from neurosearch.export.faithfulness import Element
from neurosearch.export.network import Network

KEY, VERSION = "neurosearch", 1


def metadata(network: Network, elements: Sequence[Element], provenance: Mapping[str, Any]) -> dict[str, Any]:
    """The metadata of a network; only numbers and texts, which HDF5 preserves."""

    def part(thing: Any, texts: tuple[str, ...]) -> Any:
        if thing is None:
            return None
        own = {name: getattr(thing, name) for name in texts if getattr(thing, name)}
        return {"name": catalogue.name_of(thing), "parameters": config.to_dict(thing), "texts": own}

    declared = network.graph
    source = declared.input
    content = {
        "configuration": network.configuration,
        "seed": network.seed,
        "encoder": part(source.encoder, source.encoder.texts),
        "populations": {
            p.name: {
                "size": p.size,
                "neuron": part(p.neuron, p.neuron.texts),
                "homeostasis": part(p.homeostasis, ("at_sample",)),
                "teacher": None if p.teacher is None else config.to_dict(p.teacher),
            }
            for p in declared.populations
        },
        "projections": {
            p.name: {
                "pre": p.pre,
                "post": p.post,
                "graded": p.graded,
                "rule": None if p.rule is None else part(p.rule, p.rule.texts),
                "stp": None if p.stp is None else part(p.stp, p.stp.texts),
            }
            for p in declared.projections
        },
        "readout": {
            "population": declared.readout,
            "decision": declared.decision,
            "teaching_steps": declared.teaching_steps,
        },
        "elements": [{"name": e.name, "kind": e.kind, "verdict": e.verdict, "note": e.note} for e in elements],
        "provenance": dict(provenance)
        | {"program": network.program, "compiler": network.compiler, "data": network.data},
    }
    entry: dict[str, Any] = {"version": VERSION, "dt": declared.dt}
    entry |= {name: json.dumps(value, ensure_ascii=False, default=str) for name, value in content.items()}
    return entry
