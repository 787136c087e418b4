"""A small architecture and studies on it, written into a folder as a user would."""

from pathlib import Path
from textwrap import dedent

from neurosearch.record import Score
from neurosearch.record.score import Timing
from neurosearch.study.study import Study, load

ARCHITECTURE = '''
"""A small architecture."""

from dataclasses import dataclass
from typing import Any, Literal

from neurosearch.architecture import AbstractArchitecture
from neurosearch.declare import Part, part, quantity


@dataclass(frozen=True)
class Cells(Part):
    size: int = quantity(100, low=1, high=100_000)
    tau: float = quantity(0.02, "second", low=1e-4, high=1)


@dataclass(frozen=True)
class Gain(Part):
    rate: float = quantity(0.1, low=0, high=1)


@dataclass(frozen=True)
class Small(AbstractArchitecture):
    rule: Any = part("rules", "delta")
    stp: Any = part("stp")
    encoder: Any = part("encoders", "poisson")
    cells: Cells = Cells()
    gain: Gain | None = None
    sign: Literal["positive", "signed"] = "positive"
    open: bool = False

    def graph(self, shape, n_outputs):
        raise AssertionError("scores of these tests are analytic")
'''

SPACE = """
  rule: {choice: [stdp, delta, covariance]}
  rule.eta: {float: [1e-4, 1e-1], log: true}
  rule.amplitude: {float: [0, 1]}
  stp: {choice: [off, tsodyks_markram]}
  stp.U: {float: [0.1, 0.9]}
  encoder.max_rate: {float: [10, 300]}
  encoder.normalisation: {choice: [raw, on_off]}
  cells.size: {int: [50, 400], log: true}
  cells.tau: 0.03
  sign: {choice: [positive, signed]}
"""


def text(space: str = SPACE, **more: object) -> str:
    """A study file's text; ``more`` replaces or adds lines."""
    lines: dict[str, object] = {
        "format": 1,
        "about": "Does it search?",
        "architecture": "./arch.py:Small",
        "task": "digits",
        "trials": 20,
        "seed": 1,
    } | more
    body = "".join(f"{key}: {value}\n" for key, value in lines.items() if value is not None)
    return body + ("space:\n" + dedent(space).replace("\n", "\n  ") if space else "")


def write(folder: Path, space: str = SPACE, name: str = "st", **more: object) -> Path:
    """A study file beside its architecture."""
    (folder / "arch.py").write_text(ARCHITECTURE)
    file = folder / f"{name}.yaml"
    file.write_text(text(space, **more))
    return file


def study(folder: Path, space: str = SPACE, name: str = "st", **more: object) -> Study:
    """The same, loaded."""
    return load(write(folder, space, name, **more))


def settings(configuration: dict) -> dict:
    """The fields of the small architecture."""
    ((_, fields),) = configuration["architecture"].items()
    return fields


def analytic(configuration: dict, seeds: tuple[int, ...], cancel: object = None) -> Score:
    """A score that is a smooth function of the configuration, best at delta, eta 0.01, 200 cells."""
    import math

    fields = settings(configuration)
    ((rule, values),) = fields["rule"].items()
    distance = abs(math.log10(values["eta"] / 0.01)) + abs(math.log(fields["cells"]["size"] / 200))
    accuracy = {"delta": 0.9, "stdp": 0.7, "covariance": 0.6}.get(rule, 0.5) - 0.1 * distance + 0.001 * sum(seeds)
    metrics = {"accuracy": accuracy, "synaptic_operations": float(fields["cells"]["size"]), "writes": 10 * distance}
    return Score("ok", metrics, (accuracy / 2, accuracy), timing=Timing(simulate=0.001))
