"""Ways to damage a file: text by words and lines, documents by their tree, arrays by members, anything by bytes."""

import copy
import hashlib
import io
import json
import random
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from neurosearch.study import document as yaml_files

HOSTILE = (
    "", "null", "~", "true", "off", "on", "0", "-1", "-5", "1e300", "1e-320", "-1e308", ".inf", ".nan", "1" * 401,
    "1" * 5000, "4294967296", "0x10", "1_000", "9223372036854775808", "[]", "{}", "[[]]", "{a: 1}", "[1, 2, 3]",
    "x" * 5000, "\"\\ud800\"", "\"a\\0b\"", "~nobody/x", "/", "..", "./none.py:Mine", "none.json", "y" * 300, "!!int x",
    "!!timestamp x", "!!binary x", "&a [*a]", "*a", "{choice: []}", "{float: [0, 1]}", "{int: [1, 2], step: 0}",
    "{float: [0, 1], step: 1e-320}", "{float: [-1e308, 1e308]}", "{choice: [off, on, 1]}", "'", "\"", "%", "\t", "é",
    "☃", "digits", "stdp", "poisson", "current", "12:30", "2026-01-01", "<<", "!x", "? y", "|", ">", "- 1", "#",
)  # fmt: skip
"""What is put in the place of a word of a text."""

VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2**31, 2**63, 10**400, 1.5, -0.5, 1e308, float("nan"), float("inf"), "", "x",
    "x" * 5000, "ok", "off", "\ud800", "a\0b", "./none.py:Mine", "../../x", [], [[]], [None], [1, 2], ["a"], {},
    {"a": 1}, {"": None},
)  # fmt: skip
"""What is put in the place of a value of a document."""


PLAUSIBLE: tuple[Any, ...] = (
    2, 3, 10, 50, 0.1, 0.5, 1e-3, "on", "stdp", "delta", "modulated_stdp", "poisson", "latency", "recorded", "on_off",
    "dog", "adlif", "cuba_lif", "fan_in", "majority", "writes", "spikes", "held_out_accuracy", "recall_error", "gp",
    "cmaes", "nsga2", "digits", "recall", "mackey_glass", "rate_memory", "recurrent_ei", {"choice": ["stdp", "delta"]},
    {"choice": ["off"]}, {"float": [0.1, 0.9]}, {"int": [1, 50], "log": True}, {"float": [0, 1], "step": 0.25},
    {"max": 3}, {"min": 2, "max": 1}, {"digits": {"samples": 0}}, {"stdp": {}}, {"poisson": {"max_rate": 1e9}},
    {"bits": 4}, [0, 1, 2], ["accuracy", "writes"],
)  # fmt: skip
"""The same of a study: what may stand somewhere, though perhaps not there."""


def study(path: Path, numbers: random.Random) -> None:
    """Change a YAML file by its tree, or by its text."""
    if numbers.random() < 0.4:
        text(path, numbers)
        return
    data = yaml_files.loads(path.read_text(), str(path))
    for _ in range(numbers.choice((1, 1, 1, 2))):
        data = tree(data, numbers, PLAUSIBLE if numbers.random() < 0.6 else VALUES)
    path.write_text(yaml_files.dump(data))


def text(path: Path, numbers: random.Random) -> None:
    """One to three changes of words, lines or bytes."""
    for _ in range(numbers.choice((1, 1, 2, 3))):
        numbers.choice((_word, _word, _word, _line, _line, content))(path, numbers)


def _word(path: Path, numbers: random.Random) -> None:
    written = path.read_bytes().decode("utf-8", "surrogateescape")
    words = list(re.finditer(r"[\w.+-]+|[{}\[\]:,@#>]", written))
    if words:
        word = numbers.choice(words)
        new = numbers.choice(HOSTILE).encode("utf-8", "surrogatepass").decode("utf-8", "surrogateescape")
        written = written[: word.start()] + new + written[word.end() :]
    path.write_bytes(written.encode("utf-8", "surrogateescape"))


def _line(path: Path, numbers: random.Random) -> None:
    """Drop, double, exchange, cut or move a line."""
    rows = path.read_bytes().split(b"\n")
    n, m = numbers.randrange(len(rows)), numbers.randrange(len(rows))
    how = numbers.choice(("drop", "double", "exchange", "cut", "indent", "join"))
    if how == "drop":
        del rows[n]
    elif how == "double":
        rows.insert(m, rows[n])
    elif how == "exchange":
        rows[n], rows[m] = rows[m], rows[n]
    elif how == "cut":
        rows[n] = rows[n][: numbers.randint(0, len(rows[n]))]
    elif how == "indent":
        rows[n] = b" " * numbers.randint(1, 4) + rows[n]
    else:
        rows[n : n + 2] = [b"".join(rows[n : n + 2])]
    path.write_bytes(b"\n".join(rows))


def content(path: Path, numbers: random.Random) -> None:
    """Cut, or overwrite, insert or drop some bytes."""
    data = bytearray(path.read_bytes())
    at, length = numbers.randint(0, len(data)), numbers.choice((1, 1, 2, 8, 64))
    how = numbers.choice(("cut", "flip", "flip", "zero", "ones", "insert", "drop", "double", "empty"))
    if how == "cut":
        del data[at:]
    elif how == "flip" and data:
        for _ in range(length):
            data[numbers.randrange(len(data))] ^= 1 << numbers.randrange(8)
    elif how in ("zero", "ones"):
        data[at : at + length] = bytes([255 * (how == "ones")]) * len(data[at : at + length])
    elif how == "insert":
        data[at:at] = numbers.randbytes(length)
    elif how == "drop":
        del data[at : at + length]
    elif how == "double":
        data *= 2
    else:
        data.clear()
    path.write_bytes(data)


def places(data: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every value of a document."""
    if isinstance(data, dict | list):
        for key, value in data.items() if isinstance(data, dict) else enumerate(data):
            yield (*above, key)
            yield from places(value, (*above, key))


def tree(data: Any, numbers: random.Random, values: tuple[Any, ...] = VALUES) -> Any:
    """A document with one value changed, dropped, doubled or renamed."""
    known = list(places(data))
    if not known:
        return copy.deepcopy(numbers.choice(values))
    *above, key = numbers.choice(known)
    inside = data
    for step in above:
        inside = inside[step]
    how = numbers.choice(("value", "value", "value", "scale", "scale", "drop", "other", "rename"))
    if how == "scale" and isinstance(inside[key], int | float):
        factor = numbers.choice((0, -1, 0.5, 2, 3, 100, 10**4, 10**6, 10**12, 1e-9, 1e30))
        inside[key] = inside[key] * factor + numbers.choice((0, 0, 1))
    elif how in ("value", "scale"):
        inside[key] = copy.deepcopy(numbers.choice(values))
    elif how == "drop":
        del inside[key]
    elif how == "other":
        *there, last = numbers.choice(known)
        value = data
        for step in (*there, last):
            value = value[step]
        inside[key] = json.loads(json.dumps(value))
    elif isinstance(inside, dict):
        inside[str(numbers.choice(("", "x", "y" * 3000, "0")))] = inside.pop(key)
    else:
        inside.append(copy.deepcopy(numbers.choice(values)))
    return data


def document(path: Path, numbers: random.Random) -> None:
    """Change a JSON file by its tree, now and then by its text."""
    if numbers.random() < 0.15:
        text(path, numbers)
        return
    data = json.loads(path.read_text())
    for _ in range(numbers.choice((1, 1, 2, 3))):
        data = tree(data, numbers)
    path.write_text(_written(data))


def lines(path: Path, numbers: random.Random) -> None:
    """Change one line of a file of JSON lines by its tree, or exchange, double or drop lines, or damage bytes."""
    how = numbers.random()
    if how < 0.1:
        content(path, numbers)
    elif how < 0.25:
        _line(path, numbers)
    else:
        rows = path.read_text().splitlines()
        n = numbers.randrange(len(rows))
        data = json.loads(rows[n])
        for _ in range(numbers.choice((1, 1, 2))):
            data = tree(data, numbers)
        rows[n] = _written(data)
        path.write_text("\n".join(rows) + "\n")


def _written(data: Any) -> str:
    """JSON, also of whole numbers that Python does not read back."""
    return json.dumps(data)


def npz(path: Path, numbers: random.Random) -> None:
    """Change a member of an archive, its header, its flags, or the bytes of the archive."""
    if numbers.random() < 0.3:
        content(path, numbers)
        return
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    name = numbers.choice(sorted(members))
    how = numbers.choice(("drop", "rename", "text", "array", "bytes", "header", "header", "cut"))
    if how == "drop":
        del members[name]
    elif how == "rename":
        members[numbers.choice(("x.npy", "z.npy", "y.txt", ".npy", "a/b.npy"))] = members.pop(name)
    elif how == "text":
        members[name] = b"not an array"
    elif how == "array":
        members[name] = _array(numbers)
    elif how == "cut":
        members[name] = members[name][: numbers.randint(0, len(members[name]))]
    else:
        members[name] = _header(members[name], numbers) if how == "header" else _flipped(members[name], numbers)
    with zipfile.ZipFile(path, "w") as archive:
        for member, data in members.items():
            archive.writestr(member, data)
    if numbers.random() < 0.1:  # says that a member is encrypted
        data = bytearray(path.read_bytes())
        for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
            data[data.find(mark) + offset] |= 1
        path.write_bytes(data)


def npy(path: Path, numbers: random.Random) -> None:
    """Change an array's header or bytes, or write another array."""
    how = numbers.choice(("header", "bytes", "array", "content"))
    if how == "content":
        content(path, numbers)
        return
    data = path.read_bytes()
    changed = {"header": _header, "bytes": _flipped}.get(how)
    path.write_bytes(changed(data, numbers) if changed else _array(numbers))


def rehash(document_path: Path, archive: Path) -> None:
    """Let a found network record the digest that its NPZ file has now."""
    data = json.loads(document_path.read_text())
    data["arrays"]["sha256"] = hashlib.sha256(archive.read_bytes()).hexdigest()
    document_path.write_text(json.dumps(data))


def _array(numbers: random.Random) -> bytes:
    shape = numbers.choice(((), (0,), (3,), (30,), (30, 5), (4, 12), (2, 3, 4), (1, 1, 1, 1)))
    kind = numbers.choice(("f8", "f4", "i8", "u1", "?", "c16", "U3", "S2", "M8[s]", "f2", ">i4", "V3"))
    value = numbers.choice((0, 1, -1, 2, 255))
    made = np.full(shape, value, np.int64).astype(kind) if "V" not in kind else np.zeros(shape, kind)
    buffer = io.BytesIO()
    np.save(buffer, made)
    return buffer.getvalue()


def _header(data: bytes, numbers: random.Random) -> bytes:
    """Another header of the same array: terabytes, negative, of objects, no Python text."""
    shapes = ("(99999999999999,)", "(4000000000, 4000000000)", "(-1,)", "(2.5,)", "()", "None", "(30, 5, 0)", "(1,)")
    kinds = ("'|O'", "'<f8'", "'<U1000000000'", "'x'", "None", "[('a', '<f8')]", "'|V0'", "'<i8'")
    shape, kind = numbers.choice(shapes), numbers.choice(kinds)
    head = f"{{'descr': {kind}, 'fortran_order': {numbers.choice(('True', 'False', '3'))}, 'shape': {shape}, }}"
    head = numbers.choice((head, head, head, head[:-2], "(" * 200, "1", "{'descr'}"))
    head = head.ljust(117) + "\n"
    return data[:8] + len(head).to_bytes(2, "little") + head.encode() + data[128:]


def _flipped(data: bytes, numbers: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(numbers.choice((1, 4, 30))):
        changed[numbers.randrange(len(changed))] = numbers.randrange(256)
    return bytes(changed)
