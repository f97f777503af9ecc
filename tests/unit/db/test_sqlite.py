import asyncio
import os
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing

import pytest

from retain.db import queries
from retain.db.sqlite import Database
from retain.errors import DatabaseBusyError, DatabaseError, PermanentError


@pytest.fixture
def path(tmp_path):
    return tmp_path / "test.db"


@pytest.fixture
def component(monkeypatch):
    """Stand-in migrations: the scripts of the component ``notes``, to be changed by the test."""
    scripts = ["CREATE TABLE note (text TEXT UNIQUE);"]
    monkeypatch.setattr(queries, "migrations", lambda name: tuple(scripts))
    return scripts


def use(path, work, **settings):
    """Run ``work(database)`` in an event loop of its own; the database is closed after it."""

    async def run():
        database = Database(path, **settings)
        try:
            return await work(database)
        finally:
            await database.close()

    return asyncio.run(run())


def insert(text):
    return lambda db: db.execute("INSERT INTO note VALUES (?)", (text,)).lastrowid


def notes(db):
    return [row[0] for row in db.execute("SELECT text FROM note ORDER BY text")]


async def make_table(database):
    await database.write(lambda db: db.execute("CREATE TABLE note (text TEXT UNIQUE)"))


def test_what_was_written_is_there_after_a_reopening(path):
    async def write(database):
        await make_table(database)
        assert await database.write(insert("kept")) == 1
        assert await database.read(notes) == ["kept"]

    use(path, write)
    assert use(path, lambda database: database.read(notes)) == ["kept"]
    assert not path.with_name("test.db-wal").exists()


def test_jobs_of_one_group_succeed_and_fail_apart(path):
    async def work(database):
        await make_table(database)
        hold = threading.Event()
        first = asyncio.create_task(database.write(lambda _: hold.wait(10)))
        await asyncio.sleep(0.05)

        def half_done(db):
            insert("half")(db)
            raise ValueError("mine")

        group = asyncio.gather(
            *(database.write(insert(str(n))) for n in range(5)),
            database.write(insert("3")),
            database.write(half_done),
            database.write(insert("last")),
            return_exceptions=True,
        )
        await asyncio.sleep(0.05)
        hold.set()
        answers = await group
        assert await first is True
        assert answers[:5] == [1, 2, 3, 4, 5]
        assert isinstance(answers[5], DatabaseError)
        assert "UNIQUE" in str(answers[5])
        assert isinstance(answers[6], ValueError)
        assert answers[7] == 6
        assert await database.read(notes) == ["0", "1", "2", "3", "4", "last"]

    use(path, work)


def test_waiting_writes_share_a_commit(path):
    async def work(database):
        await make_table(database)
        hold = threading.Event()
        first = asyncio.create_task(database.write(lambda _: hold.wait(10)))
        await asyncio.sleep(0.05)
        writes = [asyncio.create_task(database.write(insert(str(n)))) for n in range(50)]

        def look(db):
            with closing(sqlite3.connect(path)) as other:
                return len(notes(db)), len(notes(other))

        seen = asyncio.create_task(database.write(look))
        await asyncio.sleep(0.05)
        hold.set()
        assert await seen == (50, 0)
        await asyncio.gather(first, *writes)
        assert len(await database.read(notes)) == 50

    use(path, work)


def test_a_cancelled_waiter_disturbs_nobody(path):
    async def work(database):
        await make_table(database)
        hold = threading.Event()
        first = asyncio.create_task(database.write(lambda _: hold.wait(10)))
        await asyncio.sleep(0.05)
        gone = asyncio.create_task(database.write(insert("gone")))
        stays = asyncio.create_task(database.write(insert("stays")))
        await asyncio.sleep(0.05)
        gone.cancel()
        hold.set()
        await asyncio.gather(first, stays)
        with pytest.raises(asyncio.CancelledError):
            await gone
        assert "stays" in await database.read(notes)

    use(path, work)


def test_migrations_are_applied_once(path, component):
    async def work(database):
        database.require("notes")
        database.require("notes")
        await database.write(insert(f"with {len(component)}"))
        return await database.read(notes)

    use(path, work)
    component.append("ALTER TABLE note ADD COLUMN more TEXT;")
    component[0] = "not SQL, and never to run again"
    for _ in range(2):
        assert use(path, require_and_read) == [("with 1", None)]


async def require_and_read(database):
    database.require("notes")
    return await database.read(lambda db: db.execute("SELECT text, more FROM note").fetchall())


def test_a_migration_that_fails_leaves_nothing(path, component):
    component.append("CREATE TABLE half (x);\nCREATE TABLE note (again);")

    async def work(database):
        database.require("notes")
        with pytest.raises(DatabaseError):
            await database.read(notes)

    use(path, work)
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("SELECT name FROM sqlite_master").fetchall() == [("retain_erasure",)]


def test_two_components_are_made_side_by_side(path, component):
    async def work(database):
        database.require("notes")
        database.require("checked")
        await database.read(notes)

    component[0] = component[0].replace("TABLE", "TABLE IF NOT EXISTS")
    use(path, work)
    with closing(sqlite3.connect(path)) as db:
        versions = db.execute("SELECT component, version FROM retain_schema ORDER BY 1").fetchall()
    assert versions == [("checked", 1), ("notes", 1)]


def test_a_file_of_a_newer_release_is_refused(path, component):
    component.append("ALTER TABLE note ADD COLUMN more TEXT;")
    use(path, require_and_read)
    component.pop()

    async def work(database):
        database.require("notes")
        with pytest.raises(DatabaseError, match=r"version 2, this release knows 1: upgrade retain"):
            await database.read(notes)

    use(path, work)


def test_a_locked_database_is_busy_and_works_again(path):
    async def work(database):
        await make_table(database)
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            began = time.monotonic()
            with pytest.raises(DatabaseBusyError) as caught:
                await database.write(insert("blocked"))
            assert time.monotonic() - began < 5
            assert caught.value.transient
            assert await database.read(notes) == []
            other.execute("ROLLBACK")
        await database.write(insert("free"))
        assert await database.read(notes) == ["free"]

    use(path, work, busy_timeout_s=0.2)


def test_a_database_locked_before_the_first_use_is_busy(path, component):
    async def work(database):
        database.require("notes")
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("PRAGMA journal_mode=WAL")
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(DatabaseBusyError):
                await database.read(notes)
        assert await database.read(notes) == []

    use(path, work, busy_timeout_s=0.2)


def test_a_locked_database_keeps_a_group_for_one_timeout(path):
    async def work(database):
        await make_table(database)
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            began = time.monotonic()
            writes = (database.write(insert(str(n))) for n in range(10))
            answers = await asyncio.gather(*writes, return_exceptions=True)
            assert {type(answer) for answer in answers} == {DatabaseBusyError}
            assert time.monotonic() - began < 1.5

    use(path, work, busy_timeout_s=0.3)


FEW_FRAMES = 4 * 4_120

CHECKPOINTING = """
import fcntl, sys
with open(sys.argv[1] + "-shm", "r+b") as shared:
    fcntl.lockf(shared, fcntl.LOCK_EX, 1, 121)  # where SQLite locks its checkpoints
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="its locks are others")
def test_folding_waits_for_the_checkpoint_of_another(path):
    use(path, make_table)

    async def work(database):
        folding = asyncio.create_task(database.vacuum())
        await asyncio.wait({folding}, timeout=0.5)
        assert not folding.done()
        await asyncio.to_thread(other.communicate)
        await folding
        assert path.with_name("test.db-wal").stat().st_size < FEW_FRAMES

    command = [sys.executable, "-c", CHECKPOINTING, str(path)]
    with closing(sqlite3.connect(path)) as held:
        held.execute("INSERT INTO note VALUES ('a')")  # brings the file that the locks are on
        held.commit()
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as other:
            assert other.stdout.readline() == "held\n"
            use(path, work)


def test_reads_at_the_same_time_all_wait_for_the_tables(path, component):
    async def work(database):
        database.require("notes")
        assert await asyncio.gather(*(database.read(notes) for _ in range(5))) == [[]] * 5

    use(path, work)


def test_a_component_may_be_required_after_the_first_use(path, component):
    async def work(database):
        await database.write(lambda _: None)
        database.require("notes")
        await database.write(insert("late"))
        assert await database.read(notes) == ["late"]

    use(path, work)


def test_a_file_that_is_no_database_says_so(path):
    path.write_text("These are my notes. " * 100)

    async def work(database):
        for call in (database.read, database.write):
            with pytest.raises(DatabaseError, match="not a SQLite database"):
                await call(lambda db: db.execute("SELECT 1").fetchall())

    use(path, work)
    assert path.read_text().startswith("These are my notes.")


def test_a_folder_that_does_not_exist_says_so(tmp_path):
    async def work(database):
        for call in (database.read, database.write):
            with pytest.raises(DatabaseError, match="there is no such folder") as caught:
                await call(lambda db: db.execute("SELECT 1").fetchall())
            assert isinstance(caught.value, PermanentError)
            assert str(database.path) in str(caught.value)

    use(tmp_path / "missing" / "test.db", work)


def test_a_read_only_folder_says_so(tmp_path):
    folder = tmp_path / "locked"
    folder.mkdir()
    folder.chmod(0o500)
    if os.access(folder, os.W_OK):
        pytest.skip("this user may write everywhere")

    async def work(database):
        with pytest.raises(DatabaseError, match=r"cannot open|read-only"):
            await make_table(database)

    try:
        use(folder / "test.db", work)
    finally:
        folder.chmod(0o700)


def test_a_closed_database_refuses(path):
    async def work(database):
        await make_table(database)
        await database.close()
        for call in (database.read, database.write):
            with pytest.raises(DatabaseError, match="closed"):
                await call(notes)
        await database.close()

    use(path, work)


def test_closing_finishes_what_was_asked(path):
    async def work(database):
        await make_table(database)
        writes = [asyncio.create_task(database.write(insert(str(n)))) for n in range(20)]
        await asyncio.sleep(0)
        await database.close()
        await asyncio.gather(*writes)

    use(path, work)
    assert len(use(path, lambda database: database.read(notes))) == 20


def test_closing_an_unused_database_makes_no_file(path):
    use(path, lambda _: asyncio.sleep(0))
    assert not path.exists()


def test_two_event_loops_share_a_database(path):
    database = Database(path)
    asyncio.run(make_table(database))

    def worker(name):
        async def work():
            for n in range(50):
                await database.write(insert(f"{name}{n:02}"))
                assert f"{name}{n:02}" in await database.read(notes)

        asyncio.run(work())

    threads = [threading.Thread(target=worker, args=(name,)) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    expected = [f"{name}{n:02}" for name in "ab" for n in range(50)]
    assert asyncio.run(database.read(notes)) == expected
    asyncio.run(database.close())


def test_two_databases_of_one_file_take_turns(path):
    async def work(database):
        await make_table(database)
        other = Database(path)
        await asyncio.gather(
            *(database.write(insert(f"a{n}")) for n in range(50)),
            *(other.write(insert(f"b{n}")) for n in range(50)),
        )
        assert len(await other.read(notes)) == 100
        await other.close()

    use(path, work)


def test_a_read_sees_one_moment(path):
    async def work(database):
        await make_table(database)
        reading, written = threading.Event(), threading.Event()

        def twice(db):
            before = notes(db)
            reading.set()
            written.wait(10)
            return before, notes(db)

        task = asyncio.create_task(database.read(twice))
        await asyncio.to_thread(reading.wait, 10)
        await database.write(insert("meanwhile"))
        written.set()
        assert await task == ([], [])

    use(path, work)


def test_a_read_cannot_write(path):
    async def work(database):
        await make_table(database)
        await database.read(insert("lost"))
        assert await database.read(notes) == []

    use(path, work)


def test_nothing_blocks_the_event_loop(path):
    async def work(database):
        await make_table(database)
        longest, last = 0.0, time.monotonic()

        async def tick():
            nonlocal longest, last
            while True:
                await asyncio.sleep(0.001)
                longest, last = max(longest, time.monotonic() - last), time.monotonic()

        ticking = asyncio.create_task(tick())
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            waiting = asyncio.create_task(database.write(insert("waits")))
            await database.read(lambda _: time.sleep(0.5))
            other.execute("ROLLBACK")
        await waiting
        await database.close()
        ticking.cancel()
        assert longest < 0.25

    use(path, work)


def test_many_that_open_a_new_file_at_once_wait_for_each_other(tmp_path):
    async def open_all(path):
        databases = [Database(path, durability="process") for _ in range(6)]
        try:
            return await asyncio.gather(
                *(one.write(lambda db: db.execute("SELECT 1").fetchone()[0]) for one in databases)
            )
        finally:
            for one in databases:
                await one.close()

    for n in range(20):
        assert asyncio.run(open_all(tmp_path / f"{n}.db")) == [1] * 6
