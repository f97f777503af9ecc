"""A bank as JSON lines: a header, a record a line, and a last line that vouches for them."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO

import msgspec

from retain.app.offloop import off_loop
from retain.bank import BankStore
from retain.errors import InputError, RecordError
from retain.memory.model.transfer import BankRecord, Record
from retain.memory.transfer import MAX_BYTES, NAMES, decode, encode

FORMAT = "retain-bank"
VERSION = 1
BATCH_BYTES = 1024 * 1024

START = b'{"format":"retain-bank",'
"""What an export begins with."""

_CUT_OFF = "the file ends before the bank does: it was cut off; copy it again, or export again"
_FOREIGN = "this is not an exported bank: give a file that `retain export --jsonl` wrote"


@dataclass(frozen=True, slots=True)
class Imported:
    """What came in.

    Args:
        bank_id: The bank that it is.
        was: What the bank was called before.
        counts: How many records of each kind.
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
    """Write a bank into a binary file; how many records of each kind.

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
            await off_loop(lambda full=full: _write(file, full))
    waiting.append(msgspec.json.encode(_End("end", lines, digest.hexdigest())) + b"\n")
    await off_loop(lambda: _write(file, b"".join(waiting)))
    return dict(counts)


async def read_bank(store: BankStore, file: BinaryIO, bank_id: str) -> Imported:
    """Read a bank from a binary file into an empty one.

    Raises:
        InputError: The bank is not empty, or its id cannot be one.
        RecordError: A line is not as it should be; nothing was imported.
        OSError: The file cannot be read.
    """
    if not bank_id.strip():
        raise InputError("the bank id is empty: give it a name")
    reader = _Reader(file)
    counts = await store.load(bank_id, reader.records())
    return Imported(bank_id, reader.bank, dict(counts))


class _Reader:
    """The records of a file, looked through line by line."""

    def __init__(self, file: BinaryIO) -> None:
        self.bank = ""
        self._file = file
        self._number = 0
        self._digest = hashlib.sha256()
        self._ended = False

    async def records(self) -> AsyncIterator[Record]:
        """All of them; the last line has to vouch for them.

        Raises:
            RecordError: A line is not as it should be.
        """
        while batch := await off_loop(lambda: _batch(self._file)):
            for line in batch:
                self._number += 1
                record = self._record(line)
                if record is not None:
                    yield record
        if not self._ended:
            raise RecordError(self._number + 1, _CUT_OFF if self._number else _FOREIGN)

    def _record(self, line: bytes) -> Record | None:
        if self._ended:
            raise RecordError(self._number, "something stands behind the bank's end: remove it")
        if self._number == 1:
            return self._header(line)
        if len(line) > MAX_BYTES:
            raise RecordError(self._number, f"longer than {MAX_BYTES} bytes: no export has such")
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
                1, f"version {known.version}, and this release reads {VERSION}: upgrade retain"
            )
        try:
            header = msgspec.json.decode(line, type=_Header)
        except (msgspec.MsgspecError, ValueError) as exc:
            raise RecordError(1, f"a damaged header ({exc}): export the bank again") from exc
        if header.version < 1:
            raise RecordError(1, f"there is no version {header.version}: export the bank again")
        self.bank = header.bank
        self._digest.update(_model(header.model))
        return BankRecord(header.bank, header.model)

    def _end(self, line: bytes) -> None:
        try:
            end = msgspec.json.decode(line, type=_End)
        except (msgspec.MsgspecError, ValueError) as exc:
            raise RecordError(self._number, f"a damaged end ({exc}): {_AGAIN}") from exc
        if (end.lines, end.sha256) != (self._number - 2, self._digest.hexdigest()):
            raise RecordError(
                self._number, f"the lines above are not those that were exported: {_AGAIN}"
            )
        self._ended = True


_AGAIN = "the file was damaged, or changed; copy it again, or export again"


def _model(name: str | None) -> bytes:
    return msgspec.json.encode(name) + b"\n"


def _batch(file: BinaryIO) -> list[bytes]:
    """The next lines; one that is too long ends in its middle."""
    lines: list[bytes] = []
    size = 0
    while size < BATCH_BYTES and (line := file.readline(MAX_BYTES + 1)):
        lines.append(line)
        size += len(line)
    return lines


def _write(file: BinaryIO, data: bytes) -> None:
    file.write(data)
    file.flush()
