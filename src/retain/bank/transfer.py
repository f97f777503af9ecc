"""A bank as records, on its way out of a store and into one."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any, TypeVar

from retain.bank import changes, facts, history, judgements, leads, past, sections, sources
from retain.bank.indexing import section_words
from retain.bank.rows import Row, iso
from retain.bank.sections import NewSections
from retain.errors import NotFoundError
from retain.memory.model import CitedFact, FactLifetime, Judgement, Lead, Verdict, Version
from retain.memory.model.transfer import (
    BankRecord,
    CorrectionRecord,
    LifeRecord,
    MentionRecord,
    OfSource,
    OutcomeRecord,
    PastRecord,
    Record,
    RedactionRecord,
    SectionRecord,
    SourceRecord,
    StatementRecord,
    TextRecord,
    VectorRecord,
)
from retain.memory.ports.store import Tx

R = TypeVar("R")

_PIECE = 8 * 1024 * 1024
"""Of a text so much goes into a record, in bytes: lines are of bounded length."""


def is_filled(tx: Tx) -> bool:
    """Whether a bank holds anything."""
    return bool(tx.rows("filled")[0][0])


def dump(tx: Tx, *, texts: bool = False) -> Iterator[Record]:
    """All that a bank is made of.

    Args:
        tx: The transaction.
        texts: Whether the sources' whole texts come too; sections have most of them.

    Raises:
        NotFoundError: There is no such bank.
    """
    if not is_filled(tx):
        raise NotFoundError(f"no bank {tx.bank_id!r}: it holds nothing that could be exported")
    yield BankRecord(tx.bank_id, sections.vector_model(tx))
    yield from _made(tx, "dump_corrections", CorrectionRecord, {})
    yield from judgements.of_names(tx)
    yield from judgements.of_facts(tx)
    yield from leads.every(tx)
    for source in _made(tx, "dump_sources", SourceRecord, {}):
        yield source
        if texts:
            yield from _texts(tx, source.source_id)
        yield from _of_source(tx, source.source_id)


def _texts(tx: Tx, source_id: str) -> Iterator[TextRecord]:
    for n, (body,) in enumerate(tx.rows("text", {"source_id": source_id}), 1):
        for piece, at in enumerate(range(0, len(body), _PIECE)):
            yield TextRecord(source_id, n, piece, body[at : at + _PIECE])


def _of_source(tx: Tx, source_id: str) -> Iterator[OfSource]:
    key: Row = {"source_id": source_id}
    yield from _made(tx, "dump_sections", SectionRecord, key)
    yield from _made(tx, "dump_statements", StatementRecord, key)
    yield from _made(tx, "dump_mentions", MentionRecord, key)
    yield from _made(tx, "dump_outcomes", OutcomeRecord, key)
    yield from _made(tx, "dump_vectors", VectorRecord, key)
    yield from _made(tx, "dump_versions", Version, key)
    yield from _made(tx, "dump_lives", LifeRecord, key)
    yield from _past(tx, source_id)
    yield from _made(tx, "dump_redactions", RedactionRecord, key)


def _past(tx: Tx, source_id: str) -> Iterator[PastRecord]:
    stated = sorted(past.of(tx, source_id), key=lambda one: (one.cited.fact.fact_id, one.since))
    for one in stated:
        if one.until is not None:  # as it is for all of them
            yield PastRecord(source_id, one.since, one.until, one.cited.line, one.cited.fact)


def _made(tx: Tx, name: str, made: Callable[..., R], key: Row) -> Iterator[R]:
    """Records from the rows of a statement, whose columns have the names of their fields."""
    for row in tx.dicts(name, key):
        yield made(**{field: _value(field, value) for field, value in row.items()})


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
    "said_at": datetime.fromisoformat,
    "came_in": datetime.fromisoformat,
    "retained_at": datetime.fromisoformat,
    "reference_date": datetime.fromisoformat,
    "mentioned_at": datetime.fromisoformat,
    "occurred_start": datetime.fromisoformat,
    "occurred_end": datetime.fromisoformat,
}


def load(tx: Tx, records: Iterable[Record]) -> None:
    """Make records, which were checked, a bank; it has to be empty. Derived data is not made."""
    model: str | None = None
    decided: list[Judgement | Verdict] = []
    written: list[Lead] = []
    for source, parts in _by_source(records):
        if source is not None:
            _put(tx, source, parts)
            continue
        for one in parts:
            if isinstance(one, BankRecord):
                model = one.model
            elif isinstance(one, CorrectionRecord):
                given = {"kind": one.kind, "name": one.name, "other": one.other}
                tx.run("put_correction", given)
            elif isinstance(one, Judgement | Verdict):
                decided.append(one)
            elif isinstance(one, Lead):
                written.append(one)
    for one in decided:
        name = "put_judgement" if isinstance(one, Judgement) else "put_verdict"
        tx.run(name, asdict(one))
    leads.put(tx, written)
    leads.drop_unfounded(tx, written)  # what they cite was not known when they came
    changes.note(tx, None, model=model)


def _put(tx: Tx, source: SourceRecord, parts: list[Record]) -> None:
    key: Row = {"source_id": source.source_id}
    sources.put(tx, _source(key, source), source.version)
    for text in _joined(parts):
        tx.run("put_text", {**key, "body": text})
    rows = [_section(key, one) for one in parts if isinstance(one, SectionRecord)]
    words = section_words(rows, source.title)
    ids = sections.replace(tx, source.source_id, NewSections(rows, words, {}, None), None).ids
    vectors: dict[str, dict[int, list[bytes]]] = {}
    for one in parts:
        if isinstance(one, VectorRecord):
            vectors.setdefault(one.model, {})[ids[one.section_id]] = _parted(one)
    for model, of_model in vectors.items():
        sections.put_vectors(tx, model, of_model)
    for name, of_name in _rows(key, parts).items():
        tx.run_many(name, of_name)
    past.put(tx, source.source_id, _stated(parts))
    facts.reindex(tx, {}, facts.indexed_words(tx, source.source_id))


def _joined(parts: Iterable[Record]) -> list[bytes]:
    """The texts that came in as pieces, in their order."""
    texts: dict[int, list[bytes]] = {}
    for one in parts:
        if isinstance(one, TextRecord):
            texts.setdefault(one.n, []).append(one.body)
    return [b"".join(pieces) for pieces in texts.values()]


def _stated(parts: Iterable[Record]) -> list[FactLifetime]:
    """What earlier versions of a source stated."""
    return [
        FactLifetime(CitedFact(one.source_id, one.fact, one.line), one.since, one.until)
        for one in parts
        if isinstance(one, PastRecord)
    ]


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
        "facts": 0,
        "reference_date": (
            None if source.reference_date is None else source.reference_date.isoformat()
        ),
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
        "steps": one.steps or None,
        "came_in": None if one.came_in is None else iso(one.came_in, "when it came in"),
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
            case LifeRecord() if one.since == history.FIRST:  # as earlier releases exported it
                pass
            case LifeRecord():
                found.setdefault("put_life", []).append({**key, **_plain(one)})
            case RedactionRecord():
                found.setdefault("redact", []).append({**key, **_plain(one)})
            case _:
                continue
    return found


def _statement(one: StatementRecord) -> Row:
    names = {"entities": one.entities, "named": one.named}
    written = {name: json.dumps(value, ensure_ascii=False) for name, value in names.items()}
    return {**_plain(one), **written}


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
