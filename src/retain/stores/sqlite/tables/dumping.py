"""A bank's rows as the records that it is taken out as."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, TypeVar

import msgspec

from retain.db import queries
from retain.errors import NotFoundError
from retain.memory.model import Fact, Version
from retain.memory.model.transfer import (
    BankRecord,
    BuriedRecord,
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
from retain.stores.sqlite.tables import Tables

R = TypeVar("R")

_FACT = msgspec.json.Decoder(Fact)


class Dump:
    """Reads banks, on a connection that the store has opened a transaction on.

    Args:
        tables: The tables.
    """

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._sql = queries.load("transfer")

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
        yield BankRecord(bank_id, self._tables.vectors.model(db, key))
        yield from self._made(db, "corrections", CorrectionRecord, key)
        yield from self._tables.leads.all(db, bank_id)
        for source in self._made(db, "sources", SourceRecord, key):
            yield source
            yield from self._of_source(db, {**key, "source_id": source.source_id})

    def _of_source(self, db: sqlite3.Connection, key: Row) -> Iterator[OfSource]:
        yield from self._made(db, "sections", SectionRecord, key)
        yield from self._made(db, "statements", StatementRecord, key)
        yield from self._made(db, "mentions", MentionRecord, key)
        yield from self._made(db, "outcomes", OutcomeRecord, key)
        yield from self._made(db, "vectors", VectorRecord, key)
        yield from self._made(db, "versions", Version, key)
        yield from self._made(db, "lives", LifeRecord, key)
        yield from self._made(db, "past", PastRecord, key)
        yield from self._made(db, "buried", BuriedRecord, key)
        entries = self._tables.pages.log(db, **key)
        yield from sorted(entries, key=lambda entry: entry.version)

    def _made(
        self, db: sqlite3.Connection, name: str, made: Callable[..., R], key: Row
    ) -> Iterator[R]:
        """Records from the rows of a statement, whose columns have the names of their fields."""
        cursor = db.execute(self._sql[name], key)
        fields = [column[0] for column in cursor.description]
        for row in cursor:
            values = zip(fields, row, strict=True)
            yield made(**{field: _value(field, value) for field, value in values})


def _value(field: str, value: Any) -> Any:
    read = _READ.get(field)
    return value if read is None or value is None else read(value)


def _names(text: str) -> tuple[str, ...]:
    return tuple(json.loads(text))


def _pairs(text: str) -> tuple[tuple[str, str], ...]:
    return tuple((name, kind) for name, kind in json.loads(text))


_READ: dict[str, Callable[[str], Any]] = {
    "meta": json.loads,
    "path": _names,
    "entities": _names,
    "named": _pairs,
    "fact": _FACT.decode,
    "said_at": datetime.fromisoformat,
    "retained_at": datetime.fromisoformat,
    "mentioned_at": datetime.fromisoformat,
    "occurred_start": datetime.fromisoformat,
    "occurred_end": datetime.fromisoformat,
}
