"""The file of the journal: made when it is first written to, and set aside where it is damaged."""

from __future__ import annotations

import asyncio
import glob
import logging
import os
import sqlite3
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from filelock import FileLock, Timeout

from retain.db.sqlite import Database
from retain.errors import DatabaseBusyError, DatabaseDamagedError, DatabaseError

logger = logging.getLogger("retain.journal")

T = TypeVar("T")
Inode = tuple[int, int]


@dataclass(slots=True)
class _Opened:
    """A database.

    Args:
        database: The database.
        inode: Which file it is of, once that is known: files are moved while in use.
        leaving: Whether it is being closed, for another to take its place.
    """

    database: Database
    inode: Inode | None = None
    leaving: bool = False


class _MovedError(Exception):
    """Another file is at the path than the one that is open, or none."""


class JournalFile:
    """Runs work on the database at a path that may be missing, damaged, or moved by others.

    A file that is no database, or is damaged, is renamed, never removed; a new one takes its
    place, and the work is done once more.

    Args:
        path: The file; its folder must exist.
        connect: Makes the database; called anew for each file that comes to be at the path.
        now: The clock, timezone-aware.
    """

    def __init__(
        self, path: Path, connect: Callable[[Path], Database], now: Callable[[], datetime]
    ) -> None:
        self.path = path
        self._connect = connect
        self._now = now
        self._changing = threading.Lock()
        self._opened = _Opened(connect(path))
        # Of its own: whoever asks the journal does not wait for what others compute.
        self._looking = ThreadPoolExecutor(1, thread_name_prefix="retain-journal")

    async def read(self, work: Callable[[sqlite3.Connection], T], missing: T) -> T:
        """Run `work` on a snapshot; `missing` where there is no file.

        Raises:
            DatabaseError: The file cannot be read, nor set aside.
        """
        return await self._run(lambda it: it.database.read(_same_file(it, work)), missing)

    async def change(self, work: Callable[[sqlite3.Connection], T], missing: T) -> T:
        """Run `work` in a transaction; `missing` where there is no file.

        Raises:
            DatabaseBusyError: Another process holds the write lock for too long.
            DatabaseError: The file cannot be written, nor set aside.
        """
        return await self._run(lambda it: it.database.write(_same_file(it, work)), missing)

    async def write(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run `work` in a transaction, in a new file if there is none.

        Raises:
            DatabaseBusyError: As `change`.
            DatabaseError: As `change`.
        """
        return await self._run(lambda it: it.database.write(_same_file(it, work)))

    async def vacuum(self) -> None:
        """Leave no byte of what was deleted in the file.

        Raises:
            DatabaseBusyError: Others use the file for too long.
            DatabaseError: It cannot be written, nor set aside.
        """
        await self._run(lambda it: it.database.vacuum(), None)

    async def set_aside(self) -> list[Path]:
        """The damaged files that were set aside here and are still there."""
        return await asyncio.to_thread(self._set_aside)

    async def close(self) -> None:
        """Finish what was asked, and close the database."""
        await self._opened.database.close()
        self._looking.shutdown(wait=False)

    async def _run(self, work: Callable[[_Opened], Awaitable[T]], *missing: T) -> T:
        renewed = False
        while True:
            opened = self._opened
            if missing and opened.inode is None:
                loop = asyncio.get_running_loop()
                if not await loop.run_in_executor(self._looking, self._look, opened):
                    return missing[0]
            try:
                return await work(opened)
            except _MovedError:
                await asyncio.to_thread(self._reopen, opened)
            except DatabaseError as exc:
                if opened.leaving:
                    await asyncio.to_thread(self._changed)
                elif renewed or not _is_damage(exc):
                    raise
                else:
                    renewed = True
                    await asyncio.to_thread(self._renew, opened)

    def _look(self, opened: _Opened) -> bool:
        """Whether there is a file."""
        inode = _inode(self.path)
        opened.inode = opened.inode or inode
        return inode is not None

    def _changed(self) -> None:
        """Wait until another database has taken the place of one that is leaving."""
        with self._changing:
            return

    def _reopen(self, opened: _Opened) -> None:
        with self._changing:
            if self._opened is opened:
                opened.leaving = True
                opened.database.end()
                self._opened = _Opened(self._connect(self.path))

    def _renew(self, opened: _Opened) -> None:
        """Rename the file that is open, unless another task or process has done so."""
        with self._changing:
            if self._opened is not opened:
                return
            opened.leaving = True
            opened.database.end()
            try:
                with FileLock(f"{self.path}.lock", opened.database.busy_timeout_s):
                    there = _inode(self.path)
                    if there is not None and opened.inode in (None, there):
                        self._move()
            except Timeout as exc:
                raise DatabaseBusyError(
                    f"{self.path}: damaged, and another process keeps the lock that it takes to "
                    "set it aside: try again when it is done"
                ) from exc
            except OSError as exc:
                raise DatabaseError(
                    f"{self.path}: damaged, and it cannot be set aside ({exc.strerror}): move it "
                    "away, or restore it from a backup"
                ) from exc
            finally:
                self._opened = _Opened(self._connect(self.path))

    def _move(self) -> None:
        aside = self._free_name()
        for ending in ("", "-wal", "-shm"):
            old = self.path.with_name(self.path.name + ending)
            if old.exists():
                old.replace(aside.with_name(aside.name + ending))
        logger.warning(
            "%s is damaged and was set aside as %s: what models answered until now is asked again, "
            "and what it cost is told by that file alone",
            self.path,
            aside,
        )

    def _free_name(self) -> Path:
        """A name of its own, taken by an empty file that the rename replaces."""
        at = f"{self._now():%Y%m%dT%H%M%S}"
        number = 1
        while True:
            name = f"{self._damaged}{at}{f'-{number}' if number > 1 else ''}{self.path.suffix}"
            try:
                os.close(os.open(self.path.with_name(name), os.O_CREAT | os.O_EXCL, 0o600))
            except FileExistsError:
                number += 1
            else:
                return self.path.with_name(name)

    def _set_aside(self) -> list[Path]:
        return sorted(self.path.parent.glob(f"{glob.escape(self._damaged)}*"))

    @property
    def _damaged(self) -> str:
        """How the names of damaged files begin."""
        return f"{self.path.stem}.damaged-"


def _inode(path: Path) -> Inode | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def _is_damage(error: DatabaseError) -> bool:
    """Whether the file is at fault.

    Where the damage is in its schema, SQLite takes it for a mistake in the statements, which are
    right.
    """
    cause = getattr(error.__cause__, "sqlite_errorname", None)
    return isinstance(error, DatabaseDamagedError) or cause == "SQLITE_ERROR"


def _same_file(
    opened: _Opened, work: Callable[[sqlite3.Connection], T]
) -> Callable[[sqlite3.Connection], T]:
    """`work`, unless the file was moved: its connections would go on reading and writing it."""

    def checked(db: sqlite3.Connection) -> T:
        inode = _inode(opened.database.path)
        opened.inode = opened.inode or inode
        if inode is None or inode != opened.inode:
            raise _MovedError
        return work(db)

    return checked
