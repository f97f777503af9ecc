"""Database URLs."""

from __future__ import annotations

from pathlib import Path

from retain.errors import InputError

_SCHEME = "sqlite:///"


def sqlite_path(url: str) -> Path:
    """The file that a ``sqlite:///PATH`` URL names; a fourth slash begins an absolute path.

    Raises:
        InputError: It names no file.
    """
    if not url.startswith(_SCHEME):
        raise InputError(
            f"cannot use the database URL {url!r}: write sqlite:///PATH, for example "
            "sqlite:///memory.db"
        )
    path = url.removeprefix(_SCHEME)
    if not path or path == ":memory:" or path.endswith("/"):
        raise InputError(f"the database URL {url!r} names no file: write sqlite:///PATH")
    return Path(path)
