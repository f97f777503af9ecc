"""The tables of versions, of how long facts have been there, and of what replaced what."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

import msgspec

from retain.db import queries
from retain.memory.model import CitedFact, Edge, Fact, Lived, Replaced, Version
from retain.memory.ports import Relate
from retain.memory.redaction import Tombstone, tombstone
from retain.stores.sqlite.rows import Row
from retain.stores.sqlite.tables.judgements import JudgementTables
from retain.stores.sqlite.tables.knowledge import KnowledgeTables, fact_of, rows_of

_ENCODER = msgspec.json.Encoder(order="deterministic")
_FACT = msgspec.json.Decoder(Fact)

MAX_BANKS = 4
"""How many banks have the facts of their contents kept in memory."""

Content = tuple[str, int, str, str]
_Edge = tuple[str, str, str, str | None]


class LifeTables:
    """Versions, lives and edges, on a connection that the store has opened a transaction on."""

    def __init__(self, knowledge: KnowledgeTables, judgements: JudgementTables) -> None:
        self._sql = queries.load("wiki")
        self._knowledge = knowledge
        self._judgements = judgements
        self._read: dict[str, dict[Content, list[tuple[str, Fact]]]] = {}

    def cited(
        self, db: sqlite3.Connection, bank_id: str, source_id: str | None = None
    ) -> list[CitedFact]:
        """The facts of a bank, or of one source, each with its place and what replaced it."""
        given = {"bank_id": bank_id, "source_id": source_id}
        return [_cited(row) for row in rows_of(db.execute(self._sql["cited"], given))]

    def by_id(
        self, db: sqlite3.Connection, bank_id: str, fact_ids: Iterable[str]
    ) -> dict[str, CitedFact]:
        """Those of the facts that the bank holds, by id."""
        found: dict[str, CitedFact] = {}
        for fact_id in fact_ids:
            given = {"bank_id": bank_id, "fact_id": fact_id}
            for row in rows_of(db.execute(self._sql["cited_fact"], given)):
                found[fact_id] = _cited(row)
        return found

    def follow(
        self,
        db: sqlite3.Connection,
        key: Row,
        version: Version,
        before: Sequence[CitedFact],
    ) -> list[str]:
        """Note what a source's new version states beside or instead of what stood `before`.

        Returns:
            The ids of the facts that it does not state, or states otherwise.
        """
        at = {"retained_at": version.retained_at.isoformat(), "sections": version.sections}
        db.execute(self._sql["put_version"], {**key, "version": version.version, **at})
        after = {one.fact.fact_id: one for one in self.cited(db, **key)}
        since = {row[1]: row[2] for row in db.execute(self._sql["lives"], key)}
        gone: list[Row] = []
        kept: set[str] = set()
        for one in before:
            fact_id = one.fact.fact_id
            if fact_id in after and _said(after[fact_id]) == _said(one):
                kept.add(fact_id)
                continue
            body = _ENCODER.encode(replace(one.fact, superseded_by=None))
            life = {"since": since.get(fact_id, 1), "until": version.version, "line": one.line}
            gone.append({**key, "fact_id": fact_id, **life, "body": body.decode()})
        db.executemany(self._sql["put_past"], gone)
        db.executemany(self._sql["end_life"], gone)
        came = [fact_id for fact_id in after if fact_id not in kept or fact_id not in since]
        lives = ({**key, "fact_id": fact_id, "since": version.version} for fact_id in came)
        db.executemany(self._sql["put_life"], lives)
        return [row["fact_id"] for row in gone]

    def forget(self, db: sqlite3.Connection, key: Row) -> None:
        """Remove a source's versions and all that any of them stated."""
        for name in ("forget_versions", "forget_lives", "forget_past", "forget_buried"):
            db.execute(self._sql[name], key)

    def buried(
        self, db: sqlite3.Connection, bank_id: str, source_id: str | None = None
    ) -> dict[str, tuple[Tombstone, ...]]:
        """What is left of forgotten statements of the bank, or of one source, by source."""
        found: dict[str, tuple[Tombstone, ...]] = {}
        given = {"bank_id": bank_id, "source_id": source_id}
        for source, length, rolling, digest in db.execute(self._sql["buried"], given):
            one = Tombstone(length, int(rolling), digest)
            found[source] = (*found.get(source, ()), one)
        return found

    def bury(self, db: sqlite3.Connection, key: Row, graves: Iterable[Tombstone]) -> None:
        """Keep what is left of statements that are forgotten."""
        rows = ({**key, **asdict(one), "rolling": str(one.rolling)} for one in graves)
        db.executemany(self._sql["bury"], rows)

    def forget_buried_past(self, db: sqlite3.Connection, key: Row) -> None:
        """Remove what earlier versions of a source stated in words that are buried."""
        graves = {one.digest for one in self.buried(db, **key).get(key["source_id"], ())}
        if not graves:
            return
        for one in self.lived(db, **key):
            fact = one.cited.fact
            if one.until is not None and tombstone(fact.quote).digest in graves:
                db.execute(self._sql["forget_past_fact"], {**key, "fact_id": fact.fact_id})

    def lived(
        self, db: sqlite3.Connection, bank_id: str, source_id: str | None = None
    ) -> list[Lived]:
        """Every fact that any version of the bank's sources, or of one of them, states."""
        given = {"bank_id": bank_id, "source_id": source_id}
        since = {(row[0], row[1]): row[2] for row in db.execute(self._sql["lives"], given)}
        found = [
            Lived(one, since.get((one.source_id, one.fact.fact_id), 1))
            for one in self.cited(db, bank_id, source_id)
        ]
        for source, begun, until, line, body in db.execute(self._sql["past"], given):
            found.append(Lived(CitedFact(source, _FACT.decode(body), line), begun, until))
        return found

    def versions(
        self, db: sqlite3.Connection, bank_id: str, source_id: str | None = None
    ) -> list[Version]:
        """The versions of the bank's sources, or of one of them, in the order they came in."""
        given = {"bank_id": bank_id, "source_id": source_id}
        return [
            Version(row[0], row[1], datetime.fromisoformat(row[2]), row[3])
            for row in db.execute(self._sql["versions"], given)
        ]

    def edges(self, db: sqlite3.Connection, bank_id: str) -> list[Edge]:
        """What replaced what in the bank."""
        found = db.execute(self._sql["edges"], {"bank_id": bank_id})
        return [Edge(newer, older, reason) for newer, older, reason, _ in found]

    def replaced(self, db: sqlite3.Connection, bank_id: str) -> list[Replaced]:
        """The facts that others replace, by source and place."""
        found = db.execute(self._sql["replaced"], {"bank_id": bank_id})
        return [
            Replaced(source_id, section_id, fact_id, start, end, newer, _time(since))
            for source_id, section_id, fact_id, start, end, newer, since in found
        ]

    def relate(self, db: sqlite3.Connection, bank_id: str, relate: Relate) -> None:
        """Bring the edges up to what the bank's facts and names say, and verdicts of a model."""
        facts = self._related(db, bank_id)
        names = self._knowledge.names(db, bank_id) if facts else []
        corrections = self._knowledge.corrections(db, bank_id)
        verdicts = self._judgements.of_facts(db, bank_id)
        edges: Sequence[Edge] = relate(facts, names, corrections, verdicts) if facts else ()
        said = {fact.fact_id: fact.mentioned_at for _, fact in facts}
        wanted: set[_Edge] = {
            (edge.newer, edge.older, edge.reason, _iso(said.get(edge.newer))) for edge in edges
        }
        held: set[_Edge] = set(db.execute(self._sql["edges"], {"bank_id": bank_id}))
        db.executemany(self._sql["drop_edge"], [_row(bank_id, edge) for edge in held - wanted])
        db.executemany(self._sql["put_edge"], [_row(bank_id, edge) for edge in wanted - held])

    def _related(self, db: sqlite3.Connection, bank_id: str) -> list[tuple[str, Fact]]:
        """The facts that may replace others or be replaced; those of a content are read once."""
        held = self._read.pop(bank_id, {})
        found: dict[Content, list[tuple[str, Fact]]] = {}
        for content in db.execute(self._sql["contents"], {"bank_id": bank_id}):
            facts = held.get(content)
            if facts is None:
                given = {"bank_id": bank_id, "source_id": content[0]}
                facts = [_bare(row) for row in db.execute(self._sql["related"], given)]
            found[content] = facts
        self._read[bank_id] = found
        while len(self._read) > MAX_BANKS:
            self._read.pop(next(iter(self._read)))
        return [fact for facts in found.values() for fact in facts]


def _row(bank_id: str, edge: _Edge) -> Row:
    newer, older, reason, since = edge
    return {
        "bank_id": bank_id,
        "newer": newer,
        "older": older,
        "reason": reason,
        "since": since,
    }


def _cited(row: Row) -> CitedFact:
    return CitedFact(row["source_id"], fact_of(row, row["base"]), row["line"])


def _bare(row: tuple[Any, ...]) -> tuple[str, Fact]:
    """A fact for comparing: without its quote, entities and confidence."""
    return row[0], Fact(
        fact_id=row[1],
        section_id=row[2],
        type=row[3],
        text=row[4],
        quote="",
        start=row[6],
        end=row[7],
        subject=row[8],
        slot=row[9],
        value=row[10],
        mentioned_at=_time(row[11]),
        occurred_start=_time(row[12]),
        occurred_end=_time(row[13]),
    )


def _said(one: CitedFact) -> tuple[object, ...]:
    """What a fact states, wherever it stands."""
    fact = one.fact
    return (
        fact.type,
        fact.text,
        fact.entities,
        fact.subject,
        fact.slot,
        fact.value,
        fact.mentioned_at,
        fact.occurred_start,
        fact.occurred_end,
    )


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _iso(when: datetime | None) -> str | None:
    return None if when is None else when.isoformat()
