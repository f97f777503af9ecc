"""A Postgres database: connections that are opened on first use, transactions, migrations."""

from __future__ import annotations

import asyncio
import hashlib
import random
import threading
import time
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from typing import Any, TypeVar

import psycopg
from psycopg import sql

from retain.db import pgschemas, queries
from retain.db.options import BUSY_TIMEOUT_S, Durability
from retain.db.pgconnections import Connection, Connections
from retain.db.pgerrors import explained, is_gone, is_repeatable
from retain.db.pgserver import LocalServer
from retain.db.pgurl import Address
from retain.db.versions import TableVersion
from retain.errors import DatabaseBusyError, DatabaseError
from retain.forks import watch_forks

T = TypeVar("T")

DIALECT = "postgres"

_PAUSE_S = 0.02
_LONGEST_PAUSE_S = 1.0

_PLANS = ("jit", "enable_seqscan", "enable_hashjoin", "enable_mergejoin")
"""What is switched off: each statement is to find its rows through an index, in a database of any
size. A plan that is right for small tables would be kept while they grow."""


class PostgresDatabase:
    """The tables of Retain in one schema of a Postgres database, opened on first use.

    Work runs in threads, each on a connection of its own. It may run twice: a transaction that
    deadlocks, or whose connection is lost, is repeated. So it changes nothing but the database.
    A server that was reached before is waited for while it restarts.

    Nothing is set for a whole session, so connections may go through PgBouncer in transaction
    mode; statements are not prepared then (``?prepare=off`` in the URL).

    Args:
        address: Where the database is; see `Address.parsed`.
        durability: ``power``, or ``process`` (``synchronous_commit=off``).
        busy_timeout_s: Seconds to wait for another transaction's lock or a server that is away.
        server: The server to start first, where it is one of our own.
    """

    def __init__(
        self,
        address: Address,
        *,
        durability: Durability = "power",
        busy_timeout_s: float = BUSY_TIMEOUT_S,
        server: LocalServer | None = None,
    ) -> None:
        self._server = server
        self.address = address
        self.location = address.shown
        self.durability = durability
        self.busy_timeout_s = busy_timeout_s
        self._components: list[str] = []
        self._migrated: set[str] = set()
        self._migrating = threading.Lock()
        self._starting = threading.Lock()
        self._readers: ThreadPoolExecutor | None = None
        self._writers: ThreadPoolExecutor | None = None
        self._connections = Connections(address, server)
        self._closed = False
        watch_forks(self)

    def in_schema(self, schema: str) -> PostgresDatabase:
        """Another schema of the same database, for what need not survive the server.

        The server has to run.
        """
        return PostgresDatabase(
            replace(self.address, parameters=self.parameters(), schema=schema),
            durability="process",
            busy_timeout_s=self.busy_timeout_s,
        )

    def parameters(self) -> dict[str, Any]:
        """What a driver connects with, the password included; never to be shown."""
        local = {} if self._server is None else self._server.started()
        return {**self.address.parameters, **local}

    def require(self, component: str) -> None:
        """Have the tables of ``sql/postgres/COMPONENT`` made or migrated before the first use."""
        if component not in self._components:
            self._components.append(component)

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Run `work` on a snapshot of the database, in a thread.

        Raises:
            DatabaseBusyError: The server is away, or too busy, for too long.
            DatabaseError: The database cannot be read.
        """
        readers, _ = self._threads()
        return await asyncio.get_running_loop().run_in_executor(readers, self.read_blocking, work)

    async def write(self, work: Callable[[Connection], T], *, lock: str | None = None) -> T:
        """Run `work` in a transaction, in a thread; when this returns, it is committed.

        Args:
            work: What to do.
            lock: Transactions that name the same lock run one after the other.

        Raises:
            DatabaseBusyError: The server is away or a lock is held for too long.
            DatabaseError: The database cannot be written; nothing of `work` was kept.
        """
        _, writers = self._threads()
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(writers, lambda: self.write_blocking(work, lock=lock))

    def read_blocking(self, work: Callable[[Connection], T]) -> T:
        """What `read` does, in the caller's thread."""
        self._make_tables()
        return self._transact(self._begin_read(), work)

    def write_blocking(self, work: Callable[[Connection], T], *, lock: str | None = None) -> T:
        """What `write` does, in the caller's thread."""
        self._make_tables()
        return self._transact(self._begin_write(lock), work)

    async def versions(self) -> list[TableVersion]:
        """The versions of the required tables; nothing is migrated."""
        begin = self._begin_read()
        return await asyncio.to_thread(self._transact, begin, self._versions)

    async def migrate(self) -> None:
        """Bring the required tables to the newest version, as the first use does.

        Raises:
            DatabaseError: A newer release made them, or the role may not make tables.
        """
        await asyncio.to_thread(self._make_tables)

    async def vacuum(self) -> None:
        """Have the server reuse the room of deleted rows of the required tables.

        Raises:
            DatabaseError: The server cannot be reached, or the role does not own the tables.
        """
        await asyncio.to_thread(self._vacuum)

    def _vacuum(self) -> None:
        tables = "SELECT tablename FROM pg_tables WHERE schemaname = %s ORDER BY tablename"
        connection = self._connections.take()
        try:
            schema = self.address.schema
            names = [
                sql.Identifier(schema, name) for (name,) in connection.execute(tables, (schema,))
            ]
            # Outside of a transaction; a table that others lock is left to autovacuum.
            connection.execute(
                sql.SQL("VACUUM (SKIP_LOCKED, TRUNCATE FALSE) {}").format(sql.SQL(", ").join(names))
            )
        except psycopg.Error as exc:
            raise explained(exc, self.address) from exc
        finally:
            self._connections.give_back(connection)

    async def server_version(self) -> tuple[int, str]:
        """The server's version as a number, such as 180004, and as people write it."""

        def version(db: Connection) -> tuple[int, str]:
            return db.info.server_version, db.info.parameter_status("server_version") or ""

        return await asyncio.to_thread(self._transact, self._begin_read(), version)

    async def fill(self, schema: str, leaving_out: Collection[str]) -> None:
        """Copy all rows of another schema's tables into those of this one, which are empty.

        Args:
            schema: The other schema.
            leaving_out: Tables whose rows are left out.
        """
        mine = self.address.schema
        await self.write(lambda db: pgschemas.fill(db, schema, mine, leaving_out))

    async def use_schema(self, name: str) -> Connection:
        """Have a schema known as used, until the connection is closed or its process dies."""
        return await asyncio.to_thread(self._use_schema, name)

    def _use_schema(self, name: str) -> Connection:
        try:
            connection = self._connections.open()
            # Not a lock of the session: PgBouncer gives a server's session to others.
            lock = f"BEGIN; SELECT pg_advisory_xact_lock({self._lock_number(name)})"
            connection.execute(lock.encode(), prepare=False)
        except psycopg.Error as exc:
            raise explained(exc, self.address) from exc
        return connection

    async def drop_schema(self, name: str) -> None:
        """Drop a schema of a copy with all that is in it."""
        await self.write(lambda db: pgschemas.drop(db, name))

    async def drop_unused_schemas(self, prefix: str) -> Sequence[str]:
        """Drop the schemas whose names begin so and that nobody uses; those that are left."""

        def drop(db: Connection) -> list[str]:
            left: list[str] = []
            for name in pgschemas.named(db, prefix):
                free = f"SELECT pg_try_advisory_xact_lock({self._lock_number(name)})"
                if db.execute(free.encode()).fetchone() == (True,):
                    pgschemas.drop(db, name)
                else:
                    left.append(name)
            return left

        return await self.write(drop)

    async def close(self) -> None:
        """Finish what was asked, then close the connections."""
        await asyncio.to_thread(self.end)

    def end(self) -> None:
        """What `close` does, in the caller's thread: it blocks."""
        with self._starting:
            self._closed = True
        self._rest()
        self._connections.end()
        if self._server is not None:
            self._server.stop()

    def before_fork(self) -> None:
        """Finish what was asked for and close the connections: a child must not share them."""
        self._starting.acquire()
        self._rest()

    def after_fork(self, *, in_child: bool) -> None:
        """Connect again with the next call."""
        if in_child:
            self._migrating = threading.Lock()
        self._starting.release()

    def _rest(self) -> None:
        for threads in (self._readers, self._writers):
            if threads is not None:
                threads.shutdown()
        self._readers = self._writers = None
        self._connections.close()

    def _threads(self) -> tuple[ThreadPoolExecutor, ThreadPoolExecutor]:
        with self._starting:
            self._check_open()
            if self._readers is None or self._writers is None:
                size = self.address.pool_size
                self._readers = ThreadPoolExecutor(size, thread_name_prefix="retain-reader")
                self._writers = ThreadPoolExecutor(size, thread_name_prefix="retain-writer")
            return self._readers, self._writers

    def _check_open(self) -> None:
        if self._closed:
            raise DatabaseError(f"{self.location}: the database is closed")

    def _begin_read(self) -> str:
        return f"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; {self._settings}"

    def _begin_write(self, lock: str | None) -> str:
        settings = f"{self._settings}; SET LOCAL lock_timeout = {round(self.busy_timeout_s * 1000)}"
        if self.durability == "process":
            settings += "; SET LOCAL synchronous_commit = off"
        if lock is not None:
            settings += f"; SELECT pg_advisory_xact_lock({self._lock_number(lock)})"
        begin = f"BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; {settings}"
        return f"{begin}; SELECT pg_current_xact_id()::text"

    @property
    def _settings(self) -> str:
        """What each transaction sets for itself; temporary objects of others come last."""
        schema = sql.Identifier(self.address.schema).as_string()
        return "; ".join([f"SET LOCAL search_path TO {schema}, pg_temp", *map(_off, _PLANS)])

    def _lock_number(self, lock: str) -> int:
        name = f"retain\0{self.address.schema}\0{lock}"
        digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).digest()
        return int.from_bytes(digest[:8], "big", signed=True)

    def _transact(self, begin: str, work: Callable[[Connection], T]) -> T:
        """Run `work` in a transaction, again where it deadlocks or the connection is lost."""
        deadline = time.monotonic() + self.busy_timeout_s
        pause = _PAUSE_S
        while True:
            try:
                return self._attempt(begin, work)
            except psycopg.Error as exc:
                repeatable = is_repeatable(exc) or (self._connections.reached and is_gone(exc))
                if not repeatable or time.monotonic() + pause > deadline:
                    raise explained(exc, self.address) from exc
            time.sleep(pause * (0.5 + random.random() / 2))  # noqa: S311 - spreads retries
            pause = min(2 * pause, _LONGEST_PAUSE_S)

    def _attempt(self, begin: str, work: Callable[[Connection], T]) -> T:
        self._check_open()
        connection = self._connections.take()
        try:
            if self._connections.has_old_plans(connection):
                # On its own: behind it, a transaction could not choose its isolation level.
                connection.execute("DISCARD PLANS", prepare=False)
            number = _last_value(connection.execute(begin.encode(), prepare=False))
            result = work(connection)
            try:
                connection.execute("COMMIT", prepare=False)
            except psycopg.Error as exc:
                if number is None or not is_gone(exc) or not self._is_committed(number):
                    raise
            return result
        except psycopg.OperationalError as exc:
            if is_gone(exc):
                connection.close()
            raise
        finally:
            self._connections.give_back(connection)

    def _is_committed(self, number: str) -> bool:
        """Whether a transaction was committed whose answer was lost with the connection.

        Raises:
            DatabaseBusyError: Nobody answers.
        """
        deadline = time.monotonic() + self.busy_timeout_s
        while True:
            with suppress(psycopg.OperationalError):
                connection = self._connections.take()
                try:
                    row = connection.execute("SELECT pg_xact_status(%s::xid8)", (number,))
                    if (status := row.fetchone()) != ("in progress",):
                        return status == ("committed",)
                finally:
                    self._connections.give_back(connection)
            if time.monotonic() > deadline:
                raise DatabaseBusyError(
                    f"{self.location}: the connection was lost while a change was written, and "
                    "the server does not answer: see that it runs, then resume"
                )
            time.sleep(_PAUSE_S * 5)

    def _make_tables(self) -> None:
        """Bring every required component's tables to the newest version, once in a process."""
        if self._migrated.issuperset(self._components):
            return
        with self._migrating:
            wanted = list(self._components)
            versions = self._transact(self._begin_read(), self._versions)
            if any(table.version < table.newest for table in versions):
                self._transact(self._begin_write("migrations"), self._migrate)
            self._migrated.update(wanted)

    def _migrate(self, connection: Connection) -> None:
        """Make the newest tables, in one transaction: a process that is killed leaves the old."""
        schema = self.address.schema
        there = "SELECT 1 FROM pg_namespace WHERE nspname = %s"
        if connection.execute(there, (schema,)).fetchone() is None:
            # A role that may not make schemas can use one that was made for it.
            connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(schema)))
        connection.execute(
            "CREATE TABLE IF NOT EXISTS retain_schema"
            " (component text PRIMARY KEY, version bigint NOT NULL)"
        )
        for table in self._versions(connection):
            for script in queries.migrations(table.component, DIALECT)[table.version :]:
                connection.execute(script.encode(), prepare=False)
            connection.execute(
                "INSERT INTO retain_schema VALUES (%s, %s)"
                " ON CONFLICT (component) DO UPDATE SET version = excluded.version",
                (table.component, table.newest),
            )

    def _versions(self, connection: Connection) -> list[TableVersion]:
        """The version of each required component's tables.

        Raises:
            DatabaseError: A newer release made them.
        """
        kept: dict[str, int] = {}
        exists = connection.execute("SELECT to_regclass('retain_schema')").fetchone()
        if exists != (None,):
            rows = connection.execute("SELECT component, version FROM retain_schema")
            kept = dict(rows.fetchall())
        found = [
            TableVersion(name, kept.get(name, 0), len(queries.migrations(name, DIALECT)))
            for name in self._components
        ]
        for table in found:
            if table.version > table.newest:
                raise DatabaseError(
                    f"{self.location}: its {table.component} tables have version {table.version}, "
                    f"this release knows {table.newest}: upgrade retain"
                )
        return found


def _off(setting: str) -> str:
    return f"SET LOCAL {setting} = off"


def _last_value(cursor: psycopg.Cursor[tuple[Any, ...]]) -> str | None:
    """What the last of several statements returned, if it returned anything."""
    while cursor.nextset():
        pass
    row = cursor.fetchone() if cursor.description else None
    return None if row is None else row[0]
