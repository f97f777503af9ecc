"""The bank in a SQLite database."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from retain.db import queries
from retain.db.sqlite import Database
from retain.errors import InputError
from retain.memory.model import Counts, Document, Section, SectionRow, StoredSource
from retain.stores.words import bank_word, date_words, phrases, spaced

COLUMN_WEIGHTS: Mapping[str, float] = {
    "bank": 0.0,
    "speaker": 1.0,
    "heading": 1.0,
    "said_on": 1.0,
    "title": 1.0,
    "text": 1.0,
}
"""What a word counts for in each column of the index, for BM25."""

_MOVABLE = ("ordinal", "kind", "level", "char_start", "char_end", "line_start", "line_end")
_WORDED = ("path", "speaker", "said_at", "text")

_Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Change:
    """A source on its way in, ready to be written: its row and those of its sections."""

    source: _Row
    sections: list[_Row]


class SQLiteStore:
    """A bank's lasting content in a `Database`, which may be shared with others.

    Words are matched by their stem, without regard to case and accents. How rare a word is, is
    counted over the whole file, so banks in one file share that, and nothing else.

    Args:
        database: Where; it belongs to the caller, who closes it.
        now: The clock, timezone-aware.
    """

    def __init__(
        self, database: Database, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._database = database
        self._now = now
        self._sql = queries.load("store")
        database.require("store")

    async def source(self, bank_id: str, source_id: str) -> StoredSource | None:
        """The source, or None.

        Raises:
            InputError: An id cannot be written as UTF-8.
            DatabaseError: The database cannot be read.
        """
        key = _key(bank_id, source_id)
        row = await self._database.read(lambda db: db.execute(self._sql["source"], key).fetchone())
        return None if row is None else _source(row)

    async def sources(self, bank_id: str) -> Sequence[StoredSource]:
        """Every source of the bank, by id.

        Raises:
            InputError: The id cannot be written as UTF-8.
            DatabaseError: The database cannot be read.
        """
        key = _key(bank_id)
        return await self._database.read(
            lambda db: [_source(row) for row in db.execute(self._sql["sources"], key)]
        )

    async def sections(self, bank_id: str, source_id: str) -> Sequence[SectionRow]:
        """The sections of a source in order; empty if there is no such source.

        Raises:
            InputError: An id cannot be written as UTF-8.
            DatabaseError: The database cannot be read.
        """
        key = _key(bank_id, source_id)
        return await self._database.read(
            lambda db: [_section_row(row) for row in db.execute(self._sql["sections"], key)]
        )

    async def replace_source(
        self, bank_id: str, source_id: str, *, content_hash: str, text: str, document: Document
    ) -> int:
        """Make `document` the source's visible version, in one transaction; see `Store`.

        Raises:
            InputError: Something in it cannot be kept; the message says what.
            DatabaseBusyError: Another process holds the database for too long.
            DatabaseError: The database cannot be written; the old version stays visible.
        """
        key = _key(bank_id, source_id)
        change = await asyncio.to_thread(_prepare, key, content_hash, text, document)
        change.source["retained_at"] = _iso(self._now(), "the clock's time")
        return await self._database.write(lambda db: self._replace(db, change))

    async def delete_source(self, bank_id: str, source_id: str) -> bool:
        """Remove every trace of the source; False if there was none.

        The whole index is rewritten to leave no word behind, about 2 us for each section in the
        database. Unused bytes of the file may hold copies until `Database.fold`.

        Raises:
            InputError: An id cannot be written as UTF-8.
            DatabaseBusyError: Another process holds the database for too long.
            DatabaseError: The database cannot be written.
        """
        key = _key(bank_id, source_id)
        return await self._database.write(lambda db: self._delete(db, key))

    async def search_sections(
        self, bank_id: str, terms: Sequence[str], limit: int
    ) -> Sequence[tuple[SectionRow, float]]:
        """The sections that hold any of the words `terms`, best first; see `Store`.

        Raises:
            InputError: The id cannot be written as UTF-8.
            DatabaseError: The database cannot be read.
        """
        key = _key(bank_id)
        expression = _expression(bank_id, terms)
        if expression is None or limit < 1:
            return []
        given = {**key, **COLUMN_WEIGHTS, "expression": expression, "limit": limit}

        def search(db: sqlite3.Connection) -> list[tuple[SectionRow, float]]:
            rows = db.execute(self._sql["search_sections"], given)
            return [(_section_row(row), row[-1]) for row in rows]

        return await self._database.read(search)

    async def counts(self, bank_id: str) -> Counts:
        """How much the bank holds.

        Raises:
            InputError: The id cannot be written as UTF-8.
            DatabaseError: The database cannot be read.
        """
        key = _key(bank_id)
        row = await self._database.read(lambda db: db.execute(self._sql["counts"], key).fetchone())
        return Counts(sources=row[0], sections=row[1])

    async def banks(self) -> Sequence[str]:
        """The ids of the banks that hold anything, sorted.

        Raises:
            DatabaseError: The database cannot be read.
        """
        return await self._database.read(
            lambda db: [row[0] for row in db.execute(self._sql["banks"])]
        )

    def _replace(self, db: sqlite3.Connection, change: _Change) -> int:
        found = db.execute(self._sql["source"], change.source).fetchone()
        visible = None if found is None else _source(found)
        if visible is not None and visible.content_hash == change.source["content_hash"]:
            return visible.version
        version = 1 if visible is None else visible.version + 1
        db.execute(self._sql["put_source"], {**change.source, "version": version})
        title = change.source["title"]
        old_title = None if visible is None else visible.title
        stored = {row["section_id"]: row for row in self._stored(db, change.source)}
        added: list[_Row] = []
        moved: list[_Row] = []
        for row in change.sections:
            old = stored.get(row["section_id"])
            if old is None or title != old_title or _differs(old, row, _WORDED):
                added.append(row)
                continue
            del stored[row["section_id"]]
            if _differs(old, row, _MOVABLE):
                moved.append({**row, "id": old["id"]})
        self._remove(db, stored.values(), old_title)
        db.executemany(self._sql["move_section"], moved)
        self._add(db, added, title)
        return version

    def _delete(self, db: sqlite3.Connection, key: _Row) -> bool:
        found = db.execute(self._sql["source"], key).fetchone()
        if found is None:
            return False
        self._remove(db, self._stored(db, key), _source(found).title)
        db.execute(self._sql["delete_source"], key)
        db.execute(self._sql["purge_index"])
        return True

    def _stored(self, db: sqlite3.Connection, key: _Row) -> list[_Row]:
        """The rows of a source's sections as they stand."""
        cursor = db.execute(self._sql["sections"], key)
        names = [column[0] for column in cursor.description]
        bank_id = key["bank_id"]
        return [{"bank_id": bank_id, **dict(zip(names, row, strict=True))} for row in cursor]

    def _add(self, db: sqlite3.Connection, rows: list[_Row], title: str | None) -> None:
        first = db.execute(self._sql["last_section"]).fetchone()[0] + 1
        numbered = [{**row, "id": id_} for id_, row in enumerate(rows, first)]
        db.executemany(self._sql["insert_section"], numbered)
        db.executemany(self._sql["index_section"], (_words(row, title) for row in numbered))

    def _remove(self, db: sqlite3.Connection, rows: Iterable[_Row], title: str | None) -> None:
        rows = list(rows)
        db.executemany(self._sql["unindex_section"], (_words(row, title) for row in rows))
        db.executemany(self._sql["delete_section"], rows)


def _prepare(key: _Row, content_hash: str, text: str, document: Document) -> _Change:
    """The rows of a document, checked."""
    source_id = key["source_id"]
    sections: list[_Row] = []
    seen: set[str] = set()
    _check(text, f"the text of {source_id!r}")
    for section in document.sections:
        if section.section_id in seen:
            raise InputError(f"{source_id!r}: two sections have the id {section.section_id!r}")
        if not 0 <= section.start <= section.end <= len(text):
            raise InputError(
                f"{source_id!r}: section {section.section_id!r} lies outside of the text"
            )
        seen.add(section.section_id)
        sections.append(_section_values(key, section, text))
    try:
        meta = json.dumps(document.meta, ensure_ascii=False)
    except (TypeError, ValueError) as exc:
        raise InputError(f"{source_id!r}: its meta data cannot be kept as JSON: {exc}") from exc
    source: _Row = {
        **key,
        "content_hash": _check(content_hash, "the content hash"),
        "title": _check(document.title, f"the title of {source_id!r}"),
        "meta": _check(meta, f"the meta data of {source_id!r}"),
        "characters": len(text),
        "sections": len(sections),
    }
    return _Change(source, sections)


def _section_values(key: _Row, section: Section, text: str) -> _Row:
    what = f"a section of {key['source_id']!r}"
    said_at = section.said_at
    return {
        **key,
        "section_id": _check(section.section_id, f"the id of {what}"),
        "ordinal": section.ordinal,
        "kind": section.kind,
        "level": section.level,
        "path": _check(json.dumps(section.path, ensure_ascii=False), f"a heading of {what}"),
        "char_start": section.start,
        "char_end": section.end,
        "line_start": section.line_start,
        "line_end": section.line_end,
        "speaker": _check(section.speaker, f"the speaker of {what}"),
        "said_at": None if said_at is None else _iso(said_at, f"the time of {what}"),
        "text": text[section.start : section.end],
    }


def _words(row: _Row, title: str | None) -> _Row:
    """What the index keeps of a section."""
    said_at = row["said_at"]
    return {
        "id": row["id"],
        "bank": bank_word(row["bank_id"]),
        "speaker": spaced(row["speaker"] or ""),
        "heading": spaced("\n".join(json.loads(row["path"]))),
        "said_on": date_words(said_at and datetime.fromisoformat(said_at)),
        "title": spaced(title or ""),
        "text": spaced(row["text"]),
    }


def _expression(bank_id: str, terms: Sequence[str]) -> str | None:
    """The FTS5 expression for any of the terms in the bank; None if there is no term."""
    found = dict.fromkeys(phrase for term in terms for phrase in phrases(term) if phrase.strip())
    if not found:
        return None
    quoted = " OR ".join(f'"{phrase.replace(chr(34), chr(34) * 2)}"' for phrase in found)
    # FTS5 leaves out a phrase that has no word in it, and then an AND with nothing on one side is
    # the other side: the whole bank. A word that no bank has keeps that side from being empty.
    return f'bank : "{bank_word(bank_id)}" AND (- bank : ({quoted}) OR bank : "nobank")'


def _differs(old: _Row, new: _Row, columns: Iterable[str]) -> bool:
    return any(old[column] != new[column] for column in columns)


def _source(row: Sequence[Any]) -> StoredSource:
    return StoredSource(
        bank_id=row[0],
        source_id=row[1],
        version=row[2],
        content_hash=row[3],
        title=row[4],
        meta=json.loads(row[5]),
        characters=row[6],
        sections=row[7],
        retained_at=datetime.fromisoformat(row[8]),
    )


def _section_row(row: Sequence[Any]) -> SectionRow:
    section = Section(
        section_id=row[2],
        ordinal=row[3],
        kind=row[4],
        level=row[5],
        path=tuple(json.loads(row[6])),
        start=row[7],
        end=row[8],
        line_start=row[9],
        line_end=row[10],
        speaker=row[11],
        said_at=None if row[12] is None else datetime.fromisoformat(row[12]),
    )
    return SectionRow(source_id=row[1], section=section, text=row[13])


def _key(bank_id: str, source_id: str | None = None) -> _Row:
    key = {"bank_id": _check(bank_id, "the bank id")}
    if source_id is not None:
        key["source_id"] = _check(source_id, "the source id")
    return key


def _check(text: str | None, what: str) -> str | None:
    """The text itself, if it can be written as UTF-8."""
    try:
        (text or "").encode()
    except UnicodeEncodeError as exc:
        raise InputError(
            f"{what} has half of a surrogate pair at character {exc.start}, which no file can "
            "hold: decode it anew, or replace that character"
        ) from exc
    return text


def _iso(moment: datetime, what: str) -> str:
    if moment.tzinfo is None:
        raise InputError(f"{what} has no time zone: {moment.isoformat()}")
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
