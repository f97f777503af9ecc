"""The tables of the bank, and what changes several of them at once."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from retain.memory.model import Document, Knowledge, Snapshot, SourceNote, Version
from retain.memory.ports import Relate
from retain.memory.redaction import Tombstone
from retain.stores.sqlite.rows import Change, Row, section_of
from retain.stores.sqlite.tables.audit import Audit
from retain.stores.sqlite.tables.index import FactIndex
from retain.stores.sqlite.tables.judgements import JudgementTables
from retain.stores.sqlite.tables.knowledge import KnowledgeTables
from retain.stores.sqlite.tables.leads import LeadTables
from retain.stores.sqlite.tables.lives import LifeTables
from retain.stores.sqlite.tables.pages import PageTables
from retain.stores.sqlite.tables.sections import SectionTables
from retain.stores.sqlite.tables.sources import SourceTable
from retain.stores.sqlite.tables.vectors import VectorTables
from retain.stores.sqlite.tables.words import Words

MOST_KEPT = 20_000
"""A bank of more facts is read anew each time."""


class Tables:
    """All tables, on a connection that the store has opened a transaction on."""

    def __init__(self) -> None:
        self.sources = SourceTable()
        self.sections = SectionTables()
        self.vectors = VectorTables()
        self.judgements = JudgementTables()
        self.knowledge = KnowledgeTables(self.judgements)
        self.index = FactIndex(self.sections)
        self.lives = LifeTables(self.knowledge, self.judgements)
        self.pages = PageTables()
        self.leads = LeadTables()
        self.audit = Audit()
        self._last: Snapshot | None = None

    def replace(
        self,
        db: sqlite3.Connection,
        change: Change,
        document: Document,
        said: Knowledge,
        relate: Relate | None,
    ) -> int:
        """Make a document the source's visible version; the version afterwards."""
        visible = self.sources.one(db, change.source)
        if visible is not None and visible.content_hash == change.source["content_hash"]:
            return visible.version
        key = {name: change.source[name] for name in ("bank_id", "source_id")}
        bank_id = key["bank_id"]
        self.vectors.check(db, bank_id, change.model)
        version = 1 if visible is None else visible.version + 1
        before = [] if visible is None else self.lives.cited(db, **key)
        self.index.catch_up(db)
        indexed: Words = {} if visible is None else self.index.words(db, key)
        self.sources.put(db, change.source, version)
        ids = self.sections.put(db, change, None if visible is None else visible.title)
        held = {ids[name]: vector for name, vector in change.vectors.items()}
        self.vectors.put(db, bank_id, change.model, held)
        self.knowledge.put(db, key, said, document.sections)
        self.index.change(db, bank_id, indexed, self.index.words(db, key))
        at = datetime.fromisoformat(change.source["retained_at"])
        told = Version(key["source_id"], version, at, len(document.sections))
        went = self.lives.follow(db, key, told, before)
        self.lives.forget_buried_past(db, key)
        self.judgements.drop_of(db, bank_id, went)
        self.judgements.put(db, bank_id, said.judgements)
        self.judgements.drop_lost(db, bank_id)
        if relate is not None:
            self.lives.relate(db, bank_id, relate)
        if visible is not None:
            self.leads.settle(db, bank_id)
        self.vectors.touch(db, bank_id, change.model)
        return version

    def delete(self, db: sqlite3.Connection, key: Row, relate: Relate | None) -> bool:
        """Remove every trace of the source; False if there was none."""
        db.execute(self.pages.sql["unfold"])
        found = self.sources.one(db, key)
        if found is None:
            return False
        bank_id = key["bank_id"]
        self.index.catch_up(db)
        self.index.change(db, bank_id, self.index.words(db, key), {})
        self.knowledge.clear(db, key)
        self.lives.forget(db, key)
        self.pages.forget_in_log(db, key)
        self.sections.clear(db, key, found.title)
        self.vectors.touch(db, bank_id, None)
        self.sources.remove(db, key)
        self.judgements.drop_lost(db, bank_id)
        self.lives.relate(db, bank_id, relate or _nothing)
        self.leads.settle(db, bank_id)
        self.pages.clear(db, bank_id)  # pages may quote it; they are rendered anew
        return True

    def bury(
        self, db: sqlite3.Connection, key: Row, fact_id: str, graves: Sequence[Tombstone]
    ) -> None:
        """Forget what stands of a fact beside its source, which comes in again without it."""
        db.execute(self.pages.sql["unfold"])
        self.lives.bury(db, key, graves)
        self.judgements.drop_of(db, key["bank_id"], [fact_id])
        self.lives.forget_buried_past(db, key)
        self.pages.forget_fact_in_log(db, key["bank_id"], fact_id)
        self.pages.clear(db, key["bank_id"])

    def mend(self, db: sqlite3.Connection, bank_id: str, relate: Relate) -> None:
        """Remove what only points to what is gone, and derive the rest anew."""
        self.audit.mend(db, bank_id)
        self.judgements.drop_lost(db, bank_id)
        self.lives.relate(db, bank_id, relate)
        self.leads.settle(db, bank_id)
        self.vectors.touch(db, bank_id, None)

    def snapshot(self, db: sqlite3.Connection, bank_id: str) -> Snapshot | None:
        """All that the bank's pages are made from; None where there is no such bank.

        The last one is kept, unless it is large: states and their runs ask for it one by one.
        """
        now, last = self.pages.freshness(db, bank_id), self._last
        if now is None:
            return None
        if last is not None and (last.bank_id, last.generation) == (bank_id, now.generation):
            return replace(last, leads=tuple(self.leads.all(db, bank_id)))  # some may be gone
        found = self._snapshot(db, bank_id, now.generation)
        self._last = found if len(found.facts) <= MOST_KEPT else None
        return found

    def _snapshot(self, db: sqlite3.Connection, bank_id: str, generation: int) -> Snapshot:
        sql, key = self.pages.sql, {"bank_id": bank_id}
        rows = list(db.execute(sql["bank_sections"], key))
        vectors = dict(db.execute(sql["bank_vectors"], key))
        return Snapshot(
            bank_id,
            generation,
            tuple(self.lives.cited(db, bank_id)),
            tuple(self.lives.edges(db, bank_id)),
            tuple(self.knowledge.names(db, bank_id)),
            self.knowledge.corrections(db, bank_id),
            tuple(self.judgements.of_facts(db, bank_id)),
            tuple(SourceNote(*row) for row in db.execute(sql["notes"], key)),
            tuple(section_of(row) for row in rows),
            tuple(db.execute(sql["named"], key)),
            tuple(vectors.get(row[0], b"") for row in rows),
            tuple(self.leads.all(db, bank_id)),
        )


def _nothing(*_: object) -> tuple[()]:
    return ()
