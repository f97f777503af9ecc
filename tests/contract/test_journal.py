"""Every journal runs the whole shared suite."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

from retain.stores.sqlite.journal import SQLiteJournal
from retain.testing.journal import JournalContract


@asynccontextmanager
async def sqlite_journal(folder: Path, now: Callable[[], datetime]) -> AsyncIterator[SQLiteJournal]:
    journal = SQLiteJournal(folder / "memory.journal.db", durability="process", now=now)
    try:
        yield journal
    finally:
        await journal.close()


class TestSQLiteJournal(JournalContract):
    def open_journal(self, folder: Path, now: Callable[[], datetime]):
        return sqlite_journal(folder, now)
