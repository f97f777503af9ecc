"""The journal in a Postgres database, beside its banks, for any number of machines."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TypeVar

from retain.db import queries
from retain.db.pgtransaction import PostgresTransaction
from retain.db.postgres import DIALECT, PostgresDatabase
from retain.db.transactions import Transaction
from retain.memory.model import ClaimOutcome, RequestClaim
from retain.stores.calls import Calls, Found, Row
from retain.stores.journalbase import SQLJournal

T = TypeVar("T")


class PostgresJournal(SQLJournal):
    """A journal in tables of its own; see `SQLJournal`.

    Args:
        database: It belongs to the caller, who closes it.
        now: The clock, timezone-aware.
    """

    def __init__(
        self,
        database: PostgresDatabase,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        super().__init__(_LockedCalls(queries.load("journal", DIALECT)), now)
        self._db = database
        database.require("journal")

    @property
    def location(self) -> object:
        """The database."""
        return self._db.location

    async def close(self) -> None:
        """Nothing: the database is its owner's to close."""

    async def _read(self, work: Callable[[Transaction], T], missing: T) -> T:
        return await self._db.read(lambda db: work(PostgresTransaction(db)))

    async def _change(self, work: Callable[[Transaction], T], missing: T) -> T:
        return await self._write(work)

    async def _write(self, work: Callable[[Transaction], T]) -> T:
        return await self._db.write(lambda db: work(PostgresTransaction(db)))

    async def _forget(self, work: Callable[[Transaction], None]) -> None:
        await self._write(work)

    async def _vacuum(self) -> None:
        await self._db.vacuum()


class _LockedCalls(Calls):
    """The tables, where other transactions write at the same time.

    Calls and claims of a bank are kept side by side. What looks at answers and then removes some
    has the bank's part of the journal to itself.
    """

    def mend(
        self, db: Transaction, bank_id: str, found: Found, period: Row
    ) -> tuple[Found, list[str]]:
        self._lock(db, "own_bank", bank_id)
        return super().mend(db, bank_id, found, period)

    def keep(
        self,
        db: Transaction,
        call: Row,
        answers: Mapping[str, bytes],
        sources: Sequence[str],
        period: Row,
    ) -> None:
        self._lock(db, "share_bank", call["bank_id"])
        super().keep(db, call, answers, sources, period)

    def claim(
        self, db: Transaction, claim: RequestClaim, sources: Sequence[str], period: Row
    ) -> ClaimOutcome:
        self._lock(db, "share_bank", claim.bank_id)
        self._lock(db, "lock_keys", claim.bank_id, claim.keys)
        return super().claim(db, claim, sources, period)

    def reject(self, db: Transaction, bank_id: str, keys: Sequence[str], reason: str) -> None:
        self._lock(db, "own_bank", bank_id)
        super().reject(db, bank_id, keys, reason)

    def forget(self, db: Transaction, key: Row, at: Row) -> None:
        self._lock(db, "own_bank", key["bank_id"])
        super().forget(db, key, at)

    def _lock(self, db: Transaction, name: str, bank_id: str, keys: Sequence[str] = ()) -> None:
        values: Row = {"bank_id": bank_id}
        if keys:
            values["keys"] = json.dumps(sorted(keys))
        db.execute(self._sql[name], values)
