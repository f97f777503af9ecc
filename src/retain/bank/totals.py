"""How much a bank holds, kept so that nobody counts it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from retain.memory.ports.store import Tx


def add(tx: Tx, numbers: Mapping[str, int]) -> None:
    """Add to some of the numbers."""
    added = {what: number for what, number in sorted(numbers.items()) if number}
    tx.run_many("count_total", ({"what": what, "count": number} for what, number in added.items()))
    tx.run_many("drop_zero_total", ({"what": what} for what in added))


def every(tx: Tx) -> Counter[str]:
    """All numbers; those that were never added to are 0."""
    return Counter(dict(tx.rows("totals")))
