"""Translate one Brian2 code object for the lean device: statements in, the C++ of its loops out.

A loop over synapses is written in several forms: over any synapses, over those of one spiking neuron (``walk``), and
over a full matrix of synapses (``dense``), where both indices are known without a look-up and the inner loop is
contiguous. Values of the outer loop's neuron are read once, outside the inner loop (``walk_head``, ``dense_head``).
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from brian2.codegen.codeobject import constant_or_scalar
from brian2.codegen.generators.cpp_generator import CPPCodeGenerator, c_data_type
from brian2.codegen.targets import codegen_targets
from brian2.codegen.templates import Templater
from brian2.core.functions import Function
from brian2.core.variables import ArrayVariable, Constant, DynamicArrayVariable
from brian2.devices.cpp_standalone.codeobject import CPPStandaloneCodeObject
from brian2.devices.device import get_device
from brian2.parsing.rendering import CPPNodeRenderer

from neurosearch.simulate.contracts import Unsupported
from neurosearch.simulate.integer_vectorisation import CONDITION, computes_whole

SYNAPTIC_LOOPS = ("synapses", "stateupdate", "summed_variable", "group_variable_set_conditional")
"""Templates whose loop may run over synapses."""

_DRAW = re.compile(r"\b(?:draw4?|gauss)\([\w, ]*\)")

GATE = "learn_post"
"""The variable that every weight change is multiplied by (`passes`)."""


class LeanGenerator(CPPCodeGenerator):
    """Brian2's C++ generator, with variants of loops over synapses and constants hoisted out of the step."""

    universal_support_code = ""  # emitted once by the program

    def translate_statement_sequence(self, sc_statements: Any, ve_statements: Any) -> tuple[Any, Any, dict[str, Any]]:
        """Scalar code, vector code by block, and further keywords for the templates."""
        scalar, vector, keywords = super().translate_statement_sequence(sc_statements, ve_statements)
        shared = {n for n, v in self.variables.items() if isinstance(v, ArrayVariable) and v.scalar}
        vector = {block: [_drawn_unless_0(line, shared) for line in lines] for block, lines in vector.items()}
        self._record_access(sc_statements, ve_statements)
        keywords["constants"] = list(dict.fromkeys(self._constants()))
        keywords["scalar_lines"] = _without_repeated_reads(line for lines in scalar.values() for line in lines)
        keywords["dense_head"] = keywords["dense"] = keywords["walk_head"] = keywords["walk"] = []
        keywords["independent"] = self._independent(ve_statements, {"_idx"})
        keywords["dense_independent"] = False
        keywords["gate"] = ""
        if self.template_name == "ahead":
            keywords |= self._ahead(sc_statements, ve_statements, scalar, vector)
        pre, post = self._ends()
        if None in ve_statements and pre is not None:
            block = ve_statements[None]
            keywords["gate"] = self._gate(block)
            spiking = get_device().pathway_end
            outer, inner = (pre, "_outer"), (post, "_inner")
            if get_device().layout(self.owner) == "dense_post":
                outer, inner = (post, "_outer"), (pre, "_inner")
            inner_index = "_presynaptic_idx" if spiking == "post" else "_postsynaptic_idx"
            keywords["dense_independent"] = self._independent(ve_statements, {"_idx", inner_index})
            if self.template_name == "synapses":
                outer = (pre, "_outer") if spiking == "pre" else (post, "_outer")
                inner = (post, "_inner") if spiking == "pre" else (pre, "_inner")
                keywords["walk_head"], keywords["walk"] = self._loop(block, outer, inner)
            else:
                keywords["dense_head"], keywords["dense"] = self._loop(block, outer, inner)
                target = pre if spiking == "pre" else post
                keywords["row_head"], keywords["row"] = self._loop(block, (target, "_target"), (None, ""))
        return scalar, vector, keywords

    def translate_to_read_arrays(self, read: set[str], write: set[str], indices: set[str]) -> list[str]:
        """As Brian2 does, but a neuron's index is the loop variable rather than read from memory."""
        own = {n for n in read if n not in write and self.variables[n] in get_device().counting_arrays()}
        own = {n for n in own if self.variable_indices[n] == "_idx"}
        number = "_number[_idx]" if self.template_name == "ahead" else "_idx"
        lines = [f"const int32_t {name} = {number};" for name in sorted(own)]
        return lines + super().translate_to_read_arrays(read - own, write, indices)

    def _add_user_function(self, varname: str, variable: Function, added: set[Any]) -> Any:
        """As Brian2 does, but a function's text is collected, so that the program contains it once."""
        result = super()._add_user_function(varname, variable, added)
        if result is None:
            return None
        hash_defines, pointers, support, functions = result
        for text in support:
            get_device().support.setdefault(text)
        return hash_defines, pointers, [], functions

    def _constants(self) -> Iterable[str]:
        """Lines that define sizes and the data of resizable arrays under the names that Brian2's code uses."""
        device, renderer = get_device(), CPPNodeRenderer()
        for name, variable in self.variables.items():
            if isinstance(variable, DynamicArrayVariable):
                array = device.get_array_name(variable)
                yield f"{c_data_type(variable.dtype)}* const {array} = {device.get_array_name(variable, False)}.items;"
            elif isinstance(variable, Constant):
                size = device.size_name(variable)
                value = size or renderer.render_expr(repr(variable.value))
                yield f"const {c_data_type(variable.dtype)} {name} = {value};"

    def _own_arrays(self, statements: Mapping[Any, Any]) -> Iterable[tuple[str, str, bool, bool]]:
        """Arrays that steps use: pointer name, C++ type, whether they are written, whether a reset writes them."""
        types, written, reset = {}, set(), set()
        for place in ("steps", "reset"):
            read, write, _, _ = self.arrays_helper(statements[place])
            for name in sorted(read | write):
                variable = self.variables[name]
                if variable.scalar or variable in get_device().counting_arrays():
                    continue
                if self.variable_indices[name] != "_idx":
                    raise Unsupported(f"{self.name}: {name} is accessed by another index")
                pointer = self.get_array_name(variable)
                types[pointer] = c_data_type(variable.dtype)
                written |= {pointer} if name in write else set()
                reset |= {pointer} if name in write and place == "reset" else set()
        return ((pointer, ctype, pointer in written, pointer in reset) for pointer, ctype in types.items())

    def _ahead(self, sc: Any, ve: Any, scalar: dict[Any, list[str]], vector: dict[Any, list[str]]) -> dict[str, Any]:
        """Keywords for the run-ahead template; integer steps are rewritten for several neurons at once."""
        places = ("steps", "reset")
        whole = self._whole([s for p in places for s in sc[p]], [s for p in places for s in ve[p]])
        whole = whole and "moment" not in ve  # with a single known spike step, no steps are simulated
        if whole:
            vector |= {place: [_side_by_side(line) for line in vector[place]] for place in places}
        return {
            "own": list(self._own_arrays(ve)),
            "shares": any(line.strip() for place in places for line in scalar[place]),
            "whole": whole,
            "drawn": whole and any("draw_lot(" in line for place in places for line in vector[place]),
        }

    def _whole(self, shared: list[Any], block: list[Any]) -> bool:
        """Whether statements use only 32-bit integers, their own and ``shared`` ones."""
        read, write, _, _ = self.arrays_helper(block)
        numbers = {n for n in read | write if self.variables[n].dtype == np.int32}
        own = {n for n in read | write if not self.variables[n].scalar}
        return own <= numbers and computes_whole(block, numbers | {s.var for s in shared if s.dtype == np.int32})

    def _gate(self, block: Any) -> str:
        """The learning gate of statements that write only weights: while it is 0 they change nothing."""
        read, write, _, _ = self.arrays_helper(block)
        only_weights = "w" in write and write <= {"w", "writes"}
        return GATE if only_weights and GATE in read and self.variables[GATE].scalar else ""

    def _ends(self) -> tuple[Any, Any]:
        """The variables with the synapses' neuron indices; ``(None, None)`` if the loop is not over synapses."""
        if self.template_name not in SYNAPTIC_LOOPS:
            return None, None
        variables = getattr(self.owner, "variables", {})
        return variables.get("_synaptic_pre"), variables.get("_synaptic_post")

    def _loop(self, block: Any, outer: tuple[Any, str], inner: tuple[Any, str]) -> tuple[list[str], list[str]]:
        """The statements of an outer and an inner loop with the loop variables ``outer`` and ``inner``.

        Each is (index variable, its name in the template). A read moves out of the inner loop only if nothing in the
        block writes that array under any name.
        """
        read, write, indices, conditional = self.arrays_helper(block)
        written = {self.variables[name] for name in write}
        head, body = [], []
        for name in [*sorted(indices), *sorted(read)]:
            variable = self.variables[name]
            if variable.scalar and name not in write:
                continue  # read before all loops
            if variable is outer[0]:
                head.append(f"const int32_t {name} = {outer[1]};")
            elif variable is inner[0]:
                body.append(f"const int32_t {name} = {inner[1]};")
            else:
                line = self.translate_to_read_arrays({name}, write, set())
                index = self.variables.get(self.variable_indices[name])
                (head if index is outer[0] and variable not in written else body).extend(line)
        body += self.translate_to_declarations(read, write, indices)
        body += self.translate_to_statements(block, conditional)
        body += self.translate_to_write_arrays(write)
        return head, body

    def _independent(self, statements: Mapping[Any, Any], own: set[str]) -> bool:
        """Whether the loop's iterations are independent: each writes only elements with an index in ``own``.

        A written array must not be accessed by a second index, as ``v_pre`` and ``v_post`` of one group are.
        """
        index_of: dict[Any, set[str]] = {}
        written = set()
        for block in statements.values():
            read, write, _, conditional = self.arrays_helper(block)
            for name in read | write | set(conditional.values()):
                index_of.setdefault(self.variables[name], set()).add(self.variable_indices[name])
            written |= {self.variables[name] for name in write}
        return all(len(index_of[variable]) == 1 and index_of[variable] <= own for variable in written)

    def _record_access(self, *statements: Mapping[Any, Any]) -> None:
        """Record for the schedule which arrays this code object reads and writes."""
        reads, writes = set(), set()
        for blocks in statements:
            for block in blocks.values():
                read, write, indices, conditional = self.arrays_helper(block)
                reads |= {self.variables[name] for name in read | indices | set(conditional.values())}
                writes |= {self.variables[name] for name in write}
        mentioned = {v for v in self.variables.values() if isinstance(v, ArrayVariable)}
        writes |= {v for v in mentioned - reads if not v.constant}  # used by the template itself
        get_device().access[self.name] = (reads | mentioned, writes)


class LeanTemplater(Templater):
    """Our templates only."""

    def __getattr__(self, item: str) -> Any:
        try:
            return super().__getattr__(item)
        except (KeyError, AttributeError):  # KeyError up to Brian2 2.10, AttributeError since
            if item.startswith("__"):
                raise
            raise Unsupported(f"Brian2's template '{item}'") from None


class LeanCodeObject(CPPStandaloneCodeObject):
    """A part of the program: a namespace with one function ``run``."""

    class_name = "lean"
    generator_class = LeanGenerator
    templater = LeanTemplater(
        "neurosearch.simulate",
        ".cpp",
        env_globals={"c_data_type": c_data_type, "constant_or_scalar": constant_or_scalar, "get_device": get_device},
    )

    def compile_block(self, block: str) -> None:
        """Do nothing: the program is compiled as one text."""

    def run_block(self, block: str) -> None:
        """Queue set-up code (connections, initial values) to run at the program's start."""
        if block == "run":
            get_device().main_queue.append(("run_code_object", (self,)))


codegen_targets.add(LeanCodeObject)


def _without_repeated_reads(lines: Iterable[str]) -> list[str]:
    """Scalar code of several blocks in one scope: each constant is declared once."""
    seen: set[str] = set()
    kept = []
    for line in lines:
        if line.startswith("const ") and line in seen:
            continue
        seen.add(line)
        kept.append(line)
    return kept


def _drawn_unless_0(line: str, shared: set[str]) -> str:
    """``x + (a * X)`` with a shared ``a`` and an X of draws and constants: skip the draws where ``a`` is 0.

    The compiler then emits a second loop without draws. X is finite, so the product is 0, and the sign of a zero
    summand does not matter.
    """
    for found in re.finditer(r"\+ \((\w+) \* (?=\()", line):
        end, depth = found.end(), 1
        while end < len(line) and depth:
            depth += {"(": 1, ")": -1}.get(line[end], 0)
            end += 1
        factor, product = found[1], line[found.end() : end - 1]
        around, draws = _DRAW.subn("", product)
        if factor in shared and draws and re.fullmatch(r"[-+*() .\d]*", around):
            return f"{line[: found.start()]}+ ({factor} == 0 ? 0 : {factor} * {product}){line[end:]}"
    return line


def _side_by_side(line: str) -> str:
    """Rewrite an integer statement for several neurons at once; the template redefines the number types."""
    line = re.sub(rf"\bchar {CONDITION}\b", f"ours::Truth {CONDITION}", line)
    return re.sub(r"\b(draw_lot\([^()]*), i\)", r"\1, _mixed)", line)
