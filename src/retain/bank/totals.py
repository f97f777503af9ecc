"""How much a bank holds, kept so that nobody counts it."""

from __future__ import annotations

from collections import Counter

from retain.memory.ports.store import Tx


def add(tx: Tx, what: str, number: int) -> None:
    """Add to one of the numbers."""
    if number:
        tx.run("count_total", {"what": what, "count": number})
        tx.run("drop_zero_total", {"what": what})


def every(tx: Tx) -> Counter[str]:
    """All numbers; those that were never added to are 0."""
    return Counter(dict(tx.rows("totals")))
