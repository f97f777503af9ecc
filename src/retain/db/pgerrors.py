"""Postgres's errors in words that say what to do."""

from __future__ import annotations

import psycopg
from psycopg import errors

from retain.db.pgurl import Address
from retain.errors import (
    DatabaseBusyError,
    DatabaseDamagedError,
    DatabaseError,
    RetainError,
)

_REFUSALS = (
    ("password", ("password authentication failed",)),
    ("password", ("no password supplied",)),
    ("database", ('database "', "does not exist")),
    ("role", ('role "', "does not exist")),
    ("entry", ("pg_hba.conf",)),
    ("full", ("too many clients",)),
    ("full", ("remaining connection slots",)),
    ("full", ("too many connections",)),
)
"""What a server says that lets nobody in: these errors come without a code."""

_BACK_SOON = ("starting up", "shutting down", "recovery", "terminating connection")

_GONE = (errors.AdminShutdown, errors.CrashShutdown, errors.CannotConnectNow)


def is_repeatable(exc: psycopg.Error) -> bool:
    """Whether the same transaction may succeed when it is run again: it met another one."""
    return isinstance(exc, (errors.SerializationFailure, errors.DeadlockDetected))


def is_gone(exc: psycopg.Error) -> bool:
    """Whether the server went away or is about to come back: there is no connection any more."""
    if isinstance(exc, _GONE):
        return True
    # What libpq itself says has no code: it is about the connection.
    lost = isinstance(exc, psycopg.OperationalError) and exc.sqlstate is None
    return lost and not _refusal(str(exc))


def explained(exc: psycopg.Error, address: Address) -> RetainError:
    """The error in words; `exc` is to be its cause."""
    where = address.shown
    said = _without_password(exc, address)
    if isinstance(exc, psycopg.OperationalError) and exc.sqlstate is None:
        return _of_connection(said, address)
    match exc:
        case errors.LockNotAvailable() | errors.DeadlockDetected() | errors.SerializationFailure():
            return DatabaseBusyError(
                f"{where}: another transaction has kept the rows locked: try again when it is done"
            )
        case errors.AdminShutdown() | errors.CrashShutdown() | errors.CannotConnectNow():
            return DatabaseBusyError(f"{where}: the server restarts ({said}): try again")
        case errors.TooManyConnections():
            return _full(where)
        case errors.QueryCanceled():
            return DatabaseBusyError(
                f"{where}: the server cancelled a statement ({said}): raise statement_timeout for "
                "this role (ALTER ROLE … SET statement_timeout), or try again when it is less busy"
            )
        case errors.InsufficientPrivilege():
            return DatabaseError(
                f"{where}: the role lacks a right ({said}): let its owner run CREATE SCHEMA "
                f"{address.schema} AUTHORIZATION the_role, or grant the role CREATE on the database"
            )
        case errors.ReadOnlySqlTransaction():
            return DatabaseError(
                f"{where}: the server is read-only, such as a standby: use the URL of the primary"
            )
        case errors.DiskFull():
            return DatabaseError(
                f"{where}: the server's disk is full: free some space, then resume"
            )
        case errors.ProgramLimitExceeded():
            return DatabaseError(
                f"{where}: an id, a name or a subject has more than the about 2,600 bytes that an "
                f"index of Postgres takes ({said}): shorten it in the source, or use SQLite"
            )
        case errors.DataCorrupted() | errors.IndexCorrupted():
            return DatabaseDamagedError(f"{where}: damaged ({said}): restore it from a backup")
        case errors.UndefinedTable() | errors.UndefinedColumn() | errors.UndefinedFunction():
            return DatabaseDamagedError(
                f"{where}: its tables are not those of this release ({said}): restore the schema "
                f"{address.schema} from a backup"
            )
        case _:
            return DatabaseError(f"{where}: {said}")


def _of_connection(said: str, address: Address) -> RetainError:
    where = address.shown
    match _refusal(said):
        case "password":
            return DatabaseError(
                f"{where}: the server refuses the user or the password: check both in the URL, "
                "PGPASSWORD or ~/.pgpass"
            )
        case "database":
            return DatabaseError(f"{where}: there is no such database: make it with createdb")
        case "role":
            return DatabaseError(f"{where}: there is no such user: make it with createuser")
        case "entry":
            return DatabaseError(
                f"{where}: the server lets nobody in from here as this user ({said}): add a line "
                "to its pg_hba.conf, or use sslmode=require where it wants TLS"
            )
        case "full":
            return _full(where)
        case "other":
            return DatabaseError(f"{where}: the server refuses the connection: {said}")
        case _:
            return DatabaseBusyError(
                f"{where}: cannot reach the server ({said}): see that it runs and that host and "
                "port are right"
            )


def _refusal(said: str) -> str | None:
    """How the server refuses a connection; None: it was not reached, or is gone."""
    for kind, marks in _REFUSALS:
        if all(mark in said for mark in marks):
            return kind
    is_back_soon = any(mark in said for mark in _BACK_SOON)
    return "other" if "FATAL" in said and not is_back_soon else None


def _full(where: str) -> DatabaseBusyError:
    return DatabaseBusyError(
        f"{where}: the server has no connection left: end others, lower pool_size in the URL, or "
        "raise max_connections"
    )


def _without_password(exc: psycopg.Error, address: Address) -> str:
    said = " ".join(str(exc).split())
    password = address.parameters.get("password")
    return said.replace(str(password), "***") if password else said
