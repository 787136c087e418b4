"""The lean device: Brian2 objects in, one C++ program out, as fast as a handwritten one.

It is Brian2's standalone device with other templates, a fixed schedule, and a program that receives sizes, data and all
numbers at start-up. It supports only what our models need and refuses everything else with `Unsupported`.
"""

from dataclasses import dataclass, field
from typing import Any

from neurosearch.simulate import contracts
from neurosearch.simulate.contracts import Unsupported
from neurosearch.simulate.schedule import SUMMAND

contracts.check()

import numpy as np  # noqa: E402
from brian2 import second  # noqa: E402
from brian2.core.base import BrianObjectException  # noqa: E402
from brian2.core.clocks import Clock  # noqa: E402
from brian2.core.functions import Function  # noqa: E402
from brian2.core.variables import Constant  # noqa: E402
from brian2.devices.cpp_standalone.codeobject import CPPStandaloneCodeObject  # noqa: E402
from brian2.devices.cpp_standalone.device import CPPStandaloneDevice  # noqa: E402
from brian2.devices.device import all_devices, get_device, set_device  # noqa: E402
from brian2.groups.subgroup import Subgroup  # noqa: E402
from brian2.synapses.synapses import Synapses  # noqa: E402

from neurosearch.simulate import source  # noqa: E402
from neurosearch.simulate.codeobject import LeanCodeObject  # noqa: E402

__all__ = ["LeanDevice", "Unsupported", "fresh_device"]

TEMPLATES = {
    "ahead",
    "group_variable_set_conditional",
    "reset",
    "stateupdate",
    "stateupdate_threshold",
    "summed_variable",
    "synapses",
    "synapses_create_generator",
    "synapses_push_spikes",
    "threshold",
}
"""Templates that this device can translate; any other is refused."""

CTYPES = {"f8": "double", "f4": "float", "i4": "int32_t"}


@dataclass(frozen=True)
class Table:
    """A table of numbers passed to the program: one row per sample or frame, one or many columns."""

    name: str
    dtype: str
    rows: str
    columns: bool
    function: Function

    @property
    def ctype(self) -> str:
        """The C++ type of an entry."""
        return CTYPES[self.dtype]


@dataclass
class Made:
    """The inputs of a code object, kept so that two can be merged."""

    owner: Any
    abstract_code: Any
    variables: dict[str, Any]
    template_name: str
    variable_indices: dict[str, str]
    template_kwds: dict[str, Any]
    rest: dict[str, Any] = field(default_factory=dict)


class LeanDevice(CPPStandaloneDevice):
    """A Brian2 device whose `program` is a complete C++ text."""

    def __init__(self) -> None:
        super().__init__()
        self.strict = False
        self.event_clocks: dict[str, str] = {}
        self.runtime_groups: dict[str, Any] = {}
        self.singles: set[str] = set()
        self.tables: dict[str, Table] = {}
        self.listed: dict[str, str] = {}
        self.populations: list[Any] = []
        self.pathways: list[tuple[str, Any, str | None]] = []
        self.readout_variable: Any = None
        self.made: dict[str, Made] = {}
        self.access: dict[str, tuple[set[Any], set[Any]]] = {}
        self.support: dict[str, None] = {}
        self.pathway_end: str | None = None
        self.summed: set[tuple[str, str]] = set()
        self.notes: list[str] = []

    # Called by a model

    def runtime_size(self, group: Any) -> None:
        """The number of neurons of ``group`` becomes the start-up argument ``size.<name>``."""
        self.runtime_groups[group.name] = group

    def single(self, group: Any) -> None:
        """``group`` always has one neuron, so a sum into it needs no array."""
        self.singles.add(group.name)

    def table(self, name: str, dtype: str, rows: str = "sample", columns: bool = False) -> Function:
        """A function for texts: ``name(t, i)`` with columns, else ``name(t)``; returns the value in the current row.

        Args:
            dtype: ``f8``, ``f4`` or ``i4``, the storage type.
            rows: ``sample`` or ``frame``, which selects the row.
            columns: whether a row has many entries.
        """
        if dtype not in CTYPES or rows not in ("sample", "frame"):
            raise ValueError(f"table {name}: dtype {dtype!r} or rows {rows!r} is unknown")
        names, units, kinds = ["t"], [second, 1], ["float", "integer"]
        if columns:
            names = ["t", "i"]
        function = Function(
            _no_python,
            arg_units=units[: len(names)],
            arg_names=names,
            arg_types=kinds[: len(names)],
            return_unit=1,
            return_type="float",
            stateless=True,
        )
        function.implementations.add_implementation("cpp", code="", name=f"table_{name}_at")
        self.tables[name] = Table(name, dtype, rows, columns, function)
        return function

    def pairs(self, name: str, pre: str) -> tuple[Function, Function]:
        """Functions for the pairs of synapses ``name``, which the program receives as lists of targets.

        ``(i)`` is the number of targets of neuron i of the group ``pre``, ``(i, m)`` its m-th target.
        """
        found = []
        for what, arguments in (("count", ["i"]), ("at", ["i", "m"])):
            function = Function(
                _no_python,
                arg_units=[1] * len(arguments),
                arg_names=arguments,
                arg_types=["integer"] * len(arguments),
                return_unit=1,
                return_type="integer",
                stateless=True,
            )
            function.implementations.add_implementation("cpp", code="", name=f"pairs_{name}_{what}")
            found.append(function)
        self.listed[name] = f"size_{pre}"
        return found[0], found[1]

    def count_spikes(self, group: Any) -> None:
        """Add a column of ``spikes``, the spikes of ``group`` in each sample, and a population of the raster."""
        self.populations.append(group)

    def count_events(self, synapses: Any, name: str) -> None:
        """Add a column of ``events``: synaptic events of the ``pre`` pathway in each sample."""
        self.pathways.append((name, synapses, None))

    def count_graded(self, synapses: Any, variable_name: str, name: str) -> None:
        """Add a column of ``events``: at each frame, the synapses of source neurons whose variable is not zero."""
        self.pathways.append((name, synapses, variable_name))

    def readout(self, group: Any, variable: str) -> None:
        """Make ``group.variable`` the read-out; it is recorded at the decision, before that event's objects run."""
        self.readout_variable = group.variables[variable]

    def program(self, network: Any, duration: float = 1.0, namespace: dict[str, Any] | None = None) -> str:
        """The C++ text that simulates ``network``; ``duration`` [s] is for Brian2 only, the data set the length."""
        try:
            network.run(duration * second, namespace=namespace or {})
            return source.program(self, network)
        except BrianObjectException as error:
            cause: BaseException | None = error
            while cause is not None and not isinstance(cause, Unsupported):
                cause = cause.__cause__
            if cause is None:  # an error in the model, not a refusal
                raise
            raise Unsupported(str(cause)) from error

    # Called by Brian2

    def code_object_class(self, codeobj_class: Any = None, fallback_pref: Any = None) -> Any:
        """Ours wherever Brian2's standalone class would be used."""
        if codeobj_class in (None, CPPStandaloneCodeObject, LeanCodeObject):
            return LeanCodeObject
        raise Unsupported(f"a code object of class {codeobj_class.__name__}")

    def code_object(
        self,
        owner: Any,
        name: str,
        abstract_code: Any,
        variables: Any,
        template_name: str,
        variable_indices: Any,
        codeobj_class: Any = None,
        template_kwds: Any = None,
        override_conditional_write: Any = None,
        compiler_kwds: Any = None,
    ) -> Any:
        """Translate one piece of code, or refuse it."""
        kwds = dict(template_kwds or {})
        self._refuse_unknown(owner, name, variables, template_name, kwds)
        self.pathway_end = None
        if template_name == "synapses_create_generator":
            kwds["copies"] = abstract_code["update"].split("_n = ")[-1].strip()
        if template_name == "synapses":
            self.pathway_end = kwds["pathway"].prepost
        elif template_name == "summed_variable":
            self.pathway_end = "post" if kwds["_index_var"] is owner.variables["_synaptic_post"] else "pre"
            self.summed.add((owner.name, self.pathway_end))
            kwds.setdefault("_sums", [(kwds["_target_var"], SUMMAND)])
        rest = {"override_conditional_write": override_conditional_write, "compiler_kwds": compiler_kwds}
        made = super().code_object(
            owner,
            name,
            abstract_code,
            variables,
            template_name,
            variable_indices,
            codeobj_class=codeobj_class,
            template_kwds=kwds,
            **rest,
        )
        self.made[made.name] = Made(owner, abstract_code, variables, template_name, variable_indices, kwds, rest)
        return made

    def network_run(self, net: Any, duration: Any, report: Any = None, *args: Any, **kwargs: Any) -> None:
        """Let Brian2 create all code objects; the program's own loop replaces its network."""
        if report is not None:
            raise Unsupported("report= of Brian2's run")
        if self.networks:
            raise Unsupported("a second run() of the same program")
        super().network_run(net, duration, None, *args, **kwargs)

    def variableview_set_with_index_array(self, variableview: Any, item: Any, value: Any, check_units: bool) -> None:
        """Set a whole array to one number; values by index must be passed as data of a run."""
        whole = (isinstance(item, slice) and item == slice(None)) or (isinstance(item, str) and item == "True")
        if not whole and not variableview.variable.scalar:
            raise Unsupported(f"{variableview.name}[{item}] is set by index")
        super().variableview_set_with_index_array(variableview, item, value, check_units)

    def seed(self, seed: Any = None) -> None:
        """Refused: randomness comes from the functions of `neurosearch.random`."""
        raise Unsupported("seed() of Brian2's own random numbers")

    # Called by templates

    def size_name(self, variable: Any) -> str | None:
        """The C++ name of the number of neurons of the group that ``variable`` (an ``N``) belongs to."""
        owner = owner_of(variable)
        if not isinstance(variable, Constant) or variable.name != "N" or owner is None or isinstance(owner, Clock):
            return None
        return f"size_{owner.name}"

    def group_size(self, group: Any) -> str:
        """The C++ name of the number of neurons of ``group``."""
        return f"size_{group.name}"

    def ends(self, synapses: Any) -> tuple[str, str]:
        """C++ names of the numbers of source and target neurons."""
        return self.group_size(synapses.source), self.group_size(synapses.target)

    def layout(self, synapses: Any) -> str:
        """Memory layout of the synapses, known from their creation.

        ``dense``: all to all, source by source; ``dense_post``: all to all, target by target; ``pre``, ``post``: sorted
        by source, by target; ``none``: unknown.
        """
        creations = [
            made.template_kwds
            for made in self.made.values()
            if made.template_name == "synapses_create_generator" and made.owner.name == synapses.name
        ]
        if len(creations) != 1:
            return "none"
        kwds = creations[0]
        by_source = kwds["outer_index"] == "i"
        bounds = {key: str(value) for key, value in kwds["iterator_kwds"].items()}
        whole = {"low": "0", "high": "N_post" if by_source else "N_pre", "step": "1"}
        every = bounds == whole and kwds["element"] == kwds["inner_variable"]
        if every and kwds["if_expression"] == "True" and kwds["copies"] == "1":
            return "dense" if by_source else "dense_post"
        return "pre" if by_source else "post"

    def spikes_of(self, pathway: Any) -> Any:
        """The variable that holds the list of spikes that trigger a pathway."""
        return pathway.source.variables[f"_{pathway.event}space"]

    def counting_arrays(self) -> set[Any]:
        """Variables whose values are 0, 1, 2, ..."""
        return {variable for variable, _, start in self.arange_arrays if start == 0}

    def _refuse_unknown(self, owner: Any, name: str, variables: Any, template_name: str, kwds: dict[str, Any]) -> None:
        if template_name not in TEMPLATES:
            raise Unsupported(f"{name}: Brian2's template '{template_name}'")
        for symbol, variable in variables.items():
            if isinstance(variable, Function) and not variable.stateless:
                raise Unsupported(f"{name}: the random function {symbol}(); write draw() or gauss()")
            if isinstance(variable, Function) and variable.implementations[LeanCodeObject].get_namespace(owner):
                raise Unsupported(f"{name}: the function {symbol}() has its own arrays")
            if isinstance(owner_of(variable), Subgroup):
                raise Unsupported(f"{name}: a subgroup")
        for side in (owner.source, owner.target) if isinstance(owner, Synapses) else ():
            if not hasattr(side, "events"):
                raise Unsupported(f"{name}: synapses that do not join two neuron groups")
            if isinstance(side, Subgroup):
                raise Unsupported(f"{name}: a subgroup")
        if kwds.get("iterator_func", "range") != "range":
            raise Unsupported(f"{name}: sample() and p= in connect(); write a condition with draw()")
        if kwds.get("multisynaptic_index"):
            raise Unsupported(f"{name}: a multisynaptic index")


def owner_of(variable: Any) -> Any:
    """The group that a variable belongs to, or ``None``."""
    try:
        owner = getattr(variable, "owner", None)
        return getattr(owner, "__repr__", None) and getattr(owner.__repr__, "__self__", owner)
    except ReferenceError:
        return None


def fresh_device(strict: bool = False) -> LeanDevice:
    """Activate an empty lean device.

    Args:
        strict: the program will be compiled with exact floating point, so arithmetic must not be rearranged.
    """
    device = all_devices.setdefault("lean", LeanDevice())
    if get_device() is not device:
        set_device("lean", build_on_run=False)
    device.reinit()
    device.activate(build_on_run=False)
    device.strict = strict
    return device


def _no_python(*arguments: Any) -> np.ndarray:
    raise Unsupported("tables and lists have values only inside the program")
