"""The versions of a bank, and what each changed of what searches keep in memory."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from time import time_ns

from retain.memory.model import Edge
from retain.memory.ports.store import Tx

KEPT = 256
"""Of so many versions it is known what they changed."""


def begin(tx: Tx) -> None:
    """Have a row for the bank, before anything is written to it."""
    tx.run("put_bank", {"first": _first() - 1})


def note(
    tx: Tx,
    rows: Collection[int] | None = (),
    edges: Iterable[Edge] = (),
    *,
    model: str | None = None,
) -> None:
    """Give the bank its next version.

    Args:
        tx: The transaction.
        rows: The rows of sections that are not as they were, they themselves, their facts or their
            vectors; None: it may be any.
        edges: Those that came or went: the facts that are superseded are told with that.
        model: That of the vectors that came; the first one given to a bank becomes its own.
    """
    tx.run("touch_bank", {"model": model, "first": _first()})
    changed: list[int] | None = None
    if rows is not None:
        older = sorted({edge.older for edge in edges})
        concerned = tx.rows("section_rows_of_facts", {"ids": older}) if older else []
        changed = sorted({*rows, *(row[0] for row in concerned)})
    tx.run("put_change", {"rows": None if changed is None else json.dumps(changed)})
    tx.run("drop_old_changes", {"kept": KEPT})


def since(tx: Tx, version: int) -> set[int] | None:
    """The rows of sections that are not as they were at a version; None: it may be any."""
    found: set[int] = set()
    number = 0
    for (rows,) in tx.rows("changes_since", {"version": version}):
        if rows is None:
            return None
        found.update(json.loads(rows))
        number += 1
    return found if number == current(tx) - version else None


def current(tx: Tx) -> int:
    """The version of the bank; 0 for a new bank."""
    rows = tx.rows("bank")
    return rows[0][1] if rows else 0


def _first() -> int:
    """The first version of a bank: one that is emptied and filled again never had it."""
    return time_ns() // 1000
