"""Opens a checkpoint in a folder, in the tests and in the processes that they kill."""

from __future__ import annotations

from pathlib import Path

from retain.checkpoints.file import FileCheckpoint
from retain.checkpoints.postgres import PostgresCheckpoint
from retain.checkpoints.sqlite import SQLiteCheckpoint
from retain.memory.context import RetainContext

URL = "url"
"""The file of a folder that says where its Postgres database is."""


def open_checkpoint(backend: str, folder: Path, **options):
    if backend == "file":
        return FileCheckpoint(folder / "runs", RetainContext, **options)
    if backend == "sqlite":
        return SQLiteCheckpoint(folder / "runs.db", RetainContext, **options)
    return PostgresCheckpoint((folder / URL).read_text(), RetainContext, **options)
