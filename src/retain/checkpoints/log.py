"""An append-only file of records: a torn end is dropped, damage is an error.

A file begins with `MAGIC`. A record is a header of three little-endian 32-bit numbers (the length
of its payload, the CRC-32 of the payload, the CRC-32 of those eight bytes), the payload and a byte
that is not zero: a file system that had no time to write a record's end leaves zeros there.
"""

from __future__ import annotations

import os
import struct
from contextlib import suppress
from pathlib import Path
from zlib import crc32

from retain.db.private import opener
from retain.errors import CheckpointDamagedError

MAGIC = b"RETAIN-RUN-1\n"
_HEADER = struct.Struct("<III")
_END = b"\x1e"


def frame(payload: bytes) -> bytes:
    """A payload as a record."""
    numbers = struct.pack("<II", len(payload), crc32(payload))
    return b"".join((numbers, struct.pack("<I", crc32(numbers)), payload, _END))


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
    at = len(MAGIC)
    while at < len(data):
        payload = _payload(data, at)
        if payload is None:
            if _is_torn(data, at):
                break
            raise CheckpointDamagedError(where, f"the record at byte {at} has a wrong checksum")
        found.append(payload)
        at += _size(len(payload))
    return found, at


def _payload(data: bytes, at: int) -> bytes | None:
    """The payload of the record at byte `at`, or None if that is not whole and sound."""
    length = _length(data, at)
    if length is None or at + _size(length) > len(data):
        return None
    begin = at + _HEADER.size
    payload = data[begin : begin + length]
    return payload if crc32(payload) == _HEADER.unpack_from(data, at)[1] else None


def _is_torn(data: bytes, at: int) -> bool:
    """Whether what begins at byte `at` is a record whose end was never written."""
    if data.endswith(b"\0") or len(data) - at < _HEADER.size:
        return True
    length = _length(data, at)
    return length is not None and at + _size(length) > len(data)


def _length(data: bytes, at: int) -> int | None:
    """How long the payload of the record at byte `at` is, if its header is whole and sound."""
    if len(data) - at < _HEADER.size:
        return None
    length, _, own = _HEADER.unpack_from(data, at)
    return length if crc32(data[at : at + 8]) == own else None


def _size(length: int) -> int:
    return _HEADER.size + length + len(_END)


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
    try:
        with open(draft(path), "wb", buffering=0, opener=opener) as file:
            _write_all(file.fileno(), data)
            if sync:
                os.fsync(file.fileno())
        draft(path).replace(path)
    except OSError:
        with suppress(OSError):
            draft(path).unlink(missing_ok=True)
        raise
    if sync:
        sync_folder(path.parent)
    return len(data)


def draft(path: Path) -> Path:
    """Where `replace` writes before the new log takes its name; a killed process leaves it."""
    return path.with_suffix(".draft")


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
