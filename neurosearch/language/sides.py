"""Names on a synapse: ``x_pre`` and ``x_post`` are the variable ``x`` of the neuron at either end."""

PRE, POST = "pre", "post"
SIDES = (PRE, POST)


def sided(name: str, side: str) -> str:
    """The name that synaptic texts use for the variable ``name`` of the neuron on that side."""
    return f"{name}_{side}"


def unsided(name: str) -> str:
    """A parameter's name that cannot be mistaken for a name with a side (rules often have a ``tau_pre``)."""
    return f"{name}_number" if split(name)[1] else name


def split(name: str) -> tuple[str, str]:
    """(variable, side) of a name in a synaptic text; the side is empty for a name without one."""
    bare, _, side = name.rpartition("_")
    return (bare, side) if side in SIDES and bare else (name, "")
