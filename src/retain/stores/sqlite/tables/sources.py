"""The table of sources."""

from __future__ import annotations

import sqlite3

from retain.db import queries
from retain.memory.model import Counts, StoredSource
from retain.stores.sqlite.rows import Row, source_of


class SourceTable:
    """Sources, on a connection that the store has opened a transaction on."""

    def __init__(self) -> None:
        self._sql = queries.load("store")

    def one(self, db: sqlite3.Connection, key: Row) -> StoredSource | None:
        """The source, or None."""
        row = db.execute(self._sql["source"], key).fetchone()
        return None if row is None else source_of(row)

    def all(self, db: sqlite3.Connection, key: Row) -> list[StoredSource]:
        """Every source of the bank, by id."""
        return [source_of(row) for row in db.execute(self._sql["sources"], key)]

    def put(self, db: sqlite3.Connection, source: Row, version: int) -> None:
        """Make a version of a source the visible one."""
        db.execute(self._sql["put_source"], {**source, "version": version})

    def remove(self, db: sqlite3.Connection, key: Row) -> None:
        """Remove a source, and its bank if it was the last; its sections have to be gone."""
        db.execute(self._sql["delete_source"], key)
        db.execute(self._sql["drop_bank"], key)

    def counts(self, db: sqlite3.Connection, key: Row) -> Counts:
        """How much the bank holds."""
        return Counts(*db.execute(self._sql["counts"], key).fetchone())

    def banks(self, db: sqlite3.Connection) -> list[str]:
        """The banks that hold anything, sorted."""
        return [row[0] for row in db.execute(self._sql["banks"])]
