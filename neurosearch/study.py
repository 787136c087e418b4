"""A study file → ``Study``: what is searched, on which task, for what; every mistake named with file, path and value."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from neurosearch import catalogue, config, document, space
from neurosearch.declare import part
from neurosearch.errors import UserError
from neurosearch.memory import WeightMemory
from neurosearch.record import DIRECTIONS
from neurosearch.space import Choice, Dimension, Float, Int, Value
from neurosearch.spelling import suggestion

FORMAT = 1
SAMPLERS = ("tpe", "random", "cmaes", "nsga2", "gp")
FRESH_SEEDS = (1001, 1002, 1003, 1004, 1005)
"""Seeds on which the best few are run again, unless the study names its own."""


@dataclass(frozen=True)
class Configuration:
    """All that one evaluation needs; a path without one of these three names in front is the architecture's."""

    architecture: Any = part("architectures")
    task: Any = part("tasks")
    memory: WeightMemory | None = None


@dataclass(frozen=True)
class Limits:
    """What one simulation may use; ``None`` leaves the engine's own limit."""

    seconds: float | None = None
    memory_gb: float | None = None


@dataclass(frozen=True)
class Rescore:
    """How many of the best are run again on fresh seeds before one is called best."""

    top: int = 5
    seeds: tuple[int, ...] = FRESH_SEEDS


@dataclass(frozen=True)
class Bound:
    """A constraint on a score."""

    min: float | None = None
    max: float | None = None


@dataclass(frozen=True, eq=False)
class Study:
    """A question: a space, a task, objectives and a budget.

    Attributes:
        name: stem of the file; the store is named after it.
        file: where it was read from.
        root: the configuration with every fixed value, before anything is sampled.
        space: path → dimension, as the user wrote the paths.
        fixed: path → value for bare values in the space, applied wherever the path exists.
        seeds: the networks of one trial; its score is their mean.
    """

    name: str
    file: Path
    about: str
    root: Configuration
    space: Mapping[str, Dimension]
    fixed: Mapping[str, Value] = field(default_factory=dict)
    objectives: tuple[str, ...] = ("accuracy",)
    constraints: Mapping[str, Bound] = field(default_factory=dict)
    seed: int = 0
    seeds: tuple[int, ...] = (0,)
    trials: int = 200
    sampler: str = "tpe"
    limits: Limits = Limits()
    rescore: Rescore = Rescore()

    @property
    def directions(self) -> tuple[str, ...]:
        """``maximize`` or ``minimize`` for each objective."""
        return tuple(DIRECTIONS[name] for name in self.objectives)

    def exists(self, path: str, chosen: Mapping[str, Value]) -> bool:
        """Whether a path exists under these choices."""
        relevant = {p: v for p, v in chosen.items() if path.startswith(p + ".") and isinstance(self.space.get(p), Choice)}
        return _exists(self, path, tuple(sorted(relevant.items())))

    def sample(self, draw: space.Draw) -> dict[str, Value]:
        """Parameters of one trial."""
        return space.sample(self.space, self.exists, draw)

    def configuration(self, params: Mapping[str, Value]) -> dict[str, Any]:
        """The whole configuration of these parameters as plain data: architecture, task, memory."""
        return config.to_dict(self.resolve(params))

    def resolve(self, params: Mapping[str, Value]) -> Configuration:
        """The same as instances."""
        fixed = {path: value for path, value in self.fixed.items() if self.exists(path, params)}
        changes = {full_path(path): value for path, value in (fixed | dict(params)).items()}
        resolved: Configuration = config.replace(self.root, changes, str(self.file))
        return resolved


def full_path(path: str) -> str:
    """A path from the root: ``rule.eta`` → ``architecture.rule.eta``."""
    first = path.split(".")[0]
    return path if first in ("architecture", "task", "memory") else f"architecture.{path}"


def load(ref: str | Path) -> Study:
    """The study of a path, or of a name that ships."""
    file = find_file(str(ref))
    data = document.load(file)
    return from_data(data, file)


def find_file(ref: str) -> Path:
    """A study's file: a path if there is one, else a shipped name."""
    file = Path(ref).expanduser()
    if file.suffix in (".yaml", ".yml", ".json") or "/" in ref:
        if not file.is_file():
            raise UserError(f"there is no study file {ref}; {suggestion(file.stem, catalogue.names('studies'))}")
        return file.resolve()
    return catalogue.path("studies", ref)


def from_data(data: Any, file: Path) -> Study:
    """Check a study's data against its schema and against everything that exists."""
    given = _validate(data, file)
    where = str(file)
    root = _root(given, file)
    parsed = {path: space.parse(value, where, path) for path, value in given.space.items()}
    parsed = {path: _absolute_options(d, file) for path, d in parsed.items()}
    dimensions = {path: d for path, d in parsed.items() if isinstance(d, Float | Int | Choice)}
    fixed = {path: d for path, d in parsed.items() if not isinstance(d, Float | Int | Choice)}
    for path in parsed:
        _check_path(path, parsed, root, where)
    unconditional = {full_path(p): v for p, v in fixed.items() if not _stands_under(p, dimensions)}
    root = config.replace(root, unconditional, where)
    for name in (*given.objectives, *given.constraints):
        if name not in DIRECTIONS:
            raise UserError(f"{where}: '{name}' is no score; {suggestion(name, DIRECTIONS)}")
    if "held_out_accuracy" in given.objectives or "held_out_accuracy" in given.constraints:
        raise UserError(f"{where}: held_out_accuracy cannot be searched for, or it would no longer be held out; use accuracy")
    _once(given.objectives, "objectives", where)
    _once(given.seeds, "seeds", where)
    _once(given.rescore.seeds, "rescore.seeds", where)
    if given.sampler == "cmaes" and len(given.objectives) > 1:
        raise UserError(f"{where}: the sampler cmaes serves one objective, not {len(given.objectives)}; use tpe or nsga2")
    return Study(
        name=file.stem,
        file=file,
        about=" ".join(given.about.split()),
        root=root,
        space=dimensions,
        fixed={p: v for p, v in fixed.items() if _stands_under(p, dimensions)},
        objectives=tuple(given.objectives),
        constraints={name: Bound(b.min, b.max) for name, b in given.constraints.items()},
        seed=given.seed,
        seeds=tuple(given.seeds),
        trials=given.trials,
        sampler=given.sampler,
        limits=Limits(given.limits.seconds, given.limits.memory_gb),
        rescore=Rescore(given.rescore.top, tuple(s for s in given.rescore.seeds)),
    )


def identity(study: Study) -> dict[str, Any]:
    """What may not change once trials are stored, as flat text: path → value; equal identities, comparable trials."""
    flat: dict[str, Any] = {}
    for path, (_, value) in config.paths(study.root).items():
        flat[path] = _source(value)
    flat |= {f"space.{path}": _dimension(d) for path, d in (dict(study.space) | dict(study.fixed)).items()}
    flat |= {f"constraints.{name}": f"min {b.min}, max {b.max}" for name, b in study.constraints.items()}
    flat |= {"objectives": ", ".join(study.objectives), "seed": study.seed, "seeds": list(study.seeds)}
    return flat


def changes(stored: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """``path: old → new`` for everything in which two identities differ."""
    absent = "not there"
    return [
        f"{path}: {stored.get(path, absent)} → {now.get(path, absent)}"
        for path in [*stored, *(p for p in now if p not in stored)]
        if stored.get(path, absent) != now.get(path, absent)
    ]


def structures(study: Study) -> int:
    """How many combinations of choices the space holds: no more builds than this can be caused."""

    def count(waiting: list[str], chosen: dict[str, Value]) -> int:
        for path in waiting:
            if not any(path.startswith(other + ".") for other in waiting if other != path):
                rest = [p for p in waiting if p != path]
                dimension = study.space[path]
                if not isinstance(dimension, Choice) or not study.exists(path, chosen):
                    return count(rest, chosen)
                below = any(p.startswith(path + ".") for p in rest)
                if not below:  # every option leads to the same rest
                    return len(dimension.options) * count(rest, chosen)
                return sum(count(rest, {**chosen, path: option}) for option in dimension.options)
        return 1

    return count([p for p, d in study.space.items() if isinstance(d, Choice)], {})


def schema() -> dict[str, Any]:
    """JSON Schema of a study file, for editors."""
    made: dict[str, Any] = _model().model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "neurosearch study", **made}


@functools.cache
def _model() -> Any:
    """The file's schema; pydantic is imported only when a study is read."""
    from pydantic import BaseModel, ConfigDict, Field

    strict = ConfigDict(extra="forbid", strict=True)

    class BoundData(BaseModel):
        """A score's lower or upper bound."""

        model_config = strict
        min: float | None = None
        max: float | None = None

    class LimitsData(BaseModel):
        """What one simulation may use."""

        model_config = strict
        seconds: float | None = Field(None, gt=0)
        memory_gb: float | None = Field(None, gt=0)

    class RescoreData(BaseModel):
        """The best few, run again on fresh seeds."""

        model_config = strict
        top: int = Field(5, ge=0)
        seeds: list[int] = Field(list(FRESH_SEEDS), min_length=1)

    class StudyData(BaseModel):
        """A study file."""

        model_config = strict
        format: Literal[1] = Field(description="version of this format")
        about: str = Field(description="the question, the expected result, the command")
        architecture: str | dict[str, Any] = Field(description="name, ./file.py:Class, found.json or {name: {field: value}}")
        task: str | dict[str, Any] = Field(description="name or {name: {field: value}}")
        memory: str | dict[str, Any] | None = Field(None, description="weight memory {bits, range, rounding}, or off")
        space: dict[str, Any] = Field(default_factory=dict, description="path: {float|int: [low, high]} or {choice: [...]}")
        objectives: list[str] = Field(["accuracy"], min_length=1)
        constraints: dict[str, BoundData] = Field(default_factory=dict)
        seed: int = Field(0, ge=0, lt=2**31, description="seeds the sampler")
        seeds: list[int] = Field([0], min_length=1, description="seeds of the networks of one trial")
        trials: int = Field(200, ge=1)
        sampler: Literal["tpe", "random", "cmaes", "nsga2", "gp"] = "tpe"
        limits: LimitsData = LimitsData()
        rescore: RescoreData = RescoreData()

    return StudyData


def _validate(data: Any, file: Path) -> Any:
    import pydantic

    if not isinstance(data, dict):
        raise UserError(f"{file}: a study is a mapping with format, about, architecture, task and space")
    if "format" in data and data["format"] != FORMAT:
        raise UserError(f"{file}: format = {data['format']!r}, but this version reads format {FORMAT}")
    try:
        return _model().model_validate(data)
    except pydantic.ValidationError as error:
        raise UserError(f"{file}: {_first_mistake(error.errors(), _model())}") from error


def _first_mistake(mistakes: list[Any], model: Any) -> str:
    first = next((m for m in mistakes if m["type"] == "extra_forbidden"), mistakes[0])
    where = ".".join(str(step) for step in first["loc"] if step not in ("str", "dict[str,any]"))
    if first["type"] == "extra_forbidden":
        known: list[str] = list(model.model_fields)
        if len(first["loc"]) > 1:
            known = {"limits": ["seconds", "memory_gb"], "rescore": ["top", "seeds"]}.get(first["loc"][0], ["min", "max"])
        return f"{where} does not exist; {suggestion(first['loc'][-1], known)}"
    if first["type"] == "missing":
        return f"{where} must be given"
    return f"{where} = {first['input']!r}: {first['msg'][:1].lower()}{first['msg'][1:]}"


def _root(given: Any, file: Path) -> Configuration:
    data = {"architecture": _found(given.architecture, file), "task": given.task, "memory": given.memory}
    root: Configuration = config.build(Configuration, _absolute(data, file), str(file))
    for name in ("architecture", "task"):
        if getattr(root, name) is None:
            raise UserError(f"{file}: {name} must be given, not off")
    return root


def _found(architecture: Any, file: Path) -> Any:
    """The architecture of a found JSON file stands wherever an architecture does."""
    if not (isinstance(architecture, str) and architecture.endswith(".json")):
        return architecture
    beside = file.parent / Path(architecture).expanduser()
    return architecture_of(beside if beside.exists() else Path(architecture))


def architecture_of(found: Path) -> Any:
    """The architecture in a file that ``export`` wrote."""
    data = document.load(found)
    data = data.get("configuration", data) if isinstance(data, dict) else data
    if not isinstance(data, dict) or "architecture" not in data:
        raise UserError(f"{found} holds no architecture; give a JSON file that `neurosearch export` wrote")
    return data["architecture"]


def _absolute(data: Any, file: Path) -> Any:
    """References to the user's own files, relative to the study, made independent of the working directory."""
    if isinstance(data, dict):
        return {_absolute(key, file): _absolute(value, file) for key, value in data.items()}
    if isinstance(data, list):
        return [_absolute(value, file) for value in data]
    return catalogue.absolute(data, file.parent) if isinstance(data, str) else data


def _absolute_options(dimension: Any, file: Path) -> Any:
    if isinstance(dimension, Choice):
        return Choice(tuple(_absolute(list(dimension.options), file)))
    return _absolute(dimension, file)


def _dimension(dimension: Dimension | Value) -> Any:
    data = space.to_data(dimension)
    return {"choice": [_source(option) for option in data["choice"]]} if isinstance(dimension, Choice) else _source(data)


def _source(value: Any) -> Any:
    """A user's own class by its text, not by its path; a tuple as JSON gives it back."""
    own = catalogue.OWN_FILE.match(value) if isinstance(value, str) else None
    if own:
        text = catalogue.source_digest(catalogue.find("", value))[:12]
        return f"{Path(own['path']).name}:{own['name']} (text {text})"
    return list(value) if isinstance(value, tuple) else value


def _stands_under(path: str, dimensions: Mapping[str, Dimension]) -> bool:
    return any(path.startswith(other + ".") for other in dimensions)


def _exists(study: Study, path: str, chosen: tuple[tuple[str, Value], ...]) -> bool:
    cache = _existing(study)
    if (path, chosen) not in cache:
        instance = config.replace(study.root, {full_path(p): v for p, v in chosen}, str(study.file))
        cache[path, chosen] = full_path(path) in config.paths(instance)
    return cache[path, chosen]


@functools.lru_cache(maxsize=8)
def _existing(study: Study) -> dict[tuple[str, tuple[tuple[str, Value], ...]], bool]:
    return {}


def _once(values: list[Any], name: str, where: str) -> None:
    for value in values:
        if values.count(value) > 1:
            raise UserError(f"{where}: {name} holds {value!r} twice; keep one")


def _check_path(path: str, parsed: Mapping[str, Any], root: Configuration, where: str) -> None:
    """The path exists under some choice, and every value of its dimension is allowed wherever it exists."""
    owners = _reach(full_path(path).split("."), parsed, root, where, path)
    for one in owners:
        _check_dimension(parsed[path], one, f"{where}: space.{path}")


def _reach(steps: list[str], parsed: Mapping[str, Any], root: Configuration, where: str, path: str) -> list[config.Field]:
    """The fields that a path can mean, over all choices that the space makes above it."""
    above: list[tuple[type, Any]] = [(Configuration, root)]
    for n, step in enumerate(steps):
        here = [(config.fields(cls)[step], value) for cls, value in above if step in config.fields(cls)]
        if not here:
            known = [name for cls, _ in above for name in config.fields(cls)]
            if n == 1 and not path.startswith("architecture."):
                known += ["task", "memory"]
            names = " or ".join(dict.fromkeys(cls.__name__ for cls, _ in above)) or "what is off"
            raise UserError(f"{where}: space.{path}: '{step}' does not exist in {names}; {suggestion(step, known)}")
        if n == len(steps) - 1:
            return [f for f, _ in here]
        prefix = ".".join(steps[: n + 1])
        written = prefix if prefix in parsed else prefix.removeprefix("architecture.")
        chosen = parsed.get(written)
        above = []
        for f, value in here:
            present = getattr(value, f.name, None) if value is not None else None
            above += _inside(f, present, value is not None, chosen, f"{where}: space.{written}")
    return []


def _inside(f: config.Field, present: Any, known: bool, chosen: Any, at: str) -> list[tuple[type, Any]]:
    """Classes that may stand in a field: the options of its choice, else what stands there now."""
    if f.form == "nested" and f.cls is not None:
        return [(f.cls, present)]
    if f.form != "part":
        return []
    options = chosen.options if isinstance(chosen, Choice) else [chosen] if isinstance(chosen, str) else []
    found: list[tuple[type, Any]] = []
    for option in options:
        if option != config.OFF:
            cls = type(config.build_part(f.kind, option, at))
            found.append((cls, present if isinstance(present, cls) else cls()))
    if not options and present is not None:
        found.append((type(present), present))
    elif not options and not known and f.default not in (None, config.OFF):
        found.append((catalogue.find(f.kind, f.default), None))
    return found


def _check_dimension(dimension: Any, f: config.Field, at: str) -> None:
    if isinstance(dimension, Float | Int):
        if f.form not in ("number", "integer"):
            raise UserError(f"{at} is a range, but {f.name} is {f.wanted}; write {{choice: [...]}}")
        if f.form == "integer" and isinstance(dimension, Float):
            raise UserError(f"{at}: {f.name} is {f.wanted}; write int instead of float")
        for bound in (dimension.low, dimension.high):
            config.coerce(f, bound, at, "")
        return
    for option in dimension.options if isinstance(dimension, Choice) else (dimension,):
        if option == config.OFF and f.optional:
            continue
        if f.form == "part":
            config.build_part(f.kind, option, at)
        elif f.form == "nested":
            if option not in ("on", config.OFF):
                raise UserError(f"{at} = {option!r}: {f.name} is a group of fields; choose on or off")
        else:
            config.coerce(f, option, at, "")
