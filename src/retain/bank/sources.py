"""The sources of a bank, each visible in one version."""

from __future__ import annotations

import zlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from retain.bank import changes, totals
from retain.bank.rows import Row, source_of
from retain.memory.model import Counts, SectionRow, StoredSource
from retain.memory.ports.store import Tx
from retain.memory.redaction import Redaction


@dataclass(frozen=True, slots=True)
class SourceEnd:
    """What is needed to add to a source.

    Args:
        source: The source.
        text: Its text; None where it is not kept.
        redactions: What is kept of its forgotten statements.
        sections: Its last sections, in order.
    """

    source: StoredSource
    text: str | None
    redactions: Sequence[Redaction]
    sections: Sequence[SectionRow]


def find(tx: Tx, source_id: str) -> StoredSource | None:
    """The source, or None."""
    rows = tx.rows("source", {"source_id": source_id})
    return source_of(rows[0]) if rows else None


def every(tx: Tx, among: Collection[str] | None = None) -> list[StoredSource]:
    """Every source of the bank, by id; or those of some sources that it has."""
    if among is None:
        return [source_of(row) for row in tx.rows("sources")]
    return [source_of(row) for row in tx.rows("sources_among", {"ids": sorted(among)})]


def put(tx: Tx, source: Row, version: int) -> None:
    """Make a version of a source the visible one."""
    changes.begin(tx)
    tx.run("put_source", {**source, "version": version})


def put_text(tx: Tx, source_id: str, text: str) -> None:
    """Keep a text as the one of a source."""
    tx.run("clear_text", {"source_id": source_id})
    add_text(tx, source_id, text)


def add_text(tx: Tx, source_id: str, text: str) -> None:
    """Keep a text as the next part of that of a source."""
    tx.run("put_text", {"source_id": source_id, "body": zlib.compress(text.encode())})


def first_text(tx: Tx, source_id: str) -> str | None:
    """The part of a source's text that came first; see `text`."""
    rows = tx.rows("first_text", {"source_id": source_id})
    return zlib.decompress(rows[0][0]).decode() if rows else None


def text(tx: Tx, source_id: str) -> str | None:
    """The text of a source; None where an older release retained it, or it was imported."""
    parts = [zlib.decompress(body) for (body,) in tx.rows("text", {"source_id": source_id})]
    return b"".join(parts).decode() if parts else None


def remove(tx: Tx, source_id: str) -> None:
    """Remove a source, and its bank if it was the last; its sections have to be gone."""
    tx.run("clear_text", {"source_id": source_id})
    tx.run("delete_source", {"source_id": source_id})
    if tx.rows("drop_bank"):
        for name in ("clear_totals", "clear_marks", "clear_pages", "clear_changes"):
            tx.run(name)


def counts(tx: Tx) -> Counts:
    """How much the bank holds."""
    found = totals.every(tx)
    return Counts(found["sources"], found["sections"])
