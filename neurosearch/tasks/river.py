"""Any data set or generator of the package River (Montiel et al. 2021) that has classes, in its own order."""

import hashlib
import importlib.util
import inspect
import itertools
import json
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from neurosearch.declare import quantity
from neurosearch.errors import UserError
from neurosearch.record import Stream
from neurosearch.spelling import suggestion
from neurosearch.tasks.base import ALL, Samples, Task, arrange, once, samples_of

_GENERATED, _MOST, _SCALED_BY = 5000, 100_000, 200
"""Samples taken of a generator and of a data set unless `samples` says more; samples that set the scale of channels."""


@dataclass(frozen=True)
class River(Task):
    """``river: {name: ImageSegments}``: the features of each sample, scaled to 0 to 1 and cut, and its class.

    Order is information in these streams, so they keep it unless ``order`` is ``drawn``; nothing is held out unless
    ``last`` says so. A channel is scaled by the range of the first 200 samples, which a chip would have seen
    unlabelled. A generator is given the seed of the network, so every seed has its own realisation.

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
        generator = "seed" in inspect.signature(cls).parameters
        wanted = self.samples + self.last if self.samples else _GENERATED + self.last if _endless(cls) else _MOST
        data = _load(self.name, json.dumps(self.arguments, sort_keys=True), seed if generator else 0, wanted, self.last)
        return arrange(self, data, seed, drawn=self.order == "drawn")


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
        raise UserError(f"River.name = {name!r} is no data set of river; {suggestion(name, known)}")
    return known[name]


def _endless(cls: Any) -> bool:
    from river.datasets import base

    return issubclass(cls, base.SyntheticDataset)


@once
def _load(name: str, arguments: str, seed: int, n: int, last: int) -> Samples:
    cls, given = _found(name), json.loads(arguments)
    if "seed" in inspect.signature(cls).parameters:
        given = {"seed": seed, **given}
    try:
        made = cls(**given)
    except (TypeError, ValueError) as error:
        raise UserError(f"River.arguments = {json.loads(arguments)} do not fit {name}: {error}") from error
    if made.task not in (base_tasks := ("Binary classification", "Multi-class classification")):
        raise UserError(f"River.name = {name}: it is for {made.task.lower()}, not {' or '.join(base_tasks).lower()}")
    if not getattr(made, "is_downloaded", True):
        raise UserError(
            f'River.name = {name} has to be downloaded first; run `python -c "from river import datasets; '
            f'datasets.{name}().download()"`'
        )
    features, classes = zip(*itertools.islice(made, n), strict=True)
    columns = list(features[0])
    try:
        table = np.array([[float(x.get(c, np.nan)) for c in columns] for x in features])
    except (TypeError, ValueError) as error:
        raise UserError(f"River.name = {name}: a feature is no number ({error}); choose another data set") from error
    if not np.isfinite(table).all():
        k, c = np.argwhere(~np.isfinite(table))[0]
        raise UserError(f"River.name = {name}: {columns[c]!r} of sample {k} is missing or not finite; choose another")
    if last >= len(table):
        raise UserError(f"River.last = {last}, but {name} has {len(table)} samples; give fewer")
    low, high = table[:_SCALED_BY].min(axis=0), table[:_SCALED_BY].max(axis=0)
    values = np.clip((table - low) / np.where(high > low, high - low, 1), 0, 1)
    known = sorted(set(classes), key=lambda c: (str(type(c)), c))
    if len(known) < 2:
        raise UserError(f"River.name = {name}: its first {len(table)} samples are all of the class {known[0]!r}")
    labels = np.array([known.index(c) for c in classes])
    order, stop = np.arange(len(table)), len(table) - last
    sha = hashlib.sha256(values.astype(np.float32).tobytes() + labels.astype(np.int32).tobytes()).hexdigest()
    return samples_of(
        values, (len(columns),), labels, order[:stop], order[stop:], f"river:{name} {sha[:16]}", outputs=len(known)
    )
