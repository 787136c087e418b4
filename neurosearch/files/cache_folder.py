"""The cache's folder: one per user, writable by that user only, because the programs in it are executed."""

import contextlib
import errno
import functools
import os
import pwd
import stat
from collections.abc import Iterator
from pathlib import Path

from neurosearch.errors import UserError
from neurosearch.files.paths import located, quoted_path

VARIABLE = "NEUROSEARCH_CACHE"
PRIVATE = 0o700
"""Mode of every folder of the cache."""


def cache_folder() -> Path:
    """Where the cache is: ``$NEUROSEARCH_CACHE``, else ``~/.cache/neurosearch``; it need not exist."""
    given = os.environ.get(VARIABLE) or "~/.cache/neurosearch"
    here = "" if given.startswith(("/", "~")) else os.getcwd()
    return _located(given, os.environ.get("HOME", ""), here)


@functools.lru_cache(maxsize=64)
def _located(given: str, home: str, here: str) -> Path:
    """Cached, because a trial needs it about ten times; it depends on ``home`` and ``here``."""
    del home, here
    return located(given)


def own_cache_folder() -> Path:
    """The cache's folder, made if need be.

    Raises:
        UserError: it cannot be made, or others own or may write it.
    """
    path = cache_folder()
    try:
        refuse_foreign(path)
    except OSError:  # not there, or under a file: what is wrong, making it says
        with writing(path):
            path.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
            refuse_foreign(path)
    return path


def refuse_foreign(path: Path) -> None:
    """Raise unless a file or folder of the cache belongs to the user and only the user may write it."""
    found, me = path.stat(), os.geteuid()
    where = f"{quoted_path(path)} in the cache" if path != cache_folder() else f"the cache {quoted_path(path)}"
    advice = f"set ${VARIABLE} to a folder of your own"
    if found.st_uid != me:
        raise UserError(
            f"{where} belongs to {_name(found.st_uid)}, not to {_name(me)}, and its programs are run; {advice}"
        )
    if found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise UserError(
            f"{where} may be written by others (mode {stat.S_IMODE(found.st_mode):o}), and its programs are run; "
            f"remove it, or run `chmod -R go-w` on it if you trust what it holds, or {advice}"
        )


@contextlib.contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn a refusal of the file system into a sentence for the user."""
    try:
        yield
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        advice = "free some space there" if full else "make it writable"
        name = errno.errorcode.get(error.errno or 0, "?")
        raise UserError(
            f"the cache cannot be written at {path}: {error.strerror or error} ({name}); "
            f"{advice} or set ${VARIABLE} to another folder"
        ) from error


def _name(uid: int) -> str:
    try:
        return f"user {pwd.getpwuid(uid).pw_name}"
    except KeyError:
        return f"user {uid}"
