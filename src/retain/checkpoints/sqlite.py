"""Runs kept in a SQLite database: a transition costs a row, and many share one commit."""

from __future__ import annotations

import asyncio
import json
import logging
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import msgspec

from retain.checkpoints.base import BaseCheckpoint, Row, checked_prefix
from retain.checkpoints.claim import Claim
from retain.checkpoints.codec import Stored, packed, unpacked
from retain.checkpoints.delta import INLINE_WEIGHT, Delta
from retain.checkpoints.history import EarlierRun, History
from retain.checkpoints.listing import Wanted, wanted_runs
from retain.db import queries
from retain.db.options import Durability
from retain.db.sqlite import Database
from retain.engine.checkpoint import Lease, RunSummary
from retain.engine.context import EngineContext
from retain.errors import CheckpointDamagedError, LeaseHeldError
from retain.holder import Holder, this_process
from retain.keys import RunKey, decoded, encoded, named, prefix_range
from retain.status import RunStatus

logger = logging.getLogger("retain.checkpoints")

C = TypeVar("C", bound=EngineContext)


PAGE_BYTES = 512
"""Of a file that holds runs alone: a transition changes little in each of a few pages."""


class SQLiteCheckpoint(BaseCheckpoint[C]):
    """Keeps runs in tables: ``run``, ``run_field``, ``run_added``, ``run_step`` and their kin.

    A run that has yet to complete has a row for each field and each step, so that a transition
    writes few of them, and one for what a save adds to a list. A completed run is one row.

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
        now = clock or time.time
        super().__init__(
            context_type, lease_ttl_s=lease_ttl_s, history=history, clock=now, holder=holder
        )
        self._given_clock = clock
        self._owned = not isinstance(database, Database)
        self._db = (
            database
            if isinstance(database, Database)
            else Database(database, durability=durability, page_bytes=PAGE_BYTES)
        )
        self._db.require("checkpoint")
        self._sql = queries.load("checkpoint")

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

    async def _write(self, delta: Delta, token: int | None) -> bool:
        body = None
        if delta.completed:
            size = sum(map(len, delta.fields.values()))
            body = _body(delta) if size <= INLINE_WEIGHT else await asyncio.to_thread(_body, delta)
        return await self._db.write(lambda connection: self._put(connection, delta, token, body))

    async def _write_new(
        self, deltas: Sequence[tuple[Delta, int | None]]
    ) -> list[LeaseHeldError | None]:
        def work(connection: sqlite3.Connection) -> list[LeaseHeldError | None]:
            held: list[LeaseHeldError | None] = []
            for delta, token in deltas:
                try:
                    self._put(connection, delta, token, None)
                    held.append(None)
                except LeaseHeldError as exc:  # raised before anything of the run is written
                    held.append(exc)
            return held

        return await self._db.write(work)

    async def _read(self, key: RunKey) -> tuple[Stored, int] | None:
        def work(connection: sqlite3.Connection) -> tuple[Stored, int] | None:
            row = connection.execute(self._sql["find_run"], (encoded(key),)).fetchone()
            if row is None:
                return None
            run_id, version, revision, head, body = row
            if body is not None:
                fields, steps = unpacked(body, self._where(key))
                return Stored(version, head, fields, steps), revision
            fields = dict(connection.execute(self._sql["fields"], (run_id,)))
            rows = connection.execute(self._sql["steps"], (run_id,)).fetchall()
            if [n for n, _ in rows] != list(range(len(rows))):
                where = self._where(key)
                raise CheckpointDamagedError(where, "entries of its step log are missing")
            added: dict[str, list[bytes]] = {}
            for name, part in connection.execute(self._sql["added"], (run_id,)):
                added.setdefault(name, []).append(part)
            return Stored(version, head, fields, [step for _, step in rows], added), revision

        return await self._db.read(work)

    async def _earlier(self, key: RunKey) -> Sequence[EarlierRun]:
        def work(connection: sqlite3.Connection) -> list[EarlierRun]:
            rows = connection.execute(self._sql["earlier"], (encoded(key),))
            return [EarlierRun(*row) for row in rows]

        return await self._db.read(work)

    async def _forget_earlier(self, key: RunKey) -> None:
        await self._db.write(lambda c: c.execute(self._sql["drop_earlier"], (encoded(key),)))

    async def _prune_earlier(self, prefix: RunKey, before: float) -> int:
        values = (*prefix_range(prefix), before)
        return await self._db.write(
            lambda c: c.execute(self._sql["prune_earlier"], values).rowcount
        )

    async def _remove(self, key: RunKey, token: int | None, *, history: bool) -> bool:
        def work(connection: sqlite3.Connection) -> bool:
            claim = self._find_claim(connection, key)
            self._check(key, claim, token, self._now(connection))
            if claim is not None and token is None:  # of a holder that is no more
                connection.execute(self._sql["release_lease"], (encoded(key), claim.token))
            if history:
                connection.execute(self._sql["drop_earlier"], (encoded(key),))
            return connection.execute(self._sql["delete_run"], (encoded(key),)).rowcount > 0

        return await self._db.write(work)

    pages: ClassVar[bool] = True

    async def _rows(
        self, prefix: RunKey, keys: Collection[RunKey] | None
    ) -> Sequence[Row | RunSummary]:
        texts = (json.dumps(sorted(map(encoded, keys or ()))),)
        return await self._db.read(lambda db: self._listed(db, self._sql["find_runs"], texts))

    async def _page(self, wanted: Wanted) -> Sequence[Row | RunSummary]:
        begin, end = prefix_range(wanted.prefix)
        limit = -1 if wanted.limit is None else wanted.limit + 1
        states = json.dumps(sorted(wanted.last_states)) if wanted.last_states else None
        statuses: list[RunStatus | None] = [*wanted.kept_statuses] or [None]
        bounds = (begin, end, wanted.since, wanted.until, states, limit)

        def by_key(db: sqlite3.Connection) -> list[Row]:
            # One more than the text of the last key: NUL is in no key.
            ahead = begin if wanted.after is None else max(begin, wanted.after[1] + "\0")
            found: list[Row] = []
            for status in statuses:
                name = "list_by_key" if status is None else "list_by_status"
                values = (ahead, *bounds[1:], *([] if status is None else [status]))
                found += self._listed(db, self._sql[name], values)
            found.sort(key=lambda row: row.run_key)
            return found if limit < 0 else found[:limit]

        def by_start(db: sqlite3.Connection) -> list[Row]:
            newest = wanted.order == "newest"
            first = (float("inf"), "") if newest else (float("-inf"), "")
            chosen = None if statuses == [None] else json.dumps(statuses)
            values = (*bounds, chosen, *(wanted.after or first))
            return self._listed(db, self._sql["list_newest" if newest else "list_oldest"], values)

        return await self._db.read(by_key if wanted.order == "key" else by_start)

    def _listed(self, db: sqlite3.Connection, statement: str, values: Sequence[Any]) -> list[Row]:
        now = self._now(db)
        return [
            Row(decoded(key), head, None if claim[0] is None else _claim(claim), now, began)
            for key, head, began, *claim in db.execute(statement, values)
        ]

    async def counts(
        self,
        prefix: str | Sequence[str] | None = None,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> dict[RunStatus, int]:
        """How many runs `list` would give of each status; a status without runs is left out."""
        wanted = wanted_runs(checked_prefix(prefix), None, (), since, until, "key", None, None)
        values = (*prefix_range(wanted.prefix), wanted.since, wanted.until)
        name = "counts" if since is None and until is None else "counts_between"
        rows = await self._db.read(
            lambda db: db.execute(
                self._sql[name], values[: 2 if name == "counts" else 4]
            ).fetchall()
        )
        counts = {RunStatus(status): count for status, count in rows}
        if counts.pop(RunStatus.RUNNING, 0):  # whether they run, their leases say
            either = (RunStatus.RUNNING, RunStatus.INTERRUPTED)
            runs = await self.list(prefix, either, since=since, until=until)
            counts.pop(RunStatus.INTERRUPTED, None)
            counts |= Counter(run.status for run in runs)
        return counts

    async def _acquire(self, key: RunKey, holder: Holder, ttl_s: float) -> Claim:
        def work(connection: sqlite3.Connection) -> Claim:
            old = self._find_claim(connection, key)
            claim = self._claim(key, old, holder, ttl_s, self._now(connection))
            row = (encoded(key), claim.token, claim.holder.encode(), claim.expires_at)
            connection.execute(self._sql["put_lease"], row)
            return claim

        return await self._db.write(work)

    def _renew(self, leases: Sequence[Lease]) -> list[bool]:
        def renew(connection: sqlite3.Connection, lease: Lease, now: float) -> bool:
            values = (now + lease.ttl_s, encoded(lease.run_key), lease.token)
            return connection.execute(self._sql["renew_lease"], values).rowcount > 0

        def work(connection: sqlite3.Connection) -> list[bool]:
            now = self._now(connection)
            return [renew(connection, lease, now) for lease in leases]

        return self._db.write_blocking(work)

    async def _release(self, key: RunKey, token: int) -> None:
        row = (encoded(key), token)
        await self._db.write(lambda c: c.execute(self._sql["release_lease"], row))

    def _give_back(self, lease: Lease) -> None:
        row = (encoded(lease.run_key), lease.token)
        self._db.write_blocking(lambda c: c.execute(self._sql["release_lease"], row))

    def _where(self, key: RunKey) -> str:
        return f"of {named(key)} in {self._db.path}"

    def _put(
        self, connection: sqlite3.Connection, delta: Delta, token: int | None, body: bytes | None
    ) -> bool:
        if delta.full:
            run_id = self._replace(connection, delta, token, body)
        else:
            run_id = self._advance(connection, delta, token)
        if run_id is None:
            return False
        if body is None:
            self._put_rows(connection, run_id, delta.fields, delta.steps)
            for name in delta.rewritten:
                connection.execute(self._sql["drop_added"], (run_id, name))
            for name, part in delta.added.items():
                connection.execute(self._sql["put_added"], (run_id, name, part))
        return True

    def _put_rows(
        self,
        connection: sqlite3.Connection,
        run_id: int,
        fields: Mapping[str, bytes],
        steps: Sequence[tuple[int, bytes]],
    ) -> None:
        put_field, put_step = self._sql["put_field"], self._sql["put_step"]
        for name, body in fields.items():
            connection.execute(put_field, (run_id, name, body))
        if len(steps) == 1:
            n, body = steps[0]
            connection.execute(put_step, (run_id, n, body))
        elif steps:
            connection.executemany(put_step, ((run_id, n, body) for n, body in steps))

    def _replace(
        self, connection: sqlite3.Connection, delta: Delta, token: int | None, body: bytes | None
    ) -> int:
        key, text = delta.run_key, encoded(delta.run_key)
        self._check(key, self._find_claim(connection, key), token, self._now(connection))
        self._put_earlier(connection, delta, text)
        connection.execute(self._sql["delete_run"], (text,))
        place = (delta.status, delta.last_state, delta.started_at or self._now(connection))
        row = (text, delta.version, delta.revision, *place, delta.head, body)
        return connection.execute(self._sql["insert_run"], row).lastrowid or 0

    def _put_earlier(self, connection: sqlite3.Connection, delta: Delta, text: str) -> None:
        """Keep the run that a delta replaces among the earlier ones of its key."""
        row = connection.execute(self._sql["find_run"], (text,)).fetchone()
        if row is None or not self._is_replaced(delta, row[3]):
            return
        run_id, version, _, head, body = row
        if body is not None:
            fields, steps = unpacked(body, self._where(delta.run_key))
        else:
            names = json.dumps(sorted(self.codec.history))
            fields = dict(connection.execute(self._sql["some_fields"], (run_id, names)))
            steps = [step for _, step in connection.execute(self._sql["steps"], (run_id,))]
            added: dict[str, list[bytes]] = {}
            for name, part in connection.execute(self._sql["added"], (run_id,)):
                added.setdefault(name, []).append(part)
            for name in fields.keys() & added.keys():
                fields[name] = self.codec.joined(name, [fields[name], *added[name]])
        fields = {name: value for name, value in fields.items() if name in self.codec.history}
        now = self._now(connection)
        earlier = EarlierRun.of(version, head, fields, steps, now)
        values = (text, earlier.version, earlier.ended_at, earlier.head, earlier.body)
        connection.execute(self._sql["put_earlier"], values)
        history = self.history_kept
        connection.execute(self._sql["trim_earlier"], (text, history.begins_at(now), history.runs))

    def _advance(
        self, connection: sqlite3.Connection, delta: Delta, token: int | None
    ) -> int | None:
        """Write the head of the next revision; the run's row id, or None if it is not the next."""
        key = delta.run_key
        values: tuple[Any, ...] = (delta.revision, delta.head, encoded(key))
        if token is None:
            found = connection.execute(self._sql["advance_free"], values).fetchone()
        else:
            found = connection.execute(self._sql["advance_held"], (*values, token)).fetchone()
        if found is None:
            self._check(key, self._find_claim(connection, key), token, self._now(connection))
            found = connection.execute(self._sql["advance"], values).fetchone()
        if found is None:
            return None
        run_id, body = found
        if delta.new_status:
            values = (delta.status, delta.last_state, run_id)
            connection.execute(self._sql["put_status"], values)
        if body is not None:  # of a completed run that goes on
            fields, steps = unpacked(body, self._where(key))
            self._put_rows(connection, run_id, fields, list(enumerate(steps)))
            connection.execute(self._sql["unpacked"], (run_id,))
        return run_id

    def _now(self, connection: sqlite3.Connection) -> float:
        """The time by which leases end; see `BaseCheckpoint`."""
        if self._given_clock is not None:
            return self._given_clock()
        return connection.execute(self._sql["clock"]).fetchone()[0]

    def _find_claim(self, connection: sqlite3.Connection, key: RunKey) -> Claim | None:
        row = connection.execute(self._sql["find_lease"], (encoded(key),)).fetchone()
        return None if row is None else _claim(row)


def _body(delta: Delta) -> bytes:
    return packed(delta.fields, [step for _, step in delta.steps])


def _claim(row: tuple[int, str, float] | list[Any]) -> Claim | None:
    token, holder, expires_at = row
    try:
        return Claim(token, Holder.decode(holder), expires_at)
    except msgspec.MsgspecError as exc:
        # Nobody needs to be shut out: a holder is fenced off.
        logger.warning("lease %d does not read back (%s): nobody holds this run", token, exc)
        return None
