"""Lower the input: an encoder's texts, and the table of values shown to its neurons."""

from neurosearch.graph import Input
from neurosearch.lower.lowering import Lowering
from neurosearch.lower.population_builder import DRIVE, PopulationBuilder, dimensions, own_lines


def lower_input(low: Lowering, source: Input) -> None:
    """Lower the input of a graph."""
    d = low.builders[source.name] = PopulationBuilder(source.name, is_input=True)
    encoder = source.encoder
    found = own_lines(encoder, "equations")
    own = dimensions(found, encoder.owner)
    d.part_numbers(encoder, ("input", "encoder"))
    d.threshold = encoder.threshold  # so that `count` is known to exist
    d.check_derivatives(encoder, "equations", found, own)
    d.declare(found, {x.name: x.name for x in found})
    d.own = own
    d.each_step += d.block(encoder, "each_step", {}, own)
    if encoder.threshold:
        d.threshold = d.expression(encoder, "threshold", encoder.threshold, {}, own)
    d.reset += d.block(encoder, "reset", {}, own)
    d.at_sample += d.block(encoder, "at_sample", {}, own)
    d.port(DRIVE, encoder.owner, DRIVE)
