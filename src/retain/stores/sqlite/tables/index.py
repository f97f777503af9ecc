"""The index of the words of facts, and what brings both indexes up to date."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Sequence

from retain.db import queries
from retain.memory.model import FactRow
from retain.stores.index import FACT_WEIGHTS, fact_words
from retain.stores.sqlite.rows import Row
from retain.stores.sqlite.tables.knowledge import fact_of, rows_of
from retain.stores.sqlite.tables.sections import SectionTables
from retain.stores.sqlite.tables.words import WordIndex, Words


class FactIndex:
    """Full-text search among facts, on a connection that the store has opened a transaction on."""

    def __init__(self, sections: SectionTables) -> None:
        self._sql = {**queries.load("store"), **queries.load("knowledge")}
        self._sections = sections
        self._index = WordIndex("fact", list(FACT_WEIGHTS))

    def words(self, db: sqlite3.Connection, key: Row) -> Words:
        """What the index should hold of a source as its facts and sections stand."""
        rows = rows_of(db.execute(self._sql["indexed_facts"], key))
        return {row["id"]: fact_words(row) for row in rows}

    def change(self, db: sqlite3.Connection, bank_id: str, before: Words, after: Words) -> None:
        """Bring the index from one state of a source to the next; only what differs is written."""
        self._index.change(db, bank_id, before, after)

    def behind(self, db: sqlite3.Connection) -> bool:
        """Whether there are sources that are older than the index."""
        return db.execute(self._sql["unindexed_sources"]).fetchone() is not None

    def catch_up(self, db: sqlite3.Connection) -> None:
        """Index the sources that are older than the index."""
        for key in rows_of(db.execute(self._sql["unindexed_sources"])):
            self._sections.index(db, key)
            self.change(db, key["bank_id"], {}, self.words(db, key))
        db.execute(self._sql["forget_unindexed_sources"])

    def search(
        self, db: sqlite3.Connection, key: Row, terms: Sequence[str], limit: int
    ) -> list[tuple[FactRow, float]]:
        """The `limit` facts that have any of the words and fit best, with their scores."""
        scores = self._index.search(db, key["bank_id"], terms, FACT_WEIGHTS, limit)
        rows = self._at(db, key, scores)
        return sorted(((row, scores[id_]) for id_, row in rows.items()), key=_best_first)[:limit]

    def _at(self, db: sqlite3.Connection, key: Row, ids: Collection[int]) -> dict[int, FactRow]:
        """Those of the facts of the rows `ids` that are the bank's, by their rows."""
        held = self._sections.held(db, key)
        found = held.facts(ids)
        if len(found) < len(ids):
            missing = ",".join(str(id_) for id_ in ids if id_ not in found)
            given = {"bank_id": key["bank_id"], "ids": f"[{missing}]"}
            facts = rows_of(db.execute(self._sql["facts_at"], given))
            sections = self._sections.at(db, key, {fact["section_row"] for fact in facts})
            read = {
                fact["id"]: FactRow(sections[fact["section_row"]], fact_of(fact, fact["base"]))
                for fact in facts
            }
            held.keep_facts(read)
            found.update(read)
        return found


def _best_first(found: tuple[FactRow, float]) -> tuple[float, str, int, int, str]:
    one, score = found
    section = one.row.section
    return -score, one.row.source_id, section.ordinal, one.fact.start, one.fact.fact_id
