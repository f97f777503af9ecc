"""What only the checkpoint in SQLite can show: its rows, and what a transition writes."""

import asyncio
import os
import sqlite3
import time
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from retain.checkpoints.codec import Codec, head_of
from retain.checkpoints.sqlite import SQLiteCheckpoint
from retain.db import queries
from retain.db.sqlite import Database
from retain.engine.context import StepLogEntry
from retain.errors import (
    CheckpointDamagedError,
    CheckpointError,
    CheckpointSchemaError,
    LeaseHeldError,
    LeaseLostError,
)
from retain.holder import Holder
from retain.memory.context import RetainContext
from retain.testing.checkpoints import Second, Working, whole

NOON = datetime(2024, 2, 29, 12, tzinfo=UTC)
ELSEWHERE = Holder("another machine", "elsewhere", 7, "1")
PUT_LEASE = "INSERT OR REPLACE INTO lease VALUES ('bank\1source\1', 1, ?, ?)"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "runs.db"


@asynccontextmanager
async def opened(path, context_type=RetainContext, **options):
    checkpoint = SQLiteCheckpoint(path, context_type, durability="process", **options)
    try:
        yield checkpoint
    finally:
        await checkpoint.close()


def run(test, path, **options):
    async def body():
        async with opened(path, **options) as checkpoint:
            return await test(checkpoint)

    return asyncio.run(body())


def execute(path, statement, values=()):
    with closing(sqlite3.connect(path)) as connection, connection:
        return connection.execute(statement, values).fetchall()


def written(path):
    """Bytes in the write-ahead log and the database."""
    return path.stat().st_size + path.with_name("runs.db-wal").stat().st_size


def test_a_transition_writes_little_and_no_more_in_the_end(path):
    async def test(checkpoint):
        # No write-ahead log is folded in, so that it tells all that was written.
        await checkpoint._db.write(lambda c: c.execute("PRAGMA wal_autocheckpoint = 0"))
        ctx = replace(whole(), md_text="x" * 1_000_000, step_log=[])
        await checkpoint.save(ctx)
        costs = []
        for n in range(2000):
            before = written(path)
            ctx.step_log.append(StepLogEntry("READ", NOON, NOON, 1.0))
            ctx.last_state = f"S{n % 10}"
            await checkpoint.save(ctx)
            costs.append(written(path) - before)
        return costs

    costs = run(test, path)
    assert sum(costs[:1000]) / 1000 < 24 * 1024
    assert max(costs) < 48 * 1024
    tenth, last = costs[10:110], costs[-100:]
    assert sum(last) <= 1.25 * sum(tenth)


def test_a_save_writes_the_rows_that_changed(path):
    async def test(checkpoint):
        ctx = replace(whole(), step_log=[])
        await checkpoint.save(ctx)
        put = []
        write = checkpoint._write

        async def counting(delta, token):
            put.append((delta.full, set(delta.fields), [n for n, _ in delta.steps]))
            return await write(delta, token)

        checkpoint._write = counting
        ctx.step_log.append(StepLogEntry("READ", NOON))
        await checkpoint.save(ctx)
        assert await checkpoint.load("bank", "source") == ctx  # a look changes nothing
        ctx.step_log[0].completed_at = NOON
        ctx.step_log += [StepLogEntry("A", NOON), StepLogEntry("B", NOON)]
        ctx.facts[0] = replace(ctx.facts[0])
        ctx.meta["new"] = 1
        await checkpoint.save(ctx)
        await checkpoint.save(ctx)
        assert put == [
            (False, set(), [0]),
            (False, {"meta"}, [0, 1, 2]),
            (False, set(), [1, 2]),
        ]

    run(test, path)


def test_a_database_that_was_given_stays_open(path):
    async def test():
        database = Database(path, durability="process")
        try:
            async with opened(database) as checkpoint:
                await checkpoint.save(whole())
            async with opened(database) as checkpoint:
                assert await checkpoint.load("bank", "source") == whole()
        finally:
            await database.close()

    asyncio.run(test())


def test_deleting_leaves_no_row(path):
    async def test(checkpoint):
        await checkpoint.save(whole())
        put = "INSERT INTO lease VALUES ('bank\1source\1', 1, ?, 0)"
        await checkpoint._db.write(lambda c: c.execute(put, (ELSEWHERE.encode(),)))
        assert await checkpoint.delete("bank", "source")

    run(test, path)
    for table in ("run", "run_field", "run_step", "lease"):
        assert execute(path, f"SELECT count(*) FROM {table}") == [(0,)]


def test_a_completed_run_is_one_row_until_it_goes_on(path):
    def counts():
        return [
            execute(path, f"SELECT count(*) FROM {table}")[0][0]
            for table in ("run", "run_field", "run_step")
        ]

    async def test(checkpoint):
        ctx = Working("bank", "source", name="a" * 1000)
        ctx.step_log = [StepLogEntry("INIT", NOON, NOON, 1.0), StepLogEntry("READ", NOON)]
        await checkpoint.save(ctx)
        assert counts() == [1, 2, 2]
        ctx.status = "completed"
        await checkpoint.save(ctx)
        assert counts() == [1, 0, 0]
        (size,) = execute(path, "SELECT length(head) + length(body) FROM run")[0]
        assert size < 400
        assert await checkpoint.load("bank", "source") == ctx
        ctx.status, ctx.drafts = "running", ["b"]
        ctx.step_log.append(StepLogEntry("LINK", NOON))
        await checkpoint.save(ctx)
        assert counts() == [1, 2, 3]
        assert await checkpoint.load("bank", "source") == ctx

    run(test, path, context_type=Working)


def test_a_large_completed_run_reads_back(path):
    async def test(checkpoint):
        ctx = Working("bank", "source", name="a" * 1_000_000, status="completed")
        await checkpoint.save(ctx)
        assert await checkpoint.load("bank", "source") == ctx

    run(test, path, context_type=Working)


@pytest.mark.parametrize("damage", ["x'00'", "substr(body, 1, 9)", "x'789c030000000001'"])
def test_a_completed_run_that_does_not_read_back_is_damage(path, damage):
    completed = Working("bank", "source", name="a", status="completed")
    run(lambda checkpoint: checkpoint.save(completed), path, context_type=Working)
    execute(path, f"UPDATE run SET body = {damage}")
    with pytest.raises(CheckpointDamagedError, match="'source' in 'bank'"):
        run(lambda checkpoint: checkpoint.load("bank", "source"), path, context_type=Working)


def test_runs_of_the_first_release_are_read_listed_and_go_on(path):
    ctx = Working("ba\1nk", "so\2urce", name="a", status="completed", completed_at=NOON)
    ctx.step_log = [StepLogEntry("INIT", NOON, NOON, 1.0)]
    codec = Codec(Working)
    head = codec.encode_head(head_of(ctx))
    with closing(sqlite3.connect(path)) as db, db:
        db.executescript(queries.migrations("checkpoint")[0])
        db.execute("CREATE TABLE retain_schema (component PRIMARY KEY, version) WITHOUT ROWID")
        db.execute("INSERT INTO retain_schema VALUES ('checkpoint', 1)")
        insert = "INSERT INTO run (bank_id, source_id, version, revision, head)"
        db.execute(f"{insert} VALUES (?, ?, 1, 7, ?)", (ctx.bank_id, ctx.source_id, head))
        db.execute(f"{insert} VALUES ('bank', 'damaged', 1, 7, x'c1')")
        db.execute(
            "INSERT INTO run_field (run_id, name, body) VALUES (1, 'name', ?)",
            (codec.encode_field("name", "a"),),
        )
        db.execute("INSERT INTO run_step VALUES (1, 0, ?)", (codec.encode_step(ctx.step_log[0]),))

    async def test(checkpoint):
        found = await checkpoint.load(*ctx.run_key)
        assert found == ctx
        assert [(s.run_key, s.status) for s in await checkpoint.list()] == [
            (ctx.run_key, "completed"),
            (("bank", "damaged"), "failed"),
        ]
        found.status, found.name = "running", "b"
        await checkpoint.save(found)
        assert await checkpoint.load(*ctx.run_key) == found

    run(test, path, context_type=Working)
    listed = "SELECT status, last_state, started_at FROM run ORDER BY id"
    assert execute(path, listed)[1] == ("failed", "", 0.0)
    [(status, last_state, started_at), _] = execute(path, listed)
    assert (status, last_state) == ("running", "INIT")
    assert abs(started_at - ctx.started_at.timestamp()) < 0.001


def test_a_gap_in_the_step_log_is_damage(path):
    run(lambda checkpoint: checkpoint.save(whole()), path)
    execute(path, "DELETE FROM run_step WHERE n = 1")
    with pytest.raises(CheckpointDamagedError, match=r"'source' in 'bank' in .*runs\.db"):
        run(lambda checkpoint: checkpoint.load("bank", "source"), path)


def test_a_field_that_does_not_read_back_is_named(path):
    run(lambda checkpoint: checkpoint.save(whole()), path)
    execute(path, "UPDATE run_field SET body = x'dc' WHERE name = 'facts'")
    with pytest.raises(CheckpointDamagedError, match="field 'facts'"):
        run(lambda checkpoint: checkpoint.load("bank", "source"), path)


def test_a_field_that_is_missing_is_named(path):
    run(lambda checkpoint: checkpoint.save(whole()), path)
    execute(path, "DELETE FROM run_field WHERE name = 'md_text'")
    with pytest.raises(CheckpointSchemaError, match="md_text"):
        run(lambda checkpoint: checkpoint.load("bank", "source"), path)


def test_an_upgraded_run_is_rewritten_in_the_new_schema(path):
    async def test(checkpoint):
        await checkpoint.save(Second("bank", "source", ["Ana"], ["kept"]))
        execute(path, "UPDATE run SET version = 1")
        execute(path, "UPDATE run_field SET name = 'name', body = x'a3416e61' WHERE name = 'names'")
        execute(path, "UPDATE run_field SET body = x'a16b' WHERE name = 'kept'")
        ctx = await checkpoint.load("bank", "source")
        assert (ctx.names, ctx.kept) == (["Ana"], ["k"])
        await checkpoint.save(ctx)

    run(test, path, context_type=Second)
    assert execute(path, "SELECT version FROM run") == [(2,)]
    assert execute(path, "SELECT name FROM run_field ORDER BY name") == [("kept",), ("names",)]


def test_a_field_that_is_no_more_hinders_nothing(path):
    async def test(checkpoint):
        await checkpoint.save(whole())
        execute(path, "INSERT INTO run_field (run_id, name, body) SELECT id, 'old', x'01' FROM run")
        ctx = await checkpoint.load("bank", "source")
        assert ctx == whole()
        ctx.title = "later"
        await checkpoint.save(ctx)
        assert await checkpoint.load("bank", "source") == ctx

    run(test, path)


def test_new_runs_are_kept_all_or_none(path):
    async def test(checkpoint):
        runs = [replace(whole(), source_id=str(n)) for n in range(5)]
        async with opened(path) as other, other.lease("bank", "3"):
            answers = await checkpoint.save_new(runs)
            assert [answer is None for answer in answers] == [True, True, True, False, True]
            assert isinstance(answers[3], LeaseHeldError)
        assert [s.source_id for s in await checkpoint.list()] == ["0", "1", "2", "4"]
        for ctx in runs:
            ctx.title = "later"
        sql = checkpoint._sql
        checkpoint._sql = {**sql, "put_step": "INSERT INTO missing VALUES (?, ?, ?)"}
        runs[0].step_log = []
        with pytest.raises(CheckpointError, match=r"could not keep the new runs: .* missing"):
            await checkpoint.save_new(runs)
        assert (await checkpoint.load("bank", "0")).title == "Heading"
        checkpoint._sql = sql
        assert await checkpoint.save_new(runs) == [None] * 5
        runs[2].title = "last"
        await checkpoint.save(runs[2])
        assert [await checkpoint.load("bank", str(n)) for n in range(5)] == runs

    run(test, path)


def test_a_lease_that_does_not_read_back_holds_nobody(path, caplog):
    async def test(checkpoint):
        ctx = whole()
        ctx.status, ctx.completed_at = "running", None
        async with checkpoint.lease("bank", "source"), opened(path) as other:
            await checkpoint.save(ctx)
            execute(path, "UPDATE lease SET holder = '{'")
            assert [s.status for s in await checkpoint.list()] == ["interrupted"]
            async with other.lease("bank", "source"):
                with pytest.raises(LeaseLostError):
                    await checkpoint.save(ctx)
                await other.save(ctx)

    run(test, path)
    assert "nobody holds this run" in caplog.text


def test_a_claim_of_another_machine_binds_until_it_runs_out(path):
    now = 1_000_000.0

    async def test(checkpoint):
        await checkpoint.save(whole())
        execute(path, PUT_LEASE, (ELSEWHERE.encode(), now + 1))
        with pytest.raises(LeaseHeldError, match="process 7 on elsewhere"):
            await checkpoint.lease("bank", "source").__aenter__()
        execute(path, PUT_LEASE, (ELSEWHERE.encode(), now))
        async with checkpoint.lease("bank", "source"):
            pass

    run(test, path, clock=lambda: now)


def test_a_lease_that_ran_out_hinders_no_save(path):
    now = 1_000_000.0

    async def test(checkpoint):
        ctx = whole()
        await checkpoint.save(ctx)
        execute(path, PUT_LEASE, (ELSEWHERE.encode(), now))
        ctx.title = "later"
        await checkpoint.save(ctx)
        assert await checkpoint.load("bank", "source") == ctx

    run(test, path, clock=lambda: now)


def test_the_clock_of_the_database_decides_leases_not_that_of_the_process(path, monkeypatch):
    """Machines that share a database may have clocks that differ by hours."""

    async def test(checkpoint):
        ctx = whole()
        ctx.status = "running"
        await checkpoint.save(ctx)
        execute(path, PUT_LEASE, (ELSEWHERE.encode(), time.time() + 60))
        monkeypatch.setattr(checkpoint, "clock", lambda: time.time() + 7200)
        with pytest.raises(LeaseHeldError):
            await checkpoint.lease("bank", "source").__aenter__()
        with pytest.raises(LeaseHeldError):
            await checkpoint.save(ctx)
        with pytest.raises(LeaseHeldError):
            await checkpoint.delete("bank", "source")
        (listed,) = await checkpoint.list()
        assert listed.status == "running"

        execute(path, PUT_LEASE, (ELSEWHERE.encode(), time.time() - 1))
        monkeypatch.setattr(checkpoint, "clock", lambda: time.time() - 7200)
        async with checkpoint.lease("bank", "source"):
            ends = execute(path, "SELECT expires_at FROM lease")[0][0]
            assert 0 < ends - time.time() <= checkpoint.lease_ttl_s

    run(test, path)


@pytest.mark.parametrize(
    ("options", "level"), [({}, 2), ({"durability": "power"}, 2), ({"durability": "process"}, 1)]
)
def test_a_commit_is_synced_unless_only_the_death_of_the_process_matters(path, options, level):
    async def test():
        checkpoint = SQLiteCheckpoint(path, RetainContext, **options)
        await checkpoint.save(whole())
        pragmas = ("synchronous", "journal_mode")
        try:
            return [
                await checkpoint._db.write(lambda c, p=p: c.execute(f"PRAGMA {p}").fetchone()[0])
                for p in pragmas
            ]
        finally:
            await checkpoint.close()

    assert asyncio.run(test()) == [level, "wal"]  # 2 is FULL, 1 is NORMAL


def test_some_runs_are_listed_by_their_keys(path):
    async def test(checkpoint):
        for name in ("a", "b", "c"):
            await checkpoint.save(whole("bank", name))
        found = await checkpoint.list(keys=[("bank", "c"), ("bank", "a"), ("bank", "none")])
        assert [run.run_key for run in found] == [("bank", "a"), ("bank", "c")]

    run(test, path)


def test_pruned_runs_give_their_room_back(path):
    async def test(checkpoint):
        for n in range(5):
            ctx = replace(whole("bank", str(n)), origin=os.urandom(100_000).hex())
            ctx.status = "completed"
            await checkpoint.save(ctx)
        before = execute(path, "PRAGMA page_count")[0][0]
        assert await checkpoint.prune(timedelta(days=1)) == 5
        return before, execute(path, "PRAGMA page_count")[0][0]

    before, after = run(test, path)
    assert after < before / 4
