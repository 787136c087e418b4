"""Open Optuna's databases, for one driver or several at once, and translate their errors for the user."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import optuna

from neurosearch.errors import UserError

ATTEMPTS, PAUSE = 10, 0.2
"""Attempts to open a database, and seconds between them: drivers that start together create its tables concurrently."""

_LOCKED = ("database is locked", "database table is locked", "lock timeout", "lock wait timeout", "deadlock")
"""Parts of the messages of SQLite, PostgreSQL and MySQL about a lock that another program holds."""


def open_database(url: str, *, create: bool) -> Any:
    """The storage of a URL; missing tables are created, unless it is opened for reading only.

    Raises:
        UserError: the URL does not work here, or another program has locked the database.
    """
    from sqlalchemy.exc import DBAPIError

    for attempt in range(ATTEMPTS):
        try:
            if create or "://" not in url or url.startswith("redis"):
                return optuna.storages.get_storage(url)
            return optuna.storages.get_storage(optuna.storages.RDBStorage(url, skip_table_creation=True))
        except DBAPIError as error:
            if create and _made_meanwhile(error) and attempt < ATTEMPTS - 1:
                time.sleep(PAUSE)
                continue
            raise UserError(_sentence(url, error, f"--storage {url} cannot be opened", "check the URL")) from error
        except Exception as error:  # every database driver has its own errors; all mean that the URL does not work here
            raise UserError(_sentence(url, error, f"--storage {url} cannot be opened", "check the URL")) from error
    raise AssertionError("the last attempt returns or raises")


@contextmanager
def explained(place: str, doing: str, then: str) -> Iterator[None]:
    """Turn a database's error into a sentence: ``PLACE cannot be DOING: REASON; THEN``."""
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except (optuna.exceptions.StorageInternalError, SQLAlchemyError) as error:
        raise UserError(_sentence(place, error, f"{place} cannot be {doing}", then)) from error


@contextmanager
def written_once() -> Iterator[None]:
    """Ignore the error that another driver has just written the same row for the first time."""
    from sqlalchemy.exc import IntegrityError

    try:
        yield
    except optuna.exceptions.StorageInternalError as error:
        if not isinstance(error.__cause__, IntegrityError):
            raise


def _sentence(place: str, error: Exception, problem: str, then: str) -> str:
    reason = " ".join(str(error.__cause__ or error).split())[:300]
    if any(said in reason.lower() for said in _LOCKED):
        return (
            f"{place} is locked by another program, which has not finished writing to it; wait for it or stop it, "
            f"then run the same command again"
        )
    return f"{problem}: {reason}; {then}"


def _made_meanwhile(error: Exception) -> bool:
    """Whether another driver created tables or their first rows between two of our statements."""
    from sqlalchemy.exc import IntegrityError, InternalError, ProgrammingError

    return isinstance(error, IntegrityError | InternalError | ProgrammingError) or "already exists" in str(error)
