"""Where a bank was exported to: copies that forgetting does not reach by itself."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from retain.bank.rows import iso
from retain.memory.ports.store import Tx


def every(tx: Tx) -> dict[str, bool]:
    """The absolute paths of the bank's exports, and whether each is an unfinished one's."""
    return {path: bool(unfinished) for path, unfinished in tx.rows("exports")}


def note(tx: Tx, path: str, at: datetime, *, unfinished: bool) -> None:
    """Note where an export goes."""
    given = {"path": path, "unfinished": unfinished, "at": iso(at, "the time of the export")}
    tx.run("put_export", given)


def drop(tx: Tx, paths: Iterable[str]) -> None:
    """Note that exports are gone."""
    tx.run_many("drop_export", ({"path": path} for path in paths))
