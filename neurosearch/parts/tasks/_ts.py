"""Reads .ts files, the format of the UEA and UCR archives of time series: a header, then a series a line.

A line holds the dimensions of one series, divided by colons, each a list of numbers divided by commas, and the class
last. Series may differ in length; within one, all dimensions must be equally long.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from neurosearch.errors import UserError
from neurosearch.files import paths
from neurosearch.files.paths import Version
from neurosearch.parts.tasks import _packaged
from neurosearch.parts.tasks.base import Samples, once
from neurosearch.spelling import quoted


@dataclass(frozen=True, eq=False)
class Series:
    """What one file holds: for each series [length, channels] values, and its class as the file writes it."""

    values: list[np.ndarray]
    classes: list[str]
    declared: list[str]


def locate(task: str, problem: str, folder: str) -> tuple[Version, Version]:
    """The training and the test file of a problem, in the user's folder or in the installed package aeon."""
    found = []
    for part in ("TRAIN", "TEST"):
        name = f"{problem}_{part}.ts"
        inside = _packaged.find("aeon", f"datasets/data/{problem}/{name}")
        path = paths.located(folder) / name if folder else inside
        if path is None:
            raise UserError(
                f"the task {task} takes its series from the package aeon, which is not installed; "
                f"run `pip install aeon`, or name the folder of {problem}_TRAIN.ts and {problem}_TEST.ts as `folder`"
            )
        found.append(paths.version(path, f"name the folder of {problem}'s two .ts files as `folder`"))
    return found[0], found[1]


@once
def load(name: str, training: Version, test: Version) -> Samples:
    """Both files as one table, a row a frame; the test file is held out.

    Each channel is scaled linearly so that its training values span 0 to 1; test values outside are cut.
    """
    sha = hashlib.sha256()
    first, second = read(training[0], sha), read(test[0], sha)
    if second.values[0].shape[1] != first.values[0].shape[1]:
        raise UserError(
            f"{training[0]} has {first.values[0].shape[1]} dimensions but {test[0]} {second.values[0].shape[1]}; "
            f"give the two files of one problem"
        )
    names = first.declared or sorted(set(first.classes))
    for path, series in ((training[0], first), (test[0], second)):
        unknown = sorted(set(series.classes) - set(names))
        if unknown:
            raise UserError(
                f"{path} holds the class {quoted(unknown[0])}, which is none of {training[0].name}'s: "
                f"{quoted(', '.join(names), 300)}; "
                f"leave those samples out, or add some to {training[0].name}"
            )
    together = np.concatenate(first.values)
    low, high = together.min(axis=0), together.max(axis=0)
    span = np.where(high > low, high - low, 1)
    values = np.clip((np.concatenate([*first.values, *second.values]) - low) / span, 0, 1).astype(np.float32)
    values.flags.writeable = False
    lengths = [len(one) for one in (*first.values, *second.values)]
    n, total = len(first.values), len(lengths)
    labels = np.array([names.index(c) for c in (*first.classes, *second.classes)], np.int32)
    rows = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    key, order = f"{name}:{sha.hexdigest()[:16]}", np.arange(total)
    return Samples(values, (values.shape[1],), rows, labels, order[:n], order[n:], len(names), key)


def read(path: Path, sha: "hashlib._Hash") -> Series:
    """The series of a file, every one checked; its bytes go into ``sha``."""
    content = paths.content(path, "give a .ts file")
    sha.update(content)
    header, body, start = _divide(path, _text(content))
    values, classes = [], []
    dimensions = 0
    for number, line in body:
        where = f"{path}, line {number}"
        *parts, label = line.split(":")
        if not parts:
            raise UserError(f"{where}: no class after the numbers; the file is cut or has no labels")
        series = _series(where, parts)
        dimensions = dimensions or series.shape[1]
        if series.shape[1] != dimensions:
            said = f"{where}: {series.shape[1]} dimensions, but the first series has {dimensions}"
            raise UserError(f"{said}; fix the file")
        values.append(series)
        classes.append(label.strip())
    if not values:
        raise UserError(f"{path} holds no series after @data (line {start}); give a file with data in it")
    promised = header.get("@dimensions")
    if promised and promised != [str(dimensions)]:
        raise UserError(f"{path} announces {promised[0][:20]} dimensions and holds {dimensions}; give the whole file")
    declared = header.get("@classlabel", ["false"])
    if not declared:
        raise UserError(f"{path}: @classLabel says nothing; write `@classLabel true` and the names of the classes")
    if declared[0].lower() != "true":
        raise UserError(
            f"{path} says @classLabel {declared[0][:20]}, so it has no classes; give a classification problem"
        )
    for number, label in zip((number for number, _ in body), classes, strict=True):
        if declared[1:] and label not in declared[1:]:
            if not label:
                raise UserError(f"{path}, line {number} ends without a class; the file was cut, download it again")
            known = quoted(", ".join(declared[1:]), 300)
            raise UserError(
                f"{path}, line {number}: the class {quoted(label)} is none of those declared in @classLabel: {known}; "
                f"fix the line, or declare it"
            )
    return Series(values, classes, declared[1:])


def _text(content: bytes) -> str:
    """UTF-8, or else Latin-1, in which the archives' older headers name their authors; it has a character a byte."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def _divide(path: Path, text: str) -> tuple[dict[str, list[str]], list[tuple[int, str]], int]:
    """Header words, numbered lines of data, and the line of ``@data``."""
    lines = [(n, line.strip()) for n, line in enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), 1)]
    lines = [(n, line) for n, line in lines if line and not line.startswith("#")]
    start = next((n for n, line in lines if line.lower() == "@data"), 0)
    if not start:
        raise UserError(f"{path} has no line @data, so it is not a .ts file or is truncated; download it again")
    header = {words[0].lower(): words[1:] for n, line in lines if n < start and (words := line.split())}
    if "true" in map(str.lower, header.get("@timestamps", [])):
        raise UserError(f"{path} has time stamps, which are not read; write it with equal steps")
    return header, [(n, line) for n, line in lines if n > start], start


def _series(where: str, parts: list[str]) -> np.ndarray:
    """[length, dimensions] float64 of one line."""
    columns = []
    for dimension, part in enumerate(parts, 1):
        try:
            column = np.array([float(number) for number in part.split(",")])
        except ValueError as error:
            said = f"{where}: dimension {dimension} holds a value that is not a number ({quoted(str(error), 150)})"
            raise UserError(f"{said}; fix the file") from error
        if not np.isfinite(column).all():
            raise UserError(f"{where}: dimension {dimension} holds NaN or an infinity; fill in or leave out the series")
        columns.append(column)
    lengths = {len(column) for column in columns}
    if len(lengths) > 1:
        raise UserError(f"{where}: its dimensions are of unequal length ({sorted(lengths)}); the line may be cut")
    return np.stack(columns, axis=1)
