"""The tables of pages, of the index and of the log."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import msgspec

from retain.db import queries
from retain.memory.model import Freshness, LogAction, LogEntry, LogFact, Page, Wiki
from retain.stores.sqlite.rows import Row

_ENCODER = msgspec.json.Encoder(order="deterministic")


@dataclass(frozen=True, slots=True)
class _Said:
    """What a log entry says that does not depend on what else is in the bank."""

    action: LogAction
    sections: int
    came: tuple[LogFact, ...]
    went: tuple[LogFact, ...]
    pages: tuple[str, ...]


_SAID = msgspec.json.Decoder(_Said)
_PAIRS = msgspec.json.Decoder(tuple[tuple[LogFact, LogFact], ...])


class PageTables:
    """Pages and the log, on a connection that the store has opened a transaction on."""

    def __init__(self) -> None:
        self.sql = queries.load("wiki")

    def freshness(self, db: sqlite3.Connection, bank_id: str) -> Freshness | None:
        """How far behind the bank its pages are; None where there is no such bank."""
        row = db.execute(self.sql["generations"], {"bank_id": bank_id}).fetchone()
        return None if row is None else Freshness(row[0], row[1], row[3], row[2] or 0)

    def wiki(self, db: sqlite3.Connection, bank_id: str) -> Wiki:
        """The pages and the index as they stand."""
        row = db.execute(self.sql["view"], {"bank_id": bank_id}).fetchone()
        return Wiki(tuple(self.pages(db, bank_id)), "" if row is None else row[0])

    def pages(self, db: sqlite3.Connection, bank_id: str) -> list[Page]:
        """The pages as they stand, by id."""
        found = db.execute(self.sql["pages"], {"bank_id": bank_id})
        return [
            Page(id_, kind, title, _names(aka), n, text) for id_, kind, title, aka, n, text in found
        ]

    def put(
        self, db: sqlite3.Connection, bank_id: str, pages: Sequence[Page], gone: Sequence[str] = ()
    ) -> None:
        """Keep pages, and remove those whose ids are in `gone`."""
        rows = (
            {
                "bank_id": bank_id,
                "page_id": page.page_id,
                "kind": page.kind,
                "title": page.title,
                "aliases": json.dumps(page.aliases, ensure_ascii=False),
                "facts": page.facts,
                "text": page.text,
            }
            for page in pages
        )
        db.executemany(self.sql["put_page"], rows)
        db.executemany(
            self.sql["drop_page"], ({"bank_id": bank_id, "page_id": one} for one in gone)
        )

    def put_wiki(self, db: sqlite3.Connection, bank_id: str, wiki: Wiki, was: Freshness) -> None:
        """Make `wiki` the bank's pages and index; only what differs is written."""
        held = {page.page_id: page for page in self.pages(db, bank_id)}
        new = [page for page in wiki.pages if held.pop(page.page_id, None) != page]
        self.put(db, bank_id, new, list(held))
        given = {"generation": was.generation, "facts": was.facts, "contents": wiki.contents}
        db.execute(self.sql["put_view"], {"bank_id": bank_id, **given})

    def clear(self, db: sqlite3.Connection, bank_id: str) -> None:
        """Remove every page and the index."""
        self.put(db, bank_id, [], [page.page_id for page in self.pages(db, bank_id)])
        db.execute(self.sql["drop_view"], {"bank_id": bank_id})

    def log(
        self, db: sqlite3.Connection, bank_id: str, source_id: str | None = None
    ) -> list[LogEntry]:
        """The log, or what it has of one source, oldest entry first."""
        found = db.execute(self.sql["log"], {"bank_id": bank_id, "source_id": source_id})
        return [_entry(*row) for row in found]

    def forget_fact_in_log(self, db: sqlite3.Connection, bank_id: str, fact_id: str) -> None:
        """Remove what the log quotes of a fact."""
        for entry in self.log(db, bank_id):
            told = _without(entry, fact_id)
            if told != entry:
                self._replace(db, bank_id, told)

    def _replace(self, db: sqlite3.Connection, bank_id: str, entry: LogEntry) -> None:
        given = {"body": _json(_said(entry)), "superseded": _json(entry.superseded)}
        db.execute(self.sql["replace_log"], {**_entry_key(bank_id, entry), **given})

    def add_to_log(self, db: sqlite3.Connection, bank_id: str, entry: LogEntry) -> None:
        """Add an entry; one that is there already stays as it is."""
        given = {
            "at": entry.at.isoformat(),
            "body": _json(_said(entry)),
            "superseded": _json(entry.superseded),
        }
        db.execute(self.sql["put_log"], {**_entry_key(bank_id, entry), **given})

    def forget_in_log(self, db: sqlite3.Connection, key: Row) -> None:
        """Remove a source's entries, and what other entries say of its facts."""
        db.execute(self.sql["forget_log"], key)
        for entry in self.log(db, key["bank_id"]):
            pairs = tuple(p for p in entry.superseded if not _any_of(p, key["source_id"]))
            if pairs != entry.superseded:
                self._replace(db, key["bank_id"], replace(entry, superseded=pairs))


def _names(text: str) -> tuple[str, ...]:
    return tuple(json.loads(text))


def _entry_key(bank_id: str, entry: LogEntry) -> Row:
    return {"bank_id": bank_id, "source_id": entry.source_id, "version": entry.version}


def _said(entry: LogEntry) -> _Said:
    return _Said(entry.action, entry.sections, entry.came, entry.went, entry.pages)


def _without(entry: LogEntry, fact_id: str) -> LogEntry:
    """The entry without a fact, and without the pages that only this fact touched."""
    gone = [fact.text for fact in _quoted(entry) if fact.fact_id == fact_id]
    told = replace(
        entry,
        came=tuple(fact for fact in entry.came if fact.fact_id != fact_id),
        went=tuple(fact for fact in entry.went if fact.fact_id != fact_id),
        superseded=tuple(
            pair for pair in entry.superseded if fact_id not in (fact.fact_id for fact in pair)
        ),
    )
    left = [fact.text for fact in _quoted(told)]
    return replace(
        told,
        pages=tuple(
            name
            for name in entry.pages
            if not any(name in text for text in gone) or any(name in text for text in left)
        ),
    )


def _quoted(entry: LogEntry) -> list[LogFact]:
    return [*entry.came, *entry.went, *(fact for pair in entry.superseded for fact in pair)]


def _json(value: Any) -> str:
    return _ENCODER.encode(value).decode()


def _entry(source_id: str, version: int, at: str, body: str, superseded: str) -> LogEntry:
    said = _SAID.decode(body)
    return LogEntry(
        at=datetime.fromisoformat(at),
        action=said.action,
        source_id=source_id,
        version=version,
        sections=said.sections,
        came=said.came,
        went=said.went,
        superseded=_PAIRS.decode(superseded),
        pages=said.pages,
    )


def _any_of(pair: tuple[LogFact, LogFact], source_id: str) -> bool:
    return any(fact.source_id == source_id for fact in pair)
