"""A disk that hangs: a run that is cancelled meanwhile ends, and what hung is told or harmless."""

import asyncio
import logging
import threading
from dataclasses import dataclass

import pytest

from retain.checkpoints import base, file, log
from retain.checkpoints.file import FileCheckpoint
from retain.checkpoints.sqlite import SQLiteCheckpoint
from retain.engine import Complete, RetainFSM, RunContext
from retain.errors import CheckpointError

KEY = ("bank", "source")
PATIENCE_S = 30
GRACE_S = 0.1

pytestmark = pytest.mark.parametrize("backend", ["file", "sqlite"])


@dataclass
class Run(RunContext):
    text: str = ""


class Disk:
    """Hangs from the moment that it is told, until it is told to go on."""

    def __init__(self, backend, folder, monkeypatch):
        self.backend, self.folder = backend, folder
        self.hangs, self.reached, self.works = (threading.Event() for _ in range(3))
        if backend == "file":
            for name in ("append", "replace"):
                monkeypatch.setattr(log, name, self.slow(getattr(log, name)))
        monkeypatch.setattr(file, "_LOCK_TIMEOUT_S", GRACE_S)
        monkeypatch.setattr(file, "_ABANDON_AFTER_S", GRACE_S)
        monkeypatch.setattr(base, "_RELEASE_WITHIN_S", GRACE_S)

    def slow(self, work):
        def working(*args, **kwargs):
            if self.hangs.is_set() and not self.works.is_set():
                self.reached.set()
                assert self.works.wait(PATIENCE_S)
            return work(*args, **kwargs)

        return working

    def open(self):
        options = {"durability": "process", "lease_ttl_s": 0.3}
        if self.backend == "file":
            return FileCheckpoint(self.folder / "runs", Run, **options)
        checkpoint = SQLiteCheckpoint(self.folder / "runs.db", Run, **options)
        checkpoint._put = self.slow(checkpoint._put)
        return checkpoint


def machine(disk):
    async def init(ctx, services):
        ctx.text = "done"
        disk.hangs.set()
        return "NEXT"

    async def following(ctx, services):
        return Complete()

    fsm = RetainFSM(None, save_grace_s=GRACE_S)
    fsm.register("INIT", init)
    fsm.register("NEXT", following)
    return fsm


async def cancel_in_a_hung_save(disk, checkpoint):
    """A run whose second save hangs, and which is cancelled then; the context that it leaves."""
    ctx = Run(*KEY)

    async def drive():
        async with checkpoint.lease(*KEY):
            await machine(disk).run(ctx, checkpoint=checkpoint)

    driving = asyncio.create_task(drive())
    await asyncio.to_thread(disk.reached.wait, PATIENCE_S)
    driving.cancel()
    async with asyncio.timeout(PATIENCE_S):
        with pytest.raises(asyncio.CancelledError):
            await driving
    return ctx


def test_a_run_that_is_cancelled_ends_although_its_save_hangs(
    backend, tmp_path, monkeypatch, caplog
):
    disk = Disk(backend, tmp_path, monkeypatch)
    checkpoint = disk.open()
    with caplog.at_level(logging.WARNING, "retain"):
        ctx = asyncio.run(cancel_in_a_hung_save(disk, checkpoint))  # nor does the loop hang
    assert (ctx.status, ctx.completed_at) == ("interrupted", None)
    assert not disk.works.is_set()
    assert f"did not end within {GRACE_S:g} s" in caplog.text
    if backend == "file":
        assert "is still being written" in caplog.text
    disk.works.set()
    asyncio.run(checkpoint.close())


def test_whoever_follows_a_hung_save_sees_all_of_it_or_nothing(backend, tmp_path, monkeypatch):
    disk = Disk(backend, tmp_path, monkeypatch)

    async def main():
        checkpoint, other = disk.open(), disk.open()
        await cancel_in_a_hung_save(disk, checkpoint)
        if backend == "file":
            with pytest.raises(CheckpointError, match="another process has kept it locked"):
                await other.load(*KEY)
        disk.works.set()
        async with asyncio.timeout(PATIENCE_S):
            await checkpoint.close()
            ctx = await other.load(*KEY)
        assert (ctx.last_state, ctx.text) in {("INIT", ""), ("NEXT", "done")}
        await machine(disk).resume(ctx, checkpoint=other)
        assert ctx.status == "completed"
        assert await other.load(*KEY) == ctx
        await other.close()

    asyncio.run(main())


def test_the_lease_of_a_run_whose_save_hung_is_given_back_once_the_disk_works(
    backend, tmp_path, monkeypatch
):
    disk = Disk(backend, tmp_path, monkeypatch)

    async def main():
        checkpoint = disk.open()
        await cancel_in_a_hung_save(disk, checkpoint)
        disk.works.set()
        other = disk.open()
        async with asyncio.timeout(PATIENCE_S):
            while True:
                try:
                    async with other.lease(*KEY):
                        break
                except CheckpointError:
                    await asyncio.sleep(0.02)
        await checkpoint.close()
        await other.close()

    asyncio.run(main())
