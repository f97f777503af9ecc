import asyncio
import subprocess
import sys
import time
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
from tests.postgres import connect

from retain.checkpoints.postgres import PostgresCheckpoint
from retain.db import queries
from retain.errors import LeaseHeldError
from retain.holder import Holder
from retain.keys import encoded
from retain.memory.context import RetainContext
from retain.testing.checkpoints.samples import far_away, whole

PATIENCE_S = 20.0
RUN_KEY = encoded(("bank", "source"))


@pytest.fixture
def schemas(postgres, tmp_path):
    postgres.folder = tmp_path
    return postgres


@asynccontextmanager
async def opened(schemas, **options):
    checkpoint = PostgresCheckpoint(schemas.url(schemas.folder), RetainContext, **options)
    try:
        yield checkpoint
    finally:
        await checkpoint.close()


def execute(schemas, statement):
    with connect() as connection:
        connection.execute(f"SET search_path TO {schemas.name(schemas.folder)}")
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


async def until_somebody_waits(schemas):
    """Wait until a transaction waits for another one."""
    end = time.monotonic() + PATIENCE_S
    waiting = (
        "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        " AND query LIKE '%lease%' AND query NOT LIKE '%pg_stat_activity%'"
    )
    while not await asyncio.to_thread(execute, schemas, waiting):
        assert time.monotonic() < end, "nobody waits"


def test_the_clock_of_the_server_decides_leases_not_that_of_the_process(schemas, monkeypatch):
    async def test():
        async with (
            opened(schemas) as checkpoint,
            opened(schemas, holder=far_away) as other,
            other.lease("bank", "source"),
        ):
            monkeypatch.setattr(checkpoint, "clock", lambda: time.time() + 7200)
            with pytest.raises(LeaseHeldError):
                await checkpoint.lease("bank", "source").__aenter__()
            with pytest.raises(LeaseHeldError):
                await checkpoint.save(whole())
            execute(schemas, "UPDATE lease SET expires_at = 1")
            monkeypatch.setattr(checkpoint, "clock", lambda: 0.0)
            async with checkpoint.lease("bank", "source") as lease:
                ends = execute(schemas, "SELECT expires_at FROM lease")[0][0]
                assert 0 < ends - time.time() <= checkpoint.lease_ttl_s
                assert execute(schemas, "SELECT token FROM lease") == [(lease.token,)]

    asyncio.run(test())


def test_of_machines_that_ask_at_once_one_gets_the_lease(schemas):
    def machine(number):
        return lambda: Holder(f"machine {number}", "host", 1, "1")

    async def test():
        async with AsyncExitStack() as stack:
            checkpoints = [
                await stack.enter_async_context(opened(schemas, holder=machine(n)))
                for n in range(4)
            ]
            for _ in range(5):
                leases = [checkpoint.lease("bank", "source") for checkpoint in checkpoints]
                asked = (lease.__aenter__() for lease in leases)
                got = await asyncio.gather(*asked, return_exceptions=True)
                refused = [one for one in got if isinstance(one, LeaseHeldError)]
                assert len(refused) == 3
                for lease, outcome in zip(leases, got, strict=True):
                    if outcome not in refused:
                        await lease.__aexit__(None, None, None)

    asyncio.run(test())


@pytest.mark.parametrize("writes", ["bank", "run"])
def test_nobody_takes_a_run_over_while_its_holder_writes_and_the_holder_renews_its_lease(
    schemas, writes
):
    def write(db, checkpoint, token):
        if writes == "bank":
            sql = queries.load("bank", "postgres")["lease_token"]
            given = {"run_key": RUN_KEY}
        else:
            sql = checkpoint._sql["advance_held"]
            given = {"key": RUN_KEY, "token": token, "revision": 2, "head": b"head"}
            given |= {"names": [], "fields": [], "numbers": [0], "steps": [b"step"]}
        assert db.execute(sql, given).fetchone() is not None

    async def test():
        async with opened(schemas) as checkpoint, opened(schemas, holder=far_away) as other:
            holding = other.lease("bank", "source")
            held = await holding.__aenter__()
            await other.save(whole())
            execute(schemas, "UPDATE run SET revision = 1, body = NULL")
            with connect() as writer, writer.transaction():
                writer.execute(f"SET LOCAL search_path TO {schemas.name(schemas.folder)}")
                write(writer, checkpoint, held.token)
                assert await asyncio.to_thread(other._renew, [held]) == [True]
                execute(schemas, "UPDATE lease SET expires_at = 1")
                asked = checkpoint.lease("bank", "source")
                taking = asyncio.create_task(asked.__aenter__())
                await until_somebody_waits(schemas)
            assert (await taking).token > held.token

    asyncio.run(test())


def test_a_run_that_is_put_down_is_seen_by_whoever_asked_for_its_lease_meanwhile(schemas):
    async def test():
        async with opened(schemas) as checkpoint, opened(schemas, holder=far_away) as other:
            await checkpoint.list()  # makes the tables
            with connect() as writer, writer.transaction():
                lease = f"{schemas.name(schemas.folder)}.lease"
                sql = checkpoint._sql["reserve"].replace("lease", lease)
                writer.execute(sql, {"key": RUN_KEY})
                asked = other.lease("bank", "source")
                taking = asyncio.create_task(asked.__aenter__())
                await until_somebody_waits(schemas)
                writer.execute(f"DELETE FROM {lease}")
            await taking
            (refusal,) = await checkpoint.save_new([whole()])
            assert isinstance(refusal, LeaseHeldError)
            assert await other.load("bank", "source") is None

    asyncio.run(test())


def test_a_deleted_run_leaves_no_rows(schemas):
    async def test():
        async with opened(schemas) as checkpoint:
            for source_id in ("one", "two"):
                await checkpoint.save(whole("bank", source_id))
            await checkpoint.delete("bank", "one")
            for table in ("run_field", "run_step", "run_added"):
                rest = execute(schemas, f"SELECT run_id FROM {table} EXCEPT SELECT id FROM run")
                assert rest == []
            assert execute(schemas, "SELECT count(*) FROM lease") == [(0,)]

    asyncio.run(test())


def test_a_page_of_a_small_bank_among_many_runs_is_read_from_an_index(schemas):
    async def test():
        async with opened(schemas) as checkpoint:
            await checkpoint.save(whole("bank", "source"))
            copies = """
                INSERT INTO run (run_key, version, revision, status, last_state, started_at, head)
                SELECT 'bank' || n % 50 || chr(1) || n || chr(1), 1, 1, 'completed', 'X', n, head
                FROM run, generate_series(1, 5000) AS n
            """
            execute(schemas, copies)
            execute(schemas, "ANALYZE run")
            wanted = {**checkpoint._range(("bank7",)), "limit": 11, "status": "completed"}
            wanted |= {"since": float("-inf"), "until": float("inf"), "states": None}

            def explained(db):
                db.execute(checkpoint._sql["in_key_order"])
                for name in ("list_by_key", "list_by_status"):
                    rows = db.execute(f"EXPLAIN {checkpoint._sql[name]}", wanted)
                    yield "\n".join(row[0] for row in rows)

            plans = await checkpoint._reading(lambda db: list(explained(db)))
            assert all("Sort" not in plan and "Index Cond" in plan for plan in plans), plans
            assert len(await checkpoint.list("bank7", limit=10)) == 10

    asyncio.run(test())


def test_a_missing_driver_names_the_extra():
    code = (
        "import sys; sys.modules['psycopg'] = None\n"
        "from retain.errors import MissingExtraError\n"
        "try: from retain.checkpoints import PostgresCheckpoint\n"
        "except MissingExtraError as exc: print(exc)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "[postgres]" in done.stdout
