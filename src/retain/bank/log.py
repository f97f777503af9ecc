"""The log of a bank: what each version of each source brought."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import msgspec

from retain.bank.rows import Row
from retain.memory.model import LogAction, LogEntry, LogFact
from retain.memory.ports.store import Tx

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


def entries(tx: Tx, source_id: str | None = None) -> list[LogEntry]:
    """The log, or what it has of one source, oldest entry first."""
    return [_entry(*row) for row in tx.rows("log", {"source_id": source_id})]


def add(tx: Tx, entry: LogEntry) -> None:
    """Add an entry; one that is there already stays as it is."""
    tx.run("put_log", {**_row(entry), "at": entry.at.isoformat()})


def forget_fact(tx: Tx, fact_id: str) -> None:
    """Remove what the log quotes of a fact."""
    for entry in entries(tx):
        left = _without(entry, fact_id)
        if left != entry:
            tx.run("replace_log", _row(left))


def forget_source(tx: Tx, source_id: str) -> None:
    """Remove a source's entries, and what other entries say of its facts."""
    tx.run("forget_log", {"source_id": source_id})
    for entry in entries(tx):
        pairs = tuple(p for p in entry.superseded if not _any_of(p, source_id))
        if pairs != entry.superseded:
            tx.run("replace_log", _row(replace(entry, superseded=pairs)))


def _row(entry: LogEntry) -> Row:
    said = _Said(entry.action, entry.sections, entry.came, entry.went, entry.pages)
    return {
        "source_id": entry.source_id,
        "version": entry.version,
        "body": _json(said),
        "superseded": _json(entry.superseded),
    }


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
