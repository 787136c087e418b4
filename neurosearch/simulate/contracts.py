"""The Brian2 internals that the lean device relies on, checked once at import; the error names what is missing.

Brian2 has no public interface for custom devices; these are the names that its own standalone device overrides.
Versions 2.9 to 2.11 provide all of them. A caller that catches `Unsupported` uses the stock device and logs the reason.
"""

import importlib
import inspect

from neurosearch.lower.brian_defaults import import_brian2


class Unsupported(NotImplementedError):
    """The model, or this Brian2 version, needs something that the lean device lacks; the stock device may have it."""


METHODS: dict[str, dict[str, tuple[str, ...]]] = {
    "brian2.devices.cpp_standalone.device:CPPStandaloneDevice": {
        "__init__": (),
        "reinit": (),
        "activate": ("build_on_run",),
        "code_object_class": ("codeobj_class", "fallback_pref"),
        "code_object": (
            "owner",
            "name",
            "abstract_code",
            "variables",
            "template_name",
            "variable_indices",
            "codeobj_class",
            "template_kwds",
            "override_conditional_write",
            "compiler_kwds",
        ),
        "network_run": ("net", "duration", "report", "report_period", "namespace", "profile", "level"),
        "get_array_name": ("var", "access_data"),
        "variableview_set_with_index_array": ("variableview", "item", "value", "check_units"),
        "seed": ("seed",),
    },
    "brian2.codegen.generators.cpp_generator:CPPCodeGenerator": {
        "arrays_helper": ("statements",),
        "determine_keywords": (),
        "translate_statement": ("statement",),
        "translate_statement_sequence": ("sc_statements", "ve_statements"),
        "translate_to_read_arrays": ("read", "write", "indices"),
        "translate_to_declarations": ("read", "write", "indices"),
        "translate_to_statements": ("statements", "conditional_write_vars"),
        "translate_to_write_arrays": ("write",),
        "_add_user_function": ("varname", "variable", "added"),
    },
    "brian2.devices.cpp_standalone.codeobject:CPPStandaloneCodeObject": {
        "compile_block": ("block",),
        "run_block": ("block",),
    },
    "brian2.core.preferences:BrianGlobalPreferences": {"load_preferences": ()},
    "brian2.codegen.templates:Templater": {"__init__": ("package_name", "extension", "env_globals")},
    "brian2.core.functions:Function": {
        "__init__": ("pyfunc", "arg_units", "arg_names", "return_unit", "arg_types", "return_type", "stateless")
    },
}
"""``module:class`` → method → names of the arguments it must accept."""

NAMES: dict[str, tuple[str, ...]] = {
    "brian2.codegen.codeobject": ("constant_or_scalar",),
    "brian2.codegen.generators.cpp_generator": ("c_data_type",),
    "brian2.codegen.targets": ("codegen_targets",),
    "brian2.core.base": ("BrianObjectException",),
    "brian2.core.clocks": ("Clock",),
    "brian2.core.operations": ("NetworkOperation",),
    "brian2.core.variables": ("ArrayVariable", "Constant", "DynamicArrayVariable"),
    "brian2.devices.device": ("all_devices", "get_device", "set_device"),
    "brian2.groups.subgroup": ("Subgroup",),
    "brian2.parsing.rendering": ("CPPNodeRenderer",),
}
"""Module → names imported from it."""

DEVICE_ATTRIBUTES = (
    "arrays",
    "dynamic_arrays",
    "dynamic_arrays_2d",
    "zero_arrays",
    "arange_arrays",
    "code_objects",
    "main_queue",
    "networks",
    "static_arrays",
    "synapses",
    "timed_arrays",
)
"""Attributes of the standalone device from which the program is generated."""


def missing() -> str | None:
    """One sentence that names the first thing this Brian2 lacks, or ``None`` if nothing is missing."""
    try:
        version = import_brian2().__version__
    except ImportError as error:
        return f"Brian2 cannot be imported: {error}"
    for module, names in NAMES.items():
        for name in names:
            if not hasattr(_module(module), name):
                return f"Brian2 {version} has no {module}.{name}, which the lean device relies on"
    for path, methods in METHODS.items():
        module, name = path.split(":")
        found = getattr(_module(module), name, None)
        for method, arguments in methods.items():
            function = getattr(found, method, None)
            if function is None:
                return f"Brian2 {version} has no {module}.{name}.{method}, which the lean device relies on"
            taken = inspect.signature(inspect.unwrap(function)).parameters
            for argument in arguments:
                if argument not in taken:
                    return f"Brian2 {version}: {name}.{method} has no argument '{argument}'"
    device = getattr(_module("brian2.devices.cpp_standalone.device"), "CPPStandaloneDevice")()  # noqa: B009
    for attribute in DEVICE_ATTRIBUTES:
        if not hasattr(device, attribute):
            return f"Brian2 {version}: its standalone device has no attribute '{attribute}'"
    return None


def check() -> None:
    """Raise `Unsupported` with the sentence from `missing`."""
    reason = missing()
    if reason:
        raise Unsupported(reason)


def _module(name: str) -> object:
    try:
        return importlib.import_module(name)
    except ImportError:
        return None
