"""Every journal runs the whole shared suite."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

import pytest
from tests.postgres import Schemas

from retain.db.pgurl import Address
from retain.db.postgres import PostgresDatabase
from retain.stores.postgres.journal import PostgresJournal
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


@asynccontextmanager
async def postgres_journal(url: str, now: Callable[[], datetime]) -> AsyncIterator[PostgresJournal]:
    database = PostgresDatabase(Address.parsed(url))
    try:
        yield PostgresJournal(database, now=now)
    finally:
        await database.close()


class TestPostgresJournal(JournalContract):
    @pytest.fixture(autouse=True)
    def _server(self, postgres: Schemas) -> None:
        self.schemas = postgres

    def open_journal(self, folder: Path, now: Callable[[], datetime]):
        return postgres_journal(self.schemas.url(folder), now)
