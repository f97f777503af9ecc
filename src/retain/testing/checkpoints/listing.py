"""Runs are listed, deleted and pruned."""
# ruff: noqa: S101 - assertions are what a test suite is made of

from __future__ import annotations

from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from retain.errors import (
    InputError,
)
from retain.memory.context import RetainContext
from retain.status import RunStatus
from retain.testing.checkpoints.base import ContractBase, awaited
from retain.testing.checkpoints.samples import (
    NOON,
    TTL_S,
    Clock,
    far_away,
    whole,
)


class ListingContract(ContractBase):
    """Runs are listed, deleted and pruned."""

    @awaited
    async def test_delete_forgets_one_run(self, tmp_path: Path) -> None:
        async with self.open_with(tmp_path) as checkpoint:
            one, two = whole("bank", "one"), whole("bank", "two")
            await checkpoint.save(one)
            await checkpoint.save(two)
            assert await checkpoint.delete("bank", "one") is True
            assert await checkpoint.load("bank", "one") is None
            assert await checkpoint.delete("bank", "one") is False
            assert await checkpoint.delete("other", "two") is False
            assert await checkpoint.load("bank", "two") == two
            one.title = "changed"
            await checkpoint.save(one)
            assert await checkpoint.load("bank", "one") == one

    @awaited
    async def test_list_is_sorted_and_narrowed(self, tmp_path: Path) -> None:
        async with self.open_with(tmp_path) as checkpoint:
            assert await checkpoint.list() == []
            for bank, source in (("b", "2"), ("b", "10"), ("a", "é"), ("a", "z"), ("B", "1")):
                await checkpoint.save(whole(bank, source))
            listed = [(s.bank_id, s.source_id) for s in await checkpoint.list()]
            assert listed == [("B", "1"), ("a", "z"), ("a", "é"), ("b", "10"), ("b", "2")]
            assert [s.source_id for s in await checkpoint.list("b")] == ["10", "2"]
            assert await checkpoint.list("missing") == []

    @awaited
    async def test_list_tells_of_each_run_without_its_data(self, tmp_path: Path) -> None:
        async with self.open_with(tmp_path) as checkpoint:
            ctx = whole()
            await checkpoint.save(ctx)
            [summary] = await checkpoint.list()
            assert (summary.bank_id, summary.source_id) == ("bank", "source")
            assert (summary.status, summary.last_state) == ("failed", "LINK")
            assert summary.errors == ("parallel:EMBED: no",)
            assert (summary.started_at, summary.completed_at) == (ctx.started_at, ctx.completed_at)
            assert (summary.steps, summary.duration_ms) == (3, 1000.75)
            assert [(q.name, q.payload) for q in summary.questions] == [("EMBED[3]", {"cents": 5})]
            assert await checkpoint.load("bank", "source") == ctx
            await checkpoint.save(ctx)
            assert await checkpoint.list() == [summary]

    @awaited
    async def test_list_by_status(self, tmp_path: Path) -> None:
        clock = Clock()
        async with self.open_with(tmp_path, clock=clock) as checkpoint:
            ended = [status for status in RunStatus if status != RunStatus.RUNNING]
            for status in ended:
                await checkpoint.save(RetainContext("bank", status, "", status=status))
            await checkpoint.save(RetainContext("bank", "running", ""))

            async def listed(status: str | None) -> list[tuple[str, str]]:
                return [(s.source_id, s.status) for s in await checkpoint.list("bank", status)]

            async with checkpoint.lease("bank", "running"):
                for status in RunStatus:
                    assert await listed(status) == [(status, status)]
                assert len(await listed(None)) == len(RunStatus)
            interrupted = [("interrupted", "interrupted"), ("running", "interrupted")]
            assert await listed("interrupted") == interrupted
            assert await listed("running") == []
            with pytest.raises(InputError, match="'lost'"):
                await checkpoint.list(status="lost")

    @awaited
    async def test_a_run_whose_lease_ran_out_is_interrupted(self, tmp_path: Path) -> None:
        clock = Clock()
        async with self.open_with(tmp_path, clock=clock, holder=far_away) as checkpoint:
            await checkpoint.save(RetainContext("bank", "source", ""))
            async with checkpoint.lease("bank", "source"):
                clock.now += TTL_S + 1
                [summary] = await checkpoint.list()
                assert summary.status == "interrupted"

    @awaited
    async def test_prune_deletes_old_completed_runs(self, tmp_path: Path) -> None:
        clock = Clock()
        now = datetime.fromtimestamp(clock.now, UTC)
        async with self.open_with(tmp_path, clock=clock) as checkpoint:
            for bank in ("a", "b"):
                for age in (1, 3, 5):
                    ctx = RetainContext(bank, str(age), "", status=RunStatus.COMPLETED)
                    ctx.completed_at = now - timedelta(days=age)
                    await checkpoint.save(ctx)
                await checkpoint.save(
                    RetainContext(bank, "failed", "", status=RunStatus.FAILED, started_at=NOON)
                )

            async def left() -> list[str]:
                return [s.bank_id + s.source_id for s in await checkpoint.list()]

            assert await checkpoint.prune(timedelta(days=9)) == 0
            assert await checkpoint.prune(timedelta(days=4), "a") == 1
            assert await left() == ["a1", "a3", "afailed", "b1", "b3", "b5", "bfailed"]
            assert await checkpoint.prune(timedelta(days=3)) == 1  # exactly as old is not older
            assert await left() == ["a1", "a3", "afailed", "b1", "b3", "bfailed"]
            clock.now += 1
            assert await checkpoint.prune(timedelta(days=3)) == 2
            assert await checkpoint.prune(timedelta(), "missing") == 0
            assert await checkpoint.prune(timedelta()) == 2
            assert await left() == ["afailed", "bfailed"]

    @awaited
    async def test_prune_leaves_what_another_runner_holds(self, tmp_path: Path) -> None:
        async with AsyncExitStack() as stack:
            first, second = await self.open_two(stack, tmp_path)
            for source in ("free", "held"):
                ctx = RetainContext(
                    "bank", source, "", status=RunStatus.COMPLETED, completed_at=NOON
                )
                await first.save(ctx)
            async with second.lease("bank", "held"):
                assert await first.prune(timedelta()) == 1
            assert [s.source_id for s in await first.list()] == ["held"]
