"""Where runs are kept between their steps: each class fulfils `retain.engine.Checkpoint`."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from retain.checkpoints.file import FileCheckpoint
    from retain.checkpoints.history import History
    from retain.checkpoints.memory import MemoryCheckpoint
    from retain.checkpoints.postgres import PostgresCheckpoint
    from retain.checkpoints.sqlite import SQLiteCheckpoint
    from retain.checkpoints.values import ValueCodec

__all__ = [
    "FileCheckpoint",
    "History",
    "MemoryCheckpoint",
    "PostgresCheckpoint",
    "SQLiteCheckpoint",
    "ValueCodec",
]

_HOMES = {
    "FileCheckpoint": "file",
    "History": "history",
    "MemoryCheckpoint": "memory",
    "PostgresCheckpoint": "postgres",
    "SQLiteCheckpoint": "sqlite",
    "ValueCodec": "values",
}


def __getattr__(name: str) -> Any:
    """Load a public name when it is first asked for: a folder of files needs no SQLite."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'retain.checkpoints' has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"retain.checkpoints.{home}"), name)
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
