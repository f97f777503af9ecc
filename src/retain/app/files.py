"""Writes files whole: after a kill, the old file or the new one is there."""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from retain.db.private import opener
from retain.errors import OverwriteError


def is_stream(path: Path) -> bool:
    """Whether there is a device or a pipe, which is written to and not replaced."""
    return path.exists() and not path.is_file() and not path.is_dir()


@contextmanager
def replaced(path: Path, workspace: Path) -> Generator[BinaryIO, None, None]:
    """A new file that replaces `path` when the block ends without an error; `settle` it first.

    A link is replaced, not followed. A new file is private; another keeps its mode.

    Args:
        path: The file.
        workspace: A folder on the same disk, for the file while it is written.

    Raises:
        OSError: The file cannot be written.
    """
    temporary = workspace / "export"
    with open(temporary, "xb", opener=opener) as file:
        _copy_mode(path, file)
        yield file
    temporary.replace(path)


def check_replaceable(path: Path, start: bytes) -> None:
    """See that a file may be replaced.

    Args:
        path: The file.
        start: Files that begin with this may be replaced, and empty files.

    Raises:
        OverwriteError: There is another file.
    """
    if _is_foreign(path, start):
        raise OverwriteError(str(path), "exists and is not an exported bank")


def _copy_mode(path: Path, file: BinaryIO) -> None:
    """Give a new file the permissions of the file that it is to replace."""
    with suppress(OSError, AttributeError):  # there is none, or this is Windows
        os.fchmod(file.fileno(), stat.S_IMODE(path.stat().st_mode))


def settle(file: BinaryIO) -> None:
    """Make what was written survive a loss of power, if it is a file on a disk."""
    file.flush()
    if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        os.fsync(file.fileno())


def put(path: Path, data: bytes) -> None:
    """Write a file beside `path`, then replace `path` by it."""
    temporary = path.with_name(f".retain-{secrets.token_hex(6)}.part")
    try:
        with temporary.open("xb") as file:
            file.write(data)
        temporary.replace(path)
    finally:
        with suppress(FileNotFoundError):
            temporary.unlink()


def bytes_of(path: Path) -> bytes | None:
    """The content of a file; None where there is no file, or a link or something else."""
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
