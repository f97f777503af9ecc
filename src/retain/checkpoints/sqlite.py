"""Runs kept in a SQLite database: a transition costs a row, and many share one commit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import ClassVar, TypeVar

from retain.checkpoints.claim import Claim
from retain.checkpoints.history import History
from retain.checkpoints.sqlbase import SQLCheckpoint
from retain.db import queries
from retain.db.options import Durability
from retain.db.sqlite import Database
from retain.db.transactions import Transaction
from retain.engine.context import EngineContext
from retain.holder import Holder, this_process
from retain.keys import RunKey, encoded

C = TypeVar("C", bound=EngineContext)
T = TypeVar("T")

PAGE_BYTES = 512
"""Of a file that holds runs alone: a transition changes little in each of a few pages."""


class SQLiteCheckpoint(SQLCheckpoint[C]):
    """Keeps runs in a SQLite file; see `SQLCheckpoint`.

    Args:
        database: The file, or an open database, which stays its owner's to close.
        context_type: The dataclass of the contexts.
        durability: ``power``: a commit survives a loss of power; ``process``: only the death of
            the process, and commits are cheaper. Set on the database where one is given.
        lease_ttl_s: See `BaseCheckpoint`.
        history: See `BaseCheckpoint`.
        clock: Seconds since the epoch; None: the clock of the database.
        holder: See `BaseCheckpoint`.
    """

    behind_all: ClassVar[bytes | None] = b""  # SQLite puts every blob behind every text
    no_limit: ClassVar[int | None] = -1

    def __init__(
        self,
        database: Database | str | Path,
        context_type: type[C],
        *,
        durability: Durability = "power",
        lease_ttl_s: float = 30.0,
        history: History | None = None,
        clock: Callable[[], float] | None = None,
        holder: Callable[[], Holder] = this_process,
    ) -> None:
        self._owned = not isinstance(database, Database)
        self._db = (
            database
            if isinstance(database, Database)
            else Database(database, durability=durability, page_bytes=PAGE_BYTES)
        )
        self._db.require("checkpoint")
        super().__init__(
            context_type,
            self._db.path,
            queries.load("checkpoint"),
            lease_ttl_s=lease_ttl_s,
            history=history,
            clock=clock,
            holder=holder,
        )

    async def prune(self, older_than: timedelta, prefix: str | Sequence[str] | None = None) -> int:
        """Delete completed runs and give their room back; see `BaseCheckpoint`.

        Raises:
            DatabaseBusyError: Another process holds the database for too long.
            DatabaseError: The database cannot be written.
        """
        deleted = await super().prune(older_than, prefix)
        if deleted:
            await self._db.shrink()
        return deleted

    async def close(self) -> None:
        """Close the database, if it was opened here."""
        if self._owned:
            await self._db.close()

    async def _reading(self, work: Callable[[Transaction], T]) -> T:
        return await self._db.read(work)

    async def _writing(self, work: Callable[[Transaction], T]) -> T:
        return await self._db.write(work)

    def _writing_blocking(self, work: Callable[[Transaction], T]) -> T:
        return self._db.write_blocking(work)

    async def _acquire(self, key: RunKey, holder: Holder, ttl_s: float) -> Claim:
        def work(db: Transaction) -> Claim:
            old = self._find_claim(db, key)
            claim = self._claim(key, old, holder, ttl_s, self._now(db))
            values = {
                "key": encoded(key),
                "token": claim.token,
                "holder": claim.holder.encode(),
                "expires_at": claim.expires_at,
            }
            db.execute(self._sql["put_lease"], values)
            return claim

        return await self._writing(work)

    def _put_rows(
        self,
        db: Transaction,
        run_id: int,
        fields: Mapping[str, bytes],
        steps: Sequence[tuple[int, bytes]],
    ) -> None:
        put_field, put_step = self._sql["put_field"], self._sql["put_step"]
        for name, body in fields.items():
            db.execute(put_field, {"id": run_id, "name": name, "body": body})
        for n, body in steps:
            db.execute(put_step, {"id": run_id, "n": n, "body": body})
