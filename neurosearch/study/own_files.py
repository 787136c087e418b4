"""References ``./file.py:Class`` to the user's own files in plain data: find them, resolve them, allow execution.

Files named in a study or on the command line may be executed; files named only in stored data may not. An exported
network may use a file only if it records the digest of its text, which is announced before execution; a stored trial
only a file that its study names.
"""

import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from neurosearch import catalogue
from neurosearch.errors import UserError
from neurosearch.spelling import quoted
from neurosearch.study import document

_LOG = logging.getLogger(__name__)


def references(data: Any) -> Iterator[str]:
    """Every reference ``file.py:Class`` in data, as key or as value."""
    if isinstance(data, Mapping):
        for key, value in data.items():
            yield from references(key)
            yield from references(value)
    elif isinstance(data, list | tuple):
        for value in data:
            yield from references(value)
    elif isinstance(data, str) and catalogue.OWN_FILE.match(data):
        yield data


def own_files(data: Any, base: Path) -> Any:
    """The same data with each reference resolved relative to ``base`` and made absolute."""
    if isinstance(data, dict):
        return {own_files(key, base): own_files(value, base) for key, value in data.items()}
    if isinstance(data, list):
        return [own_files(value, base) for value in data]
    return catalogue.absolute(data, base) if isinstance(data, str) else data


def named(data: Any, base: Path) -> Any:
    """``resolved`` for data that a user wrote: the files it names may be executed."""
    made = own_files(data, base)
    for reference in references(made):
        catalogue.allow(reference)
    return made


def named_in(file: Path, data: Any) -> Any:
    """The same for what a study file says, which errors name."""
    try:
        return named(data, file.parent)
    except UserError as error:
        raise UserError(f"{file}: {error}") from error


def check_stored(data: Any) -> None:
    """Refuse stored data with a file that the user has not named; for those who hand them to other processes."""
    for reference in references(data):
        catalogue.check_allowed(reference)


def by_name(data: Any) -> dict[str, str]:
    """``file.py:Class`` without the folder → reference, of all references in data that such a name tells apart."""
    found: dict[str, set[str]] = {}
    for reference in references(data):
        found.setdefault(_name(reference), set()).add(reference)
    return {name: next(iter(same)) for name, same in found.items() if len(same) == 1}


def moved(data: Any, known: Mapping[str, str]) -> Any:
    """Stored data with its references as ``by_name`` of the study has them now, whose folder may have moved since."""
    if isinstance(data, Mapping):
        return {moved(key, known): moved(value, known) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [moved(value, known) for value in data]
    if isinstance(data, str) and catalogue.OWN_FILE.match(data):
        return known.get(_name(data), data)
    return data


def _name(reference: str) -> str:
    path, _, cls = reference.rpartition(":")
    return f"{Path(path).name}:{cls}"


def recorded(data: Any, digests: Any, file: Path) -> Any:
    """The same for a found network: each file must have the text whose digest was recorded, and is announced.

    Args:
        data: architecture, or the whole configuration.
        digests: the file's ``own_files``: reference → SHA-256 of the text.
        file: the found JSON, for messages.

    Raises:
        UserError: a digest is missing, or the file on disk has another text. Nothing was executed.
    """
    made = own_files(data, file.parent)
    known = own_files(digests, file.parent) if isinstance(digests, Mapping) else {}
    for reference in dict.fromkeys(references(made)):
        digest = known.get(reference)
        if digest is None and catalogue.is_named(reference):
            continue
        if not isinstance(digest, str) or not digest:
            raise UserError(
                f"{file} names {quoted(reference, 300)} but holds no digest of its text (own_files), so it was not "
                f"executed; name the file in a study, or export the network again"
            )
        if catalogue.text_digest(reference) != digest:
            raise UserError(
                f"{reference} changed since {file} was written, so it was not executed; restore its text, or export "
                f"again"
            )
        if catalogue.allow(reference, digest):
            _LOG.warning("%s executes %s, whose text is the recorded one", file, reference)
    return made


def architecture_of(found: Path) -> Any:
    """The architecture in a file that ``export`` wrote; the user's own files that it uses are those of the export."""
    data = document.load(found)
    inner = data.get("configuration", data) if isinstance(data, dict) else data
    if not isinstance(inner, dict) or "architecture" not in inner:
        raise UserError(f"{found} holds no architecture; give a JSON file that `neurosearch export` wrote")
    return recorded(inner["architecture"], data.get("own_files"), found)
