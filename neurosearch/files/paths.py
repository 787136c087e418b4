"""Files that users name: a path that cannot exist and a file that cannot be read end in one sentence.

Whatever is wrong with a path (an unknown home, a NUL, a name that no file system holds) is found here, before it
reaches a reader. What is wrong inside a file is the business of the one door of its kind.
"""

from pathlib import Path

from neurosearch.errors import UserError
from neurosearch.spelling import quoted


def located(text: str | Path, base: Path | None = None) -> Path:
    """The absolute path of what a user wrote, ``~`` resolved; relative to ``base``, else to the working directory."""
    try:
        path = Path(text).expanduser()
        found = (path if base is None else base / path).resolve()
        found.exists()  # the file system refuses names that are too long, and loops of links
        str(found).encode()  # no file is named by half a character
    except (OSError, ValueError, RuntimeError) as error:
        raise UserError(f"the path {quoted(str(text))}: {_reason(error)}; give another path") from error
    return found


Version = tuple[Path, int, int]
"""A file with its size and time (ns), so that a changed one is read again."""


def version(text: str | Path, advice: str) -> Version:
    """An existing file that a user named; ``advice`` ends the sentence where there is none."""
    path = located(text)
    if not path.is_file():
        raise UserError(f"there is no file {quoted_path(Path(text))}; {advice}")
    state = path.stat()
    return path, state.st_size, state.st_mtime_ns


def content(path: Path, advice: str, what: str = "") -> bytes:
    """The bytes of a file; ``advice`` ends the sentence where it cannot be read, ``what`` says what it is for."""
    try:
        return path.read_bytes()
    except (OSError, ValueError) as error:
        raise UserError(f"{quoted_path(path)}{what and ' ' + what}: {_reason(error)}; {advice}") from error
    except MemoryError as error:
        raise UserError(f"{quoted_path(path)} is larger than the memory; {advice}") from error


def quoted_path(path: Path) -> str:
    """A path in a sentence: as it is, unless it is very long or no file can have it."""
    text = str(path)
    return text if len(text) <= 300 and text.isprintable() else quoted(text)


def _reason(error: Exception) -> str:
    if isinstance(error, UnicodeEncodeError):
        return "it holds half a character (a lone surrogate)"
    return (getattr(error, "strerror", None) or str(error).split(":")[0]).rstrip(".")
