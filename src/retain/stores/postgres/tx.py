"""A transaction on one bank of a Postgres database."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import psycopg

from retain.db import queries
from retain.db.postgres import DIALECT, Connection
from retain.memory.model import VectorScores
from retain.memory.ports.store import Changed, Given

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from retain.stores.matrices import Matrices

_NOTHING: Given = {}


class PostgresTx:
    """Named statements on a connection that is in a transaction; see `Tx`.

    Args:
        db: The connection.
        bank_id: The bank.
        matrices: Gives the vectors of the banks that were searched last.
        now: The clock, UTC; None: that of the database.
    """

    def __init__(
        self,
        db: Connection,
        bank_id: str,
        matrices: Callable[[], Matrices],
        now: Callable[[], datetime] | None = None,
    ) -> None:
        self.bank_id = bank_id
        self._cursor = db.cursor(binary=True)
        self._sql = queries.load("bank", DIALECT)
        self._matrices = matrices
        self._now = now

    def now(self) -> datetime:
        """The time, UTC."""
        if self._now is not None:
            return self._now()
        return datetime.fromisoformat(self.rows("clock")[0][0])

    def rows(self, name: str, given: Given = _NOTHING) -> list[tuple[Any, ...]]:
        """The rows of a statement that reads."""
        return self._execute(name, given).fetchall()

    def dicts(self, name: str, given: Given = _NOTHING) -> list[dict[str, Any]]:
        """The rows of a statement that reads, by the names of their columns."""
        cursor = self._execute(name, given)
        rows = cursor.fetchall()  # in a pipeline, what comes is not described before it is there
        columns = [column.name for column in cursor.description or ()]
        return [dict(zip(columns, row, strict=True)) for row in rows]

    def rows_each(self, name: str, given: Iterable[Given]) -> list[list[tuple[Any, ...]]]:
        """The rows of a statement that reads, for each of several parameters, sent together."""
        values = [self._values(one) for one in given]
        if not values:
            return []
        sql, cursor = self._sql[name], self._cursor
        if columns := queries.columns(sql):
            groups: list[list[tuple[Any, ...]]] = [[] for _ in values]
            for nth, *row in cursor.execute(sql.encode(), self._arrays(columns, values)):
                groups[nth - 1] += [tuple[Any, ...](row)]
            return groups
        cursor.executemany(sql.encode(), values, returning=True)
        found = [cursor.fetchall()]
        while cursor.nextset():
            found.append(cursor.fetchall())
        return found

    def run(self, name: str, given: Given = _NOTHING) -> None:
        """Run a statement that writes."""
        self._execute(name, given)

    def run_many(self, name: str, rows: Iterable[Given]) -> None:
        """Run a statement that writes for each of `rows`, without waiting for each."""
        given = [*rows]
        if not given:
            return
        sql = self._sql[name]
        if columns := queries.columns(sql):
            self._cursor.execute(sql.encode(), self._arrays(columns, given))
        else:
            key = {"bank_id": self.bank_id}
            self._cursor.executemany(sql.encode(), [{**row, **key} for row in given])

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

    def _vectors(self, model: str, among: Collection[int] | None) -> list[tuple[Any, ...]]:
        if among is None:
            return self.rows("vectors", {"model": model})
        return self.rows("vectors_at", {"model": model, "ids": sorted(among)})

    def _execute(self, name: str, given: Given) -> psycopg.Cursor[tuple[Any, ...]]:
        return self._cursor.execute(self._sql[name].encode(), self._values(given))

    def _arrays(self, columns: Iterable[str], rows: Sequence[Given]) -> dict[str, Any]:
        """The parameters of a statement that takes all rows at once."""
        arrays = {name: _column([row[name] for row in rows]) for name in columns}
        return {**arrays, "bank_id": self.bank_id}

    def _values(self, given: Given) -> dict[str, Any]:
        values = {key: _driven(value) for key, value in given.items()}
        values["bank_id"] = self.bank_id
        return values


def _driven(value: Any) -> Any:
    """A value as the driver takes it: a tuple would be a composite value, and no array."""
    if not isinstance(value, (list, tuple)):
        return value
    items: list[Any] = [*value]
    return [_driven(item) for item in items]


def _column(values: list[Any]) -> list[Any]:
    """Values as one array takes them: of one type, a list among them as JSON."""
    kinds: set[type] = {type(value) for value in values}
    if list in kinds:
        return [json.dumps(value, ensure_ascii=False) for value in values]
    if {int, float} <= kinds:
        return [None if value is None else float(value) for value in values]
    return values
