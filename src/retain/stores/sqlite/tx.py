"""A transaction on one bank of a SQLite database."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from retain.db import queries
from retain.memory.model import VectorScores
from retain.memory.ports.store import Changed, Given

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from retain.stores.matrices import Matrices

_NOTHING: Given = {}


class SQLiteTx:
    """Named statements on a connection that is in a transaction; see `Tx`.

    Args:
        db: The connection.
        bank_id: The bank.
        matrices: Gives the vectors of the banks that were searched last.
        now: The clock, UTC; None: that of the database.
    """

    def __init__(
        self,
        db: sqlite3.Connection,
        bank_id: str,
        matrices: Callable[[], Matrices],
        now: Callable[[], datetime] | None = None,
    ) -> None:
        self.bank_id = bank_id
        self._db = db
        self._sql = queries.load("bank")
        self._matrices = matrices
        self._now = now

    def now(self) -> datetime:
        """The time, UTC; by the database's clock it is given to the millisecond."""
        if self._now is not None:
            return self._now()
        return datetime.fromisoformat(self.rows("clock")[0][0])

    def rows(self, name: str, given: Given = _NOTHING) -> list[tuple[Any, ...]]:
        """The rows of a statement that reads."""
        return self._execute(name, given).fetchall()

    def dicts(self, name: str, given: Given = _NOTHING) -> list[dict[str, Any]]:
        """The rows of a statement that reads, by the names of their columns."""
        cursor = self._execute(name, given)
        columns = [column[0] for column in cursor.description]
        return [dict(zip(columns, row, strict=True)) for row in cursor]

    def rows_each(self, name: str, given: Iterable[Given]) -> list[list[tuple[Any, ...]]]:
        """The rows of a statement that reads, for each of several parameters."""
        return [self.rows(name, one) for one in given]

    def run(self, name: str, given: Given = _NOTHING) -> None:
        """Run a statement that writes."""
        self._execute(name, given)

    def run_many(self, name: str, rows: Iterable[Given]) -> None:
        """Run a statement that writes once for each of `rows`."""
        key = {"bank_id": self.bank_id}
        self._db.executemany(self._sql[name], ({**row, **key} for row in rows))

    def likeness(
        self,
        model: str,
        query: NDArray[np.float32],
        limit: int,
        among: Collection[int],
        changed: Changed,
    ) -> VectorScores | None:
        """The sections whose vectors are nearest to `query`; see `Tx`.

        Every vector of the bank is compared, about 0.1 us each; see `stores.matrices`.
        """
        load = partial(self._vectors, model)
        return self._matrices().nearest(self, load, model, query, limit, among, changed)

    def _vectors(self, model: str, among: Collection[int] | None) -> sqlite3.Cursor:
        if among is None:
            return self._execute("vectors", {"model": model})
        return self._execute("vectors_at", {"model": model, "ids": sorted(among)})

    def _execute(self, name: str, given: Given) -> sqlite3.Cursor:
        values = {
            key: json.dumps(value) if isinstance(value, (list, tuple)) else value
            for key, value in given.items()
        }
        values["bank_id"] = self.bank_id
        return self._db.execute(self._sql[name], values)
