"""A run that another one replaces becomes an earlier run of its key."""
# ruff: noqa: S101 - assertions are what a test suite is made of

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from retain.checkpoints.history import History
from retain.engine.checkpoint import Checkpoint
from retain.engine.context import EngineState, StepLogEntry
from retain.engine.run_ids import run_id_of
from retain.status import RunStatus
from retain.testing.checkpoints.base import ContractBase, awaited
from retain.testing.checkpoints.samples import NOON, Clock, Growing, Working, whole


def run_of(number: int, **fields: Any) -> Working:
    """A completed run with an id of its own."""
    ctx = Working("bank", "source", name=f"run {number}", started_at=NOON, **fields)
    ctx.engine_state = EngineState(run_id=f"id {number}")
    ctx.step_log = [StepLogEntry("INIT", NOON, NOON, float(number))]
    if "status" not in fields:
        ctx.status, ctx.completed_at = RunStatus.COMPLETED, NOON
    return ctx


async def ids(checkpoint: Checkpoint[Any], *key: str) -> list[str]:
    """The ids of the earlier runs of a key."""
    return [run.run_id for run in await checkpoint.history(*(key or ("bank", "source")))]


class HistoryContract(ContractBase):
    """A run that another one replaces becomes an earlier run of its key."""

    @awaited
    async def test_a_replaced_run_is_listed_and_loaded_by_its_id(self, tmp_path: Path) -> None:
        async with self.open_with(tmp_path, Working) as checkpoint:
            assert await ids(checkpoint) == []
            for n in range(3):
                await checkpoint.save(run_of(n))
            await checkpoint.save(Working("bank", "other"))
            assert await ids(checkpoint) == ["id 1", "id 0"]
            assert await ids(checkpoint, "bank", "other") == []
            newest, oldest = await checkpoint.history("bank", "source")
            assert (newest.run_key, newest.status) == (("bank", "source"), "completed")
            assert (oldest.steps, oldest.completed_at) == (1, NOON)
            earlier = await checkpoint.load("bank", "source", run_id="id 0")
            assert earlier == run_of(0)
            assert await checkpoint.load("bank", "source", run_id="id 2") == run_of(2)
            assert await checkpoint.load("bank", "source", run_id="id 3") is None
            assert len(await checkpoint.list()) == 2

    @awaited
    async def test_saves_of_one_run_make_no_earlier_run(self, tmp_path: Path) -> None:
        async with self.open_with(tmp_path, Working) as checkpoint:
            ctx = run_of(1, status=RunStatus.RUNNING)
            await checkpoint.save(ctx)
            ctx.name = "later"
            await checkpoint.save(ctx)
            ctx.step_log = []
            await checkpoint.save(ctx)
            again = await checkpoint.load("bank", "source")
            await checkpoint.save(run_of(1))  # by another object
            await checkpoint.save(again)
            assert await ids(checkpoint) == []

    @awaited
    async def test_an_earlier_run_is_kept_without_its_working_fields(self, tmp_path: Path) -> None:
        async with self.open_with(tmp_path, Working) as checkpoint:
            ctx = run_of(1, status=RunStatus.FAILED, drafts=["a"], errors=["INIT: no"])
            await checkpoint.save(ctx)
            ctx.drafts.append("b")
            await checkpoint.save(ctx)
            await checkpoint.save(run_of(2))
            (summary,) = await checkpoint.history("bank", "source")
            assert (summary.status, summary.errors) == ("failed", ("INIT: no",))
            earlier = await checkpoint.load("bank", "source", run_id="id 1")
            assert earlier is not None
            assert (earlier.name, earlier.drafts) == ("run 1", [])
            assert earlier.step_log == ctx.step_log

    @awaited
    async def test_an_earlier_run_has_the_whole_of_a_list_that_grew(self, tmp_path: Path) -> None:
        async with self.open_with(tmp_path, Growing) as checkpoint:
            ctx = Growing("bank", "source", engine_state=EngineState(run_id="id 1"))
            for n in range(4):
                ctx.items.append({"n": n})
                await checkpoint.save(ctx)
            await checkpoint.save(
                Growing("bank", "source", engine_state=EngineState(run_id="id 2"))
            )
            earlier = await checkpoint.load("bank", "source", run_id="id 1")
            assert earlier is not None
            assert earlier.items == [{"n": n} for n in range(4)]

    @awaited
    async def test_a_damaged_run_that_is_replaced_leaves_no_earlier_run(
        self, tmp_path: Path
    ) -> None:
        async with self.open_with(tmp_path) as checkpoint:
            await checkpoint.save(whole("bank", "damaged"))
            await self.damage(tmp_path, checkpoint)
            await checkpoint.save(whole("bank", "damaged"))
            assert await ids(checkpoint, "bank", "damaged") == []
            assert await checkpoint.load("bank", "damaged") == whole("bank", "damaged")

    @awaited
    async def test_a_run_that_ran_when_it_was_replaced_is_interrupted(self, tmp_path: Path) -> None:
        async with self.open_with(tmp_path, Working) as checkpoint:
            await checkpoint.save(run_of(1, status=RunStatus.RUNNING))
            await checkpoint.save(run_of(2))
            (summary,) = await checkpoint.history("bank", "source")
            assert summary.status == "interrupted"

    @awaited
    async def test_so_many_earlier_runs_are_kept_and_no_more(self, tmp_path: Path) -> None:
        for kept in (0, 1, 3):
            (tmp_path / str(kept)).mkdir()
            async with self.open_with(
                tmp_path / str(kept), Working, history=History(kept)
            ) as checkpoint:
                for n in range(6):
                    await checkpoint.save(run_of(n))
                assert await ids(checkpoint) == [f"id {n}" for n in (4, 3, 2)][:kept]

    @awaited
    async def test_earlier_runs_are_kept_for_so_long_and_no_longer(self, tmp_path: Path) -> None:
        clock = Clock(NOON.timestamp() + 10)
        history = History(age=timedelta(minutes=1))
        async with self.open_with(tmp_path, Working, history=history, clock=clock) as checkpoint:
            for n in range(3):
                ctx = run_of(n)
                ctx.completed_at = datetime.fromtimestamp(clock(), UTC)
                await checkpoint.save(ctx)
                clock.now += 40
            assert await ids(checkpoint) == ["id 1"]

    @awaited
    async def test_to_delete_a_run_deletes_its_earlier_ones(self, tmp_path: Path) -> None:
        async with self.open_with(tmp_path, Working) as checkpoint:
            for n in range(3):
                await checkpoint.save(run_of(n))
            assert await checkpoint.delete("bank", "source")
            assert await ids(checkpoint) == []
            await checkpoint.save(run_of(4))
            assert await ids(checkpoint) == []

    @awaited
    async def test_earlier_runs_are_forgotten_alone(self, tmp_path: Path) -> None:
        async with self.open_with(tmp_path, Working) as checkpoint:
            for n in range(3):
                await checkpoint.save(run_of(n))
            await checkpoint.forget_history("bank", "source")
            assert await ids(checkpoint) == []
            assert await checkpoint.load("bank", "source") == run_of(2)

    @awaited
    async def test_prune_deletes_old_earlier_runs_of_any_status(self, tmp_path: Path) -> None:
        clock = Clock(NOON.timestamp())
        async with self.open_with(tmp_path, Working, clock=clock) as checkpoint:
            await checkpoint.save(run_of(0, status=RunStatus.FAILED))
            await checkpoint.save(run_of(1))
            await checkpoint.save(run_of(2, status=RunStatus.FAILED))
            clock.now += 60
            assert await checkpoint.prune(timedelta(seconds=59), "elsewhere") == 0
            assert await checkpoint.prune(timedelta(seconds=61)) == 0
            assert await checkpoint.prune(timedelta(seconds=59), "bank") == 2
            assert await ids(checkpoint) == []
            assert len(await checkpoint.list()) == 1

    @awaited
    async def test_a_run_that_gets_another_key_leaves_earlier_runs_to_the_old_one(
        self, tmp_path: Path
    ) -> None:
        async with self.open_with(tmp_path, Working) as checkpoint:
            await checkpoint.save(run_of(0))
            ctx = run_of(1, status=RunStatus.RUNNING)
            await checkpoint.save(ctx)
            ctx.source_id = "by content"
            await checkpoint.save(ctx)
            assert await ids(checkpoint) == ["id 0"]
            assert await checkpoint.load("bank", "source") is None
            assert run_id_of(await checkpoint.load("bank", "by content")) == "id 1"
