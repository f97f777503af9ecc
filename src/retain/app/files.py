"""Files that are written whole: a kill leaves the old one or the new one."""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from retain.errors import InputError


@contextmanager
def replaced(path: Path, start: bytes, *, force: bool) -> Generator[BinaryIO, None, None]:
    """A new file that takes the place of `path` when the block ends well; `settle` it first.

    A device or pipe is written to as it is, and a link is replaced, not followed.

    Args:
        path: Where.
        start: What a file begins with that may be replaced; an empty one may be, too.
        force: Whether any may be.

    Raises:
        InputError: It is a folder, or a file that may not be replaced.
        OSError: It cannot be written.
    """
    if path.exists() and not path.is_file():
        if path.is_dir():
            raise InputError(f"{path} is a folder: name a file")
        with path.open("wb") as file:
            yield file
        return
    if not force and _is_foreign(path, start):
        raise InputError(f"{path} is there already, and no export: name another file, or --force")
    temporary = path.with_name(f".retain-{secrets.token_hex(6)}.part")
    try:
        with temporary.open("xb") as file:
            yield file
        temporary.replace(path)
    finally:
        with suppress(FileNotFoundError):
            temporary.unlink()


def settle(file: BinaryIO) -> None:
    """Have what was written survive a loss of power, where it is a file on a disk."""
    file.flush()
    if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        os.fsync(file.fileno())


def put(path: Path, data: bytes) -> None:
    """Write a file beside `path` and have it take that place."""
    temporary = path.with_name(f".retain-{secrets.token_hex(6)}.part")
    try:
        with temporary.open("xb") as file:
            file.write(data)
        temporary.replace(path)
    finally:
        with suppress(FileNotFoundError):
            temporary.unlink()


def bytes_of(path: Path) -> bytes | None:
    """What a file holds; None where there is none, or something else, a link among that."""
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            return None
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None


def _is_foreign(path: Path, start: bytes) -> bool:
    try:
        with path.open("rb") as file:
            found = file.read(len(start))
    except FileNotFoundError:
        return False
    return bool(found) and found != start
