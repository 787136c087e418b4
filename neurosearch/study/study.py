"""A study: search space, task and objectives, loaded from its file with precise errors."""

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from neurosearch import catalogue, config
from neurosearch.errors import UserError
from neurosearch.evaluate.metrics import DIRECTIONS, metrics
from neurosearch.files import paths
from neurosearch.spelling import quoted, shortened, suggestion
from neurosearch.study import document, space
from neurosearch.study.configuration import Configuration, check_path, full_path, written_path
from neurosearch.study.own_files import architecture_of, named_in
from neurosearch.study.schema import FRESH_SEEDS, validate
from neurosearch.study.space import Choice, Dimension, Draw, Float, Int, Value, is_under


@dataclass(frozen=True)
class Limits:
    """Resource limits of one simulation; ``None`` keeps the engine's default."""

    seconds: float | None = None
    memory_gb: float | None = None


@dataclass(frozen=True)
class Rescore:
    """How many of the best trials are run again on fresh seeds before one is selected."""

    top: int = 5
    seeds: tuple[int, ...] = FRESH_SEEDS


@dataclass(frozen=True)
class Bound:
    """A constraint on a metric."""

    min: float | None = None
    max: float | None = None


@dataclass(frozen=True, eq=False)
class Study:
    """A space, a task, objectives and a budget.

    Attributes:
        name: stem of the file; the store is named after it.
        file: where it was read from.
        root: the configuration with every fixed value, before sampling.
        space: path → dimension, with paths as the user wrote them.
        fixed: path → fixed value of the space that depends on a choice; applied wherever the path exists.
        seeds: of the networks of one trial, whose mean is its score.
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
        above = ((p, v) for p, v in chosen.items() if is_under(path, p) and isinstance(self.space.get(p), Choice))
        return _exists(self, path, tuple(sorted(above)))

    @property
    def called(self) -> str:
        """Its name on the command line: that of a built-in study, otherwise its path, shortened if possible."""
        if _shipped(self.file):
            return self.name
        return self.file.name if self.file.parent == Path.cwd() else str(self.file)

    def sample(self, draw: Draw) -> dict[str, Value]:
        """Parameters of one trial."""
        return space.sample(self.space, self.exists, draw)

    def configuration(self, params: Mapping[str, Value]) -> dict[str, Any]:
        """The whole configuration of these parameters as plain data: architecture, task, memory."""
        return config.to_dict(self.resolve(params))

    def resolve(self, params: Mapping[str, Value]) -> Configuration:
        """The same as instances."""
        given = self._with_single_values(params)
        fixed = {path: value for path, value in self.fixed.items() if self.exists(path, given)}
        changed = {full_path(path): value for path, value in (fixed | given).items()}
        resolved: Configuration = config.replace(self.root, changed, str(self.file))
        return resolved

    def _with_single_values(self, params: Mapping[str, Value]) -> dict[str, Value]:
        """The parameters, completed by dimensions that have only one value."""
        given = dict(params)
        for path in sorted(self.space, key=lambda path: path.count(".")):  # outer choices decide what exists below
            value = space.single(self.space[path])
            if path not in given and value is not None and self.exists(path, given):
                given[path] = value
        return given


def _shipped(file: Path) -> bool:
    return file.stem in catalogue.names("studies") and catalogue.path("studies", file.stem).resolve() == file.resolve()


def load(ref: str | Path) -> Study:
    """The study of a path or of a built-in name."""
    file = find_file(str(ref))
    return from_data(document.load(file), file)


def find_file(ref: str) -> Path:
    """A study's file: a path if it looks like one, otherwise that of a built-in name."""
    if not ref.endswith((".yaml", ".yml", ".json")) and "/" not in ref:
        try:
            return catalogue.path("studies", ref)
        except UserError as error:
            if "@" not in ref and paths.located(f"{ref}.yaml").is_file():
                raise UserError(
                    f"there is no study {ref} that ships; for the file {ref}.yaml write {ref}.yaml"
                ) from error
            raise
    file = paths.located(ref)
    if not file.is_file():
        raise UserError(
            f"there is no study file {shortened(ref, 300)}; give a path, or a name: "
            f"{', '.join(catalogue.names('studies'))}"
        )
    return file


def from_data(data: Any, file: Path) -> Study:
    """Check a study's data against its schema and against everything that exists."""
    where = str(file)
    given = validate(data, where)
    root = _root(given, file)
    parsed: dict[str, Dimension | Value] = {}
    for path, value in given.space.items():
        spelt = written_path(path, given.space)
        if spelt in parsed:
            raise UserError(f"{where}: space.{path} is given twice, as {spelt} and as architecture.{spelt}; keep one")
        parsed[spelt] = space.parse(named_in(file, value), where, path)
    for path in parsed:
        check_path(path, parsed, root, where)
    dimensions = {path: d for path, d in parsed.items() if isinstance(d, Float | Int | Choice)}
    fixed = {path: d for path, d in parsed.items() if not isinstance(d, Float | Int | Choice)}
    conditional = {path: v for path, v in fixed.items() if any(is_under(path, other) for other in dimensions)}
    plain = {full_path(path): value for path, value in fixed.items() if path not in conditional}
    _check_scores(given, where)
    return Study(
        name=file.stem,
        file=file,
        about=" ".join(given.about.split()),
        root=config.replace(root, plain, where),
        space=dimensions,
        fixed=conditional,
        objectives=tuple(given.objectives),
        constraints={name: Bound(bound.min, bound.max) for name, bound in given.constraints.items()},
        seed=given.seed,
        seeds=tuple(given.seeds),
        trials=given.trials,
        sampler=given.sampler,
        limits=Limits(given.limits.seconds, given.limits.memory_gb),
        rescore=Rescore(given.rescore.top, tuple(given.rescore.seeds)),
    )


def identity(study: Study) -> dict[str, Any]:
    """What must not change once trials are stored: path → value; trials of equal identities are comparable."""
    flat: dict[str, Any] = {path: _source(value) for path, (_, value) in config.paths(study.root).items()}
    flat |= {f"space.{path}": _dimension(d) for path, d in (dict(study.space) | dict(study.fixed)).items()}
    flat |= {f"constraints.{name}": f"min {b.min}, max {b.max}" for name, b in study.constraints.items()}
    return flat | {"objectives": list(study.objectives), "seed": study.seed, "seeds": list(study.seeds)}


def changes(stored: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """``path: old → new`` for every difference between two identities."""
    absent = "not there"
    return [
        f"{path}: {stored.get(path, absent)} → {now.get(path, absent)}"
        for path in [*stored, *(p for p in now if p not in stored)]
        if stored.get(path, absent) != now.get(path, absent)
    ]


def combinations(study: Study) -> Iterator[dict[str, Value]]:
    """Every combination of the choices that may change the program: of parts, groups, flags and names, not numbers."""

    def walk(waiting: list[str], chosen: dict[str, Value]) -> Iterator[dict[str, Value]]:
        if not waiting:
            yield chosen
            return
        path = next(p for p in waiting if not any(is_under(p, other) for other in waiting))
        rest, dimension = [p for p in waiting if p != path], study.space[path]
        assert isinstance(dimension, Choice), "only choices are walked"
        for option in dimension.options if study.exists(path, chosen) else ():
            yield from walk(rest, {**chosen, path: option})
        if not study.exists(path, chosen):
            yield from walk(rest, chosen)

    yield from walk([path for path, dimension in study.space.items() if _names(dimension)], {})


def _names(dimension: Dimension) -> bool:
    if not isinstance(dimension, Choice):
        return False
    return any(isinstance(option, str | bool) for option in dimension.options)


def _root(given: Any, file: Path) -> Configuration:
    if isinstance(given.architecture, str) and given.architecture.endswith(".json"):
        beside = paths.located(given.architecture, file.parent)
        architecture = architecture_of(beside if beside.is_file() else paths.located(given.architecture))
    else:
        architecture = named_in(file, given.architecture)
    data = {"architecture": architecture} | named_in(file, {"task": given.task, "memory": given.memory})
    root: Configuration = config.build(Configuration, data, str(file))
    for name in ("architecture", "task"):
        if getattr(root, name) is None:
            raise UserError(f"{file}: {name} must be given, not off")
    return root


def _check_scores(given: Any, where: str) -> None:
    for name in (*given.objectives, *given.constraints):
        if name not in DIRECTIONS:
            asked = "objectives" if name in given.objectives else "constraints"
            raise UserError(
                f"{where}: {asked}: {quoted(name)} is not a metric; {suggestion(name, DIRECTIONS)}; "
                f"`neurosearch list metrics` shows all"
            )
        if metrics()[name].judges == "held_out":
            use = metrics()[name].instead
            raise UserError(f"{where}: a search never touches held-out data, so {name} can be no goal; use {use}")
    for name, bound in given.constraints.items():
        if bound.min is None and bound.max is None:
            raise UserError(f"{where}: constraints.{name} needs min or max")
        if bound.min is not None and bound.max is not None and bound.min > bound.max:
            raise UserError(
                f"{where}: constraints.{name}: min = {bound.min:g} is above max = {bound.max:g}, which no trial can "
                f"satisfy; exchange them, or leave one out"
            )
    lists = {"objectives": given.objectives, "seeds": given.seeds, "rescore.seeds": given.rescore.seeds}
    for name, values in lists.items():
        for value in values:
            if values.count(value) > 1:
                raise UserError(f"{where}: {name} holds {quoted(value)} twice; keep one")
    for seed in given.rescore.seeds:
        if seed in given.seeds:
            raise UserError(f"{where}: rescore.seeds holds {seed}, which the search itself uses; give fresh seeds")
    if given.sampler in ("cmaes",) and len(given.objectives) > 1:
        raise UserError(f"{where}: the sampler {given.sampler} serves one objective only; use tpe or nsga2")


def _dimension(dimension: Dimension | Value) -> Any:
    data = space.to_data(dimension)
    if isinstance(dimension, Choice):
        return {"choice": [_source(option) for option in dimension.options]}
    return _source(data)


def _source(value: Any) -> Any:
    """A user's own class by its text, not by its path; a tuple as JSON gives it back."""
    own = catalogue.OWN_FILE.match(value) if isinstance(value, str) else None
    if own:
        text = catalogue.source_digest(catalogue.find("", value))[:12]
        return f"{Path(own['path']).name}:{own['name']} (text {text})"
    return list(value) if isinstance(value, tuple) else value


def _exists(study: Study, path: str, chosen: tuple[tuple[str, Value], ...]) -> bool:
    known = _existing(study)
    if (path, chosen) not in known:
        above = {p: v for p, v in study.fixed.items() if is_under(path, p) and study.exists(p, dict(chosen))}
        changed = {full_path(p): v for p, v in (above | dict(chosen)).items()}
        instance = config.replace(study.root, changed, str(study.file))
        known[path, chosen] = full_path(path) in config.paths(instance)
    return known[path, chosen]


@functools.lru_cache(maxsize=8)
def _existing(study: Study) -> dict[tuple[str, tuple[tuple[str, Value], ...]], bool]:
    return {}
