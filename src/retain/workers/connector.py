"""procrastinate's connector, over the connections and transactions of Retain's own database."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, TypeVar

import psycopg
from procrastinate.connector import BaseAsyncConnector, Notify
from procrastinate.sql import queries as library
from psycopg import errors
from psycopg.rows import dict_row
from psycopg.sql import SQL, Identifier
from psycopg.types.bool import BoolDumper
from psycopg.types.numeric import IntDumper
from psycopg.types.string import StrDumperUnknown

from retain.db import queries
from retain.db.pgconnections import Connection
from retain.db.postgres import DIALECT, PostgresDatabase
from retain.errors import DatabaseBusyError, DatabaseError

logger = logging.getLogger("retain.workers")

T = TypeVar("T")

PAUSE_S = 1.0
"""How long to wait before a server is asked again that is away, in seconds."""

_LISTEN_S = 5.0
"""How often to see that the connection that listens still stands, in seconds."""


class Connector(BaseAsyncConnector):
    """Runs procrastinate's statements in transactions of a `PostgresDatabase`.

    So its tables are found in the schema of Retain, behind PgBouncer too, and a transaction whose
    connection is lost is run again, but not one that was committed. A server that is away is waited
    for: no worker ends for it.

    Args:
        database: The database.
        bank_ids: Only jobs of these banks are fetched; None: of all.
    """

    def __init__(self, database: PostgresDatabase, bank_ids: Sequence[str] | None = None) -> None:
        self._database = database
        self._bank_ids = bank_ids
        self._sql = queries.load("fleet", DIALECT)

    async def open_async(self, pool: Any = None) -> None:
        """Nothing: the database is opened when it is first used."""

    async def close_async(self) -> None:
        """Nothing: the database is its owner's to close."""

    async def execute_query_async(self, query: str, **arguments: Any) -> None:
        """Run a statement of procrastinate."""
        with suppress(_NoLongerOursError):
            if query == library["retry_job"]:
                await self._retry(**arguments)
            else:
                await self._rows(query, arguments)

    async def execute_query_one_async(self, query: str, **arguments: Any) -> dict[str, Any]:
        """Run a statement of procrastinate that gives one row."""
        if query == library["fetch_job"] and self._bank_ids is not None:
            query = self._sql["fetch_of_banks"]
            rows = await self._rows(query, {**arguments, "bank_ids": [*self._bank_ids]})
            return rows[0] if rows else {"id": None}
        return (await self._rows(query, arguments))[0]

    async def execute_query_all_async(self, query: str, **arguments: Any) -> list[dict[str, Any]]:
        """Run a statement of procrastinate that gives rows."""
        return await self._rows(query, arguments)

    async def _retry(
        self,
        job_id: int,
        retry_at: datetime,
        new_priority: int | None,
        new_queue_name: str | None,
        new_lock: str | None,
    ) -> None:
        """Have a job wait again, until a time by the server's clock.

        The source may have been submitted again meanwhile: of two jobs that wait, one is enough.
        """
        values = {
            "job_id": job_id,
            "after_s": max(0.0, (retry_at - datetime.now(UTC)).total_seconds()),
            "priority": new_priority,
            "queue": new_queue_name,
            "lock": new_lock,
        }
        try:
            await self._rows(self._sql["retry"], values)
        except DatabaseError as exc:
            if not isinstance(exc.__cause__, errors.UniqueViolation):
                raise
            await self._rows(self._sql["drop"], {"job_id": job_id})

    async def _rows(self, query: str, values: dict[str, Any]) -> list[dict[str, Any]]:
        def work(db: Connection) -> list[dict[str, Any]]:
            cursor = db.cursor(row_factory=dict_row)
            # As procrastinate expects: its functions take enums and booleans.
            for kind, dumper in ((str, StrDumperUnknown), (bool, BoolDumper), (int, IntDumper)):
                cursor.adapters.register_dumper(kind, dumper)
            # A server that crashes may forget the last of these: the job is then taken or ended
            # once more, and its run, which is kept durably, does nothing twice.
            cursor.execute(b"SET LOCAL synchronous_commit = off")
            cursor.execute(query.encode(), values)
            return cursor.fetchall() if cursor.description else []

        return await patiently(lambda: self._database.write(work), self._database.location)

    async def listen_notify(self, on_notification: Notify, channels: Iterable[str]) -> None:
        """Call `on_notification` for what the server tells about the queue, until cancelled.

        Behind PgBouncer in transaction mode nobody is told: a worker asks once a second anyway.
        """
        while True:
            with suppress(psycopg.Error, DatabaseError, OSError):
                await self._listen(on_notification, channels)
            await asyncio.sleep(PAUSE_S)

    async def _listen(self, on_notification: Notify, channels: Iterable[str]) -> None:
        parameters = await asyncio.to_thread(self._database.parameters)
        connection = await psycopg.AsyncConnection.connect(**parameters, autocommit=True)
        async with connection:
            for channel in channels:
                listen = SQL("LISTEN {}").format(Identifier(channel))
                await connection.execute(listen, prepare=False)
            while True:
                async for told in connection.notifies(timeout=_LISTEN_S):
                    await on_notification(channel=told.channel, payload=told.payload)
                await connection.execute("SELECT 1", prepare=False)


async def patiently(ask: Callable[[], Awaitable[T]], location: str) -> T:
    """Ask until the server answers.

    Raises:
        _NoLongerOursError: Another worker has ended the job, or retries it.
        DatabaseError: The server refuses.
    """
    waited = False
    while True:
        try:
            result = await ask()
        except DatabaseBusyError as exc:
            if not waited:
                logger.warning("%s: waiting for the server", exc)
            waited = True
        except DatabaseError as exc:
            if isinstance(exc.__cause__, errors.RaiseException):
                logger.info("%s", exc)
                raise _NoLongerOursError from exc
            raise
        else:
            if waited:
                logger.warning("%s: the server answers again", location)
            return result
        await asyncio.sleep(PAUSE_S)


class _NoLongerOursError(Exception):
    """A job is not this worker's any more: it was taken for dead, as after a long pause."""
