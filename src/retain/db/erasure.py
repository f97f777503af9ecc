"""Leaves no byte of deleted rows in a SQLite file, at the cost of the pages that were written.

``PRAGMA secure_delete`` overwrites what is deleted, but not every copy of it: where SQLite
balances a b-tree, it may build a page anew from its cells and leave older bytes in the gap between
the page's cell pointers and its cells (``rebuildPage`` in btree.c). A row that is deleted later
then still stands in such a gap. So the gaps of all pages that were written are overwritten here,
in the file itself:

1. The pages are those in the write-ahead log, for the log goes back to the last erasure: no
   connection of ours checkpoints by itself. ``user_version`` counts write transactions, and stands
   on page 1 of each, so the log tells from which of them on it is whole. Where it is not (a process
   was killed, or another tool made a checkpoint), all pages of the file are looked at.
2. A checkpoint empties the log.
3. Under the write lock, with nothing in the log, nobody writes to the file. The gaps are filled
   with zeros, which no reader looks at.
4. A commit makes every other connection drop the pages that it has in memory: they have the gaps
   as they were, and would write them again.
"""

from __future__ import annotations

import errno
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

POLL_S = 0.01
"""How often to look whether others let the log be emptied, in seconds."""

_LOG_HEADER = 32
_FRAME_HEADER = 24
_PAGES_AT_ONCE = 256
_HEADER_SIZES = {2: 12, 5: 12, 10: 8, 13: 8}
"""The size of a b-tree page's header by its first byte."""

_MOST_PAGES = 1 << 25
"""In a file of more pages, the first byte of an overflow page may look like that of a b-tree."""


class Eraser:
    """Erases the unused bytes of one database's file.

    Args:
        path: The file.
        file: What `open_files` names it.
        connect: Opens a connection to it.
    """

    def __init__(
        self, path: Path, file: tuple[int, int], connect: Callable[[], sqlite3.Connection]
    ) -> None:
        self._path = path
        self._file = file
        self._connect = connect
        self._connection: sqlite3.Connection | None = None
        self._pages: set[int] | None = set()  # to erase; None: all
        self._covered: int | None = None  # the last write transaction whose pages are among them

    def log_size(self) -> int:
        """The size of the write-ahead log, in bytes."""
        try:
            return self._log.stat().st_size
        except FileNotFoundError:
            return 0

    def erase(self, timeout_s: float) -> bool:
        """Empty the log and erase what is unused in the file; False if others kept it from that.

        Args:
            timeout_s: How long to wait for others.

        Raises:
            sqlite3.Error: The file cannot be read or written.
            OSError: As `sqlite3.Error`.
        """
        deadline = time.monotonic() + timeout_s
        if self._connection is None:
            check_place(self._file, self._path)  # to connect would make a file
            self._connection = self._connect()
        connection = self._connection
        # SQLite waits for readers and writers, but gives up at once on another's checkpoint.
        connection.execute(f"PRAGMA busy_timeout = {int(1000 * timeout_s)}")
        while not self._attempt(connection):
            if time.monotonic() >= deadline:
                return False
            time.sleep(POLL_S)
        return True

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    @property
    def _log(self) -> Path:
        return self._path.with_name(self._path.name + "-wal")

    def _attempt(self, connection: sqlite3.Connection) -> bool:
        try:
            written = self._look(connection)
            if connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
                return False
            return self._finish(connection, written)
        except sqlite3.OperationalError as exc:
            if exc.sqlite_errorname.startswith("SQLITE_BUSY"):
                return False
            raise

    def _look(self, connection: sqlite3.Connection) -> int:
        """Note the pages in the log; the number of the last write transaction."""
        connection.execute("BEGIN IMMEDIATE")
        try:
            written = _counter(connection)
            erased = connection.execute("SELECT erased FROM retain_erasure").fetchone()[0]
            covered = erased if self._covered is None else self._covered
            if written != covered:
                pages, first = _logged(self._log)
                if first is None or first > covered + 1 or self._pages is None:
                    self._pages = None
                else:
                    self._pages |= pages
            self._covered = written
            return written
        finally:
            connection.execute("ROLLBACK")

    def _finish(self, connection: sqlite3.Connection, written: int) -> bool:
        """Overwrite the gaps, unless somebody has written meanwhile."""
        connection.execute("BEGIN IMMEDIATE")
        try:
            if _counter(connection) != written or self.log_size():
                return False
            moved = connection.execute("PRAGMA auto_vacuum").fetchone()[0] != 0
            descriptor = open_files.descriptor(self._file, self._path)
            _overwrite(descriptor, self._pages, has_maps=moved)
            count(connection)
            connection.execute("UPDATE retain_erasure SET erased = ?", (_counter(connection),))
            connection.execute("COMMIT")
            self._pages, self._covered = set(), None
            return True
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")


def prepare(connection: sqlite3.Connection) -> None:
    """Have a file that can be erased and give pages back; one made without that is rewritten.

    Raises:
        sqlite3.Error: The file cannot be written.
    """
    table = "SELECT 1 FROM sqlite_schema WHERE name = 'retain_erasure'"
    if connection.execute(table).fetchone() is not None:
        return
    if connection.execute("PRAGMA auto_vacuum").fetchone()[0] == 0:
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        connection.execute("VACUUM")
    connection.execute("BEGIN IMMEDIATE")
    try:
        if connection.execute(table).fetchone() is None:  # nor has another process made it
            # Nobody knows which pages of an older file were written: the log cannot tell.
            erased = 0 if connection.execute("PRAGMA schema_version").fetchone()[0] == 0 else -1
            # One row: the number of the last write transaction whose pages have been erased.
            connection.execute("CREATE TABLE retain_erasure (erased INTEGER NOT NULL)")
            connection.execute("INSERT INTO retain_erasure VALUES (?)", (erased,))
            count(connection)
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def count(connection: sqlite3.Connection) -> None:
    """Count the open write transaction, on page 1 of the file."""
    connection.execute(f"PRAGMA user_version = {(_counter(connection) + 1) % (1 << 31)}")


def _counter(connection: sqlite3.Connection) -> int:
    return connection.execute("PRAGMA user_version").fetchone()[0]


def _logged(log: Path) -> tuple[set[int], int | None]:
    """The pages in a log, and the number of the first write transaction in it.

    See https://www.sqlite.org/walformat.html: frames of an earlier log have another salt.
    """
    pages: set[int] = set()
    counters: list[int] = []
    try:
        file = log.open("rb")
    except FileNotFoundError:
        return pages, None
    with file:
        header = file.read(_LOG_HEADER)
        size = int.from_bytes(header[8:12], "big") + _FRAME_HEADER
        while chunk := file.read(size * _PAGES_AT_ONCE):
            for at in range(0, len(chunk) - size + 1, size):
                if chunk[at + 8 : at + 16] != header[16:24]:
                    return pages, min(counters, default=None)
                page = int.from_bytes(chunk[at : at + 4], "big")
                pages.add(page)
                if page == 1:
                    counter = at + _FRAME_HEADER + 60
                    counters.append(int.from_bytes(chunk[counter : counter + 4], "big"))
    return pages, min(counters, default=None)


def _overwrite(descriptor: int, pages: Iterable[int] | None, *, has_maps: bool) -> None:
    """Fill the gaps of b-tree pages with zeros, of some pages or of all, and sync the file."""
    os.lseek(descriptor, 0, os.SEEK_SET)
    header = os.read(descriptor, 100)
    size = int.from_bytes(header[16:18], "big")
    size = 65_536 if size == 1 else size
    usable = size - header[20]
    count = min(os.fstat(descriptor).st_size // size, _MOST_PAGES)
    every_map = usable // 5 + 1
    overwritten = False
    for first, run in _runs(range(1, count + 1) if pages is None else sorted(pages)):
        os.lseek(descriptor, (first - 1) * size, os.SEEK_SET)
        data = os.read(descriptor, run * size)
        for at in range(0, len(data) - size + 1, size):
            number = first + at // size
            # A page that maps others to their parents may begin like a b-tree.
            if number > count or (has_maps and number > 1 and (number - 2) % every_map == 0):
                continue
            start, end = _gap(data, at, 100 if number == 1 else 0, usable)
            if data.count(0, start, end) != end - start:
                os.lseek(descriptor, (first - 1) * size + start, os.SEEK_SET)
                os.write(descriptor, bytes(end - start))
                overwritten = True
    if overwritten:
        os.fsync(descriptor)


def _runs(pages: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Ascending numbers as runs of neighbours, each by its first and its length."""
    first, length = 0, 0
    for page in pages:
        if page == first + length and length < _PAGES_AT_ONCE:
            length += 1
            continue
        if length:
            yield first, length
        first, length = page, 1
    if length:
        yield first, length


def _gap(data: bytes, at: int, before: int, usable: int) -> tuple[int, int]:
    """Where the gap of the page at byte `at` begins and ends; it is empty in a page of no b-tree.

    See https://www.sqlite.org/fileformat2.html#b_tree_pages.

    Args:
        data: Some pages.
        at: Where the page begins.
        before: How many bytes of it stand before the b-tree's.
        usable: How many bytes of a page are used.
    """
    top = at + before
    header = _HEADER_SIZES.get(data[top])
    if header is None:
        return at, at
    cells = int.from_bytes(data[top + 3 : top + 5], "big")
    content = int.from_bytes(data[top + 5 : top + 7], "big") or 65_536
    start, end = top + header + 2 * cells, at + content
    return (start, end) if start <= end <= at + usable else (at, at)


class OpenFiles:
    """Descriptors of the files that databases of this process have open, one for each file.

    Where a process closes any descriptor of a file, POSIX drops all locks that the process has on
    it, those of SQLite too: the next process that closes the database would take itself for the
    last one, and delete the log. So a descriptor is closed with the last database of its file.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users: dict[tuple[int, int], int] = {}
        self._descriptors: dict[tuple[int, int], int] = {}

    def enter(self, path: Path) -> tuple[int, int]:
        """Count a database that has opened the file; what names the file for `leave`."""
        stat = path.stat()
        key = (stat.st_dev, stat.st_ino)
        with self._lock:
            self._users[key] = self._users.get(key, 0) + 1
        return key

    def leave(self, key: tuple[int, int]) -> None:
        """Count a database that has closed the file."""
        with self._lock:
            self._users[key] -= 1
            if not self._users[key]:
                del self._users[key]
                if key in self._descriptors:
                    os.close(self._descriptors.pop(key))

    def descriptor(self, key: tuple[int, int], path: Path) -> int:
        """The file, to read and write.

        Raises:
            OSError: It cannot be opened, or another file has taken its place.
        """
        with self._lock:
            if key not in self._descriptors:
                check_place(key, path)
                descriptor = os.open(path, os.O_RDWR | getattr(os, "O_BINARY", 0))
                self._descriptors[key] = descriptor
            return self._descriptors[key]


open_files = OpenFiles()


def check_place(key: tuple[int, int], path: Path) -> None:
    """See that a file is where it was.

    Raises:
        FileNotFoundError: It is not, or another file has taken its place.
    """
    stat = path.stat()
    if (stat.st_dev, stat.st_ino) != key:
        raise FileNotFoundError(errno.ENOENT, "another file has taken its place", str(path))
