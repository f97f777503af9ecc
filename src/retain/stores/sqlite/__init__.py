"""Banks, and the journal of paid calls, in SQLite databases."""

from retain.stores.sqlite.store import SQLiteStore

__all__ = ["SQLiteStore"]
