"""The kinds of databases that a memory can be in, by the scheme of their URL."""

from __future__ import annotations

from collections.abc import Callable

from retain.app.backends import sqlite
from retain.app.backends.base import Backend
from retain.config import Settings
from retain.errors import InputError

__all__ = ["Backend", "open_backend"]

BACKENDS: dict[str, Callable[[str, Settings], Backend]] = {
    "sqlite": sqlite.open_backend,
}


def open_backend(url: str, settings: Settings) -> Backend:
    """The database at a URL; it is opened when it is first used.

    Args:
        url: The URL; its scheme says which kind of database it is.
        settings: The user's settings.

    Raises:
        InputError: There is no such kind of database, or the rest of the URL cannot be used.
    """
    scheme, found, _ = url.partition("://")
    if scheme not in BACKENDS:
        # A URL may have a password behind its scheme, so no more of it is shown.
        shown = f"{scheme}://…" if found else url
        raise InputError(
            f"cannot use the database URL {shown!r}: its scheme must be {' or '.join(BACKENDS)}; "
            "for example, write sqlite:///PATH"
        )
    return BACKENDS[scheme](url, settings)
