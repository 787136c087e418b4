"""The program's text: a device's arrays, set-up, schedule and code objects in the template ``program.cpp``."""

import re
from typing import Any

from brian2.codegen.generators.cpp_generator import CPPCodeGenerator, c_data_type
from brian2.core.clocks import Clock
from brian2.core.functions import Function
from brian2.core.variables import Constant, DynamicArrayVariable
from brian2.parsing.rendering import CPPNodeRenderer

from neurosearch.simulate import schedule
from neurosearch.simulate.codeobject import LeanCodeObject
from neurosearch.simulate.contracts import Unsupported

DTYPES = {"double": "f8", "float": "f4", "int32_t": "i4", "int64_t": "i8", "char": "u1"}
"""C++ type → its name in the program's protocol."""


def program(device: Any, network: Any) -> str:
    """The whole C++ text. The network must have been run, so that all code objects exist."""
    _refuse_leftovers(device)
    plan = schedule.arrange(device, network)
    arrays = Arrays(device)
    synapses = sorted(device.synapses, key=lambda s: s.name)
    setup = _all_setup(device, arrays)
    used = [a[0].name for f, a in device.main_queue if f == "run_code_object"]
    used += [*plan.step, *(name for names in plan.events.values() for name in names)]
    used = list(dict.fromkeys(used))
    return str(
        LeanCodeObject.templater.program(
            None,
            None,
            universal=CPPCodeGenerator.universal_support_code,
            support=list(device.support),
            tables=[device.tables[name] for name in sorted(device.tables)],
            listed=sorted(device.listed.items()),
            groups=arrays.groups(),
            arrays=arrays.fixed(),
            vectors=arrays.growing(),
            variables=arrays.table,
            summed=sorted(device.summed),
            synapses=[(s, sorted(s._pathways, key=lambda p: p.name)) for s in synapses],
            code_objects=[device.code_objects[name].code for name in used],
            setup=setup,
            checks=_size_checks(device, used),
            schedule=plan,
            clocks=[plan.base, *plan.others],
            populations=device.populations,
            pathways=[_pathway(device, *p) for p in device.pathways],
            readout=arrays.of(device.readout_variable),
            name_of=device.get_array_name,
            layout_of=device.layout,
        )
    )


class Arrays:
    """All arrays of a device: C++ name, size, type, and their indices in the program's table of variables."""

    def __init__(self, device: Any) -> None:
        self.device = device
        starts = {variable: start for variable, _, start in device.arange_arrays}
        self.rows = []
        self.table: list[dict[str, Any]] = []
        self.by_array: dict[str, Any] = {}
        for variable in sorted(device.arrays, key=lambda variable: device.arrays[variable]):
            growing = isinstance(variable, DynamicArrayVariable)
            array = device.get_array_name(variable, access_data=False)
            self.by_array[array] = variable
            row = {
                "variable": variable,
                "name": array,
                "ctype": c_data_type(variable.dtype),
                "growing": growing,
                "start": starts.get(variable),
                "size": str(variable.size) if growing else self.size(variable),
                "public": f"{variable.owner.name}.{variable.name}",
                "writable": not variable.read_only and variable.name != "delay",
            }
            row["dtype"] = DTYPES[row["ctype"]]
            self.rows.append(row)
            if not isinstance(variable.owner, Clock) and variable.name != "delay":
                self.table.append(row)
        self.place = {row["variable"]: index for index, row in enumerate(self.table)}

    def size(self, variable: Any) -> str:
        """The C++ expression for the length of an array that does not grow."""
        owner, number = variable.owner, variable.owner.variables.get("N")
        if variable.scalar or isinstance(owner, Clock) or not isinstance(number, Constant):
            return str(variable.size)
        if variable.size == number.value:
            return self.device.group_size(owner)
        if variable.size == number.value + 1 and variable.name.endswith("space"):
            return f"({self.device.group_size(owner)} + 1)"
        raise Unsupported(f"{owner.name}.{variable.name}: its length {variable.size} is neither N nor N + 1")

    def groups(self) -> list[dict[str, Any]]:
        """Neuron groups with their number of neurons and whether it is set at start-up."""
        owners = {row["variable"].owner.name: row["variable"].owner for row in self.rows}
        found = []
        for name, owner in sorted(owners.items()):
            number = owner.variables.get("N")
            if isinstance(number, Constant) and not isinstance(owner, Clock):
                found.append({"name": name, "n": int(number.value), "free": name in self.device.runtime_groups})
        return found

    def fixed(self) -> list[dict[str, Any]]:
        """Arrays of fixed size."""
        return [row for row in self.rows if not row["growing"]]

    def growing(self) -> list[dict[str, Any]]:
        """Arrays that synapses fill."""
        return [row for row in self.rows if row["growing"]]

    def of(self, variable: Any) -> dict[str, Any] | None:
        """The row of a variable."""
        return next((row for row in self.rows if row["variable"] is variable), None)

    def apply(self, variables: Any) -> list[str]:
        """Lines that assign start-up values to these variables, after the program's text has set them."""
        places = sorted(self.place[v] for v in variables if v in self.place and self.table[self.place[v]]["writable"])
        return [f"apply(variables[{place}]);" for place in places]


def _refuse_leftovers(device: Any) -> None:
    if device.static_arrays:
        raise Unsupported(f"values set from an array ({sorted(device.static_arrays)[0]}); pass them at start-up")
    if device.timed_arrays:
        raise Unsupported("a TimedArray; use a table of the device")
    if device.dynamic_arrays_2d:
        raise Unsupported("a monitor")
    if any(device.code_lines.values()) or device.headers:
        raise Unsupported("inserted code or headers")


def _all_setup(device: Any, arrays: Arrays) -> list[str]:
    """C++ lines for Brian2's queue of set-up operations.

    Start-up values of synapses are assigned once all of an owner's synapses exist, and again after any text sets them.
    """
    lines, waiting = [], {}
    for function, arguments in device.main_queue:
        lines.append(_setup(device, arrays, function, arguments))
        if function == "run_code_object" and arguments[0].template_name == "synapses_create_generator":
            waiting[arguments[0].owner.name] = lines[-1]
    for name, creation in waiting.items():
        creation.extend(arrays.apply(r["variable"] for r in arrays.growing() if r["variable"].owner.name == name))
    return [line for some in lines for line in some]


def _setup(device: Any, arrays: Arrays, function: str, arguments: Any) -> list[str]:
    """C++ lines for one entry of the queue."""
    if function == "run_network":
        return []
    if function == "run_code_object":
        code_object = arguments[0]
        lines = [f"{code_object.name}::run();"]
        if code_object.template_name == "synapses_create_generator":
            return lines
        return lines + arrays.apply(device.access[code_object.name][1])
    if function in ("set_by_constant", "set_by_single_value", "resize_array"):
        variable = arrays.by_array[arguments[0]]
        row = arrays.of(variable)
        assert row is not None
        if variable.name == "delay":
            if function != "resize_array" and float(arguments[-1 if function == "set_by_single_value" else 1]) != 0:
                raise Unsupported(f"{variable.owner.name}: a delay")
            return []
        if function != "resize_array":
            constant = function == "set_by_constant"
            value = CPPNodeRenderer().render_expr(repr(arguments[1])) if constant else arguments[2]
            return [f"fill({_items(row)}, {_count(row)}, {value});", *arrays.apply([variable])]
    raise Unsupported(f"set-up by Brian2's '{function}'")


def _items(row: dict[str, Any]) -> str:
    return f"{row['name']}.items" if row["growing"] else str(row["name"])


def _count(row: dict[str, Any]) -> str:
    return f"{row['name']}.count" if row["growing"] else f"count_{row['name']}"


def _pathway(device: Any, name: str, synapses: Any, graded: str | None) -> dict[str, Any]:
    """One column of ``events``."""
    if graded is None:
        if f"{synapses.name}_pre" not in [pathway.name for pathway in synapses._pathways]:
            raise Unsupported(f"{synapses.name}: events are counted but it has no pathway 'pre'")
        return {"name": name, "counter": f"{synapses.name}_pre_delivered", "graded": None}
    array = device.get_array_name(synapses.source.variables[graded])
    outgoing = device.get_array_name(synapses.variables["N_outgoing"], access_data=False)
    counter = f"{synapses.name}_graded"
    size = device.group_size(synapses.source)
    return {"name": name, "counter": counter, "graded": array, "outgoing": outgoing, "size": size}


def _size_checks(device: Any, used: list[str]) -> list[tuple[str, str, str]]:
    """(condition in C++, key, sentence) that the sizes and tables passed at start-up must satisfy."""
    checks = {}
    for name in used:
        made = device.made[name]
        owner = made.owner
        grouped = isinstance(owner.variables.get("N"), Constant)
        for symbol, variable in made.variables.items():
            other: Any = getattr(variable, "owner", None)
            number = getattr(other, "variables", {}).get("N")
            if not hasattr(variable, "scalar") or variable.scalar or isinstance(other, Clock):
                continue
            if not isinstance(number, Constant):
                continue
            index, size = made.variable_indices[symbol], device.group_size(other)
            if index == "0":
                checks[f"{size} == 1"] = (f"size.{other.name}", "must be 1, other groups share its variables")
            elif index == "_idx" and grouped and other.name != owner.name:
                sentence = f"must equal size.{owner.name}, their variables are linked"
                checks[f"{size} == {device.group_size(owner)}"] = (f"size.{other.name}", sentence)
        if grouped:
            text = "\n".join(made.abstract_code.values())
            called = {symbol: v for symbol, v in made.variables.items() if isinstance(v, Function)}
            for symbol, table in ((s, t) for t in device.tables.values() for s, f in called.items() if f is t.function):
                if table.columns and re.search(rf"\b{symbol}\s*\(\s*t\s*,\s*i\s*\)", text):
                    size = device.group_size(owner)
                    sentence = f"must be at least size.{owner.name}, whose neurons read it"
                    checks[f"table_{table.name}.columns >= {size}"] = (f"columns.{table.name}", sentence)
    return [(condition, key, sentence) for condition, (key, sentence) in checks.items()]
