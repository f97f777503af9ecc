"""Where a bank was exported to: copies that forgetting does not reach by itself."""

from __future__ import annotations

from collections.abc import Iterable

from retain.memory.ports.store import Tx


def every(tx: Tx) -> dict[str, bool]:
    """The absolute paths of the bank's exports, and whether each is an unfinished one's."""
    return {path: bool(unfinished) for path, unfinished in tx.rows("exports")}


def note(tx: Tx, path: str, *, unfinished: bool) -> None:
    """Note where an export goes."""
    tx.run("put_export", {"path": path, "unfinished": unfinished})


def drop(tx: Tx, paths: Iterable[str]) -> None:
    """Note that exports are gone."""
    tx.run_many("drop_export", ({"path": path} for path in paths))
