"""The tables of facts, names and outcomes."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from retain.db import queries
from retain.memory.model import (
    Corrections,
    Fact,
    Knowledge,
    Mention,
    MergedFact,
    NameCount,
    Outcome,
    Section,
)
from retain.stores.sqlite.tables.judgements import JudgementTables

Row = dict[str, Any]
Key = Mapping[str, str]

_TIMES = ("mentioned_at", "occurred_start", "occurred_end")


class KnowledgeTables:
    """What the sources say, on a connection that the store has opened a transaction on."""

    def __init__(self, judgements: JudgementTables) -> None:
        self._sql = queries.load("knowledge")
        self._judgements = judgements

    def put(
        self, db: sqlite3.Connection, key: Key, knowledge: Knowledge, sections: Sequence[Section]
    ) -> None:
        """Replace all that the source says; offsets are kept from the start of their section."""
        self.clear(db, key)
        starts = {section.section_id: section.start for section in sections}
        db.executemany(self._sql["put_statement"], _statements(key, knowledge, starts))
        db.executemany(self._sql["put_mention"], _mentions(key, knowledge, starts))
        db.executemany(self._sql["put_outcome"], _outcomes(key, knowledge))

    def clear(self, db: sqlite3.Connection, key: Key) -> None:
        """Remove all that the source says."""
        for name in ("clear_statements", "clear_mentions", "clear_outcomes"):
            db.execute(self._sql[name], key)

    def of_source(self, db: sqlite3.Connection, key: Key) -> Knowledge:
        """What the visible version says; offsets count from the start of their section."""
        statements = rows_of(db.execute(self._sql["statements"], key))
        outcomes = rows_of(db.execute(self._sql["outcomes"], key))
        return Knowledge(
            outcomes[0]["extractor"] if outcomes else "",
            tuple(fact_of(row, 0) for row in statements if row["merged"] is None),
            tuple(
                MergedFact(fact_of(row, 0), row["merged"])
                for row in statements
                if row["merged"] is not None
            ),
            tuple(_mention(row) for row in rows_of(db.execute(self._sql["mentions"], key))),
            tuple(_outcome(row) for row in outcomes),
        )

    def facts(
        self, db: sqlite3.Connection, bank_id: str, source_id: str | None
    ) -> list[tuple[str, Fact]]:
        """The facts of a bank, or of one source, each with its source's id."""
        given = {"bank_id": bank_id, "source_id": source_id}
        rows = rows_of(db.execute(self._sql["facts"], given))
        return [(row["source_id"], fact_of(row, row["base"])) for row in rows]

    def names(self, db: sqlite3.Connection, bank_id: str) -> list[NameCount]:
        """Every way in which the bank's sources write a name."""
        found = db.execute(self._sql["names"], {"bank_id": bank_id})
        return [NameCount(*row) for row in found]

    def writers(
        self, db: sqlite3.Connection, bank_id: str, names: Collection[str]
    ) -> dict[str, list[str]]:
        """The sources that write each of the names."""
        found: dict[str, list[str]] = {}
        given = {"bank_id": bank_id, "names": json.dumps(sorted(names))}
        for name, source_id in db.execute(self._sql["writers"], given):
            found.setdefault(name, []).append(source_id)
        return found

    def corrections(self, db: sqlite3.Connection, bank_id: str) -> Corrections:
        """What users, and a model, decided of the bank's names."""
        rows = list(db.execute(self._sql["corrections"], {"bank_id": bank_id}))
        by_users = Corrections(
            frozenset((name, other) for kind, name, other in rows if kind == "merge"),
            frozenset((name, other) for kind, name, other in rows if kind == "split"),
        )
        return by_users.with_judgements(self._judgements.of_names(db, bank_id))

    def correct(
        self, db: sqlite3.Connection, bank_id: str, kind: str, name: str, other: str
    ) -> None:
        """Keep what a user says of two names; a later word on the same pair replaces it."""
        first, second = sorted((name, other))
        given = {"bank_id": bank_id, "kind": kind, "name": first, "other": second}
        db.execute(self._sql["put_correction"], given)


def _statements(key: Key, knowledge: Knowledge, starts: Mapping[str, int]) -> Iterator[Row]:
    made = [(fact, None) for fact in knowledge.facts]
    made += [(merged.fact, merged.reason) for merged in knowledge.merged]
    made.sort(key=lambda item: (item[0].section_id, item[0].start, item[0].end, item[0].text))
    number: dict[str, int] = {}
    for fact, reason in made:
        n = number[fact.section_id] = number.get(fact.section_id, -1) + 1
        base = starts[fact.section_id]
        times = {name: _iso(getattr(fact, name)) for name in _TIMES}
        yield {
            **key,
            **asdict(fact),
            **times,
            "n": n,
            "merged": reason,
            "char_start": fact.start - base,
            "char_end": fact.end - base,
            "entities": json.dumps(fact.entities, ensure_ascii=False),
            "named": json.dumps(fact.named, ensure_ascii=False),
        }


def _mentions(key: Key, knowledge: Knowledge, starts: Mapping[str, int]) -> Iterator[Row]:
    for mention in knowledge.mentions:
        base = starts[mention.section_id]
        yield {
            **key,
            "section_id": mention.section_id,
            "char_start": mention.start - base,
            "char_end": mention.end - base,
            "name": mention.name,
            "kind": mention.kind,
        }


def _outcomes(key: Key, knowledge: Knowledge) -> Iterator[Row]:
    for outcome in knowledge.outcomes:
        yield {
            **key,
            "section_id": outcome.section_id,
            "extractor": knowledge.extractor,
            "said_at": _iso(outcome.said_at),
            "kind": outcome.kind,
            "facts": outcome.facts,
            "detail": outcome.detail,
        }


def rows_of(cursor: sqlite3.Cursor) -> list[Row]:
    """The rows of a cursor by the names of their columns."""
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor]


def fact_of(row: Row, base: int) -> Fact:
    """The fact of a row, its offsets counted on from `base`."""
    return Fact(
        fact_id=row["fact_id"],
        section_id=row["section_id"],
        type=row["type"],
        text=row["text"],
        quote=row["quote"],
        start=base + row["char_start"],
        end=base + row["char_end"],
        entities=tuple(json.loads(row["entities"])),
        mentioned_at=_time(row["mentioned_at"]),
        occurred_start=_time(row["occurred_start"]),
        occurred_end=_time(row["occurred_end"]),
        subject=row["subject"],
        slot=row["slot"],
        value=row["value"],
        confidence=row["confidence"],
        superseded_by=row.get("superseded_by"),
        named=tuple((name, kind) for name, kind in json.loads(row["named"])),
    )


def _mention(row: Row) -> Mention:
    return Mention(row["name"], row["kind"], row["section_id"], row["char_start"], row["char_end"])


def _outcome(row: Row) -> Outcome:
    said_at = _time(row["said_at"])
    return Outcome(row["section_id"], row["kind"], row["facts"], said_at, row["detail"])


def _iso(when: datetime | None) -> str | None:
    return None if when is None else when.isoformat()


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
