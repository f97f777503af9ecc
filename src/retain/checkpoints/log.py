"""An append-only file of records: a torn end is dropped, damage is an error.

A file begins with `MAGIC`. A record is a header of three little-endian 32-bit numbers (the length
of its payload, the CRC-32 of the payload, the CRC-32 of those eight bytes) and the payload.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from zlib import crc32

from retain.errors import CheckpointDamagedError

MAGIC = b"RETAIN-RUN-1\n"
_HEADER = struct.Struct("<III")
_SECTOR = 512


def frame(payload: bytes) -> bytes:
    """A payload as a record."""
    numbers = struct.pack("<II", len(payload), crc32(payload))
    return _HEADER.pack(len(payload), crc32(payload), crc32(numbers)) + payload


def records(data: bytes, where: str) -> tuple[list[bytes], int]:
    """The payloads of a file's whole records, and where the last of them ends.

    What a killed process or a loss of power leaves of the last append is dropped: a piece of a
    record, or zeros where its end should be.

    Raises:
        CheckpointDamagedError: Something else stands there; `where` names the file.
    """
    if not data.startswith(MAGIC):
        raise CheckpointDamagedError(where, "it does not begin as a run's log does")
    found: list[bytes] = []
    end = len(MAGIC)
    for payload, begin, after in _walk(data, where):
        if payload is None:
            if _is_torn(data[begin:after]):
                break
            raise CheckpointDamagedError(where, f"the record at byte {begin} has a wrong checksum")
        found.append(payload)
        end = after
    return found, end


def _walk(data: bytes, where: str) -> Iterator[tuple[bytes | None, int, int]]:
    """Each record's payload, or None where it is unsound, with its begin and end."""
    at = len(MAGIC)
    while at < len(data):
        body = at + _HEADER.size
        if body > len(data):
            return
        length, checksum, own = _HEADER.unpack_from(data, at)
        if crc32(data[at : at + 8]) != own:
            yield None, at, len(data)
            return
        after = body + length
        if after > len(data):
            return
        payload = data[body:after]
        sound = crc32(payload) == checksum
        if not sound and after < len(data):
            raise CheckpointDamagedError(where, f"the record at byte {at} has a wrong checksum")
        yield payload if sound else None, at, after
        at = after


def _is_torn(rest: bytes) -> bool:
    """Whether the last bytes are zeros, as a file system leaves what it had no time to write."""
    tail = rest[-_SECTOR:]
    return len(tail) > 0 and not any(tail[-min(len(tail), 16) :])


def append(path: Path, at: int, record: bytes, *, sync: bool) -> None:
    """Write a record at byte `at`, which becomes the end of the file before it.

    Raises:
        OSError: It could not be written; the file is as it was.
    """
    with path.open("r+b", buffering=0) as file:
        file.truncate(at)
        file.seek(at)
        try:
            _write_all(file.fileno(), record)
            if sync:
                os.fsync(file.fileno())
        except OSError:
            with suppress(OSError):
                file.truncate(at)
            raise


def replace(path: Path, payload: bytes, *, sync: bool) -> int:
    """Make `path` a log of one record, at once; return its size in bytes.

    Raises:
        OSError: It could not be written; the file is as it was.
    """
    data = MAGIC + frame(payload)
    draft = path.with_suffix(".draft")
    try:
        with draft.open("wb", buffering=0) as file:
            _write_all(file.fileno(), data)
            if sync:
                os.fsync(file.fileno())
        draft.replace(path)
    except OSError:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        raise
    if sync:
        sync_folder(path.parent)
    return len(data)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder last, where the system can."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
