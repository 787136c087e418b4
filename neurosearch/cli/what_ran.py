"""Describe the configuration that `run` evaluated: values set, values sampled, dimensions left at their default."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from neurosearch import config
from neurosearch.cli.reference import Resolved
from neurosearch.study import space
from neurosearch.study.configuration import Configuration, full_path
from neurosearch.study.effective import params_as_run

NAMED = 8
"""Most paths of a space that are named one by one; `show` lists them all."""

_PARTS = ("part", "nested")
"""Forms of a field that has fields of its own."""


def what_ran(resolved: Resolved, seeds: Sequence[int]) -> str:
    """Digest, names and seeds; then one line for each value that differs from its default, with its origin."""
    data = resolved.configuration
    architecture, task = (next(iter(data[name])) for name in ("architecture", "task"))
    seed = f"seed{'s' if len(seeds) > 1 else ''} {', '.join(map(str, seeds))}"
    lines = [f"configuration {config.digest(data)[:12]}: {_short(architecture)} on {_short(task)}, {seed}"]
    set_to = _differing(config.build(Configuration, data))
    if resolved.trial is not None:
        sampled = {full_path(path): value for path, value in params_as_run(resolved.trial).items()}
        lines += _line(f"sampled in trial {resolved.trial.number}", sampled)
        set_to = {path: value for path, value in set_to.items() if path not in sampled}
    lines += _line("set", set_to)
    if resolved.study is not None and resolved.trial is None:
        searched = [path for path, d in resolved.study.space.items() if space.single(d) is None]
        named = ", ".join(searched) if len(searched) <= NAMED else f"{len(searched)} paths of the space"
        lines += [f"  searched, here at the default: {named}"] if searched else []
    return "\n".join(lines)


def _differing(made: Configuration) -> dict[str, Any]:
    """Path → value of each field that differs from the default of its part."""
    plain = {"architecture": type(made.architecture)(), "task": type(made.task)()}
    defaults = Configuration(plain["architecture"], plain["task"])
    here = config.paths(made)
    parts = {path: value for path, (field, value) in here.items() if field.form in _PARTS and "." in path}
    parts |= {"memory": "on"} if made.memory is not None else {}
    chosen, before = config.paths(config.replace(defaults, parts)), config.paths(defaults)
    differing = {}
    for path, (field, value) in here.items():
        known = before if field.form in _PARTS else chosen
        if path not in ("architecture", "task") and (path not in known or known[path][1] != value):
            differing[path] = value
    return differing


def _line(title: str, values: Mapping[str, Any]) -> list[str]:
    each = [f"{path.removeprefix('architecture.')} {_short(value)}" for path, value in values.items()]
    return [f"  {title}: {', '.join(each)}"] if each else []


def _short(value: Any) -> str:
    """A value in few characters; for a path, its last component."""
    if isinstance(value, float):
        return f"{value:.6g}"
    text = str(value)
    return Path(text).name if "/" in text else text
