"""A memory in a Postgres database; the journal is in the same schema."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import unquote, urlsplit

from retain.checkpoints.history import History
from retain.checkpoints.postgres import PostgresCheckpoint
from retain.config import Settings
from retain.db import queries
from retain.db.pgserver import LocalServer
from retain.db.pgurl import Address
from retain.db.postgres import DIALECT, PostgresDatabase
from retain.db.versions import TableVersion
from retain.engine.context import EngineContext
from retain.errors import InputError, MissingExtraError, RetainError, install_command
from retain.memory.context import RetainContext
from retain.memory.model import Check
from retain.memory.ports import Journal
from retain.memory.ports.store import Store
from retain.stores.postgres import PostgresStore
from retain.stores.postgres.journal import PostgresJournal

if TYPE_CHECKING:
    from retain.workers.limits import FleetLimits
    from retain.workers.queue import JobQueue

C = TypeVar("C", bound=EngineContext)

OLDEST = 13
"""The oldest version of Postgres that tells whether a transaction was committed."""

LEASE_S = 15.0
"""Seconds that a lease lasts without a heartbeat: runs of a machine that is gone wait for that."""

LOCAL = "pgserver"
_PREFIX = "retain_copy_"


def open_backend(url: str, settings: Settings) -> PostgresBackend:
    """The database at ``postgresql://…``, or of the server from pip at ``pgserver:///FOLDER``.

    Raises:
        InputError: The URL cannot be read.
    """
    server: LocalServer | None = None
    address = Address.parsed(url, settings.db_schema)
    if url.startswith(f"{LOCAL}:"):
        path = unquote(urlsplit(url).path)
        if urlsplit(url).netloc or path in ("", "/"):
            raise InputError(f"the database URL {url!r} names no folder: write pgserver:///FOLDER")
        server = LocalServer(Path(path))
        kept = {name: address.parameters[name] for name in ("connect_timeout", "client_encoding")}
        address = replace(address, parameters=kept, shown=f"{LOCAL}://{path}")
    database = PostgresDatabase(
        address,
        durability=settings.durability,
        busy_timeout_s=settings.busy_timeout_s,
        server=server,
    )
    return PostgresBackend(database)


class PostgresBackend:
    """A database with its journal; see `Backend`.

    Args:
        database: The banks, the runs and the journal.
    """

    def __init__(self, database: PostgresDatabase) -> None:
        self._database = database
        self.path: Path | None = None
        self.location = database.location
        self.store: Store = PostgresStore(database)
        self.journal: Journal = PostgresJournal(database)

    def checkpoint(self, context_type: type[C], history: History, /) -> PostgresCheckpoint[C]:
        """The saved runs whose contexts are of a type; see `Backend`."""
        return PostgresCheckpoint(
            self._database, context_type, lease_ttl_s=LEASE_S, history=history
        )

    def queue(self) -> JobQueue:
        """The queue of sources; see `Backend`."""
        if not _has_extra():
            raise MissingExtraError(
                "a fleet of workers needs a queue that is not installed: "
                f"{install_command('fleet')}"
            )
        from retain.workers.queue import JobQueue

        return JobQueue(self._database, RetainContext.schema_version)

    def limits(self) -> FleetLimits | None:
        """Limits of model calls; see `Backend`."""
        if not _has_extra():
            return None
        from retain.workers.limits import FleetLimits

        return FleetLimits(self._database)

    @asynccontextmanager
    async def copy(self) -> AsyncGenerator[PostgresBackend, None]:
        """A copy in a schema of its own, in the same database; see `Backend`.

        A copy elsewhere would need a second server, or rules for what SQLite keeps otherwise.
        """
        await self.delete_copies()
        name = f"{self._copies}{secrets.token_hex(6)}"
        database = self._database.in_schema(name)
        database.require("checkpoint")
        used = await self._database.use_schema(name)
        try:
            backend = PostgresBackend(database)
            await self._database.migrate()
            await database.migrate()
            journal = queries.tables("journal", DIALECT)
            await database.fill(self._database.address.schema, leaving_out=journal)
            yield backend
        finally:
            await database.close()
            await self._database.drop_schema(name)
            await asyncio.to_thread(used.close)

    async def delete_copies(self) -> Sequence[Path]:
        """Drop the copies of processes that were killed; see `Backend`."""
        left = await self._database.drop_unused_schemas(self._copies)
        return [Path(name) for name in left]

    @property
    def _copies(self) -> str:
        """How the names of the copies of this schema begin."""
        schema = self._database.address.schema
        return f"{_PREFIX}{hashlib.sha256(schema.encode()).hexdigest()[:8]}_"

    async def versions(self) -> Sequence[TableVersion]:
        """The versions of the tables; see `Backend`."""
        self._require_all()
        return await self._database.versions()

    def _require_all(self) -> None:
        """Have the tables of the queue too, which others than fleets can do without."""
        with suppress(MissingExtraError):
            assert self.queue().database  # noqa: S101 - requires them

    async def migrate(self) -> None:
        """Bring the tables to the newest version; see `Backend`."""
        self._require_all()
        await self._database.migrate()

    async def check(self) -> Sequence[Check]:
        """Check the server, the tables and the rights on them; see `Backend`."""
        try:
            number, text = await self._database.server_version()
        except RetainError as exc:
            return [Check("database", False, str(exc))]
        old = number // 10_000 < OLDEST
        advice = f": upgrade the server to {OLDEST} or later" if old else ""
        server = Check("postgres", not old, f"{text}{advice}")
        try:
            versions = await self._database.versions()
            behind = [one.component for one in versions if one.version < one.newest]
            await self._database.read(lambda _: None)
        except RetainError as exc:
            return [server, Check("database", False, str(exc))]
        made = f" (made or migrated just now: {', '.join(behind)})" if behind else ""
        schema = self._database.address.schema
        return [server, Check("database", True, f"{self.location}, schema {schema}: ok{made}")]

    async def close(self) -> None:
        """Finish what was asked, then close the connections."""
        await self._database.close()


def _has_extra() -> bool:
    """Whether the extra ``fleet`` is installed."""
    return find_spec("procrastinate") is not None
