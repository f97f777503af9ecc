"""The bank in a SQLite database."""

from retain.stores.sqlite.store import SQLiteStore

__all__ = ["SQLiteStore"]
