"""Banks in a SQLite database."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from retain.db import queries
from retain.db.sqlite import Database
from retain.errors import DatabaseDamagedError, LeaseLostError
from retain.keys import encoded
from retain.memory.fencing import Fence
from retain.memory.ports.store import Tx
from retain.stores.reading import Rehearsed, readable
from retain.stores.sqlite.tx import SQLiteTx

if TYPE_CHECKING:
    from retain.stores.matrices import Matrices

T = TypeVar("T")


class SQLiteStore:
    """Banks in a `Database`, which may be shared with others; see `Store`.

    Words are matched by their stem, without regard to case and accents.

    Args:
        database: It belongs to the caller, who closes it.
        now: The clock, UTC, by which sources are stamped; None: that of the database.
    """

    def __init__(self, database: Database, now: Callable[[], datetime] | None = None) -> None:
        self._database = database
        self._now = now
        self._sql = queries.load("bank")
        for component in ("store", "knowledge", "wiki", "bank"):
            database.require(component)

    @property
    def scratch(self) -> Path:
        """The folder of the database."""
        return self._database.path.absolute().parent

    async def read(self, bank_id: str, work: Callable[[Tx], T]) -> T:
        """Run `work` on a snapshot of the bank; see `Store`."""
        return await self._database.read(lambda db: self._done(work, db, bank_id))

    async def write(
        self, bank_id: str, work: Callable[[Tx], T], *, fence: Fence | None = None
    ) -> T:
        """Run `work` in a transaction; see `Store`."""

        def fenced(db: sqlite3.Connection) -> T:
            if fence is not None:
                self._check(db, fence)
            return self._done(work, db, bank_id)

        return await self._database.write(fenced)

    async def rehearse(self, bank_id: str, work: Callable[[Tx], T]) -> T:
        """Run `work` in a transaction and undo it; what it returned."""

        def rehearse(db: sqlite3.Connection) -> None:
            raise Rehearsed(self._done(work, db, bank_id))

        try:
            await self._database.write(rehearse)
        except Rehearsed as exc:
            return exc.result
        raise AssertionError

    def _done(self, work: Callable[[Tx], T], db: sqlite3.Connection, bank_id: str) -> T:
        """What `work` returns.

        Raises:
            DatabaseDamagedError: It met what no release writes.
        """
        with readable(self._database.path, bank_id):
            return work(self._tx(db, bank_id))

    def _check(self, db: sqlite3.Connection, fence: Fence) -> None:
        given = {"run_key": encoded((fence.bank_id, fence.source_id))}
        if db.execute(self._sql["lease_token"], given).fetchone() != (fence.token,):
            raise LeaseLostError((fence.bank_id, fence.source_id))

    async def banks(self) -> Sequence[str]:
        """The ids of the banks that hold anything, sorted."""
        banks = await self._database.read(
            lambda db: [row[0] for row in db.execute(self._sql["banks"])]
        )
        if not all(isinstance(bank, str) for bank in banks):
            raise DatabaseDamagedError(
                f"{self._database.path}: damaged: the id of a bank is no text: restore it from a "
                "backup"
            )
        return banks

    async def vacuum(self) -> None:
        """Leave nothing of what was deleted in unused bytes of the file; see `Store`."""

        def is_left(db: sqlite3.Connection) -> bool:
            return db.execute(self._sql["is_vacuum_due"]).fetchone() is not None

        if await self._database.read(is_left):
            await self._database.vacuum()
            await self._database.write(lambda db: db.execute(self._sql["vacuumed"]))

    def _tx(self, db: sqlite3.Connection, bank_id: str) -> SQLiteTx:
        return SQLiteTx(db, bank_id, lambda: self._matrices, self._now)

    @cached_property
    def _matrices(self) -> Matrices:
        """Made on first use: numpy takes longer to load than most commands run."""
        from retain.stores.matrices import Matrices

        return Matrices()
