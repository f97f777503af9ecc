"""A bank's rows as the records that it is taken out as."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec

from retain.db import queries
from retain.errors import NotFoundError
from retain.memory.model import Fact, LogEntry, Version
from retain.memory.model.transfer import (
    BankRecord,
    CorrectionRecord,
    LifeRecord,
    MentionRecord,
    OfSource,
    OutcomeRecord,
    PastRecord,
    Record,
    SectionRecord,
    SourceRecord,
    StatementRecord,
    VectorRecord,
)
from retain.stores.sqlite.rows import Row

_FACT = msgspec.json.Decoder(Fact)
_ENTRY = msgspec.json.Decoder(LogEntry)

Values = tuple[Any, ...]


class Dump:
    """Reads banks, on a connection that the store has opened a transaction on."""

    def __init__(self) -> None:
        self._sql = queries.load("transfer")
        self._bank = queries.load("store")["bank"]

    def filled(self, db: sqlite3.Connection, bank_id: str) -> bool:
        """Whether a bank holds anything."""
        return bool(db.execute(self._sql["filled"], {"bank_id": bank_id}).fetchone()[0])

    def records(self, db: sqlite3.Connection, bank_id: str) -> Iterator[Record]:
        """All that a bank is made of.

        Raises:
            NotFoundError: There is no such bank.
        """
        if not self.filled(db, bank_id):
            raise NotFoundError(f"no bank {bank_id!r}: it holds nothing that could be exported")
        key: Row = {"bank_id": bank_id}
        row = db.execute(self._bank, key).fetchone()
        yield BankRecord(bank_id, None if row is None else row[0])
        for correction in db.execute(self._sql["corrections"], key):
            yield CorrectionRecord(*correction)
        for row in db.execute(self._sql["sources"], key):
            yield SourceRecord(*row[:4], json.loads(row[4]), row[5], row[6], _time(row[7]))
            yield from self._of_source(db, {**key, "source_id": row[0]})

    def _of_source(self, db: sqlite3.Connection, key: Row) -> Iterator[OfSource]:
        source = key["source_id"]
        rows = {name: db.execute(self._sql[name], key) for name in _NAMES}
        yield from (_section(source, row) for row in rows["sections"])
        yield from (_statement(source, row) for row in rows["statements"])
        yield from (MentionRecord(source, *row) for row in rows["mentions"])
        yield from (_outcome(source, row) for row in rows["outcomes"])
        yield from (VectorRecord(source, *row) for row in rows["vectors"])
        yield from (Version(source, row[0], _time(row[1]), row[2]) for row in rows["versions"])
        yield from (LifeRecord(source, *row) for row in rows["lives"])
        yield from (PastRecord(source, *row[:3], _FACT.decode(row[3])) for row in rows["past"])
        yield from (_ENTRY.decode(row[0]) for row in rows["log"])


_NAMES = (
    *("sections", "statements", "mentions", "outcomes", "vectors"),
    *("versions", "lives", "past", "log"),
)


def _section(source: str, row: Values) -> SectionRecord:
    path = tuple(json.loads(row[4]))
    return SectionRecord(source, *row[:4], path, *row[5:10], _maybe(row[10]), row[11])


def _statement(source: str, row: Values) -> StatementRecord:
    entities = tuple(json.loads(row[9]))
    times = map(_maybe, row[13:16])
    return StatementRecord(source, *row[:9], entities, *row[10:13], *times, row[16])


def _outcome(source: str, row: Values) -> OutcomeRecord:
    return OutcomeRecord(source, row[0], row[1], _maybe(row[2]), *row[3:])


def _maybe(text: str | None) -> datetime | None:
    return None if text is None else _time(text)


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
