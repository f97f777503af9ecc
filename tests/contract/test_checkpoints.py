"""Every checkpoint runs the whole shared suite."""

import sqlite3
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest
from tests.postgres import Schemas, connect

from retain.checkpoints.file import FileCheckpoint
from retain.checkpoints.memory import MemoryCheckpoint
from retain.checkpoints.postgres import PostgresCheckpoint
from retain.checkpoints.sqlite import SQLiteCheckpoint
from retain.testing.checkpoints import CheckpointContract


class TestMemory(CheckpointContract):
    shared = False

    @asynccontextmanager
    async def open(self, folder, **options):
        yield MemoryCheckpoint(**options)

    async def damage(self, folder, checkpoint):
        checkpoint._runs["bank", "damaged"].head = b"\xc1"


class TestFile(CheckpointContract):
    @asynccontextmanager
    async def open(self, folder, **options):
        checkpoint = FileCheckpoint(folder / "runs", durability="process", **options)
        yield checkpoint
        await checkpoint.close()

    async def damage(self, folder, checkpoint):
        _flip(Path(checkpoint._where(("bank", "damaged"))))


class TestSQLite(CheckpointContract):
    @asynccontextmanager
    async def open(self, folder, **options):
        checkpoint = SQLiteCheckpoint(folder / "runs.db", durability="process", **options)
        yield checkpoint
        await checkpoint.close()

    async def damage(self, folder, checkpoint):
        with closing(sqlite3.connect(folder / "runs.db")) as connection, connection:
            connection.execute("UPDATE run SET head = x'c1' WHERE run_key LIKE '%damaged%'")


class TestPostgres(CheckpointContract):
    @pytest.fixture(autouse=True)
    def _server(self, postgres: Schemas) -> None:
        self.schemas = postgres

    @asynccontextmanager
    async def open(self, folder, **options):
        checkpoint = PostgresCheckpoint(self.schemas.url(folder), **options)
        yield checkpoint
        await checkpoint.close()

    async def damage(self, folder, checkpoint):
        table = f"{self.schemas.name(folder)}.run"
        with connect() as connection:
            connection.execute(f"UPDATE {table} SET head = '\\xc1' WHERE run_key LIKE '%damaged%'")


def _flip(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0x01
    path.write_bytes(data)
