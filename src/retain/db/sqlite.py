"""A SQLite database with one writer thread that commits in groups, and readers beside it."""

from __future__ import annotations

import asyncio
import itertools
import re
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future as ThreadFuture
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, Generic, TypeVar

import msgspec

from retain.db import queries
from retain.db.erasure import POLL_S, Eraser, count, open_files, prepare
from retain.db.options import BUSY_TIMEOUT_S, Durability
from retain.db.private import make_file
from retain.db.versions import TableVersion
from retain.errors import (
    DatabaseBusyError,
    DatabaseDamagedError,
    DatabaseError,
    RetainError,
)
from retain.forks import watch_forks
from retain.upgrade import Upgrade

T = TypeVar("T")

LOG_BYTES = 4 << 20
"""The write-ahead log is emptied into the file once it is so long."""

TICK_INSTRUCTIONS = 100_000
"""How often a migration looks whether to log its progress; SQLite runs so many in some ms."""

_HEX_ID = re.compile("[0-9a-f]{16}")

_STATEMENT_REFUSED = re.compile(
    "no such (?:table|column|index)|table .* has no column|near |unrecognized token|malformed"
)

LOCK_POLL_S = 0.001
"""How often a writer looks whether another process's transaction has ended."""

FREED_AT_ONCE = 64
"""How many free pages one transaction gives back to the system, at up to 60 us each; forgetting a
note frees fewer."""


@dataclass(slots=True)
class _Job(Generic[T]):
    work: Callable[[sqlite3.Connection], T]
    loop: asyncio.AbstractEventLoop | None  # None: a thread waits
    future: asyncio.Future[T] | ThreadFuture[T]


@dataclass(slots=True)
class _Answer:
    future: asyncio.Future[Any] | ThreadFuture[Any]
    value: Any = None
    error: BaseException | None = None

    def give(self) -> None:
        if self.future.done():
            return
        if self.error is not None:
            self.future.set_exception(self.error)
        else:
            self.future.set_result(self.value)


class Database:
    """One SQLite file, opened on first use.

    Writes that wait at the same time share one transaction and so one fsync; each of them still
    succeeds or fails alone. Nothing here blocks the event loop.

    A fork waits for the writes that were asked for, and finds the file closed: SQLite's locks do
    not survive one. Parent and child each open it again.

    Args:
        path: The file; its folder must exist. ``:memory:`` is a database in memory, which lives
            until it is closed and stays with the process that made it.
        durability: ``power`` (``synchronous=FULL``) or ``process`` (``NORMAL``).
        busy_timeout_s: Seconds to wait for another process's transaction.
        page_bytes: The size of the pages of a new file; an older one keeps its own.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        durability: Durability = "power",
        busy_timeout_s: float = BUSY_TIMEOUT_S,
        page_bytes: int = 4096,
    ) -> None:
        self.path = Path(path)
        self.in_memory = str(path) == ":memory:"
        self.durability = durability
        self.busy_timeout_s = busy_timeout_s
        self._page_bytes = page_bytes
        self._components: list[str] = []
        self._migrated: list[str] = []  # written by the writer thread alone
        self._starting = threading.Lock()
        self._naming = threading.Lock()
        self._stayed = False  # in memory, with the parent
        self._jobs: SimpleQueue[_Job[Any] | None] = SimpleQueue()
        self._writer: threading.Thread | None = None
        self._readers: ThreadPoolExecutor | None = None
        self._local = threading.local()
        self._connections: list[sqlite3.Connection] = []
        self._file: tuple[int, int] | None = None
        self._eraser: Eraser | None = None  # the writer thread's
        self._log_limit = LOG_BYTES
        self._closed = False
        watch_forks(self)

    def require(self, component: str) -> None:
        """Have the tables of ``sql/COMPONENT`` made or migrated before the first use."""
        if component not in self._components:
            self._components.append(component)

    async def write(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run `work` in a transaction; when this returns, it is committed.

        Raises:
            DatabaseBusyError: Another process holds the write lock for too long.
            DatabaseError: The file cannot be written; nothing of `work` was kept.
        """
        loop = asyncio.get_running_loop()
        future = loop.create_future()
        self._put(_Job(work, loop, future))
        return await future

    def write_blocking(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """What `write` does, for a thread without an event loop.

        Raises:
            DatabaseBusyError: As `write` does.
            DatabaseError: As `write` does.
        """
        future = ThreadFuture[T]()
        self._put(_Job(work, None, future))
        return future.result()

    def _put(self, job: _Job[Any]) -> None:
        with self._starting:  # no job comes behind the end
            self._start()
            self._jobs.put(job)

    async def read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run `work` on a snapshot of the database, in a reader thread.

        Raises:
            DatabaseError: The file cannot be read.
        """
        if self.in_memory:
            return await self.write(work)
        if len(self._migrated) < len(self._components):
            await self.write(_make_tables)
        with self._starting:
            self._start()
            loop = asyncio.get_running_loop()
            reading = loop.run_in_executor(self._readers, self._read, work)
        return await reading

    async def versions(self) -> list[TableVersion]:
        """The versions of the required tables; nothing is migrated, and no file is made.

        Raises:
            DatabaseError: The file cannot be read, or a newer release made its tables.
        """
        return await asyncio.to_thread(self._versions)

    def _versions(self) -> list[TableVersion]:
        known = [(name, len(queries.migrations(name))) for name in self._components]
        if self.in_memory or not self.path.exists():
            return [TableVersion(name, 0, newest) for name, newest in known]
        with closing(self._connect()) as connection:
            try:
                return [
                    TableVersion(name, _version(connection, name, newest, self.path), newest)
                    for name, newest in known
                ]
            except (sqlite3.Error, UnicodeDecodeError) as exc:
                raise explained(exc, self.path) from exc

    async def quick_check(self) -> str:
        """What SQLite says of the file's soundness; ``ok`` if all is well."""
        return await self.read(lambda c: str(c.execute("PRAGMA quick_check").fetchone()[0]))

    async def vacuum(self) -> None:
        """Leave no byte of what was deleted in the file or in the log, and give some room back.

        Raises:
            DatabaseBusyError: Others read or write for too long; what is left goes with the next
                call.
            DatabaseError: The file cannot be written.
        """
        await self.write(_free_pages)
        await self.write(_erase)

    async def shrink(self) -> None:
        """Give all free pages back to the system; others may write between its transactions.

        Raises:
            DatabaseBusyError: Another process holds the write lock for too long.
            DatabaseError: The file cannot be written.
        """
        while await self.write(_free_pages):
            pass
        with suppress(DatabaseBusyError):  # the file is cut once its readers are done
            await self.write(_erase)

    async def close(self) -> None:
        """Finish what was asked, fold the WAL into the file and end the threads."""
        await asyncio.to_thread(self.end)

    def end(self) -> None:
        """What `close` does, for those who are in a thread of their own: it blocks."""
        with self._starting:
            if self._closed:
                return
            self._closed = True
        self._rest()

    def before_fork(self) -> None:
        """Finish what was asked for and close the file; see `Database`."""
        self._starting.acquire()
        if not self.in_memory and not self._closed:
            self._rest()

    def after_fork(self, *, in_child: bool) -> None:
        """Begin again with the next call."""
        if in_child and self.in_memory:
            self._stayed = True
        self._starting.release()

    def _rest(self) -> None:
        """End the threads and close the file; the next call begins again."""
        if self._readers is not None:
            self._readers.shutdown()
        for connection in self._connections:
            connection.close()
        if self._writer is not None:
            self._jobs.put(None)
            self._writer.join()
        if self._file is not None:
            open_files.leave(self._file)
        self._readers = self._writer = self._file = None
        self._connections, self._local = [], threading.local()

    def _start(self) -> None:
        """Have the threads. The caller holds the lock: two event loops may come first at once."""
        if self._closed:
            raise DatabaseError(f"{self.path}: the database is closed")
        if self._stayed:
            raise DatabaseError(
                "a database in memory stays with the process that made it: open another one here"
            )
        if self._readers is None:
            self._readers = ThreadPoolExecutor(2, thread_name_prefix="retain-reader")
        if self._writer is None:
            self._writer = threading.Thread(
                target=self._write_loop, name=f"retain-writer {self.path.name}", daemon=True
            )
            self._writer.start()

    def _connect(self) -> sqlite3.Connection:
        if not self.in_memory:
            make_file(self.path)
        try:
            connection = sqlite3.connect(
                self.path,
                timeout=self.busy_timeout_s,
                isolation_level=None,
                check_same_thread=False,
                cached_statements=256,
            )
            try:
                if connection.execute("PRAGMA page_count").fetchone()[0] == 0:
                    # Before anything is written to the file; later, it takes a VACUUM.
                    connection.execute(f"PRAGMA page_size={self._page_bytes}")
                    connection.execute("PRAGMA auto_vacuum=INCREMENTAL")
                self._keep_log(connection)
                # The log is to go back to the last erasure; see `retain.db.erasure`.
                connection.execute("PRAGMA wal_autocheckpoint=0")
                full = self.durability == "power"
                connection.execute(f"PRAGMA synchronous={'FULL' if full else 'NORMAL'}")
                connection.execute("PRAGMA foreign_keys=ON")
                connection.execute("PRAGMA secure_delete=ON")
                connection.execute("PRAGMA journal_size_limit=8388608")
                connection.create_function("packed_id", 1, packed_id, deterministic=True)
                connection.create_function("msgpack_value", 2, msgpack_value, deterministic=True)
            except BaseException:
                connection.close()
                raise
        except (sqlite3.Error, UnicodeDecodeError) as exc:
            raise explained(exc, self.path) from exc
        if not self.in_memory:
            self._name_file()
        return connection

    def _keep_log(self, connection: sqlite3.Connection) -> None:
        """Have a write-ahead log; SQLite does not wait for whoever begins one in a new file."""
        deadline = time.monotonic() + self.busy_timeout_s
        while True:
            try:
                connection.execute("PRAGMA journal_mode=WAL")
            except sqlite3.OperationalError as exc:
                busy = exc.sqlite_errorname.startswith("SQLITE_BUSY")
                if not busy or time.monotonic() >= deadline:
                    raise
                time.sleep(POLL_S)
            else:
                return

    def _connect_writer(self) -> sqlite3.Connection:
        connection = self._connect()
        try:
            prepare(connection)
        except (sqlite3.Error, UnicodeDecodeError) as exc:
            connection.close()
            raise explained(exc, self.path) from exc
        return connection

    def _name_file(self) -> tuple[int, int]:
        """What names the open file for `open_files`."""
        with self._naming:
            if self._file is None:
                self._file = open_files.enter(self.path)
            return self._file

    def _check_file(self) -> None:
        """Refuse to commit into a file that nobody can open any more by its name.

        SQLite goes on with an open file that was removed, and all that it writes is lost.

        Raises:
            DatabaseError: The file was removed or replaced.
        """
        if self.in_memory:
            return
        try:
            stat = self.path.stat()
        except OSError as exc:
            raise _moved(self.path, f"was removed ({exc.strerror or exc})") from exc
        if (stat.st_dev, stat.st_ino) != self._name_file():
            raise _moved(self.path, "was replaced by another file")

    def _read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = self._connect()
            self._connections.append(connection)
        try:
            connection.execute("BEGIN")
            try:
                return work(connection)
            finally:
                connection.execute("ROLLBACK")
        except (sqlite3.Error, UnicodeDecodeError) as exc:
            raise explained(exc, self.path) from exc

    def _write_loop(self) -> None:
        connection: sqlite3.Connection | None = None
        ending = False
        while not ending and (job := self._jobs.get()) is not None:
            batch, ending = self._gather(job)
            try:
                connection = connection or self._connect_writer()
                self._migrate(connection)
            except Exception as exc:  # noqa: BLE001 - given to whoever waits
                _deliver([(j, _Answer(j.future, error=exc)) for j in batch])
                continue
            erasing = [job for job in batch if job.work is _erase]
            writing = [job for job in batch if job.work is not _erase]
            if writing:
                _deliver(self._commit(connection, writing))
            if erasing:
                error = self._erase(self.busy_timeout_s)
                _deliver([(job, _Answer(job.future, error=error)) for job in erasing])
            else:
                self._keep_log_short()
        if connection is not None:
            if connection.total_changes:  # where nobody wrote, there is nothing to erase
                self._erase(0)
            connection.close()
        if self._eraser is not None:
            self._eraser.close()
            self._eraser = None

    def _erase(self, timeout_s: float) -> RetainError | None:
        """Erase what is unused; why that could not be done."""
        if self.in_memory:
            return None
        try:
            if self._eraser is None:
                self._eraser = Eraser(self.path, self._name_file(), self._connect)
            if self._eraser.erase(timeout_s):
                return None
        except (sqlite3.Error, UnicodeDecodeError) as exc:
            return explained(exc, self.path)
        except OSError as exc:
            return DatabaseError(
                f"{self.path}: what was deleted cannot be overwritten ({exc.strerror or exc}): "
                "make the file writable, then forget it once more"
            )
        return DatabaseBusyError(
            f"{self.path}: others use the database, so what was deleted still stands in "
            "its write-ahead log: forget it once more when they are done"
        )

    def _keep_log_short(self) -> None:
        size = self._log_size()
        if size > self._log_limit:
            self._erase(0)
            # Where a reader keeps the log from being emptied, it is not tried with every commit.
            self._log_limit = self._log_size() + LOG_BYTES

    def _log_size(self) -> int:
        try:
            return self.path.with_name(self.path.name + "-wal").stat().st_size
        except FileNotFoundError:
            return 0

    def _gather(self, first: _Job[Any]) -> tuple[list[_Job[Any]], bool]:
        """Everything that waits now, and whether the end is among it."""
        batch = [first]
        try:
            while True:
                job = self._jobs.get_nowait()
                if job is None:
                    return batch, True
                batch.append(job)
        except Empty:
            return batch, False

    def _migrate(self, connection: sqlite3.Connection) -> None:
        """Bring every required component's tables to the newest version."""
        missing = self._components[len(self._migrated) :]
        if not missing:
            return
        upgrade, steps = Upgrade(self.path.name), itertools.count(1)
        try:
            known = [len(queries.migrations(component)) for component in missing]
            versions = [
                _version(connection, component, newest, self.path)
                for component, newest in zip(missing, known, strict=True)
            ]
            upgrades = any(versions)  # a new database has nothing to upgrade
            if upgrades:
                connection.set_progress_handler(upgrade.tick, TICK_INSTRUCTIONS)
            of = sum(known) - sum(versions)

            def step() -> None:
                if upgrades:
                    upgrade.at(f"step {next(steps)} of {of}")

            for component in missing:
                _migrate(connection, component, self.path, step)
                self._migrated.append(component)
        except (sqlite3.Error, UnicodeDecodeError) as exc:
            raise explained(exc, self.path) from exc
        finally:
            connection.set_progress_handler(None, 0)

    def _commit(
        self, connection: sqlite3.Connection, batch: list[_Job[Any]]
    ) -> list[tuple[_Job[Any], _Answer]]:
        """Run the batch in one transaction; if that fails, each job in one of its own."""
        if all(job.work is _make_tables for job in batch):
            # Done by now. A reader needs no lock, so another process's transaction is no obstacle.
            return [(job, _Answer(job.future)) for job in batch]
        changes = connection.total_changes
        try:
            _begin(connection, self.busy_timeout_s)
        except (sqlite3.Error, UnicodeDecodeError) as exc:
            error = explained(exc, self.path)
            return [(job, _Answer(job.future, error=error)) for job in batch]
        try:
            answers = [(job, _Answer(job.future, job.work(connection))) for job in batch]
            freeing = any(job.work is _free_pages for job in batch)
            if freeing or connection.total_changes != changes:
                count(connection)
            self._check_file()
            connection.execute("COMMIT")
        except Exception as exc:  # noqa: BLE001 - given to whoever waits
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            if len(batch) == 1:
                of_file = isinstance(exc, (sqlite3.Error, UnicodeDecodeError))
                error = explained(exc, self.path) if of_file else exc
                return [(batch[0], _Answer(batch[0].future, error=error))]
            return [answer for job in batch for answer in self._commit(connection, [job])]
        return answers


def _begin(connection: sqlite3.Connection, timeout_s: float) -> None:
    """Begin to write, once other processes let it.

    SQLite's own waiting sleeps for up to 100 ms at a time: the lock would be free for most of that.
    """
    connection.execute("PRAGMA busy_timeout = 0")
    try:
        deadline = time.monotonic() + timeout_s
        while True:
            try:
                connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as exc:
                if exc.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or (
                    time.monotonic() >= deadline
                ):
                    raise
                time.sleep(LOCK_POLL_S)
            else:
                return
    finally:
        connection.execute(f"PRAGMA busy_timeout = {int(1000 * timeout_s)}")


def _moved(path: Path, what: str) -> DatabaseError:
    return DatabaseError(
        f"{path}: the database {what} while it was open, so nothing is written: put the file back, "
        "or run the command again to begin with what is there"
    )


def _make_tables(_: sqlite3.Connection) -> None:
    """What a reader asks of the writer, which makes the tables before any of its work."""


def _erase(_: sqlite3.Connection) -> None:
    """What asks the writer to erase what is unused, between its transactions."""


def _free_pages(connection: sqlite3.Connection) -> bool:
    """Give free pages back to the system; whether there are more."""
    free = connection.execute("PRAGMA freelist_count").fetchone()[0]
    for _ in range(min(free, FREED_AT_ONCE)):
        # One by one: the pragma has a row without columns for each, and sqlite3 stops at the first.
        connection.execute("PRAGMA incremental_vacuum(1)")
    return free > FREED_AT_ONCE


def _deliver(answers: list[tuple[_Job[Any], _Answer]]) -> None:
    """Wake every waiter; those of one event loop in one call."""
    by_loop: dict[asyncio.AbstractEventLoop, list[_Answer]] = {}
    for job, answer in answers:
        if job.loop is None:
            answer.give()
        else:
            by_loop.setdefault(job.loop, []).append(answer)
    for loop, mine in by_loop.items():
        try:
            loop.call_soon_threadsafe(_give_all, mine)
        except RuntimeError:  # the loop was closed; nobody waits any more
            continue


def _give_all(answers: list[_Answer]) -> None:
    for answer in answers:
        answer.give()


def _migrate(
    connection: sqlite3.Connection, component: str, path: Path, begin_step: Callable[[], None]
) -> None:
    """Bring the component's tables to the newest version, all steps or none.

    One transaction for all steps: a process that is killed leaves the tables as they were.
    """
    scripts = queries.migrations(component)
    if _version(connection, component, len(scripts), path) == len(scripts):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        connection.execute(
            "CREATE TABLE IF NOT EXISTS retain_schema"
            " (component TEXT PRIMARY KEY, version INTEGER NOT NULL) WITHOUT ROWID"
        )
        # Again, under the lock: another process may have brought them there meanwhile.
        version = _version(connection, component, len(scripts), path)
        for script in scripts[version:]:
            begin_step()
            for statement in _statements(script):
                connection.execute(statement)
        if version < len(scripts):
            connection.execute(
                "INSERT OR REPLACE INTO retain_schema VALUES (?, ?)", (component, len(scripts))
            )
        count(connection)
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _version(connection: sqlite3.Connection, component: str, known: int, path: Path) -> int:
    """The version of the component's tables; 0 where there are none.

    Raises:
        DatabaseError: A newer release made them.
    """
    tables = "SELECT 1 FROM sqlite_master WHERE name = 'retain_schema'"
    if connection.execute(tables).fetchone() is None:
        return 0
    row = connection.execute(
        "SELECT version FROM retain_schema WHERE component = ?", (component,)
    ).fetchone()
    version = 0 if row is None else int(row[0])
    if version > known:
        raise DatabaseError(
            f"{path}: its {component} tables have version {version}, this release knows "
            f"{known}: upgrade retain"
        )
    return version


def _statements(script: str) -> list[str]:
    """The statements of a script; a trigger's inner semicolons do not end it."""
    found: list[str] = []
    pending = ""
    for piece in script.split(";"):
        pending += piece + ";"
        if sqlite3.complete_statement(pending):
            found.append(pending)
            pending = ""
    return found


def packed_id(id_: str | None) -> bytes | str | None:
    """An id of 16 hex digits as the 8 bytes that they stand for; any other as it is.

    SQLite before 3.41 has no ``unhex``.
    """
    return bytes.fromhex(id_) if id_ is not None and _HEX_ID.fullmatch(id_) else id_


def msgpack_value(body: bytes, name: str) -> str | float | None:
    """A text or a time, in seconds since 1970, of a map in MessagePack; None where it has none."""
    try:
        value: object = msgspec.msgpack.decode(body)[name]
    except (msgspec.MsgspecError, UnicodeDecodeError, LookupError, TypeError):
        return None
    if isinstance(value, datetime):
        return value.timestamp()
    return value if isinstance(value, str) else None


def explained(exc: sqlite3.Error | UnicodeDecodeError, path: Path) -> RetainError:
    """SQLite's error in words that say what to do; it is the cause of the one returned.

    Where a name in the schema is damaged, the message of SQLite that has the name is no text.
    """
    error = _in_words(exc, path)
    error.__cause__ = exc
    return error


def _in_words(exc: sqlite3.Error | UnicodeDecodeError, path: Path) -> RetainError:
    name = getattr(exc, "sqlite_errorname", "") or ""
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return DatabaseBusyError(
            f"{path}: another process has kept the database locked: try again when it is done"
        )
    if name.startswith("SQLITE_FULL"):
        return DatabaseError(f"{path}: the disk is full: free some space, then resume")
    if name.startswith("SQLITE_IOERR"):
        return DatabaseError(
            f"{path}: cannot be read or written ({exc}): see that the disk is sound, has space "
            "and that no limit on file sizes is reached, then resume"
        )
    if name.startswith("SQLITE_READONLY"):
        return DatabaseError(f"{path}: the database or its folder is read-only: make it writable")
    if name.startswith("SQLITE_CANTOPEN") and not path.absolute().parent.is_dir():
        return DatabaseError(f"{path}: there is no such folder: make it, or check the path")
    if name.startswith("SQLITE_CANTOPEN"):
        return DatabaseError(f"{path}: cannot open the database: check the path and permissions")
    if name.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT")) or _is_of_schema(exc, name):
        return DatabaseDamagedError(
            f"{path}: not a SQLite database, or damaged ({exc}): restore it from a backup"
        )
    return DatabaseError(f"{path}: {exc}")


def _is_of_schema(exc: sqlite3.Error | UnicodeDecodeError, name: str) -> bool:
    """Whether the schema of the file is at fault: the statements are right."""
    said = _STATEMENT_REFUSED.match(str(exc))
    return isinstance(exc, UnicodeDecodeError) or (name == "SQLITE_ERROR" and said is not None)
