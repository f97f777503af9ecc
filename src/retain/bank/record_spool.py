"""Records that wait in a file without a name, so that no bank has to fit into memory."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from retain.memory.model.transfer import Record
from retain.memory.transfer import decode, encode

BATCH_BYTES = 1024 * 1024
"""How much is written or read back at once."""


class Spool:
    """Records in a temporary file, which is gone when it is closed or the process dies.

    Args:
        folder: Where; the disk of the bank has to have the space anyway.
    """

    def __init__(self, folder: Path) -> None:
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - closed by `close`
        self._waiting: list[bytes] = []
        self._bytes = 0

    def write(self, records: Iterable[Record]) -> None:
        """Append records."""
        self._file.writelines(encode(record) + b"\n" for record in records)

    def add(self, record: Record) -> bool:
        """Keep a record for the next `flush`; whether that is due."""
        line = encode(record)
        self._waiting += [line, b"\n"]
        self._bytes += len(line) + 1
        return self._bytes >= BATCH_BYTES

    def flush(self) -> None:
        """Append what was added."""
        self._file.writelines(self._waiting)
        self._waiting, self._bytes = [], 0

    def rewind(self) -> None:
        """Go back to the first record."""
        self._file.seek(0)

    def read(self) -> Iterator[Record]:
        """The records from where it stands."""
        return (decode(line[:-1]) for line in self._file)

    def batch(self) -> list[Record]:
        """The next records; none at the end."""
        found: list[Record] = []
        count = 0
        for line in self._file:
            found.append(decode(line[:-1]))
            count += len(line)
            if count >= BATCH_BYTES:
                break
        return found

    def close(self) -> None:
        """Let go of the file; whoever still writes to it fails."""
        self._file.close()
