"""The journal in a SQLite file of its own, so that damage to it never harms the bank."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from retain.db import queries
from retain.db.options import BUSY_TIMEOUT_S, Durability
from retain.db.sqlite import Database
from retain.db.transactions import Transaction
from retain.stores.calls import Calls
from retain.stores.journalbase import SQLJournal, logger
from retain.stores.sqlite.journalfile import JournalFile

T = TypeVar("T")


def journal_path(bank: Path) -> Path:
    """Where the journal of the banks in a file is: ``memory.journal.db`` beside ``memory.db``."""
    return bank.with_name(f"{bank.stem}.journal{bank.suffix}")


class SQLiteJournal(SQLJournal):
    """A journal in a file; see `SQLJournal`.

    The first claim or call creates the file. A damaged file is set aside, with a warning, and a
    new one created: its answers are asked for again.

    Args:
        path: The file; its folder must exist.
        durability: What a kept answer survives; see `Database`.
        busy_timeout_s: Seconds to wait for another process's transaction.
        asking: Whether models are asked here: forgetting makes the file too, then, since the first
            call may be under way.
        now: The clock, timezone-aware.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        durability: Durability = "power",
        busy_timeout_s: float = BUSY_TIMEOUT_S,
        asking: bool = False,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        def connect(path: Path) -> Database:
            database = Database(path, durability=durability, busy_timeout_s=busy_timeout_s)
            database.require("journal")
            return database

        self._asking = asking
        self._file = JournalFile(Path(path), connect, now)
        super().__init__(Calls(queries.load("journal")), now)

    @property
    def path(self) -> Path:
        """The file, whether it is there or not."""
        return self._file.path

    @property
    def location(self) -> object:
        """The file."""
        return self.path

    async def forget(self, bank_id: str, source_id: str) -> None:
        """Remove the answers that belong to a source, and its name from the ledger.

        The file is rewritten, so that no byte of them is left, unless there are none; see
        `SQLJournal`.

        Raises:
            InputError: An id cannot be written as UTF-8.
            DatabaseBusyError: Others use the file for too long; calling again goes on.
            DatabaseError: The file cannot be written.
        """
        await super().forget(bank_id, source_id)
        for aside in await self._file.set_aside():
            logger.warning(
                "%s was set aside when it was damaged, and may hold words of what is forgotten: "
                "delete it",
                aside,
            )

    async def close(self) -> None:
        """Finish what was asked, and close the file."""
        await self._file.close()

    async def _read(self, work: Callable[[Transaction], T], missing: T) -> T:
        return await self._file.read(work, missing)

    async def _change(self, work: Callable[[Transaction], T], missing: T) -> T:
        return await self._file.change(work, missing)

    async def _write(self, work: Callable[[Transaction], T]) -> T:
        return await self._file.write(work)

    async def _forget(self, work: Callable[[Transaction], None]) -> None:
        await (self._write(work) if self._asking else self._change(work, None))

    async def _vacuum(self) -> None:
        await self._file.vacuum()
