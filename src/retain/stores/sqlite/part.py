"""What every part of the store works with."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from retain.db.sqlite import Database
from retain.stores.sqlite.tables import Tables


class Part:
    """A part of the store: the database, its tables and the clock."""

    def __init__(
        self, database: Database, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._database = database
        self._now = now
        self._tables = Tables()
        database.require("store")
        database.require("knowledge")
        database.require("wiki")
