"""The index of the words of facts."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Sequence

from retain.db import queries
from retain.memory.model import FactRow
from retain.stores.index import FACT_FIELDS, expression, fact_words, wanted
from retain.stores.sqlite.rows import Row
from retain.stores.sqlite.tables.knowledge import fact_of, rows_of
from retain.stores.sqlite.tables.scoring import Index, best_scores, size_of
from retain.stores.sqlite.tables.sections import SectionTables

COMMON = 2_000
"""A word that stands in more of a bank's facts is looked for last."""

SMALL = 5_000
"""Of a bank with no more facts, all words are looked for at once."""

Words = dict[int, dict[str, str]]
"""What the index holds of each fact, by its row there."""


class FactIndex:
    """Full-text search among facts, on a connection that the store has opened a transaction on."""

    def __init__(self, sections: SectionTables) -> None:
        self._sql = queries.load("knowledge")
        self._sections = sections
        self._index = Index(
            FACT_FIELDS,
            self._sql["search_facts"],
            self._sql["search_fact_word"],
            self._sql["count_facts"],
        )

    def words(self, db: sqlite3.Connection, key: Row) -> Words:
        """What the index should hold of a source as its facts and sections stand."""
        rows = rows_of(db.execute(self._sql["indexed_facts"], key))
        return {row["id"]: fact_words(row, key["bank_id"]) for row in rows}

    def change(self, db: sqlite3.Connection, before: Words, after: Words) -> None:
        """Bring the index from one state of a source to the next; only what differs is written."""
        gone = ({**w, "id": id_} for id_, w in before.items() if after.get(id_) != w)
        db.executemany(self._sql["unindex_fact"], gone)
        came = ({**w, "id": id_} for id_, w in after.items() if before.get(id_) != w)
        db.executemany(self._sql["index_fact"], came)

    def purge(self, db: sqlite3.Connection) -> None:
        """Leave no word of what was removed in the index."""
        db.execute(self._sql["purge_fact_index"])

    def behind(self, db: sqlite3.Connection) -> bool:
        """Whether there are facts that are older than the index."""
        return db.execute(self._sql["unindexed"]).fetchone() is not None

    def catch_up(self, db: sqlite3.Connection) -> None:
        """Index the facts that are older than the index."""
        for key in rows_of(db.execute(self._sql["unindexed"])):
            self.change(db, {}, self.words(db, key))
        db.execute(self._sql["forget_unindexed"])

    def search(
        self, db: sqlite3.Connection, key: Row, terms: Sequence[str], limit: int
    ) -> list[tuple[FactRow, float]]:
        """The `limit` facts that have any of the words and fit best, with their scores.

        Words of very many facts tell little and cost most. They are looked for only if the others
        bring too few.
        """
        alone, bank_id = self._sections.alone(db, key), key["bank_id"]
        size = size_of(db, self._index, bank_id)
        telling = terms
        if size > SMALL:
            telling = [t for t in terms if self._is_telling(db, bank_id, wanted([t]), alone)]
        scores: dict[int, float] = {}
        for words in telling, terms:
            if len(scores) < limit:
                any_of = wanted(words)
                scores = best_scores(
                    db, self._index, bank_id, any_of, limit, size=size, alone=alone
                )
            if len(words) == len(terms):
                break
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

    def _is_telling(
        self, db: sqlite3.Connection, bank_id: str, phrases: Sequence[str], alone: bool
    ) -> bool:
        """Whether a word, by its phrases, stands in no more than `COMMON` of the bank's facts."""
        if not phrases:
            return False
        any_of = expression(bank_id, phrases, FACT_FIELDS, alone)
        given = {"expression": any_of, "limit": COMMON + 1}
        return db.execute(self._sql["count_facts"], given).fetchone()[0] <= COMMON


def _best_first(found: tuple[FactRow, float]) -> tuple[float, str, int, int, str]:
    one, score = found
    section = one.row.section
    return -score, one.row.source_id, section.ordinal, one.fact.start, one.fact.fact_id
