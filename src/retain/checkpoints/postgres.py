"""Runs kept in a Postgres database, for any number of machines."""

from __future__ import annotations

import random
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, ClassVar, TypeVar

from retain.checkpoints.base import Row
from retain.checkpoints.claim import Claim
from retain.checkpoints.delta import Delta
from retain.checkpoints.history import History
from retain.checkpoints.sqlbase import SQLCheckpoint
from retain.db import queries
from retain.db.options import Durability
from retain.db.transactions import Transaction, Values
from retain.engine.context import EngineContext
from retain.errors import LeaseHeldError, MissingExtraError, install_command
from retain.holder import Holder, this_process
from retain.keys import RunKey, encoded

try:
    from retain.db.pgtransaction import PostgresTransaction
    from retain.db.pgurl import Address
    from retain.db.postgres import DIALECT, PostgresDatabase
except ImportError as exc:
    raise MissingExtraError(
        f"Postgres needs a driver that is not installed: {install_command('postgres')}"
    ) from exc

C = TypeVar("C", bound=EngineContext)
T = TypeVar("T")

_NS = 1_000_000_000


class PostgresCheckpoint(SQLCheckpoint[C]):
    """Keeps runs in tables of a Postgres database; see `SQLCheckpoint`.

    The server's clock says when leases end, so the clocks of machines may differ.

    Args:
        database: The URL, or an open database, which stays its owner's to close.
        context_type: The dataclass of the contexts.
        durability: ``power``: a commit survives a loss of power; ``process``: only the death of
            a process of Retain's. Set on the database where one is given.
        lease_ttl_s: See `BaseCheckpoint`.
        history: See `BaseCheckpoint`.
        clock: Seconds since the epoch; None: the clock of the server.
        holder: See `BaseCheckpoint`.

    Raises:
        InputError: The URL cannot be read.
    """

    behind_all: ClassVar[bytes | None] = None
    no_limit: ClassVar[int | None] = None

    def __init__(
        self,
        database: PostgresDatabase | str,
        context_type: type[C],
        *,
        durability: Durability = "power",
        lease_ttl_s: float = 30.0,
        history: History | None = None,
        clock: Callable[[], float] | None = None,
        holder: Callable[[], Holder] = this_process,
    ) -> None:
        self._owned = isinstance(database, str)
        self._db = (
            PostgresDatabase(Address.parsed(database), durability=durability)
            if isinstance(database, str)
            else database
        )
        self._db.require("checkpoint")
        super().__init__(
            context_type,
            self._db.location,
            queries.load("checkpoint", DIALECT),
            lease_ttl_s=lease_ttl_s,
            history=history,
            clock=clock,
            holder=holder,
        )

    async def close(self) -> None:
        """Close the database, if it was opened here."""
        if self._owned:
            await self._db.close()

    async def _reading(self, work: Callable[[Transaction], T]) -> T:
        return await self._db.read(lambda db: work(PostgresTransaction(db)))

    async def _writing(self, work: Callable[[Transaction], T]) -> T:
        return await self._db.write(lambda db: work(PostgresTransaction(db)))

    def _writing_blocking(self, work: Callable[[Transaction], T]) -> T:
        return self._db.write_blocking(lambda db: work(PostgresTransaction(db)))

    async def _acquire(self, key: RunKey, holder: Holder, ttl_s: float) -> Claim:
        def work(db: Transaction) -> Claim:
            while True:
                old = self._find_claim(db, key)
                now = self._now(db)
                claim = self._claim(key, old, holder, ttl_s, now)
                if self._given_clock is None:
                    claim = replace(claim, token=_token(now, old))
                values = {
                    "key": encoded(key),
                    "token": claim.token,
                    "holder": claim.holder.encode(),
                    "expires_at": claim.expires_at,
                    "old": None if old is None else old.token,
                }
                if db.execute(self._sql["put_lease"], values).rowcount:
                    return claim

        return await self._writing(work)

    @contextmanager
    def _admitted(
        self, db: Transaction, key: RunKey, token: int | None
    ) -> Generator[Claim | None, None, None]:
        of = {"key": encoded(key)}
        # A runner that asks for the lease meanwhile waits for the row of it to be committed.
        free = token is None and db.execute(self._sql["reserve"], of).rowcount > 0
        if free:
            yield None
            db.execute(self._sql["unreserve"], of)
        else:
            with super()._admitted(db, key, token) as claim:
                yield claim

    def _put_new(
        self, db: Transaction, deltas: Sequence[tuple[Delta, int | None]]
    ) -> dict[RunKey, LeaseHeldError]:
        written = self._insert_free(db, [delta for delta, token in deltas if token is None])
        rest = [one for one in deltas if one[0].run_key not in written]
        return super()._put_new(db, rest)

    def _insert_free(self, db: Transaction, deltas: Sequence[Delta]) -> set[RunKey]:
        """Insert the runs that are new and that nobody holds, all at once; which they are."""
        by_key = {encoded(delta.run_key): delta for delta in deltas}
        keys = {"keys": sorted(by_key)}
        db.execute(self._sql["reserve_all"], keys)
        new = [by_key[key] for key in keys["keys"]]
        now = self._now(db)
        values = {
            **keys,
            "versions": [delta.version for delta in new],
            "revisions": [delta.revision for delta in new],
            "statuses": [str(delta.status) for delta in new],
            "last_states": [delta.last_state for delta in new],
            "starts": [float(delta.started_at or now) for delta in new],
            "heads": [delta.head for delta in new],
        }
        inserted = [(by_key[key], n) for key, n in db.execute(self._sql["insert_free"], values)]
        fields = [(n, *field) for delta, n in inserted for field in delta.fields.items()]
        steps = [(n, *step) for delta, n in inserted for step in delta.steps]
        values = {
            "field_ids": [n for n, _, _ in fields],
            "names": [name for _, name, _ in fields],
            "fields": [body for _, _, body in fields],
            "step_ids": [n for n, _, _ in steps],
            "numbers": [number for _, number, _ in steps],
            "steps": [body for _, _, body in steps],
        }
        db.execute(self._sql["put_rows_of_many"], values)
        db.execute(self._sql["unreserve_all"], keys)
        return {delta.run_key for delta, _ in inserted}

    def _listed(self, db: Transaction, name: str, values: Values) -> list[Row]:
        if name in ("list_by_key", "list_by_status"):
            db.execute(self._sql["in_key_order"])
        return super()._listed(db, name, values)

    def _advance(self, db: Transaction, delta: Delta, token: int | None) -> int | None:
        if token is not None and not delta.new_status:
            values = {
                "key": encoded(delta.run_key),
                "token": token,
                "revision": delta.revision,
                "head": delta.head,
                **_arrays(delta.fields, delta.steps),
            }
            found = db.execute(self._sql["advance_held"], values).fetchone()
            if found is not None:
                return found[0]
        return super()._advance(db, delta, token)

    def _advanced(self, db: Transaction, delta: Delta, token: int | None) -> Any:
        return None  # so that the claim is read, and nobody changes it meanwhile

    def _put_rows(
        self,
        db: Transaction,
        run_id: int,
        fields: Mapping[str, bytes],
        steps: Sequence[tuple[int, bytes]],
    ) -> None:
        if fields or steps:
            db.execute(self._sql["put_rows"], {"id": run_id, **_arrays(fields, steps)})


def _arrays(fields: Mapping[str, bytes], steps: Sequence[tuple[int, bytes]]) -> Values:
    return {
        "names": [*fields],
        "fields": [*fields.values()],
        "numbers": [n for n, _ in steps],
        "steps": [body for _, body in steps],
    }


def _token(now: float, old: Claim | None) -> int:
    """A token by the server's clock, which grows with every holder of a run.

    Within its last microsecond it is by chance: a process tells its leases apart by their tokens.
    """
    token = int(now * _NS) // 1000 * 1000 + random.randrange(1000)  # noqa: S311
    return max(token, 0 if old is None else old.token + 1)
