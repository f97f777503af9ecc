"""A forked child goes on with what its parent had open, each with threads and files of its own."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from retain.checkpoints.file import FileCheckpoint
from retain.checkpoints.memory import MemoryCheckpoint
from retain.checkpoints.postgres import PostgresCheckpoint
from retain.checkpoints.sqlite import SQLiteCheckpoint
from retain.engine import Complete, RetainFSM, RunContext
from retain.errors import DatabaseError, LeaseHeldError

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")

PATIENCE_S = 20


def forked(work: Callable[[], Coroutine[Any, Any, Any]]) -> int:
    """The exit code of a child that does `work`: 0 where it ends well."""
    pid = os.fork()
    if pid == 0:
        signal.alarm(PATIENCE_S)
        try:
            asyncio.run(work())
            os._exit(0)
        except BaseException as exc:
            print("child:", repr(exc), flush=True)
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


@pytest.fixture(params=["sqlite", "file", "postgres"])
def made(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Any]:
    if request.param == "postgres":
        url = request.getfixturevalue("postgres").url(tmp_path)
        return lambda: PostgresCheckpoint(url, RunContext, durability="process")
    if request.param == "file":
        return lambda: FileCheckpoint(tmp_path / "runs", RunContext, durability="process")
    return lambda: SQLiteCheckpoint(tmp_path / "runs.db", RunContext, durability="process")


async def complete(checkpoint: Any, source_id: str) -> None:
    async def init(ctx: RunContext, services: None) -> Complete:
        return Complete()

    fsm: RetainFSM[RunContext, None] = RetainFSM(None)
    fsm.register("INIT", init)
    async with checkpoint.lease("bank", source_id):
        await fsm.run(RunContext("bank", source_id), checkpoint=checkpoint)


async def names(checkpoint: Any) -> list[str]:
    return [run.source_id for run in await checkpoint.list()]


@pytest.mark.parametrize("whose", ["the parent's", "its own"])
def test_a_child_and_its_parent_each_go_on(made, whose):
    checkpoint = made()
    asyncio.run(complete(checkpoint, "before"))
    other = checkpoint if whose == "the parent's" else None
    assert forked(lambda: complete(other or made(), "child")) == 0
    asyncio.run(complete(checkpoint, "after"))
    assert asyncio.run(names(checkpoint)) == ["after", "before", "child"]
    asyncio.run(checkpoint.close())


def test_a_fork_amid_writes_loses_none_and_does_none_twice(made):
    checkpoint, ends, codes = made(), threading.Event(), list[int]()

    async def write() -> int:
        ctx = RunContext("bank", "parent")
        while not ends.is_set():
            ctx.errors.append("one more")
            await checkpoint.save(ctx)
        return len(ctx.errors)

    saved: list[int] = []
    writing = threading.Thread(target=lambda: saved.append(asyncio.run(write())))
    writing.start()
    for number in range(5):
        codes.append(forked(lambda number=number: complete(checkpoint, f"child {number}")))
    ends.set()
    writing.join()
    assert codes == [0] * 5
    kept = asyncio.run(checkpoint.load("bank", "parent"))
    assert len(kept.errors) == saved[0] > 0
    asyncio.run(checkpoint.close())


def test_a_child_does_not_have_its_parents_lease(made):
    checkpoint = made()

    async def refused() -> None:
        ctx = RunContext("bank", "source")
        with pytest.raises(LeaseHeldError):
            await checkpoint.save(ctx)
        with pytest.raises(LeaseHeldError):
            await checkpoint.lease("bank", "source").__aenter__()

    async def parent() -> int:
        async with checkpoint.lease("bank", "source"):
            await checkpoint.save(RunContext("bank", "source"))
            code = await asyncio.to_thread(forked, refused)
            await checkpoint.save(RunContext("bank", "source"))
            return code

    assert asyncio.run(parent()) == 0
    asyncio.run(checkpoint.close())


def test_a_database_in_memory_works_and_stays_with_its_process():
    checkpoint = SQLiteCheckpoint(":memory:", RunContext)
    asyncio.run(complete(checkpoint, "one"))

    async def refused() -> None:
        with pytest.raises(DatabaseError, match="stays with the process that made it"):
            await checkpoint.list()

    assert forked(refused) == 0
    asyncio.run(complete(checkpoint, "two"))
    assert asyncio.run(names(checkpoint)) == ["one", "two"]
    assert asyncio.run(checkpoint.load("bank", "two")).status == "completed"
    asyncio.run(checkpoint.close())
    assert not Path(":memory:").exists()


def test_a_child_has_a_copy_of_runs_in_memory():
    checkpoint = MemoryCheckpoint(RunContext)
    asyncio.run(complete(checkpoint, "one"))
    assert forked(lambda: complete(checkpoint, "two")) == 0
    assert asyncio.run(names(checkpoint)) == ["one"]
