"""Banks in a Postgres database."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from functools import cached_property
from pathlib import Path
from tempfile import gettempdir
from typing import TYPE_CHECKING, TypeVar

import psycopg

from retain.db import queries
from retain.db.postgres import DIALECT, Connection, PostgresDatabase
from retain.errors import LeaseLostError
from retain.keys import encoded
from retain.memory.fencing import Fence
from retain.memory.ports.store import Tx
from retain.stores.postgres.tx import PostgresTx
from retain.stores.reading import Rehearsed, readable

if TYPE_CHECKING:
    from retain.stores.matrices import Matrices

T = TypeVar("T")


class PostgresStore:
    """Banks in a `PostgresDatabase`, which may be shared with others; see `Store`.

    The writes of one bank run one after the other, in every process; those of different banks run
    side by side.

    Args:
        database: It belongs to the caller, who closes it.
        now: The clock, UTC, by which sources are stamped; None: that of the database.
    """

    def __init__(
        self, database: PostgresDatabase, now: Callable[[], datetime] | None = None
    ) -> None:
        self._database = database
        self._now = now
        self._sql = queries.load("bank", DIALECT)
        database.require("bank")

    @property
    def scratch(self) -> Path:
        """The system's folder for temporary files."""
        return Path(gettempdir())

    async def read(self, bank_id: str, work: Callable[[Tx], T]) -> T:
        """Run `work` on a snapshot of the bank; see `Store`."""
        return await self._database.read(lambda db: self._done(work, db, bank_id))

    async def write(
        self, bank_id: str, work: Callable[[Tx], T], *, fence: Fence | None = None
    ) -> T:
        """Run `work` in a transaction; see `Store`."""

        def fenced(db: Connection) -> T:
            if fence is not None:
                self._check(db, fence)
            with _pipeline(db):
                return self._done(work, db, bank_id)

        return await self._database.write(fenced, lock=_lock(bank_id))

    async def rehearse(self, bank_id: str, work: Callable[[Tx], T]) -> T:
        """Run `work` in a transaction and undo it; what it returned."""

        def rehearse(db: Connection) -> None:
            raise Rehearsed(self._done(work, db, bank_id))

        try:
            await self._database.write(rehearse, lock=_lock(bank_id))
        except Rehearsed as exc:
            return exc.result
        raise AssertionError

    async def banks(self) -> Sequence[str]:
        """The ids of the banks that hold anything, sorted."""
        return await self._database.read(
            lambda db: [row[0] for row in db.execute(self._sql["banks"].encode())]
        )

    async def vacuum(self) -> None:
        """Have Postgres reuse the room of what was deleted; see `Store`.

        Its bytes are gone from the tables when others have taken their place, from the
        write-ahead log and backups when these are recycled.
        """

        def is_left(db: Connection) -> bool:
            return db.execute(self._sql["is_vacuum_due"].encode()).fetchone() is not None

        if await self._database.read(is_left):
            await self._database.vacuum()
            await self._database.write(lambda db: db.execute(self._sql["vacuumed"].encode()))

    def _done(self, work: Callable[[Tx], T], db: Connection, bank_id: str) -> T:
        """What `work` returns.

        Raises:
            DatabaseDamagedError: It met what no release writes.
        """
        with readable(self._database.location, bank_id):
            return work(PostgresTx(db, bank_id, lambda: self._matrices, self._now))

    def _check(self, db: Connection, fence: Fence) -> None:
        given = {"run_key": encoded((fence.bank_id, fence.source_id))}
        if db.execute(self._sql["lease_token"].encode(), given).fetchone() != (fence.token,):
            raise LeaseLostError((fence.bank_id, fence.source_id))

    @cached_property
    def _matrices(self) -> Matrices:
        """Made on first use: numpy takes longer to load than most commands run."""
        from retain.stores.matrices import Matrices

        return Matrices()


def _pipeline(db: Connection) -> AbstractContextManager[object]:
    """Has statements that write sent without waiting for each, where libpq can do so."""
    return db.pipeline() if psycopg.Pipeline.is_supported() else nullcontext()


def _lock(bank_id: str) -> str:
    return f"bank\0{bank_id}"
