"""What checkpoints in a database share: the order of their statements, which are SQL in files."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from abc import abstractmethod
from collections import Counter
from collections.abc import Callable, Collection, Generator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, ClassVar, TypeVar

import msgspec

from retain.checkpoints.base import BaseCheckpoint, Row, checked_prefix
from retain.checkpoints.claim import Claim
from retain.checkpoints.codec import Stored, packed, unpacked
from retain.checkpoints.delta import INLINE_WEIGHT, Delta
from retain.checkpoints.history import EarlierRun, History
from retain.checkpoints.listing import Wanted, wanted_runs
from retain.db.transactions import Transaction, Values
from retain.engine.checkpoint import Lease, RunSummary
from retain.engine.context import EngineContext
from retain.errors import CheckpointDamagedError, LeaseHeldError
from retain.holder import Holder
from retain.keys import RunKey, decoded, encoded, named, prefix_range
from retain.status import RunStatus

logger = logging.getLogger("retain.checkpoints")

C = TypeVar("C", bound=EngineContext)
T = TypeVar("T")


class SQLCheckpoint(BaseCheckpoint[C]):
    """Keeps runs in tables: ``run``, ``run_field``, ``run_added``, ``run_step`` and their kin.

    A run that has yet to complete has a row for each field and each step, so that a transition
    writes few of them, and one for what a save adds to a list. A completed run is one row.

    Args:
        context_type: The dataclass of the contexts.
        location: The database, for people.
        statements: The statements by name.
        lease_ttl_s: See `BaseCheckpoint`.
        history: See `BaseCheckpoint`.
        clock: Seconds since the epoch; None: the clock of the database.
        holder: See `BaseCheckpoint`.
    """

    pages: ClassVar[bool] = True

    behind_all: ClassVar[bytes | None]
    """Compares greater than every text; None: the statements need no such value."""

    def __init__(
        self,
        context_type: type[C],
        location: object,
        statements: Mapping[str, str],
        *,
        lease_ttl_s: float,
        history: History | None,
        clock: Callable[[], float] | None,
        holder: Callable[[], Holder],
    ) -> None:
        now = clock or time.time
        super().__init__(
            context_type, lease_ttl_s=lease_ttl_s, history=history, clock=now, holder=holder
        )
        self._given_clock = clock
        self._location = location
        self._sql = statements

    @abstractmethod
    async def _reading(self, work: Callable[[Transaction], T]) -> T:
        """Run `work` on a snapshot."""

    @abstractmethod
    async def _writing(self, work: Callable[[Transaction], T]) -> T:
        """Run `work` in a transaction; when this returns, it is committed."""

    @abstractmethod
    def _writing_blocking(self, work: Callable[[Transaction], T]) -> T:
        """What `_writing` does, in the caller's thread."""

    @abstractmethod
    def _put_rows(
        self,
        db: Transaction,
        run_id: int,
        fields: Mapping[str, bytes],
        steps: Sequence[tuple[int, bytes]],
    ) -> None:
        """Write fields and steps of a run."""

    @contextmanager
    def _admitted(
        self, db: Transaction, key: RunKey, token: int | None
    ) -> Generator[Claim | None, None, None]:
        """Write a run within the block, which gets the kept claim.

        Raises:
            LeaseLostError: See `_write`.
            LeaseHeldError: See `_write`.
        """
        claim = self._find_claim(db, key)
        self._check(key, claim, token, self._now(db))
        yield claim

    async def _write(self, delta: Delta, token: int | None) -> bool:
        body = None
        if delta.completed:
            size = sum(map(len, delta.fields.values()))
            body = _body(delta) if size <= INLINE_WEIGHT else await asyncio.to_thread(_body, delta)
        return await self._writing(lambda db: self._put(db, delta, token, body))

    async def _write_new(
        self, deltas: Sequence[tuple[Delta, int | None]]
    ) -> list[LeaseHeldError | None]:
        # In one order, so that two transactions never wait for each other.
        ordered = sorted(deltas, key=lambda one: encoded(one[0].run_key))
        held = await self._writing(lambda db: self._put_new(db, ordered))
        return [held.get(delta.run_key) for delta, _ in deltas]

    def _put_new(
        self, db: Transaction, deltas: Sequence[tuple[Delta, int | None]]
    ) -> dict[RunKey, LeaseHeldError]:
        """Write full deltas; those of the runs that another runner holds are left out."""
        held: dict[RunKey, LeaseHeldError] = {}
        for delta, token in deltas:
            try:
                self._put(db, delta, token, None)
            except LeaseHeldError as exc:  # raised before anything of the run is written
                held[delta.run_key] = exc
        return held

    async def _read(self, key: RunKey) -> tuple[Stored, int] | None:
        def work(db: Transaction) -> tuple[Stored, int] | None:
            row = db.execute(self._sql["find_run"], {"key": encoded(key)}).fetchone()
            if row is None:
                return None
            run_id, version, revision, head, body = row
            if body is not None:
                fields, steps = unpacked(body, self._where(key))
                return Stored(version, head, fields, steps), revision
            of = {"id": run_id}
            fields = dict(db.execute(self._sql["fields"], of))
            rows = db.execute(self._sql["steps"], of).fetchall()
            if [n for n, _ in rows] != list(range(len(rows))):
                where = self._where(key)
                raise CheckpointDamagedError(where, "entries of its step log are missing")
            steps = [step for _, step in rows]
            return Stored(version, head, fields, steps, self._added(db, of)), revision

        return await self._reading(work)

    async def _earlier(self, key: RunKey) -> Sequence[EarlierRun]:
        def work(db: Transaction) -> list[EarlierRun]:
            rows = db.execute(self._sql["earlier"], {"key": encoded(key)})
            return [EarlierRun(*row) for row in rows]

        return await self._reading(work)

    async def _forget_earlier(self, key: RunKey) -> None:
        of = {"key": encoded(key)}
        await self._writing(lambda db: db.execute(self._sql["drop_earlier"], of))

    async def _prune_earlier(self, prefix: RunKey, before: float) -> int:
        values = {**self._range(prefix), "before": before}
        return await self._writing(
            lambda db: db.execute(self._sql["prune_earlier"], values).rowcount
        )

    async def _remove(self, key: RunKey, token: int | None, *, history: bool) -> bool:
        of = {"key": encoded(key)}

        def work(db: Transaction) -> bool:
            with self._admitted(db, key, token) as claim:
                if claim is not None and token is None:  # of a holder that is no more
                    db.execute(self._sql["release_lease"], {**of, "token": claim.token})
                if history:
                    db.execute(self._sql["drop_earlier"], of)
                return self._drop(db, of)

        return await self._writing(work)

    def _drop(self, db: Transaction, of: Values) -> bool:
        """Delete a run with all its rows; False if there is none."""
        return db.execute(self._sql["delete_run"], of).rowcount > 0

    async def _rows(
        self, prefix: RunKey, keys: Collection[RunKey] | None
    ) -> Sequence[Row | RunSummary]:
        values = {"keys": json.dumps(sorted(map(encoded, keys or ())))}
        return await self._reading(lambda db: self._listed(db, "find_runs", values))

    async def _page(self, wanted: Wanted) -> Sequence[Row | RunSummary]:
        limit = None if wanted.limit is None else wanted.limit + 1
        values: dict[str, Any] = {
            **self._range(wanted.prefix),
            "since": wanted.since,
            "until": wanted.until,
            "states": json.dumps(sorted(wanted.last_states)) if wanted.last_states else None,
            "limit": self.no_limit if limit is None else limit,
        }
        statuses: list[RunStatus | None] = [*wanted.kept_statuses] or [None]

        def by_key(db: Transaction) -> list[Row]:
            if wanted.after is not None:
                values["behind"] = max(values["behind"], wanted.after[1])
            found: list[Row] = []
            for status in statuses:
                name = "list_by_key" if status is None else "list_by_status"
                of = values if status is None else {**values, "status": str(status)}
                found += self._listed(db, name, of)
            found.sort(key=lambda row: row.run_key)
            return found[:limit]

        def by_start(db: Transaction) -> list[Row]:
            newest = wanted.order == "newest"
            first = (float("inf"), "") if newest else (float("-inf"), "")
            values["statuses"] = None if statuses == [None] else json.dumps(statuses)
            values["after"], values["after_key"] = wanted.after or first
            return self._listed(db, "list_newest" if newest else "list_oldest", values)

        return await self._reading(by_key if wanted.order == "key" else by_start)

    no_limit: ClassVar[int | None]
    """What ``LIMIT`` takes for none."""

    def _range(self, prefix: RunKey) -> dict[str, Any]:
        behind, end = prefix_range(prefix)
        return {"behind": behind, "end": self.behind_all if end is None else end}

    def _listed(self, db: Transaction, name: str, values: Values) -> list[Row]:
        now = self._now(db)
        return [
            Row(decoded(key), head, None if claim[0] is None else _claim(claim), now, began)
            for key, head, began, *claim in db.execute(self._sql[name], values)
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
        values = self._range(wanted.prefix)
        name = "counts"
        if since is not None or until is not None:
            name = "counts_between"
            values |= {"since": wanted.since, "until": wanted.until}
        rows = await self._reading(lambda db: db.execute(self._sql[name], values).fetchall())
        counts = {RunStatus(status): count for status, count in rows}
        if counts.pop(RunStatus.RUNNING, 0):  # whether they run, their leases say
            either = (RunStatus.RUNNING, RunStatus.INTERRUPTED)
            runs = await self.list(prefix, either, since=since, until=until)
            counts.pop(RunStatus.INTERRUPTED, None)
            counts |= Counter(run.status for run in runs)
        return counts

    def _renew(self, leases: Sequence[Lease]) -> list[bool]:
        def work(db: Transaction) -> list[bool]:
            now = self._now(db)
            return [self._is_renewed(db, lease, now + lease.ttl_s) for lease in leases]

        return self._writing_blocking(work)

    def _is_renewed(self, db: Transaction, lease: Lease, expires_at: float) -> bool:
        values = {**_named(lease.run_key, lease.token), "expires_at": expires_at}
        return db.execute(self._sql["renew_lease"], values).rowcount > 0

    async def _release(self, key: RunKey, token: int) -> None:
        of = _named(key, token)
        await self._writing(lambda db: db.execute(self._sql["release_lease"], of))

    def _give_back(self, lease: Lease) -> None:
        of = _named(lease.run_key, lease.token)
        self._writing_blocking(lambda db: db.execute(self._sql["release_lease"], of))

    def _where(self, key: RunKey) -> str:
        return f"of {named(key)} in {self._location}"

    def _put(self, db: Transaction, delta: Delta, token: int | None, body: bytes | None) -> bool:
        if delta.full:
            run_id = self._replace(db, delta, token, body)
            if body is not None:
                return True
            self._put_rows(db, run_id, delta.fields, delta.steps)
        else:
            run_id = self._advance(db, delta, token)
            if run_id is None:
                return False
        for name in delta.rewritten:
            db.execute(self._sql["drop_added"], {"id": run_id, "name": name})
        for name, part in delta.added.items():
            db.execute(self._sql["put_added"], {"id": run_id, "name": name, "body": part})
        return True

    def _replace(self, db: Transaction, delta: Delta, token: int | None, body: bytes | None) -> int:
        of = {"key": encoded(delta.run_key)}
        with self._admitted(db, delta.run_key, token):
            self._put_earlier(db, delta, of)
            self._drop(db, of)
            values = {
                **of,
                "version": delta.version,
                "revision": delta.revision,
                "status": str(delta.status),
                "last_state": delta.last_state,
                "started_at": delta.started_at or self._now(db),
                "head": delta.head,
                "body": body,
            }
            return db.execute(self._sql["insert_run"], values).fetchone()[0]

    def _put_earlier(self, db: Transaction, delta: Delta, of: Values) -> None:
        """Keep the run that a delta replaces among the earlier ones of its key."""
        row = db.execute(self._sql["find_run"], of).fetchone()
        if row is None or not self._is_replaced(delta, row[3]):
            return
        run_id, version, _, head, body = row
        if body is not None:
            fields, steps = unpacked(body, self._where(delta.run_key))
        else:
            run = {"id": run_id}
            names = json.dumps(sorted(self.codec.history))
            fields = dict(db.execute(self._sql["some_fields"], {**run, "names": names}))
            steps = [step for _, step in db.execute(self._sql["steps"], run)]
            added = self._added(db, run)
            for name in fields.keys() & added.keys():
                fields[name] = self.codec.joined(name, [fields[name], *added[name]])
        fields = {name: value for name, value in fields.items() if name in self.codec.history}
        now = self._now(db)
        earlier = EarlierRun.of(version, head, fields, steps, now)
        values = {
            **of,
            "version": earlier.version,
            "ended_at": earlier.ended_at,
            "head": earlier.head,
            "body": earlier.body,
        }
        db.execute(self._sql["put_earlier"], values)
        history = self.history_kept
        kept = {**of, "begins_at": history.begins_at(now), "runs": history.runs}
        db.execute(self._sql["trim_earlier"], kept)

    def _advance(self, db: Transaction, delta: Delta, token: int | None) -> int | None:
        """Write the head, the fields and the steps of the next revision.

        Returns:
            The run's row id, or None if the revision is not the next.
        """
        key = delta.run_key
        found = self._advanced(db, delta, token)
        if found is None:
            with self._admitted(db, key, token):
                values = {"key": encoded(key), "revision": delta.revision, "head": delta.head}
                found = db.execute(self._sql["advance"], values).fetchone()
        if found is None:
            return None
        run_id, body = found
        if delta.new_status:
            place = {"status": str(delta.status), "last_state": delta.last_state}
            db.execute(self._sql["put_status"], {"id": run_id, **place})
        if body is not None:  # of a completed run that goes on
            fields, steps = unpacked(body, self._where(key))
            self._put_rows(db, run_id, fields, list(enumerate(steps)))
            db.execute(self._sql["unpacked"], {"id": run_id})
        self._put_rows(db, run_id, delta.fields, delta.steps)
        return run_id

    def _advanced(self, db: Transaction, delta: Delta, token: int | None) -> Any:
        """Write the head where a glance shows that nobody is shut out; its row id and body."""
        name = "advance_free" if token is None else "advance_held"
        values = {
            **_named(delta.run_key, token),
            "revision": delta.revision,
            "head": delta.head,
        }
        return db.execute(self._sql[name], values).fetchone()

    def _added(self, db: Transaction, of: Values) -> dict[str, list[bytes]]:
        """What saves added to the lists of a run."""
        added: dict[str, list[bytes]] = {}
        for name, part in db.execute(self._sql["added"], of):
            added.setdefault(name, []).append(part)
        return added

    def _now(self, db: Transaction) -> float:
        """The time by which leases end; see `BaseCheckpoint`."""
        if self._given_clock is not None:
            return self._given_clock()
        return db.execute(self._sql["clock"]).fetchone()[0]

    def _find_claim(self, db: Transaction, key: RunKey) -> Claim | None:
        row = db.execute(self._sql["find_lease"], {"key": encoded(key)}).fetchone()
        return None if row is None else _claim(row)


def _named(key: RunKey, token: int | None) -> dict[str, Any]:
    return {"key": encoded(key), "token": token}


def _body(delta: Delta) -> bytes:
    return packed(delta.fields, [step for _, step in delta.steps])


def _claim(row: Sequence[Any]) -> Claim | None:
    token, holder, expires_at = row
    try:
        return Claim(token, Holder.decode(holder), expires_at)
    except msgspec.MsgspecError as exc:
        # Nobody needs to be shut out: a holder is fenced off.
        logger.warning("lease %d does not read back (%s): nobody holds this run", token, exc)
        return None
