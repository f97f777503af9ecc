"""What goes wrong below a checkpoint is told in a line, and what was kept is unharmed."""

import asyncio
import errno
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from retain.checkpoints import log
from retain.checkpoints.file import FileCheckpoint
from retain.checkpoints.sqlite import SQLiteCheckpoint
from retain.db import queries
from retain.db.sqlite import Database
from retain.engine import Complete, RetainFSM
from retain.errors import (
    CheckpointDamagedError,
    CheckpointError,
    CheckpointVersionError,
    DatabaseBusyError,
    DatabaseError,
)
from retain.memory.context import RetainContext
from retain.testing.checkpoints import First, Second

NOON = datetime(2024, 2, 29, 12, tzinfo=UTC)
KEY = ("bank", "source")
LARGE = 2_000_000

backends = pytest.mark.parametrize("backend", ["file", "sqlite"])


@asynccontextmanager
async def opened(backend, folder, context_type=RetainContext):
    checkpoint = (
        FileCheckpoint(folder / "runs", context_type, durability="process")
        if backend == "file"
        else SQLiteCheckpoint(folder / "runs.db", context_type, durability="process")
    )
    try:
        yield checkpoint
    finally:
        await checkpoint.close()


def line(caught):
    """The message of an error; it is one line."""
    message = str(caught.value)
    assert "\n" not in message
    return message


def context(document_id="kept"):
    return RetainContext(*KEY, "text", document_id=document_id, started_at=NOON)


async def fail_and_recover(checkpoint, fault, error, message):
    """A save under `fault` is told; what was kept stays; the same save succeeds without it."""
    ctx = context()
    await checkpoint.save(ctx)
    ctx.document_id, ctx.last_state = "later", "READ"
    ctx.origin = "x" * LARGE
    with fault():
        for _ in range(2):
            with pytest.raises(error, match=message) as caught:
                await checkpoint.save(ctx)
            line(caught)
    assert await checkpoint.load(*KEY) == context()
    await checkpoint.save(ctx)
    assert await checkpoint.load(*KEY) == ctx


def test_an_error_of_the_disk_under_files(tmp_path, monkeypatch):
    def failing(descriptor, data):
        os.write(descriptor, data[:100])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    @contextmanager
    def fault():
        with monkeypatch.context() as patched:
            patched.setattr(log, "_write_all", failing)
            yield

    async def test():
        async with opened("file", tmp_path) as checkpoint:
            message = "runs: No space left on device: see that .* the disk has space, then resume"
            await fail_and_recover(checkpoint, fault, CheckpointError, message)

    asyncio.run(test())


def test_a_full_database(tmp_path):
    async def test():
        async with opened("sqlite", tmp_path) as checkpoint:

            async def limit(pages):
                statement = f"PRAGMA max_page_count = {pages}"
                await checkpoint._db.write(lambda c: c.execute(statement).fetchall())

            ctx = context()
            await checkpoint.save(ctx)
            await limit(30)
            ctx.document_id, ctx.origin = "later", "x" * LARGE
            with pytest.raises(CheckpointError, match="disk is full: free some space") as caught:
                await checkpoint.save(ctx)
            assert str(tmp_path / "runs.db") in line(caught)
            assert await checkpoint.load(*KEY) == context()
            await limit(100_000)
            await checkpoint.save(ctx)
            assert await checkpoint.load(*KEY) == ctx

    asyncio.run(test())


@backends
def test_a_full_disk(backend, tmp_path):
    with small_disk(tmp_path / "disk") as disk:

        @contextmanager
        def fault():
            filler = disk / "filler"
            size = shutil.disk_usage(disk).free
            filler.write_bytes(b"x" * (size // 4096 * 4096))
            yield
            filler.unlink()

        async def test():
            async with opened(backend, disk) as checkpoint:
                message = "No space left" if backend == "file" else "disk is full: free some space"
                await fail_and_recover(checkpoint, fault, CheckpointError, message)

        asyncio.run(test())


@contextmanager
def small_disk(folder):
    """A disk of its own, where that may be mounted."""
    folder.mkdir()
    mounted = sys.platform == "linux" and os.geteuid() == 0 and shutil.which("mount") is not None
    command = ["mount", "-t", "tmpfs", "-o", "size=16m", "none", str(folder)]
    if not mounted or subprocess.run(command, capture_output=True).returncode != 0:
        pytest.skip("no disk may be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_a_failing_statement(tmp_path):
    async def test():
        async with opened("sqlite", tmp_path) as checkpoint:
            sql = checkpoint._sql

            @contextmanager
            def fault():
                # After the head is written, so that something must be undone.
                checkpoint._sql = {**sql, "put_field": "INSERT INTO missing VALUES (?, ?, ?)"}
                yield
                checkpoint._sql = sql

            await fail_and_recover(checkpoint, fault, CheckpointError, "no such table: missing")

    asyncio.run(test())


def test_a_locked_database(tmp_path):
    async def test():
        database = Database(tmp_path / "runs.db", durability="process", busy_timeout_s=0.01)
        checkpoint = SQLiteCheckpoint(database, RetainContext)

        @contextmanager
        def fault():
            with closing(sqlite3.connect(tmp_path / "runs.db", isolation_level=None)) as other:
                other.execute("BEGIN IMMEDIATE")
                yield
                other.execute("ROLLBACK")

        try:
            await fail_and_recover(
                checkpoint, fault, CheckpointError, "locked: try again when it is done"
            )
            with fault(), pytest.raises(DatabaseBusyError, match="locked") as caught:
                await checkpoint.lease(*KEY).__aenter__()
            line(caught)
            async with checkpoint.lease(*KEY):
                pass
        finally:
            await database.close()

    asyncio.run(test())


@backends
def test_a_failed_save_stops_the_machine_where_it_was_kept(backend, tmp_path, monkeypatch):
    ran = []
    failing = [False]

    async def first(ctx, services):
        ran.append("FIRST")
        failing[0] = services
        return "SECOND"

    async def second(ctx, services):
        ran.append("SECOND")
        return Complete()

    def machine(fail):
        fsm = RetainFSM(fail)
        fsm.register("FIRST", first)
        fsm.register("SECOND", second)
        return fsm

    async def test():
        async with opened(backend, tmp_path) as checkpoint:
            write = checkpoint._write

            async def write_or_fail(delta, token):
                if failing[0]:
                    raise CheckpointError("the disk is full")
                return await write(delta, token)

            checkpoint._write = write_or_fail
            with pytest.raises(CheckpointError, match="the disk is full"):
                await machine(fail=True).run(
                    context(), initial_state="FIRST", checkpoint=checkpoint
                )
            failing[0] = False
            kept = await checkpoint.load(*KEY)
            (begun,) = kept.step_log  # an attempt is kept before it begins
            assert (kept.last_state, begun.completed_at, ran) == ("FIRST", None, ["FIRST"])
            ctx = await machine(fail=False).resume(kept, checkpoint=checkpoint)
            assert ctx.completed_at is not None
            assert await checkpoint.load(*KEY) == replace(ctx, md_text="")

    asyncio.run(test())


@backends
def test_a_newer_schema_is_refused_and_unharmed(backend, tmp_path):
    async def test():
        async with opened(backend, tmp_path, Second) as newer:
            ctx = Second(*KEY, ["Ana"], started_at=NOON)
            await newer.save(ctx)
            async with opened(backend, tmp_path, First) as older:
                with pytest.raises(CheckpointVersionError, match=r"upgrade retain$") as caught:
                    await older.load(*KEY)
                assert str(tmp_path) in line(caught)
            assert await newer.load(*KEY) == ctx

    asyncio.run(test())


def test_tables_of_a_newer_release_are_refused_and_unharmed(tmp_path):
    path = tmp_path / "runs.db"

    async def attempt(name, *args):
        async with opened("sqlite", tmp_path) as checkpoint:
            return await getattr(checkpoint, name)(*args)

    asyncio.run(attempt("save", context()))
    newest = len(queries.migrations("checkpoint"))
    execute(path, "UPDATE retain_schema SET version = 99")
    for error, call in (
        (CheckpointError, ("save", context("later"))),
        (DatabaseError, ("load", *KEY)),
        (DatabaseError, ("list",)),
        (DatabaseError, ("delete", *KEY)),
    ):
        told = f"version 99, this release knows {newest}: upgrade retain"
        with pytest.raises(error, match=told) as caught:
            asyncio.run(attempt(*call))
        line(caught)
    execute(path, f"UPDATE retain_schema SET version = {newest}")
    assert asyncio.run(attempt("load", *KEY)) == context()


def execute(path, statement):
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(statement)


@pytest.mark.parametrize("garbage", [b"", b"not a log", b"\0" * 4096])
def test_a_file_of_other_things_is_damage(tmp_path, garbage):
    async def test():
        async with opened("file", tmp_path) as checkpoint:
            await checkpoint.save(context())
            [path] = (tmp_path / "runs").glob("*.run")
            spoil(path, garbage)
            with pytest.raises(CheckpointDamagedError, match="restore it from a backup") as caught:
                await checkpoint.load(*KEY)
            assert str(path) in line(caught)
            [summary] = await checkpoint.list()
            assert str(path) in summary.errors[0]
            assert await checkpoint.delete(*KEY)
            assert await checkpoint.load(*KEY) is None

    asyncio.run(test())


def test_a_database_of_other_things_is_told(tmp_path):
    spoil(tmp_path / "runs.db", b"not a database" * 1000)

    async def attempt(name, *args):
        async with opened("sqlite", tmp_path) as checkpoint:
            return await getattr(checkpoint, name)(*args)

    for error, call in (
        (CheckpointError, ("save", context())),
        (DatabaseError, ("load", *KEY)),
        (DatabaseError, ("list",)),
    ):
        with pytest.raises(error, match=r"runs\.db: not a SQLite database") as caught:
            asyncio.run(attempt(*call))
        line(caught)


def spoil(path, garbage):
    path.write_bytes(garbage)


READ_ONLY = """
import asyncio, json, os, sys
from pathlib import Path
sys.path.insert(0, sys.argv[3])
from test_checkpoint_faults import KEY, context, opened

async def main(backend, folder):
    # With a lease, so that all that is imported late is imported while it may be.
    async with opened(backend, folder) as checkpoint, checkpoint.lease(*KEY):
        await checkpoint.save(context())
    for path in sorted(folder.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    folder.chmod(0o555)
    if os.geteuid() == 0:
        os.setuid(65534)  # the superuser may write anywhere
    told = {}
    async with opened(backend, folder) as checkpoint:
        for name, call in (
            ("save", lambda: checkpoint.save(context("later"))),
            ("lease", lambda: checkpoint.lease(*KEY).__aenter__()),
            ("delete", lambda: checkpoint.delete(*KEY)),
        ):
            try:
                await call()
                told[name] = None
            except Exception as exc:
                told[name] = [type(exc).__name__, str(exc)]
    print(json.dumps(told))

asyncio.run(main(sys.argv[1], Path(sys.argv[2])))
"""


@backends
def test_a_read_only_folder(backend):
    # Not below pytest's own folder, which only its owner may enter.
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        command = [sys.executable, "-c", READ_ONLY, backend, name, str(Path(__file__).parent)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        for path in (folder, *folder.rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o644)
        for call, told in json.loads(done.stdout).items():
            assert told is not None, call
            kind, message = told
            assert kind in ("CheckpointError", "DatabaseError"), told
            assert "\n" not in message
            assert name in message
            assert "writable" in message

        async def load():
            async with opened(backend, folder) as checkpoint:
                return await checkpoint.load(*KEY)

        assert asyncio.run(load()) == context()
