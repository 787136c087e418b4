"""The schema of a study file; pydantic is imported only when a study is read."""

import functools
from typing import Annotated, Any, Literal

from neurosearch.errors import UserError
from neurosearch.spelling import as_number, quoted, shortened, suggestion

FORMAT = 1
FRESH_SEEDS = (1001, 1002, 1003, 1004, 1005)
"""Default fresh seeds on which the best trials are run again."""

SEEDS = 2**31
"""Number of valid seeds, of samplers and of networks (32 bits)."""
_MOST = 10**9
"""Upper bound of trials, and of seconds of a simulation (30 years): beyond any use, and no clock overflows."""
_MOST_GB = 1e6
"""Upper bound of gigabytes of a simulation, so that the number of bytes fits a system limit."""


@functools.cache
def model() -> Any:
    """The pydantic model of a study file."""
    from pydantic import BaseModel, ConfigDict, Field

    strict = ConfigDict(extra="forbid", strict=True)

    class BoundData(BaseModel):
        """Lower or upper bound of a metric."""

        model_config = strict
        min: float | None = Field(default=None, allow_inf_nan=False)
        max: float | None = Field(default=None, allow_inf_nan=False)

    class LimitsData(BaseModel):
        """Resource limits of one simulation."""

        model_config = strict
        seconds: float | None = Field(default=None, gt=0, le=_MOST, allow_inf_nan=False)
        memory_gb: float | None = Field(default=None, gt=0, le=_MOST_GB, allow_inf_nan=False)

    class RescoreData(BaseModel):
        """How the best trials are run again on fresh seeds."""

        model_config = strict
        top: int = Field(default=5, ge=0, le=_MOST)
        seeds: list[Annotated[int, Field(ge=0, lt=SEEDS)]] = Field(default=list(FRESH_SEEDS), min_length=1)

    class StudyData(BaseModel):
        """A study file."""

        model_config = strict
        format: Literal[1] = Field(description="version of this format")
        about: str = Field(description="the question, the expected result, the command")
        architecture: str | dict[str, Any] = Field(
            description="name, ./file.py:Class, found.json or {name: {field: value}}"
        )
        task: str | dict[str, Any] = Field(description="name or {name: {field: value}}")
        memory: str | dict[str, Any] | None = Field(default=None, description="{bits, range, rounding}, or off")
        space: dict[str, Any] = Field(default={}, description="path: {float|int: [low, high]} or {choice: [...]}")
        objectives: list[str] = Field(default=["accuracy"], min_length=1)
        constraints: dict[str, BoundData] = Field(default={}, description="score: {max: 500}")
        seed: int = Field(default=0, ge=0, lt=SEEDS, description="seeds the sampler")
        seeds: list[Annotated[int, Field(ge=0, lt=SEEDS)]] = Field(
            default=[0], min_length=1, description="seeds of the networks of one trial"
        )
        trials: int = Field(default=200, ge=1, le=_MOST)
        sampler: Literal["tpe", "random", "cmaes", "nsga2", "gp"] = "tpe"
        limits: LimitsData = Field(default_factory=LimitsData)
        rescore: RescoreData = Field(default_factory=RescoreData)

    return StudyData


def validate(data: Any, where: str) -> Any:
    """Validate the data; the first mistake raises, with its path and value."""
    import pydantic

    if not isinstance(data, dict):
        raise UserError(f"{where}: a study is a mapping with format, about, architecture, task and space")
    if "format" in data and (data["format"] != FORMAT or isinstance(data["format"], bool)):
        raise UserError(f"{where}: format = {quoted(data['format'])}, but this version reads format {FORMAT}")
    try:
        return model().model_validate(data)
    except pydantic.ValidationError as error:
        raise UserError(f"{where}: {_first_mistake(error.errors())}") from error


def schema() -> dict[str, Any]:
    """JSON Schema of a study file, for editors."""
    made: dict[str, Any] = model().model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **made, "title": "neurosearch study"}


_WANTED = {
    "format": f"give {FORMAT}",
    "about": "give a text with the question and the result that you expect",
    "architecture": "give a name, ./file.py:Class, found.json, or {name: {field: value}}",
    "task": "give a name, or {name: {field: value}}",
    "memory": "give {bits: 4, range: 1.0, rounding: nearest}, or off",
    "space": "give a mapping of paths to {float: [low, high]}, {int: [low, high]} or {choice: [...]}",
    "objectives": "give a list of scores, such as [accuracy]",
    "constraints": "give a mapping of scores to {min: ...} or {max: ...}",
    "seed": f"give an integer from 0 to {SEEDS - 1}",
    "seeds": "give a list of integers, such as [0] or [0, 1, 2]",
    "trials": f"give an integer from 1 to {_MOST:,}",
    "limits": "give {seconds: ..., memory_gb: ...}",
    "rescore": "give {top: 5, seeds: [...]}",
}


def _first_mistake(mistakes: list[Any]) -> str:
    first = next((m for m in mistakes if m["type"] == "extra_forbidden"), mistakes[0])
    steps = [str(step) for step in first["loc"] if step not in ("str", "dict[str,any]")]
    path = shortened(".".join(steps), 100)
    if first["type"] == "extra_forbidden":
        inner = {"limits": ("seconds", "memory_gb"), "rescore": ("top", "seeds")}.get(steps[0], ("min", "max"))
        return f"{path} does not exist; {suggestion(steps[-1], model().model_fields if len(steps) == 1 else inner)}"
    if first["type"] == "missing":
        missing = [".".join(map(str, m["loc"])) for m in mistakes if m["type"] == "missing"]
        return "; ".join(f"{name} must be given: {_WANTED[name]}" for name in missing)
    said = f"{first['msg'][:1].lower()}{first['msg'][1:]}"
    hint = _WANTED.get(steps[0], "") if len(steps) == 1 else ""
    if first["type"] == "finite_number":
        hint = f"give a finite number, or leave {steps[-1]} out"
    elif first["type"] == "model_type" and steps[0] == "constraints":
        hint = "give {min: ...} or {max: ...}"
    return f"{path} = {quoted(first['input'])}: {hint or said.replace('input', 'it')}{as_number(first['input'])}"
