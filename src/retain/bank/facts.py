"""The facts, names and outcomes of a bank's sources."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime

from retain.bank import word_index
from retain.bank.indexing import fact_words
from retain.bank.rows import FACT_BITS, Row
from retain.kinds import OutcomeKind
from retain.memory.model import (
    RULES,
    CitedFact,
    EntityKind,
    Fact,
    Knowledge,
    Mention,
    MergedFact,
    NameCount,
    Outcome,
    Section,
)
from retain.memory.places import located
from retain.memory.ports.store import Tx

_TIMES = ("mentioned_at", "occurred_start", "occurred_end")

NAMED = 500
"""The names of so many sections at the end of a source are known to what is added to it."""

IndexedWords = dict[int, dict[str, str]]
"""What the full-text index keeps of each fact, by its id there."""


def put(tx: Tx, source_id: str, knowledge: Knowledge, sections: Sequence[Section]) -> None:
    """Replace all that the source says; offsets are kept from the start of their section.

    Only rows that differ are written: of a chat that grows, a turn is new.
    """
    key = {"source_id": source_id}
    starts = {section.section_id: section.start for section in sections}
    for kind, rows in (
        ("statement", _statements(key, knowledge, starts)),
        ("mention", _mentions(key, knowledge, starts)),
        ("outcome", _outcomes(key, knowledge)),
    ):
        given: dict[tuple[object, ...], Row] = {}
        for row in rows:
            given.setdefault(row_key(kind, row), row)
        stored = {row_key(kind, row): row for row in tx.dicts(f"stored_{kind}s", key)}
        gone = [row for at, row in stored.items() if not _same(row, given.get(at))]
        tx.run_many(f"drop_{kind}", gone)
        new = (row for at, row in given.items() if not _same(stored.get(at), row))
        tx.run_many(f"put_{kind}", new)


_KEYS = {
    "statement": ("section_id", "n"),
    "mention": ("section_id", "char_start", "char_end"),
    "outcome": ("section_id",),
}


def row_key(kind: str, row: Row) -> tuple[object, ...]:
    """What names a row among those of its source and kind."""
    return tuple(row[name] for name in _KEYS[kind])


def _same(stored: Row | None, row: Row | None) -> bool:
    """Whether a row is stored as it is to be."""
    if stored is None or row is None:
        return False
    return all(row[name] == value for name, value in stored.items() if name != "bank_id")


def fills(tx: Tx, source_id: str, knowledge: Knowledge) -> bool:
    """Whether `knowledge` is of a source with lost sections that end otherwise in it."""
    stored = tx.dicts("outcomes", {"source_id": source_id})
    if not any(_outcome(row).lost for row in stored):
        return False
    before = {(row["section_id"], row["kind"], row["extractor"]) for row in stored}
    after = {(one.section_id, one.kind, knowledge.extractor) for one in knowledge.outcomes}
    return before != after


def clear(tx: Tx, source_id: str) -> None:
    """Remove all that the source says."""
    for name in ("clear_statements", "clear_mentions", "clear_outcomes"):
        tx.run(name, {"source_id": source_id})


def of_source(tx: Tx, source_id: str) -> Knowledge:
    """What the visible version says; offsets count from the start of their section."""
    key = {"source_id": source_id}
    statements = tx.dicts("statements", key)
    outcomes = tx.dicts("outcomes", key)
    extractor = _extractor([row["extractor"] for row in outcomes])
    return Knowledge(
        extractor,
        tuple(_in_section(row) for row in statements if row["merged"] is None),
        tuple(
            MergedFact(_in_section(row), row["merged"])
            for row in statements
            if row["merged"] is not None
        ),
        tuple(_mention(row) for row in tx.dicts("mentions", key)),
        tuple(_outcome(row) for row in outcomes if row["extractor"] == extractor),
    )


def _extractor(extractors: Sequence[str]) -> str:
    """Of all that facts of a source were extracted with, the last model; rules if there is none."""
    models = [one for one in extractors if not one.startswith(RULES)]
    return (models or extractors or [""])[-1]


def facts(tx: Tx, source_id: str | None) -> list[tuple[str, Fact]]:
    """The facts of a bank, or of one source, each with its source's id."""
    rows = tx.dicts("facts", {"source_id": source_id})
    return [(row["source_id"], fact_of(row)) for row in rows]


def cited(tx: Tx, source_id: str | None = None) -> list[CitedFact]:
    """The facts of a bank, or of one source, each with its place and what superseded it."""
    return [cited_of(row) for row in tx.dicts("cited", {"source_id": source_id})]


def cited_by_id(tx: Tx, fact_ids: Iterable[str]) -> dict[str, CitedFact]:
    """Those of the facts that the bank holds, by id."""
    rows = tx.dicts("cited_facts", {"ids": list(fact_ids)})
    return {row["fact_id"]: cited_of(row) for row in rows}


def names(tx: Tx) -> list[NameCount]:
    """Every way in which the bank's sources write a name."""
    return [NameCount(*row) for row in tx.rows("names")]


def writers(tx: Tx, names: Collection[str]) -> dict[str, list[str]]:
    """The sources that write each of the names."""
    found: dict[str, list[str]] = {}
    for name, source_id in tx.rows("writers", {"names": sorted(names)}):
        found.setdefault(name, []).append(source_id)
    return found


def kinds(tx: Tx, source_id: str, names: Collection[str]) -> dict[str, EntityKind]:
    """Those of the names that the last sections of a source write, with what each is."""
    given = {"source_id": source_id, "names": sorted(names), "sections": NAMED}
    return dict(tx.rows("kinds_of_names", given))


def add(tx: Tx, source_id: str, knowledge: Knowledge, sections: Sequence[Section]) -> None:
    """Keep what new sections of a source say, and index it."""
    key = {"source_id": source_id}
    starts = {section.section_id: section.start for section in sections}
    tx.run_many("put_statement", _statements(key, knowledge, starts))
    tx.run_many("put_mention", _mentions(key, knowledge, starts))
    tx.run_many("put_outcome", _outcomes(key, knowledge))
    ids = sorted(starts)
    rows = tx.dicts("indexed_facts_in", {**key, "sections": ids})
    word_index.FACTS.change(tx, {}, {row["id"]: fact_words(row) for row in rows})


def indexed_words(tx: Tx, source_id: str) -> IndexedWords:
    """What the full-text index should keep of a source as its facts and sections stand."""
    rows = tx.dicts("indexed_facts", {"source_id": source_id})
    return {row["id"]: fact_words(row) for row in rows}


def reindex(tx: Tx, before: IndexedWords, after: IndexedWords) -> set[int]:
    """Bring the index from one state of a source to the next; only what differs is written.

    Returns:
        The rows of the sections whose facts are others, or stand elsewhere among them.
    """
    return {id_ >> FACT_BITS for id_ in word_index.FACTS.change(tx, before, after)}


def _statements(key: Row, knowledge: Knowledge, starts: Mapping[str, int]) -> Iterator[Row]:
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


def _mentions(key: Row, knowledge: Knowledge, starts: Mapping[str, int]) -> Iterator[Row]:
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


def _outcomes(key: Row, knowledge: Knowledge) -> Iterator[Row]:
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


def fact_of(row: Row) -> Fact:
    """The fact of a row, its span in the source."""
    start, end = located(row["steps"], row["char_start"], row["char_end"])
    span = {"start": row["base"] + start, "end": row["base"] + end}
    return replace(_in_section(row), **span, came_in=_time(row["came_in"]))


def _in_section(row: Row) -> Fact:
    """The fact of a row, its span in its section."""
    return Fact(
        fact_id=row["fact_id"],
        section_id=row["section_id"],
        type=row["type"],
        text=row["text"],
        quote=row["quote"],
        start=row["char_start"],
        end=row["char_end"],
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
    kind = OutcomeKind(row["kind"])
    return Outcome(row["section_id"], kind, row["facts"], said_at, row["detail"])


def _iso(when: datetime | None) -> str | None:
    return None if when is None else when.isoformat()


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def cited_of(row: Row) -> CitedFact:
    """The fact of a row with its source and line."""
    return CitedFact(row["source_id"], fact_of(row), row["line"])
