"""Paths of files as text that a database can keep."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import unquote_to_bytes


def printable(path: str | os.PathLike[str]) -> str:
    """The path as text that can be kept: bytes that are not UTF-8 become backslash escapes."""
    try:
        return os.fsencode(path).decode("utf-8", "backslashreplace")
    except UnicodeEncodeError:
        return os.fspath(path).encode("utf-8", "backslashreplace").decode("utf-8")


def to_origin(path: Path) -> str:
    """The absolute path as text that can be kept and leads back to the file: itself, or a URL."""
    try:
        str(path).encode()
    except UnicodeEncodeError:
        return path.as_uri()
    return str(path)


def from_origin(origin: str) -> str:
    """The path that `to_origin` was given."""
    if not origin.startswith("file://"):
        return origin
    return os.fsdecode(unquote_to_bytes(origin.removeprefix("file://")))
