"""Everything that is derived from a bank's sources, derived again from all of them."""

from __future__ import annotations

from retain.bank import edges, facts, sections
from retain.bank.edges import Relate
from retain.memory.ports.store import Tx


def is_due(tx: Tx) -> bool:
    """Whether an older release left the bank without some of its derived data."""
    return bool(tx.rows("is_rebuild_due"))


def rebuild(tx: Tx, relate: Relate) -> None:
    """Derive everything again; a bank that is up to date stays as it is, row by row."""
    for (source_id,) in tx.rows("unindexed"):
        facts.reindex(tx, {}, facts.indexed_words(tx, source_id))
    tx.run("indexed")
    edges.derive(tx, relate)
    tx.run("rebuilt")
    sections.touch(tx)
