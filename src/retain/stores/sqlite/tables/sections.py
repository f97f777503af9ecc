"""The tables of sections and the index of their words."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import asdict

from retain.db import queries
from retain.memory.model import FieldWeights, SectionRow
from retain.stores.index import SECTION_FIELDS, index_words
from retain.stores.sqlite.rows import Change, Row, section_of
from retain.stores.sqlite.tables.held import Held, HeldSections
from retain.stores.sqlite.tables.words import WordIndex, Words

_PLACED = ("ordinal", "kind", "level", "char_start", "char_end", "line_start", "line_end")
_EMBEDDED = ("path", "speaker", "text")
_COLUMNS = (*_PLACED, *_EMBEDDED, "said_at")


class SectionTables:
    """Sections, on a connection that the store has opened a transaction on."""

    def __init__(self) -> None:
        self._sql = queries.load("store")
        self._held = HeldSections()
        self._index = WordIndex("section", SECTION_FIELDS)

    def of_source(self, db: sqlite3.Connection, key: Row) -> list[SectionRow]:
        """The sections of a source in order."""
        return [section_of(row) for row in db.execute(self._sql["sections"], key)]

    def at(self, db: sqlite3.Connection, key: Row, ids: Iterable[int]) -> dict[int, SectionRow]:
        """Those of the sections of the rows `ids` that are the bank's, by their rows.

        They are kept until the bank changes, so a transaction that changes it has no use of this.
        """
        wanted = list(ids)
        held = self.held(db, key)
        found = held.sections(wanted)
        if len(found) < len(wanted):
            missing = [id_ for id_ in wanted if id_ not in found]
            given = {"bank_id": key["bank_id"], "ids": json.dumps(missing)}
            rows = db.execute(self._sql["sections_at"], given).fetchall()
            read = {row[0]: section_of(row) for row in rows}
            held.keep_sections(read)
            found.update(read)
        return found

    def ids_of(
        self, db: sqlite3.Connection, key: Row, sections: Iterable[SectionRow]
    ) -> dict[int, SectionRow]:
        """Those of the sections that the bank holds, by their rows."""
        held = self.held(db, key)
        found: dict[int, SectionRow] = {}
        for section in sections:
            id_ = held.id_of(section)
            if id_ is None:
                id_ = self._id_of(db, key, section)
            if id_ is not None:
                found[id_] = section
        return found

    def _id_of(self, db: sqlite3.Connection, key: Row, row: SectionRow) -> int | None:
        given = {**key, "source_id": row.source_id, "section_id": row.section.section_id}
        found = db.execute(self._sql["section_row"], given).fetchone()
        return None if found is None else found[0]

    def held(self, db: sqlite3.Connection, key: Row) -> Held:
        """What is kept in memory of the bank as the transaction, which only reads, sees it."""
        bank = db.execute(self._sql["bank"], key).fetchone()
        return Held(0) if bank is None else self._held.of(key["bank_id"], bank[1])

    def speakers(self, db: sqlite3.Connection, key: Row) -> Sequence[str]:
        """Who says anything in the bank, by code point; kept as `at` keeps sections."""
        held = self.held(db, key)
        if held.speakers is None:
            held.speakers = tuple(name for (name,) in db.execute(self._sql["speakers"], key))
        return held.speakers

    def search(
        self,
        db: sqlite3.Connection,
        key: Row,
        terms: Sequence[str],
        weights: FieldWeights,
        limit: int,
    ) -> list[tuple[SectionRow, float]]:
        """The `limit` sections that have any of the words and fit best, with their scores."""
        scores = self._index.search(db, key["bank_id"], terms, asdict(weights), limit)
        rows = self.at(db, key, scores)
        return sorted(((row, scores[id_]) for id_, row in rows.items()), key=best_first)[:limit]

    def put(self, db: sqlite3.Connection, change: Change, old_title: str | None) -> dict[str, int]:
        """Bring sections and index from one version to the next; the sections' rows by their ids.

        Only what differs is written: a changed turn also changes what the index holds of its
        neighbours.
        """
        rows = self.stored(db, change.source)
        old_words = _words(rows, old_title)
        stored = {row["section_id"]: row for row in rows}
        free = db.execute(self._sql["last_section"]).fetchone()[0] + 1
        added: list[Row] = []
        changed: list[Row] = []
        stale: list[Row] = []
        new_words: dict[int, dict[str, str]] = {}
        ids: dict[str, int] = {}
        for row, words in zip(change.sections, change.words, strict=True):
            old = stored.pop(row["section_id"], None)
            row["id"] = ids[row["section_id"]] = free + len(added) if old is None else old["id"]
            new_words[row["id"]] = words
            if old is None:
                added.append(row)
            elif _differs(old, row, _COLUMNS):
                changed.append(row)
                stale += [row] if _differs(old, row, _EMBEDDED) else []
        gone = list(stored.values())
        self._index.change(db, change.source["bank_id"], old_words, new_words)
        db.executemany(self._sql["delete_vectors"], [*gone, *stale])
        db.executemany(self._sql["delete_section"], gone)
        db.executemany(self._sql["update_section"], changed)
        db.executemany(self._sql["insert_section"], added)
        return ids

    def stored(self, db: sqlite3.Connection, key: Row) -> list[Row]:
        """The rows of a source's sections as they stand."""
        cursor = db.execute(self._sql["sections"], key)
        names = [column[0] for column in cursor.description]
        bank_id = key["bank_id"]
        return [{"bank_id": bank_id, **dict(zip(names, row, strict=True))} for row in cursor]

    def index(self, db: sqlite3.Connection, key: Row) -> None:
        """Index the sections of a source, of which the index has none."""
        title = db.execute(self._sql["source"], key).fetchone()[4]
        self._index.change(db, key["bank_id"], {}, _words(self.stored(db, key), title))

    def clear(self, db: sqlite3.Connection, key: Row, title: str | None) -> None:
        """Remove the sections of a source with their words and vectors."""
        rows = self.stored(db, key)
        self._index.change(db, key["bank_id"], _words(rows, title), {})
        db.executemany(self._sql["delete_vectors"], rows)
        db.executemany(self._sql["delete_section"], rows)


def _words(rows: Sequence[Row], title: str | None) -> Words:
    """What the index holds of the sections of a source, by their rows."""
    return dict(zip((row["id"] for row in rows), index_words(rows, title), strict=True))


def _differs(old: Row, new: Row, columns: Iterable[str]) -> bool:
    return any(old[column] != new[column] for column in columns)


def best_first(found: tuple[SectionRow, float]) -> tuple[float, str, int, str]:
    """The order of what was found: of equal ones that of source and place."""
    row, score = found
    return -score, row.source_id, row.section.ordinal, row.section.section_id
