"""Any data set or generator of the package River (Montiel et al. 2021) in its own order."""

import dataclasses
import hashlib
import importlib.util
import inspect
import itertools
import json
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any, Literal

import numpy as np

from neurosearch.declare import quantity
from neurosearch.errors import UserError
from neurosearch.parts.tasks.base import ALL, Samples, Task, arrange, once, samples_of
from neurosearch.record.goal import Values
from neurosearch.record.stream import WARM_UP, Stream
from neurosearch.spelling import suggestion

CLASSES = ("Binary classification", "Multi-class classification")
_GENERATED, _SCALED_BY, _WORDS = 5000, 200, 100
"""Samples of a generator unless `samples` says more; samples that set the scale of channels; words of a feature."""


@dataclass(frozen=True)
class River(Task):
    """``river: {name: ImageSegments}``: the features of each sample, scaled to 0 to 1 and cut, and its class, or its
    value or values.

    Order is information in these streams, so they keep it unless ``order`` is ``drawn``; nothing is held out unless
    ``last`` says so. A channel is scaled by the range of the first 200 samples, which a chip would have seen
    unlabelled; so is a value that is to be predicted, but it is not cut. A feature that is a word becomes one channel a
    word, a date its seconds. A generator is given the seed of the network, so every seed has its own realisation.

    Attributes:
        name: of a class in ``river.datasets`` or ``river.datasets.synth``.
        arguments: for its constructor.
        order: ``given``, or ``drawn`` by the seed.
        last: samples at the end that are held out.
    """

    lead_in: int = quantity(_SCALED_BY, low=0)
    held_out: int = quantity(ALL, low=ALL)
    name: str = "ImageSegments"
    arguments: Any = field(default_factory=dict)
    order: Literal["given", "drawn"] = "given"
    last: int = quantity(0, low=0)

    def __hash__(self) -> int:
        return hash(repr(self))  # arguments are a mapping

    def stream(self, seed: int) -> Stream:
        """The samples, in River's order or the seed's."""
        cls = _found(self.name)
        endless = _endless(cls)
        if not isinstance(self.arguments, Mapping):
            raise UserError(f"River.arguments = {self.arguments!r} must be a mapping of names to values")
        wanted = self.samples + self.last if self.samples else _GENERATED + self.last if endless else None
        given = _text(self.arguments)
        data, targets = _load(self.name, given, seed if _seeds(cls) else 0, wanted, self.last)
        stream = arrange(self, data, seed, drawn=self.order == "drawn")
        if targets is None:
            return stream
        lead_in = (stream.phase == WARM_UP)[:, None]
        shown = np.where(lead_in, np.nan, targets[stream.frame_row])  # a sample is one frame, one row
        return dataclasses.replace(stream, goal=Values(shown.astype(np.float32)), outputs=targets.shape[1])


def _text(arguments: Mapping[Any, Any]) -> str:
    try:
        return json.dumps(arguments, sort_keys=True)
    except (TypeError, ValueError) as error:
        raise UserError(
            f"River.arguments = {arguments!r} can hold names with numbers, texts, lists and mappings only ({error}); "
            f"write the others as texts"
        ) from error


def _found(name: str) -> Any:
    if importlib.util.find_spec("river") is None:
        raise UserError(
            "the task river takes its streams from the package river, which is not installed; "
            "run `pip install 'neurosearch[stream]'`"
        )
    from river import datasets
    from river.datasets import base, synth

    known = {n: c for module in (datasets, synth) for n, c in vars(module).items() if isinstance(c, type)}
    known = {n: c for n, c in known.items() if issubclass(c, base.Dataset)}
    if name not in known:
        raise UserError(f"River.name = {name!r} is not a data set of river; {suggestion(name, known)}")
    return known[name]


def _endless(cls: Any) -> bool:
    from river.datasets import base

    return issubclass(cls, base.SyntheticDataset)


@once
def _load(name: str, arguments: str, seed: int, n: int | None, last: int) -> tuple[Samples, np.ndarray | None]:
    """The samples, and [N, O] their values where there are no classes."""
    made = _made(name, arguments, seed)
    samples = iter(made)
    try:
        taken = list(itertools.islice(samples, n))
    except Exception as error:  # a generator looks at many of its arguments only now
        raise _misfit(name, arguments, error) from error
    if not taken:
        raise UserError(f"River.name = {name} gives no sample; choose another data set")
    features, answers = zip(*taken, strict=True)
    with warnings.catch_warnings():  # River leaves a file of which not all is read to the garbage collector
        warnings.simplefilter("ignore", ResourceWarning)
        del samples
    table = _numbers(name, features)
    if last >= len(table):
        raise UserError(f"River.last = {last}, but {name} has {len(table)} samples; give fewer")
    values = np.clip(_scaled(table), 0, 1)
    targets = None
    if made.task not in CLASSES:
        several = [a if isinstance(a, Mapping) else {"": a} for a in answers]
        targets = _scaled(np.array([[float(a[name]) for name in several[0]] for a in several]))
        outputs, labels = 1, np.zeros(len(table), np.int32)  # no classes: a stream of values counts its own outputs
    else:
        known = sorted(set(answers), key=lambda c: (str(type(c)), c))
        if len(known) < 2:
            raise UserError(f"River.name = {name}: its first {len(table)} samples are all of the class {known[0]!r}")
        outputs, labels = len(known), np.array([known.index(c) for c in answers])
    order, stop = np.arange(len(table)), len(table) - last
    told = labels.astype(np.int32) if targets is None else targets
    sha = hashlib.sha256(values.astype(np.float32).tobytes() + told.tobytes()).hexdigest()
    key = f"river:{name} {sha[:16]}"
    return samples_of(values, (values.shape[1],), labels, order[:stop], order[stop:], key, outputs=outputs), targets


def _seeds(cls: Any) -> list[str]:
    """Arguments of a generator that its draws depend on."""
    return [name for name in inspect.signature(cls).parameters if name == "seed" or name.startswith("seed_")]


def _made(name: str, arguments: str, seed: int) -> Any:
    cls, given = _found(name), json.loads(arguments)
    given = {**dict.fromkeys(_seeds(cls), seed), **given}
    try:
        made = cls(**given)
    except Exception as error:  # whatever River's own code stumbles over
        raise _misfit(name, arguments, error) from error
    if not getattr(made, "is_downloaded", True):
        raise UserError(
            f'River.name = {name} has to be downloaded first; run `python -c "from river import datasets; '
            f'datasets.{name}().download()"`'
        )
    return made


def _misfit(name: str, arguments: str, error: Exception) -> UserError:
    """The error in the user's arguments that an exception from River implies; without arguments, there is none."""
    given = json.loads(arguments)
    if not given:
        raise error
    said = " ".join(str(error).split()).rstrip(".")
    if not isinstance(error, TypeError | ValueError):  # such as KeyError, whose message is only the key
        said = f"{type(error).__name__}: {said}"
    return UserError(f"River.arguments = {given} do not fit {name}: {said}; give arguments that river's {name} accepts")


def _numbers(name: str, features: Sequence[Mapping[Any, Any]]) -> np.ndarray:
    """[N, C] numbers: words become one channel each, dates their seconds."""
    columns: list[np.ndarray] = []
    for c in dict.fromkeys(c for x in features for c in x):
        given = [x.get(c) for x in features]
        words = sorted({v for v in given if isinstance(v, str)})
        if len(words) > _WORDS:
            raise UserError(
                f"River.name = {name}: {c!r} is a text with {len(words)} different values, and at most {_WORDS} become "
                f"channels; choose another data set"
            )
        if words:
            columns += [np.array([float(v == word) for v in given]) for word in words]
            continue
        try:
            columns.append(np.array([_number(v) for v in given]))
        except (TypeError, ValueError) as error:
            raise UserError(f"River.name = {name}: {c!r} is not a number ({error}); choose another data set") from error
        if not np.isfinite(columns[-1]).all():
            k = int(np.argmin(np.isfinite(columns[-1])))
            raise UserError(f"River.name = {name}: {c!r} of sample {k} is missing or not finite; choose another")
    if not columns:
        raise UserError(f"River.name = {name}: its samples have no features; give other arguments, or another data set")
    return np.stack(columns, axis=1)


def _number(value: Any) -> float:
    if isinstance(value, date):
        at = value if isinstance(value, datetime) else datetime.combine(value, time())
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
    return float("nan") if value is None else float(value)


def _scaled(table: np.ndarray) -> np.ndarray:
    """Columns by the range of the first samples."""
    low, high = table[:_SCALED_BY].min(axis=0), table[:_SCALED_BY].max(axis=0)
    return np.asarray((table - low) / np.where(high > low, high - low, 1))
