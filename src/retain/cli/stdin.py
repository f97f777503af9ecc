"""Standard input as a file that can be sought in."""

from __future__ import annotations

import hashlib
import shutil
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO, cast

from retain.errors import InputError

_IN_MEMORY = 16 << 20
_READ_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class GivenFile:
    """What standard input holds.

    Args:
        file: The content, at its beginning.
        name: A name that only the same content has.
    """

    file: BinaryIO
    name: str


@contextmanager
def stdin_file() -> Generator[GivenFile]:
    """Standard input, read to its end; a large one waits in a temporary file of its owner's.

    Raises:
        InputError: It cannot be read, or the disk is full.
    """
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as spooled:
        file = cast("BinaryIO", spooled)
        try:
            shutil.copyfileobj(sys.stdin.buffer, file, _READ_BYTES)
        except OSError as exc:
            raise InputError(f"standard input cannot be read: {exc.strerror or exc}") from exc
        file.seek(0)
        named = hashlib.sha256()
        while data := file.read(_READ_BYTES):
            named.update(data)
        file.seek(0)
        yield GivenFile(file, f"stdin-{named.hexdigest()[:12]}")
