"""A Postgres connection as a `Transaction`."""

from __future__ import annotations

from collections.abc import Iterable

from retain.db.postgres import Connection
from retain.db.transactions import Rows, Values


class PostgresTransaction:
    """Runs statements with parameters by name; numbers and bytes go to and fro as they are.

    Args:
        db: A connection that is in a transaction.
    """

    def __init__(self, db: Connection) -> None:
        self._db = db

    def execute(self, statement: str, values: Values | None = None, /) -> Rows:
        """Run a statement."""
        return self._db.cursor(binary=True).execute(statement.encode(), values)

    def executemany(self, statement: str, rows: Iterable[Values], /) -> None:
        """Run a statement that writes, once for each of `rows`, without waiting for each."""
        if given := [*rows]:
            self._db.cursor(binary=True).executemany(statement.encode(), given)
