"""Records of a bank as its rows, with the indexes that are made from them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

import msgspec

from retain.db import queries
from retain.memory.model import Judgement, Lead, LogEntry, Verdict, Version
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
from retain.memory.ports import Relate
from retain.stores.index import index_words
from retain.stores.sqlite.rows import Change, Row, iso
from retain.stores.sqlite.tables import Tables

_ENCODER = msgspec.json.Encoder(order="deterministic")


class Load:
    """Writes banks, on a connection that the store has opened a transaction on.

    Args:
        tables: The tables.
    """

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._sql = {**queries.load("knowledge"), **queries.load("wiki")}

    def bank(
        self, db: sqlite3.Connection, bank_id: str, records: Iterable[Record], relate: Relate
    ) -> None:
        """Make records, which were checked, a bank; it has to be empty."""
        model: str | None = None
        decided: list[Judgement | Verdict] = []
        leads: list[Lead] = []
        for source, parts in _by_source(records):
            if source is not None:
                self._put(db, {"bank_id": bank_id, "source_id": source.source_id}, source, parts)
                continue
            for one in parts:
                if isinstance(one, BankRecord):
                    model = one.model
                elif isinstance(one, CorrectionRecord):
                    self._tables.knowledge.correct(db, bank_id, one.kind, one.name, one.other)
                elif isinstance(one, Judgement | Verdict):
                    decided.append(one)
                elif isinstance(one, Lead):
                    leads.append(one)
        self._tables.judgements.put(db, bank_id, decided)
        self._tables.judgements.drop_lost(db, bank_id)
        self._tables.lives.relate(db, bank_id, relate)
        self._tables.leads.put(db, bank_id, leads)
        self._tables.leads.settle(db, bank_id)  # what they cite was not known when they came
        self._tables.vectors.touch(db, bank_id, model)

    def _put(
        self, db: sqlite3.Connection, key: Row, source: SourceRecord, parts: list[Record]
    ) -> None:
        tables, bank_id = self._tables, key["bank_id"]
        row = _source(key, source)
        sections = [_section(key, one) for one in parts if isinstance(one, SectionRecord)]
        tables.sources.put(db, row, source.version)
        words = index_words(sections, source.title)
        ids = tables.sections.put(db, Change(row, sections, words, {}, None), None)
        vectors: dict[str, dict[int, list[bytes]]] = {}
        for one in parts:
            if isinstance(one, VectorRecord):
                vectors.setdefault(one.model, {})[ids[one.section_id]] = _parted(one)
        for model, of_model in vectors.items():
            tables.vectors.put(db, bank_id, model, of_model)
        for name, rows in _rows(key, parts).items():
            db.executemany(self._sql[name], rows)
        for one in parts:
            if isinstance(one, LogEntry):
                tables.pages.add_to_log(db, bank_id, one)
        tables.index.change(db, bank_id, {}, tables.index.words(db, key))


def _by_source(records: Iterable[Record]) -> Iterator[tuple[SourceRecord | None, list[Record]]]:
    """What belongs to no source, then each source with what is of it."""
    source: SourceRecord | None = None
    parts: list[Record] = []
    for record in records:
        if isinstance(record, SourceRecord):
            yield source, parts
            source, parts = record, []
        else:
            parts.append(record)
    yield source, parts


def _source(key: Row, source: SourceRecord) -> Row:
    return {
        **key,
        "content_hash": source.content_hash,
        "title": source.title,
        "meta": json.dumps(source.meta, ensure_ascii=False),
        "characters": source.characters,
        "sections": source.sections,
        "retained_at": iso(source.retained_at, "its time"),
    }


def _section(key: Row, one: SectionRecord) -> Row:
    return {
        **key,
        "section_id": one.section_id,
        "ordinal": one.ordinal,
        "kind": one.kind,
        "level": one.level,
        "path": json.dumps(one.path, ensure_ascii=False),
        "char_start": one.start,
        "char_end": one.end,
        "line_start": one.line_start,
        "line_end": one.line_end,
        "speaker": one.speaker,
        "said_at": None if one.said_at is None else iso(one.said_at, "its time"),
        "text": one.text,
    }


def _rows(key: Row, parts: Iterable[Record]) -> Mapping[str, list[Row]]:
    """The rows of the plain tables by the statements that insert them."""
    found: dict[str, list[Row]] = {}
    for one in parts:
        match one:
            case StatementRecord():
                found.setdefault("put_statement", []).append({**key, **_statement(one)})
            case MentionRecord() | OutcomeRecord():
                name = "put_mention" if isinstance(one, MentionRecord) else "put_outcome"
                found.setdefault(name, []).append({**key, **_plain(one)})
            case Version():
                found.setdefault("put_version", []).append({**key, **_plain(one)})
            case LifeRecord():
                found.setdefault("put_life", []).append({**key, **_plain(one)})
            case BuriedRecord():
                found.setdefault("bury", []).append({**key, **_plain(one)})
            case PastRecord():
                found.setdefault("put_past", []).append({**key, **_past(one)})
            case _:
                continue
    return found


def _statement(one: StatementRecord) -> Row:
    names = {"entities": one.entities, "named": one.named}
    written = {name: json.dumps(value, ensure_ascii=False) for name, value in names.items()}
    return {**_plain(one), **written}


def _past(one: PastRecord) -> Row:
    body = _ENCODER.encode(one.fact).decode()
    return {**_plain(one), "fact_id": one.fact.fact_id, "body": body}


_COLUMNS = {"start": "char_start", "end": "char_end"}


def _plain(one: OfSource) -> Row:
    """The fields by the names of their columns, times as text."""
    values = ((name, getattr(one, name)) for name in type(one).__dataclass_fields__)
    return {
        _COLUMNS.get(name, name): value.isoformat() if isinstance(value, datetime) else value
        for name, value in values
        if name != "fact"
    }


def _parted(record: VectorRecord) -> list[bytes]:
    """The vectors of a record, one by one."""
    size = len(record.vector) // record.passages
    return [record.vector[at : at + size] for at in range(0, len(record.vector), size)]
