"""A memory in a SQLite file, with the journal in a second file beside it."""

from __future__ import annotations

import asyncio
import hashlib
import shlex
import shutil
import sqlite3
import tempfile
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import NoReturn, TypeVar

from retain.app.workspace import Workspace, delete_unused_in
from retain.checkpoints.history import History
from retain.checkpoints.sqlite import SQLiteCheckpoint
from retain.config import Settings, default_db
from retain.db.private import is_open_to_others, make_folder
from retain.db.sqlite import Database, explained
from retain.db.versions import TableVersion
from retain.engine.context import EngineContext
from retain.errors import DatabaseDamagedError, InputError, RetainError
from retain.memory.model import Check
from retain.memory.ports import Journal
from retain.memory.ports.store import Store
from retain.stores.sqlite import SQLiteStore
from retain.stores.sqlite.journal import SQLiteJournal, journal_path

C = TypeVar("C", bound=EngineContext)

MIN_FREE_BYTES = 100 * 1024 * 1024

_SCHEME = "sqlite:///"
_PREFIX = "retain-copy-"


def open_backend(url: str, settings: Settings) -> SQLiteBackend:
    """The database at ``sqlite:///PATH``; a fourth slash begins an absolute path.

    Raises:
        InputError: The URL names no file.
    """
    path = url.removeprefix(_SCHEME)
    if path in (url, "", ":memory:") or path.endswith("/"):
        raise InputError(f"the database URL {url!r} names no file: write sqlite:///PATH")
    if url == default_db():
        make_folder(Path(path).parent)
    database = Database(
        path, durability=settings.durability, busy_timeout_s=settings.busy_timeout_s
    )
    journal = SQLiteJournal(
        journal_path(database.path),
        durability=settings.durability,
        busy_timeout_s=settings.busy_timeout_s,
        asking=settings.asks,
    )
    return SQLiteBackend(database, journal)


class SQLiteBackend:
    """A database and its journal; see `Backend`.

    Args:
        database: The banks and the runs.
        journal: The journal.
    """

    def __init__(self, database: Database, journal: SQLiteJournal) -> None:
        self._database = database
        self.path: Path | None = database.path
        self.location = str(database.path)
        self.store: Store = SQLiteStore(database)
        self.journal: Journal = journal

    def checkpoint(self, context_type: type[C], history: History, /) -> SQLiteCheckpoint[C]:
        """The saved runs whose contexts are of a type; see `Backend`."""
        return SQLiteCheckpoint(self._database, context_type, history=history)

    def queue(self) -> NoReturn:
        """None: several machines cannot share a file; see `Backend`."""
        raise InputError(
            f"a fleet of workers needs Postgres, and {self._database.path} is a SQLite file: use "
            "postgresql://USER@HOST/NAME, or pgserver:///FOLDER to try it, as the database"
        )

    def limits(self) -> None:
        """None: a file has no fleet; see `Backend`."""

    @asynccontextmanager
    async def copy(self) -> AsyncGenerator[SQLiteBackend, None]:
        """A copy in the system's folder for temporary files; see `Backend`."""
        home = Path(tempfile.gettempdir())
        await asyncio.to_thread(delete_unused_in, home, _PREFIX)
        workspace = await asyncio.to_thread(Workspace, home, self._copies)
        path = workspace.path / "memory.db"
        try:
            await asyncio.to_thread(_copy, self._database.path, path)
            database = Database(path, durability="process")
            yield SQLiteBackend(database, SQLiteJournal(journal_path(path), durability="process"))
        finally:
            await asyncio.to_thread(workspace.close)

    async def delete_copies(self) -> Sequence[Path]:
        """Delete the copies of processes that were killed; see `Backend`."""
        home = Path(tempfile.gettempdir())
        return await asyncio.to_thread(delete_unused_in, home, self._copies)

    @property
    def _copies(self) -> str:
        """How the names of the copies of this database begin: others have nothing of it."""
        path = str(self._database.path.resolve())
        return f"{_PREFIX}{hashlib.sha256(path.encode()).hexdigest()[:8]}-"

    async def versions(self) -> Sequence[TableVersion]:
        """The versions of the tables; see `Backend`."""
        return await self._database.versions()

    async def migrate(self) -> None:
        """Bring the tables to the newest version; see `Backend`."""
        await self._database.read(lambda _: None)

    async def check(self) -> Sequence[Check]:
        """Check SQLite, both files and the disk; see `Backend`."""
        path = self._database.path
        try:
            checks = [
                _check_driver(),
                _check_database(path, await self._database.quick_check()),
                await _check_journal(journal_path(path)),
            ]
        except RetainError as exc:
            return [_check_driver(), Check("database", False, str(exc))]
        access = await asyncio.to_thread(_check_access, path, journal_path(path))
        return [*checks, access, await asyncio.to_thread(_check_disk, path.parent)]

    async def close(self) -> None:
        """Finish what was asked, then close both files."""
        await self.journal.close()
        await self._database.close()


def _copy(path: Path, to: Path) -> None:
    if not path.exists():
        return
    try:
        # A read-only connection would leave the files of the write-ahead log behind.
        source = sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True)
        with closing(source), closing(sqlite3.connect(to)) as target:
            source.backup(target)
    except sqlite3.Error as exc:
        raise explained(exc, path) from exc


def _check_driver() -> Check:
    try:
        with closing(sqlite3.connect(":memory:")) as connection:
            connection.execute("CREATE VIRTUAL TABLE probe USING fts5(text)")
    except sqlite3.Error as exc:
        detail = f"without FTS5 ({exc}): use a Python whose sqlite3 has it"
        return Check("sqlite", False, f"{sqlite3.sqlite_version} {detail}")
    return Check("sqlite", True, f"{sqlite3.sqlite_version} with FTS5")


def _check_database(path: Path, found: str) -> Check:
    if found == "ok":
        return Check("database", True, f"{path}: ok")
    problem = found.splitlines()[-1]
    return Check("database", False, f"{path}: damaged ({problem}): restore it from a backup")


async def _check_journal(path: Path) -> Check:
    if not await asyncio.to_thread(path.exists):
        return Check("journal", True, "none yet: no model was asked")
    journal = Database(path)
    try:
        found = await journal.quick_check()
    except DatabaseDamagedError as exc:
        found = str(exc.__cause__)
    finally:
        await journal.close()
    if found == "ok":
        return Check("journal", True, f"{path}: ok")
    advice = "the next model call sets the journal aside; its answers are paid for again"
    return Check("journal", False, f"{path}: damaged ({found.splitlines()[-1]}): {advice}")


def _check_access(*paths: Path) -> Check:
    """Whether other users of the machine can read what was retained."""
    public = [shlex.quote(str(path)) for path in paths if is_open_to_others(path)]
    if not public:
        return Check("access", True, "other users cannot read the database")
    detail = "other users of this machine can read the database: type"
    return Check("access", False, f"{detail} `chmod 600 {' '.join(public)}`")


def _check_disk(folder: Path) -> Check:
    free = shutil.disk_usage(folder).free
    detail = f"{free / 1e9:.1f} GB free at {folder}"
    if free >= MIN_FREE_BYTES:
        return Check("disk", True, detail)
    return Check("disk", False, f"{detail}: free some space")
