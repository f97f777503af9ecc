import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psycopg
import pytest
from tests import postgres as servers

from retain.db import pgconnections, queries
from retain.db.pgurl import Address
from retain.db.postgres import PostgresDatabase
from retain.errors import DatabaseBusyError, DatabaseError, InputError


@pytest.fixture
def component(monkeypatch):
    """Stand-in migrations: the scripts of the component ``notes``, to be changed by the test."""
    scripts = ['CREATE TABLE note (text text COLLATE "C" UNIQUE);']
    monkeypatch.setattr(queries, "migrations", lambda name, dialect: tuple(scripts))
    return scripts


@pytest.fixture
def url(postgres, tmp_path):
    return postgres.url(tmp_path)


def use(url, work, *, component="notes", **settings):
    """Run ``work(database)`` in an event loop of its own; the database is closed after it."""

    async def run():
        database = PostgresDatabase(Address.parsed(url), **settings)
        if component:
            database.require(component)
        try:
            return await work(database)
        finally:
            await database.close()

    return asyncio.run(run())


def insert(text):
    return lambda db: db.execute("INSERT INTO note VALUES (%s)", (text,)).rowcount


def notes(db):
    return [row[0] for row in db.execute("SELECT text FROM note ORDER BY text")]


def test_what_was_written_is_there_after_a_reopening(url, component):
    async def write(database):
        assert await database.write(insert("kept")) == 1
        assert await database.read(notes) == ["kept"]

    use(url, write)
    assert use(url, lambda database: database.read(notes)) == ["kept"]


def test_a_write_that_fails_keeps_nothing(url, component):
    def half_done(db):
        insert("half")(db)
        raise ValueError("mine")

    async def work(database):
        with pytest.raises(ValueError, match="mine"):
            await database.write(half_done)
        with pytest.raises(DatabaseError, match="duplicate key"):
            await database.write(lambda db: [insert("twice")(db), insert("twice")(db)])
        assert await database.read(notes) == []

    use(url, work)


def test_a_reader_cannot_write_and_sees_one_moment(url, component):
    async def work(database):
        with pytest.raises(DatabaseError, match="read-only"):
            await database.read(insert("no"))
        reading, written = threading.Event(), threading.Event()

        def twice(db):
            before = notes(db)
            reading.set()
            assert written.wait(10)
            return before == notes(db) == []

        reader = asyncio.create_task(database.read(twice))
        await asyncio.to_thread(reading.wait, 10)
        await database.write(insert("later"))
        written.set()
        assert await reader

    use(url, work)


def test_writes_under_one_lock_run_one_after_the_other(url, component):
    inside = []

    def enter(db):
        inside.append(len(inside))
        count = db.execute("SELECT count(*) FROM note").fetchone()[0]
        db.execute("INSERT INTO note VALUES (%s)", (str(count),))

    async def work(database):
        await asyncio.gather(*(database.write(enter, lock="bank") for _ in range(12)))
        assert len(await database.read(notes)) == 12

    use(url, work)


def test_a_lock_that_others_hold_for_too_long_is_busy(url, component):
    async def work(database):
        await database.migrate()
        with servers.connect() as other:
            other.execute(f'SET search_path TO "{database.address.schema}"')
            other.execute("BEGIN; LOCK TABLE note")
            with pytest.raises(DatabaseBusyError, match="locked"):
                await database.write(insert("no"))
            other.execute("ROLLBACK")

    use(url, work, busy_timeout_s=0.2)


def test_a_deadlock_is_run_again(url, component):
    meet = threading.Barrier(2)
    tries = []

    def update(first, second):
        def work(db):
            tries.append(first)
            db.execute("UPDATE note SET text = text WHERE text = %s", (first,))
            if len(tries) <= 2:
                meet.wait(10)
            db.execute("UPDATE note SET text = text WHERE text = %s", (second,))

        return work

    async def work(database):
        await database.write(lambda db: [insert("a")(db), insert("b")(db)])
        await asyncio.gather(database.write(update("a", "b")), database.write(update("b", "a")))
        assert len(tries) == 3

    use(url, work)


def test_a_connection_that_was_idle_for_long_reads_and_writes(url, component, monkeypatch):
    monkeypatch.setattr(pgconnections, "PLANS_S", 0.0)

    async def work(database):
        for text in "abc":
            await database.write(insert(text))
            await asyncio.to_thread(time.sleep, 0.002)  # older than its plans may be
            assert (await database.read(notes))[-1] == text

    use(url, work)


def test_a_connection_in_use_while_its_database_is_closed_is_closed_after_it(url, component):
    used, closed, seen = threading.Event(), threading.Event(), []

    def work(db):
        seen.append(db)
        used.set()
        assert closed.wait(10)

    async def close_meanwhile(database):
        beside = threading.Thread(target=database.write_blocking, args=(work,))
        beside.start()  # as the heartbeat of leases does, which has a thread of its own
        assert await asyncio.to_thread(used.wait, 10)
        await database.close()
        closed.set()
        await asyncio.to_thread(beside.join)
        return [db.closed for db in seen]

    assert use(url, close_meanwhile) == [True]


def test_a_connection_that_was_cut_is_opened_again(url, component):
    cut = []

    def cut_in_the_middle(db):
        insert("once")(db)
        if not cut:
            cut.append(db.info.backend_pid)
            with servers.connect() as other:
                other.execute("SELECT pg_terminate_backend(%s)", cut)
        return db.execute("SELECT count(*) FROM note").fetchone()[0]

    async def work(database):
        assert await database.write(cut_in_the_middle) == 1
        with servers.connect() as other:
            other.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name = 'retain'"
            )
        assert await database.read(notes) == ["once"]

    use(url, work)


@pytest.mark.parametrize("committed", [True, False])
def test_a_commit_whose_answer_was_lost_is_looked_up(url, component, committed, monkeypatch):
    execute = psycopg.Connection.execute
    lost = []

    def lose(connection, query, *args, **options):
        if query != "COMMIT" or lost:
            return execute(connection, query, *args, **options)
        lost.append(query)
        if committed:
            execute(connection, query, *args, **options)
        connection.close()
        raise psycopg.OperationalError("server closed the connection unexpectedly")

    async def work(database):
        await database.migrate()
        monkeypatch.setattr(psycopg.Connection, "execute", lose)
        await database.write(insert("once"))
        assert lost
        assert await database.read(notes) == ["once"]

    use(url, work)


def test_two_processes_that_come_first_at_once_make_the_tables_once(url, component):
    async def work(_):
        databases = [PostgresDatabase(Address.parsed(url)) for _ in range(4)]
        for database in databases:
            database.require("notes")
        await asyncio.gather(
            *(database.write(insert(str(n))) for n, database in enumerate(databases))
        )
        assert await databases[0].read(notes) == ["0", "1", "2", "3"]
        for database in databases:
            await database.close()

    use(url, work)


def test_tables_are_migrated_forward_all_steps_or_none(url, component):
    use(url, lambda database: database.write(insert("old")))
    component.append("ALTER TABLE note ADD COLUMN seen bigint; SELECT 1 / 0;")
    with pytest.raises(DatabaseError, match="division by zero"):
        use(url, lambda database: database.read(notes))
    component[1] = "ALTER TABLE note ADD COLUMN seen bigint; UPDATE note SET seen = 3;"
    seen = use(
        url,
        lambda database: database.read(lambda db: db.execute("SELECT * FROM note").fetchall()),
    )
    assert seen == [("old", 3)]


def test_tables_of_a_newer_release_are_refused(url, component):
    component.append("SELECT 1")
    use(url, lambda database: database.migrate())
    component.pop()
    with pytest.raises(DatabaseError, match=r"have version 2, this release knows 1: upgrade"):
        use(url, lambda database: database.read(notes))


def test_a_wrong_password_is_never_shown(url, component):
    at = servers.server().started()
    hba = Path(at["host"]) / "pg_hba.conf"
    if not hba.exists():
        hba = servers.FOLDER / "pg_hba.conf"
    before = hba.read_text()
    with servers.connect() as db:
        db.execute("CREATE ROLE guarded LOGIN PASSWORD 'right'")
        hba.write_text("local all guarded scram-sha-256\n" + before)
        db.execute("SELECT pg_reload_conf()")
        try:
            refused = _eventually_refused(at)
        finally:
            hba.write_text(before)
            db.execute("SELECT pg_reload_conf()")
            db.execute("DROP ROLE guarded")
    assert "check both in the URL" in refused
    assert "s3cr3t" not in refused


def _eventually_refused(at) -> str:
    """What is said once the server has read its rules again."""
    url = f"postgresql://guarded:s3cr3t@/postgres?host={at['host']}"
    while True:
        try:
            use(url, lambda database: database.read(lambda db: None), component=None)
        except DatabaseError as exc:
            return str(exc)
        time.sleep(0.01)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql://u:s3cr3t@host:notaport/x", "write postgresql://USER"),
        ("postgresql://u:s3cr3t@host/x?nosuch=1", "write postgresql://USER"),
        ("postgresql://u:s3cr3t@host/x?pool_size=0", "from 1 to 1000"),
        ("postgresql://u:s3cr3t@host/x?schema=", "schema"),
    ],
)
def test_a_url_that_cannot_be_read_is_not_shown(url, said):
    with pytest.raises(InputError, match=said) as raised:
        Address.parsed(url)
    assert "s3cr3t" not in str(raised.value)


@pytest.mark.parametrize("query", ["", "?schema=mine"])
def test_a_url_without_a_host_leaves_it_to_libpq(query):
    address = Address.parsed(f"postgresql:///notes{query}")
    assert address.parameters["dbname"] == "notes"
    assert "host" not in address.parameters


def test_an_address_shows_no_password():
    address = Address.parsed("postgres://ana:s3cr3t@db.example:6543/notes?schema=mine&prepare=off")
    assert address.shown == "postgresql://ana@db.example:6543/notes"
    assert "s3cr3t" not in repr(address)
    assert (address.schema, address.prepare) == ("mine", False)


def test_a_server_that_is_away_is_told_at_once():
    start = time.monotonic()
    with pytest.raises(DatabaseBusyError, match="cannot reach the server"):
        use(
            "postgresql://u@127.0.0.1:1/x",
            lambda database: database.read(lambda db: None),
            component=None,
        )
    assert time.monotonic() - start < 5


def test_what_the_server_lacks_is_told_with_the_remedy(postgres, tmp_path, component):
    at = servers.server().started()
    with servers.connect() as db:
        db.execute("CREATE ROLE weak LOGIN")
        db.execute("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
        try:
            for name, user, said in [
                ("nosuch", "postgres", "make it with createdb"),
                ("postgres", "nobody", "make it with createuser"),
                ("latin", "postgres", "its encoding is LATIN1"),
                ("postgres", "weak", "the role lacks a right"),
            ]:
                url = f"postgresql://{user}@/{name}?host={at['host']}&schema=absent"
                with pytest.raises(DatabaseError, match=said):
                    use(url, lambda database: database.write(insert("x")))
        finally:
            db.execute("DROP DATABASE latin")
            db.execute("DROP ROLE weak")


def test_a_role_without_the_right_to_make_schemas_uses_one_that_was_made_for_it(
    postgres, tmp_path, component
):
    schema = postgres.name(tmp_path)
    at = servers.server().started()
    with servers.connect() as db:
        db.execute("CREATE ROLE tenant LOGIN")
        db.execute(f"CREATE SCHEMA {schema} AUTHORIZATION tenant")
    url = f"postgresql://tenant@/postgres?host={at['host']}&schema={schema}"
    assert use(url, lambda database: database.write(insert("x"))) == 1
    postgres.drop()
    with servers.connect() as db:
        db.execute("DROP ROLE tenant")


def test_a_statement_that_takes_too_long_for_the_server_is_told(url, component):
    slow = url + "&options=-c%20statement_timeout%3D50"
    with pytest.raises(DatabaseBusyError, match="raise statement_timeout"):
        use(slow, lambda database: database.write(lambda db: db.execute("SELECT pg_sleep(5)")))


def test_parent_and_child_of_a_fork_each_connect_again(url, component):
    async def work(database):
        await database.write(insert("parent"))
        child = os.fork()
        if child == 0:
            code = 1
            try:
                database.write_blocking(insert("child"))
                code = 0
            finally:
                os._exit(code)
        await database.write(insert("after"))
        _, status = await asyncio.to_thread(os.waitpid, child, 0)
        assert status == 0
        assert await database.read(notes) == ["after", "child", "parent"]

    use(url, work)


def test_a_local_server_outlives_a_process_that_was_killed():
    program = (
        "import sys, pathlib\n"
        "from retain.db.pgserver import LocalServer\n"
        "server = LocalServer(pathlib.Path(sys.argv[1]))\n"
        "server.started()\n"
        "print('up', flush=True)\n"
        "sys.stdin.read()\n"
    )
    pid = servers.FOLDER / "postmaster.pid"
    servers.server()
    before = pid.read_text()
    process = subprocess.Popen(
        [sys.executable, "-c", program, str(servers.FOLDER)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"up\n"
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert pid.read_text() == before
    with servers.connect() as db:
        assert db.execute("SELECT 1").fetchone() == (1,)
