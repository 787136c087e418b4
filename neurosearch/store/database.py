"""Optuna's databases, opened by one driver or by many at once, and what their errors mean to a user."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import optuna

from neurosearch.errors import UserError

ATTEMPTS, PAUSE = 10, 0.2
"""Tries to open a database, and seconds between two: drivers that start together make its tables at the same time."""

_LOCKED = ("database is locked", "database table is locked", "lock timeout", "lock wait timeout", "deadlock")
"""What SQLite, PostgreSQL and MySQL say of a lock that another program holds."""


def open_database(url: str, *, create: bool) -> Any:
    """The storage of a URL; its tables are made where there are none, unless it is only to be read.

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
        except Exception as error:  # every driver has errors of its own; all mean that the URL does not work here
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
    """Let pass that another driver has just written the same row for the first time."""
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
    """Whether tables or their first rows were made by somebody else between two of our statements."""
    from sqlalchemy.exc import IntegrityError, InternalError, ProgrammingError

    return isinstance(error, IntegrityError | InternalError | ProgrammingError) or "already exists" in str(error)
