"""What was deleted is in no byte of the file, also where SQLite leaves copies of it."""

import asyncio
import json
import random
import re
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest

from retain.db import erasure, sqlite
from retain.db.sqlite import Database

SEED = 3
ROUNDS = 200
CANARY = re.compile(rb"zq(\d{7})qz", re.IGNORECASE)
TABLES = (
    "CREATE TABLE tall (id INTEGER PRIMARY KEY, name TEXT, text TEXT)",
    "CREATE INDEX tall_text ON tall (text)",
    "CREATE TABLE wide (name TEXT, n INTEGER, text TEXT, PRIMARY KEY (name, n)) WITHOUT ROWID",
)


class Writer:
    """Inserts, updates and deletes rows of all sizes, each with a canary of its own."""

    def __init__(self) -> None:
        self.chance = random.Random(SEED)
        self.rows: dict[int, tuple[int, str]] = {}
        self.made = 0

    def make(self, db: sqlite3.Connection) -> None:
        for statement in TABLES:
            db.execute(statement)

    def text(self) -> tuple[int, str]:
        self.made += 1
        longest = 5_000 if self.chance.random() < 0.05 else 300
        return self.made, f"Zq{self.made:07}qZ " * self.chance.randint(1, longest // 11)

    def change(self, db: sqlite3.Connection) -> None:
        for _ in range(self.chance.randint(1, 50)):
            if self.rows and self.chance.random() < (0.6 if len(self.rows) > 900 else 0.3):
                self.delete(db, self.chance.choice(list(self.rows)))
            else:
                self.insert(db)

    def insert(self, db: sqlite3.Connection) -> None:
        n, text = self.text()
        id_, name = self.chance.choice((n, self.chance.getrandbits(40))), f"{n * 7919 % 99991:x}"
        db.execute("INSERT OR IGNORE INTO tall VALUES (?, ?, ?)", (id_, name, text))
        db.execute("INSERT INTO wide VALUES (?, ?, ?)", (name, n, text))
        self.rows[n] = (id_, name)

    def delete(self, db: sqlite3.Connection, n: int) -> None:
        id_, name = self.rows.pop(n)
        db.execute("DELETE FROM tall WHERE id = ?", (id_,))
        db.execute("DELETE FROM wide WHERE name = ? AND n = ?", (name, n))

    def leaks(self, path) -> set[int]:
        """The deleted rows that still stand in some byte of the database's files."""
        files = (file.read_bytes() for file in path.parent.glob(f"{path.name}*"))
        found = {int(n) for data in files for n in CANARY.findall(data)}
        return found - self.rows.keys()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "test.db"


def use(path, work):
    async def run():
        database = Database(path, durability="process")
        try:
            return await work(database)
        finally:
            await database.close()

    return asyncio.run(run())


async def fill(database, writer):
    await database.write(writer.make)
    for _ in range(ROUNDS):
        await database.write(writer.change)


def sound(path) -> None:
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_sqlite_alone_leaves_copies_of_deleted_rows(path):
    """If this fails, SQLite does it by itself, and `retain.db.erasure` is not needed any more."""
    writer = Writer()
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA secure_delete=ON")
        writer.make(db)
        for _ in range(ROUNDS):
            writer.change(db)
            db.commit()
    assert writer.leaks(path)


@pytest.mark.parametrize("log_bytes", [1 << 16, 1 << 30])
def test_no_byte_of_deleted_rows_is_left(path, monkeypatch, log_bytes):
    """However often the log was emptied before."""
    monkeypatch.setattr(sqlite, "LOG_BYTES", log_bytes)
    writer = Writer()

    looked_at: list[object] = []
    overwrite = erasure._overwrite

    def overwriting(descriptor, pages, **settings):
        looked_at.append(pages)
        overwrite(descriptor, pages, **settings)

    monkeypatch.setattr(erasure, "_overwrite", overwriting)

    async def work(database):
        await fill(database, writer)
        await database.vacuum()
        assert writer.leaks(path) == set()
        for _ in range(20):
            await database.write(writer.change)
            await database.vacuum()
            assert writer.leaks(path) == set()

    use(path, work)
    assert None not in looked_at, "of a log that is whole, only its pages are looked at"
    sound(path)
    assert writer.leaks(path) == set()


def test_no_byte_is_left_after_another_tool_made_a_checkpoint(path):
    """Of a log that does not go back to the last erasure nobody can tell the pages."""
    writer = Writer()

    async def work(database):
        await fill(database, writer)
        with closing(sqlite3.connect(path)) as other:
            other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        await database.write(writer.change)
        await database.vacuum()
        assert writer.leaks(path) == set()

    use(path, work)
    sound(path)


KILLED = """
import asyncio, json, os, sys
from retain.db.sqlite import Database
sys.path.insert(0, sys.argv[2])
from tests.unit.db.test_erasure import Writer, fill

async def work():
    writer = Writer()
    await fill(Database(sys.argv[1]), writer)
    print(json.dumps([list(writer.rows.items()), writer.made]), flush=True)
    os._exit(9)

asyncio.run(work())
"""


def test_no_byte_is_left_of_what_a_killed_process_deleted(path, pytestconfig):
    writer = Writer()
    command = [sys.executable, "-c", KILLED, str(path), str(pytestconfig.rootpath)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=False)
    assert done.returncode == 9
    rows, writer.made = json.loads(done.stdout)
    writer.rows = dict(rows)

    async def work(database):
        await database.vacuum()
        assert writer.leaks(path) == set()

    use(path, work)
    sound(path)


def test_the_file_shrinks_when_rows_are_deleted(path):
    async def work(database):
        await database.write(lambda db: db.execute("CREATE TABLE note (text TEXT)"))
        rows = [("word " * 200,) for _ in range(2_000)]
        await database.write(lambda db: db.executemany("INSERT INTO note VALUES (?)", rows))
        await database.vacuum()
        full = path.stat().st_size
        await database.write(lambda db: db.execute("DELETE FROM note WHERE rowid > 100"))
        await database.shrink()
        assert path.stat().st_size < 0.1 * full

    use(path, work)
    sound(path)


def test_forgetting_gives_room_back_too(path):
    async def work(database):
        await database.write(lambda db: db.execute("CREATE TABLE note (text TEXT)"))
        rows = [("word " * 200,) for _ in range(240)]
        await database.write(lambda db: db.executemany("INSERT INTO note VALUES (?)", rows))
        await database.vacuum()
        full = path.stat().st_size
        await database.write(lambda db: db.execute("DELETE FROM note WHERE rowid > 20"))
        await database.vacuum()
        assert path.stat().st_size < 0.2 * full

    use(path, work)
    sound(path)


def test_a_file_that_was_made_without_it_shrinks_too(path):
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE note (text TEXT)")
        db.executemany("INSERT INTO note VALUES (?)", [("word " * 200,) for _ in range(2_000)])
        db.commit()
    full = path.stat().st_size

    async def work(database):
        await database.write(lambda db: db.execute("DELETE FROM note WHERE rowid > 100"))
        await database.shrink()

    use(path, work)
    assert path.stat().st_size < 0.1 * full
    sound(path)
