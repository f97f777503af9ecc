"""The sources of a bank, each visible in one version."""

from __future__ import annotations

from collections.abc import Collection

from retain.bank import changes, totals
from retain.bank.rows import Row, source_of
from retain.memory.model import Counts, StoredSource
from retain.memory.ports.store import Tx


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


def remove(tx: Tx, source_id: str) -> None:
    """Remove a source, and its bank if it was the last; its sections have to be gone."""
    tx.run("delete_source", {"source_id": source_id})
    if tx.run("drop_bank"):
        for name in ("clear_totals", "clear_marks", "clear_pages", "clear_changes"):
            tx.run(name)


def counts(tx: Tx) -> Counts:
    """How much the bank holds."""
    found = totals.every(tx)
    return Counts(found["sources"], found["sections"])
