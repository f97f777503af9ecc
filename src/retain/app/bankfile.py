"""A bank as JSON Lines: a header, one record a line, and a last line with their checksum."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO

import msgspec

from retain.app.threads import in_daemon_thread
from retain.bank import BankStore
from retain.errors import InputError, RecordError
from retain.memory.model.transfer import BankRecord, Record
from retain.memory.transfer import MAX_BYTES, NAMES, decode, encode

FORMAT = "retain-bank"
VERSION = 1
BATCH_BYTES = 1024 * 1024

START = b'{"format":"retain-bank",'
"""How the file of an exported bank begins."""

_CUT_OFF = "the file was cut off; copy it again, or export the bank again"
_FOREIGN = "this is not an exported bank: give a JSON Lines file that Retain exported"
_DAMAGED = "the file was damaged or changed; copy it again, or export the bank again"


@dataclass(frozen=True, slots=True)
class Imported:
    """An imported bank.

    Args:
        bank_id: The bank's id.
        was: The id of the bank that was exported.
        counts: How many records of each kind there were.
    """

    bank_id: str
    was: str
    counts: Mapping[str, int]


class _Header(msgspec.Struct):
    format: str
    version: int
    bank: str
    model: str | None = None


class _Format(msgspec.Struct):
    format: str
    version: int


class _End(msgspec.Struct):
    record: str
    lines: int
    sha256: str


async def write_bank(store: BankStore, bank_id: str, file: BinaryIO) -> dict[str, int]:
    """Write a bank into a binary file.

    Returns:
        How many records of each kind were written.

    Raises:
        NotFoundError: There is no such bank.
        OSError: The file cannot be written.
    """
    counts: Counter[str] = Counter()
    digest = hashlib.sha256()
    waiting: list[bytes] = []
    size = lines = 0
    async for record in store.dump(bank_id):
        if isinstance(record, BankRecord):
            digest.update(_model(record.model))
            line = msgspec.json.encode(_Header(FORMAT, VERSION, record.bank, record.model)) + b"\n"
        else:
            line = encode(record) + b"\n"
            digest.update(line)
            lines += 1
        counts[NAMES[type(record)]] += 1
        waiting.append(line)
        size += len(line)
        if size >= BATCH_BYTES:
            full, waiting, size = b"".join(waiting), [], 0
            await in_daemon_thread(lambda full=full: _write(file, full))
    waiting.append(msgspec.json.encode(_End("end", lines, digest.hexdigest())) + b"\n")
    await in_daemon_thread(lambda: _write(file, b"".join(waiting)))
    return dict(counts)


async def read_bank(store: BankStore, file: BinaryIO, bank_id: str) -> Imported:
    """Read a bank from a binary file into an empty one.

    Raises:
        InputError: The bank is not empty, or its id cannot be used.
        RecordError: A line cannot be imported; nothing was imported.
        OSError: The file cannot be read.
    """
    if not bank_id.strip():
        raise InputError("the bank id is empty: give it a name")
    reader = _Reader(file)
    counts = await store.load(bank_id, reader.records())
    return Imported(bank_id, reader.bank, dict(counts))


class _Reader:
    """Reads and checks the records of a file, line by line."""

    def __init__(self, file: BinaryIO) -> None:
        self.bank = ""
        self._file = file
        self._number = 0
        self._digest = hashlib.sha256()
        self._ended = False

    async def records(self) -> AsyncIterator[Record]:
        """The records; the checksum is verified at the end.

        Raises:
            RecordError: A line cannot be imported.
        """
        while batch := await in_daemon_thread(lambda: _batch(self._file)):
            for line in batch:
                self._number += 1
                record = self._record(line)
                if record is not None:
                    yield record
        if not self._ended:
            raise RecordError(self._number + 1, _CUT_OFF if self._number else _FOREIGN)

    def _record(self, line: bytes) -> Record | None:
        if self._ended:
            raise RecordError(self._number, "there is a line after the end of the bank: delete it")
        if self._number == 1:
            return self._header(line)
        if len(line) > MAX_BYTES:
            raise RecordError(self._number, f"longer than {MAX_BYTES} bytes: {_DAMAGED}")
        if not line.endswith(b"\n"):
            raise RecordError(self._number, _CUT_OFF)
        if line.startswith(b'{"record":"end",'):
            return self._end(line)
        self._digest.update(line)
        try:
            return decode(line[:-1])
        except InputError as exc:
            raise RecordError(self._number, f"{exc}: export the bank again") from exc

    def _header(self, line: bytes) -> BankRecord:
        try:
            known = msgspec.json.decode(line, type=_Format)
        except (msgspec.MsgspecError, ValueError, RecursionError) as exc:
            raise RecordError(1, _FOREIGN) from exc
        if known.format != FORMAT:
            raise RecordError(1, _FOREIGN)
        if known.version > VERSION:
            raise RecordError(
                1, f"format version {known.version}, this release reads {VERSION}: upgrade retain"
            )
        try:
            header = msgspec.json.decode(line, type=_Header)
        except (msgspec.MsgspecError, ValueError) as exc:
            raise RecordError(1, f"a damaged header ({exc}): export the bank again") from exc
        if header.version < 1:
            raise RecordError(1, f"no such format version {header.version}: export the bank again")
        self.bank = header.bank
        self._digest.update(_model(header.model))
        return BankRecord(header.bank, header.model)

    def _end(self, line: bytes) -> None:
        try:
            end = msgspec.json.decode(line, type=_End)
        except (msgspec.MsgspecError, ValueError) as exc:
            raise RecordError(self._number, f"a damaged last line ({exc}): {_DAMAGED}") from exc
        if (end.lines, end.sha256) != (self._number - 2, self._digest.hexdigest()):
            raise RecordError(self._number, f"the checksum does not match: {_DAMAGED}")
        self._ended = True


def _model(name: str | None) -> bytes:
    return msgspec.json.encode(name) + b"\n"


def _batch(file: BinaryIO) -> list[bytes]:
    """The next lines; a line that is too long is cut off, without its line end."""
    lines: list[bytes] = []
    size = 0
    while size < BATCH_BYTES and (line := file.readline(MAX_BYTES + 1)):
        lines.append(line)
        size += len(line)
    return lines


def _write(file: BinaryIO, data: bytes) -> None:
    file.write(data)
    file.flush()
