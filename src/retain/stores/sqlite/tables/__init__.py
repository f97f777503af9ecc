"""The tables of the bank, and what changes several of them at once."""

from __future__ import annotations

import sqlite3

from retain.stores.sqlite.rows import Change, Row
from retain.stores.sqlite.tables.knowledge import KnowledgeTables
from retain.stores.sqlite.tables.sections import SectionTables
from retain.stores.sqlite.tables.sources import SourceTable
from retain.stores.sqlite.tables.vectors import VectorTables


class Tables:
    """All tables, on a connection that the store has opened a transaction on."""

    def __init__(self) -> None:
        self.sources = SourceTable()
        self.sections = SectionTables()
        self.vectors = VectorTables()
        self.knowledge = KnowledgeTables()

    def replace(self, db: sqlite3.Connection, change: Change) -> tuple[int, bool]:
        """The version that is visible afterwards, and whether it is another than before."""
        visible = self.sources.one(db, change.source)
        if visible is not None and visible.content_hash == change.source["content_hash"]:
            return visible.version, False
        bank_id = change.source["bank_id"]
        self.vectors.check(db, bank_id, change.model)
        version = 1 if visible is None else visible.version + 1
        self.sources.put(db, change.source, version)
        ids = self.sections.put(db, change, None if visible is None else visible.title)
        held = {ids[name]: vector for name, vector in change.vectors.items()}
        self.vectors.put(db, bank_id, change.model, held)
        self.vectors.touch(db, bank_id, change.model)
        return version, True

    def delete(self, db: sqlite3.Connection, key: Row) -> bool:
        """Remove every trace of the source; False if there was none."""
        found = self.sources.one(db, key)
        if found is None:
            return False
        self.knowledge.clear(db, key)
        self.sections.clear(db, key, found.title)
        self.vectors.touch(db, key["bank_id"], None)
        self.sources.remove(db, key)
        self.sections.purge(db)
        return True
