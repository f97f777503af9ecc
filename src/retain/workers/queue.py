"""The queue of sources: what is put in, how it stands, and what becomes of jobs that fail."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from retain.db import queries
from retain.db.pgconnections import Connection
from retain.db.pgtransaction import PostgresTransaction
from retain.db.postgres import DIALECT, PostgresDatabase
from retain.errors import InputError
from retain.keys import encoded
from retain.memory.model import DeadLetter, Priority, QueueCounts, QueueState

COMPONENT = "fleet"
"""The tables of the queue, among those of the database."""

SOURCE, PAGES = "retain.source", "retain.pages"
"""The tasks: to run a source, and to render the pages of a bank."""

STALLED_S = 12.0
"""After how many seconds without a heartbeat a worker is taken for dead."""

TRIES = 3
"""How often a source is tried before it is dead."""

DIED = "its worker died: see whether it needs more memory than the worker may have"
"""Why a try failed whose worker gave no sign of life any more."""

KEPT_S = 3600.0
"""How long jobs are kept that have ended, in seconds."""

WINDOW_S = 300
"""Over how many seconds the throughput is counted."""

RENDER_AFTER_S = 2.0
"""How often to look whether a bank's sources have ended, for which its pages wait, in seconds."""

RENDER_WITHIN_S = 600.0
"""How long a bank's pages wait at most, in seconds: each rendering may ask a model for leads."""

_FIRST: Mapping[Priority, int] = {"high": 2_000_000_000, "normal": 0, "low": -1_000_000_000}
_PLACES = 1_000_000_000
"""How many places each priority has."""


class JobQueue:
    """The queue in a Postgres database.

    Each source has at most one job that waits. A job's priority is a place in the line. The k-th
    job of a bank stands k places behind the job that is next, or behind the bank's last one, so
    that banks take turns whatever their number of jobs (start-time fair queueing, Goyal et al.
    1996).

    Args:
        database: The database.
        version: The schema version of runs that this release writes; it reads older ones too.
    """

    def __init__(self, database: PostgresDatabase, version: int) -> None:
        self.version = version
        self._opened = database
        self._sql = queries.load(COMPONENT, DIALECT)

    @property
    def database(self) -> PostgresDatabase:
        """The database, which makes the tables of the queue when it is next used."""
        self._opened.require(COMPONENT)
        return self._opened

    async def exists(self) -> bool:
        """Whether the database has a queue; none is made."""
        exists = self._sql["exists"]
        row = await self._opened.read(lambda db: PostgresTransaction(db).execute(exists).fetchone())
        return row == (True,)

    @property
    def served(self) -> list[str]:
        """The names of the queues whose runs this release can read."""
        return [queue_name(version) for version in range(1, self.version + 1)]

    async def put(
        self,
        bank_id: str,
        source_ids: Sequence[str],
        *,
        new: Collection[str] = (),
        priority: Priority = "normal",
        revive: bool = False,
    ) -> list[int]:
        """Add a job for each source that has none.

        Args:
            bank_id: The bank.
            source_ids: The sources, whose runs are kept.
            new: Those with a new text: a job that runs may be about the old one.
            priority: How soon they are to run.
            revive: Whether to go on with runs that are dead.

        Returns:
            The numbers of the jobs of all these sources.

        Raises:
            InputError: There is no such priority.
            DatabaseError: The database cannot be written.
        """
        if priority not in _FIRST:
            raise InputError(f"the priority {priority!r} is none: write low, normal or high")
        if not source_ids:
            return []
        first = _FIRST[priority]
        more = {"revive": True} if revive else {}
        args = {
            lock_of(bank_id, one): json.dumps({"bank_id": bank_id, "source_id": one, **more})
            for one in source_ids
        }

        def work(connection: Connection) -> list[int]:
            db = PostgresTransaction(connection)
            fresh = [lock_of(bank_id, one) for one in new]
            ids = dict(db.execute(self._sql["waiting"], {"locks": [*args], "new": fresh}))
            missing = {lock: given for lock, given in args.items() if lock not in ids}
            if not missing:
                return [*ids.values()]
            band = {"first": first, "end": first - _PLACES + 1}
            db.execute(self._sql["drop_dead"], {"locks": [*missing]})
            row = db.execute(self._sql["place"], {**band, "bank_id": bank_id}).fetchone()
            values = {
                **band,
                "place": row[0],
                "queue": queue_name(self.version),
                "task": SOURCE,
                "locks": [*missing],
                "args": [*missing.values()],
            }
            return [*ids.values(), *(id_ for (id_,) in db.execute(self._sql["put"], values))]

        # So that two submissions neither share places nor put down one source twice.
        return await self.database.write(work, lock=f"queue of {bank_id}")

    async def put_pages(self, bank_id: str, model: Mapping[str, Any] | None) -> None:
        """Have the pages of a bank rendered soon, once for all sources that end until then.

        Args:
            bank_id: The bank.
            model: The model that writes first paragraphs, as plain values; None: rules.
        """
        values = {
            "queue": queue_name(self.version),
            "task": PAGES,
            "place": _FIRST["normal"],
            "lock": lock_of(bank_id),
            "args": json.dumps({"bank_id": bank_id, "model": model}),
            "after_s": RENDER_AFTER_S,
        }
        await self._write("put_pages", values)

    async def is_busy(self, bank_id: str, job_id: int) -> bool:
        """Whether the job that renders a bank had better wait for sources of the bank."""
        values = {"bank_id": bank_id, "job_id": job_id, "task": SOURCE}
        ((busy,),) = await self._read("is_busy", {**values, "longest_s": RENDER_WITHIN_S})
        return busy

    async def fail(self, job_id: int, reason: str) -> int:
        """Count a failure of a job; how often it was tried."""
        ((tries,),) = await self._write("fail", {"job_id": job_id, "reason": reason})
        return tries

    async def sweep(self, worker_id: int | None, running: Collection[int]) -> None:
        """Have the jobs of dead workers wait again; a source that too many died of is dead.

        Args:
            worker_id: The worker that asks.
            running: The jobs that it runs.
        """
        asked = {"stalled_s": STALLED_S, "task": SOURCE}
        values = {**asked, "worker_id": worker_id, "running": [*running]}

        def work(connection: Connection) -> None:
            db = PostgresTransaction(connection)
            db.execute(self._sql["drop_stalled"], {"stalled_s": STALLED_S})
            for job_id, died in db.execute(self._sql["stalled"], values).fetchall():
                tries = 0
                if died:
                    given = {"job_id": job_id, "reason": DIED}
                    ((tries,),) = db.execute(self._sql["fail"], given).fetchall()
                db.execute(
                    self._sql["give_up" if tries >= TRIES else "again_now"], {"job_id": job_id}
                )

        await self.database.write(work)

    async def purge(self) -> None:
        """Delete jobs that ended a while ago."""
        await self.database.write(
            lambda db: PostgresTransaction(db).execute(self._sql["purge"], {"older_s": KEPT_S})
        )

    async def state(self, bank_id: str | None = None) -> QueueState:
        """How the queue stands.

        Args:
            bank_id: Only jobs of this bank; None: of all.
        """
        asked = {"bank_id": bank_id, "task": SOURCE, "stalled_s": STALLED_S}

        def work(connection: Connection) -> QueueState:
            db = PostgresTransaction(connection)
            counts: dict[str, dict[str, int]] = {}
            total: dict[str, int] = {}
            for bank, state, number in db.execute(self._sql["counts"], asked):
                counts.setdefault(bank, {})[state] = number
                total[state] = total.get(state, 0) + number
            row = db.execute(self._sql["activity"], {**asked, "window_s": WINDOW_S}).fetchone()
            workers, ended, oldest = row or (0, 0, None)
            return QueueState(
                QueueCounts(**total),
                {bank: QueueCounts(**of_bank) for bank, of_bank in counts.items()},
                workers,
                ended * 60 / WINDOW_S,
                oldest,
            )

        return await self.database.read(work)

    async def dead(self, bank_id: str | None = None) -> list[DeadLetter]:
        """The sources that are tried no more, oldest first."""
        rows = await self._read("dead", {"bank_id": bank_id, "task": SOURCE})
        return [
            DeadLetter(bank, source, reason or "", tries or 0, at)
            for _, bank, source, tries, reason, at in rows
        ]

    async def cancel(self, bank_id: str, source_ids: Sequence[str] | None = None) -> int:
        """Take sources out of the queue that no worker has begun; how many.

        Args:
            bank_id: The bank.
            source_ids: Only these; None: all of the bank.
        """
        return len(await self._write("cancel", self._of(bank_id, source_ids)))

    async def abort(self, bank_id: str, source_ids: Sequence[str] | None = None) -> int:
        """Ask the workers to stop the runs of sources; how many run.

        Args:
            bank_id: The bank.
            source_ids: Only these; None: all of the bank.
        """
        return len(await self._write("abort", self._of(bank_id, source_ids)))

    async def discard(self, bank_id: str, source_ids: Sequence[str] | None = None) -> None:
        """Delete every job of sources but those that run.

        Args:
            bank_id: The bank.
            source_ids: Only these; None: all of the bank, and those of its pages.
        """
        await self._write("discard", self._of(bank_id, source_ids))

    @staticmethod
    def _of(bank_id: str, source_ids: Sequence[str] | None) -> dict[str, Any]:
        locks = None if source_ids is None else [lock_of(bank_id, one) for one in source_ids]
        return {"bank_id": bank_id, "locks": locks, "task": SOURCE}

    async def left(self, jobs: Sequence[int]) -> int:
        """How many of these jobs have not ended."""
        ((number,),) = await self._read("left", {"ids": [*jobs]})
        return number

    async def is_pending(self) -> bool:
        """Whether any job waits or runs."""
        ((pending,),) = await self._read("pending", {})
        return pending

    async def _read(self, statement: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
        text = self._sql[statement]
        return await self.database.read(
            lambda db: PostgresTransaction(db).execute(text, values).fetchall()
        )

    async def _write(self, statement: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
        text = self._sql[statement]

        def work(connection: Connection) -> list[tuple[Any, ...]]:
            cursor = connection.cursor(binary=True)
            cursor.execute(text.encode(), values)
            return cursor.fetchall() if cursor.description else []

        return await self.database.write(work)


def queue_name(version: int) -> str:
    """The queue of runs of a schema version: a worker takes jobs of those only that it can read."""
    return f"retain-{version}"


def lock_of(*key: str) -> str:
    """What two jobs of one source share, or those of a bank's pages; ids may be of any length."""
    return hashlib.sha256(encoded(key).encode("utf-8", "surrogatepass")).hexdigest()
