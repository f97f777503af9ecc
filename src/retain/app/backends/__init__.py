"""The kinds of databases that a memory can be in, by the scheme of their URL."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from retain.app.backends import sqlite
from retain.app.backends.base import Backend
from retain.config import Settings
from retain.errors import InputError, MissingExtraError, install_command

__all__ = ["Backend", "open_backend"]


def _postgres(url: str, settings: Settings) -> Backend:
    try:
        from retain.app.backends import postgres
    except ImportError as exc:
        # The checkpoints, which may be used alone, say so themselves, for a URL of a server.
        if not isinstance(exc, MissingExtraError) and not (exc.name or "").startswith("psycopg"):
            raise
        extra = "pgserver" if url.startswith("pgserver:") else "postgres"
        raise MissingExtraError(
            f"Postgres needs a driver that is not installed: {install_command(extra)}"
        ) from exc
    return postgres.open_backend(url, settings)


BACKENDS: dict[str, Callable[[str, Settings], Backend]] = {
    "sqlite": sqlite.open_backend,
    "postgresql": _postgres,
    "postgres": _postgres,
    "pgserver": _postgres,
}


SUFFIXES = frozenset({".db", ".sqlite", ".sqlite3"})
"""What the path of a SQLite file ends with, where no scheme says that it is one."""


def _schemes() -> str:
    *others, last = BACKENDS
    return f"{', '.join(others)} or {last}"


def open_backend(url: str, settings: Settings) -> Backend:
    """The database at a URL; it is opened when it is first used.

    Args:
        url: The URL; its scheme says which kind of database it is. A path alone, such as
            ``memory.db``, is a SQLite file.
        settings: The user's settings.

    Raises:
        InputError: There is no such kind of database, or the rest of the URL cannot be used.
    """
    if ":" not in url[2:] and Path(url).suffix in SUFFIXES:  # a colon may follow a drive's letter
        url = f"sqlite:///{url}"
    scheme, found, _ = url.partition("://")
    if scheme not in BACKENDS:
        # A URL may have a password behind its scheme, so no more of it is shown.
        shown = f"{scheme}://…" if found else url
        raise InputError(
            f"cannot use the database URL {shown!r}: its scheme must be {_schemes()}; "
            "for example, write memory.db, sqlite:///PATH or postgresql://USER@HOST/NAME"
        )
    return BACKENDS[scheme](url, settings)
