"""Runs are listed, deleted and pruned."""
# ruff: noqa: S101 - assertions are what a test suite is made of

from __future__ import annotations

from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from retain.engine.checkpoint import Checkpoint, RunSummary
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
    Order,
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

    @awaited
    async def test_pages_hold_every_run_once_in_any_order(self, tmp_path: Path) -> None:
        async with self.open_with(tmp_path, Order) as checkpoint:
            whole_list = await _some_runs(checkpoint)
            by_start = sorted(whole_list, key=lambda run: (run.started_at, run.run_key))
            orders = {"key": whole_list, "oldest": by_start, "newest": by_start[::-1]}
            for order, expected in orders.items():
                for limit in (1, 2, 3, len(expected) - 1, len(expected), len(expected) + 1):
                    paged = await _paged(checkpoint, limit=limit, order=order)
                    assert paged == expected, (order, limit)

    @awaited
    async def test_list_by_state(self, tmp_path: Path) -> None:
        async with self.open_with(tmp_path, Order) as checkpoint:
            for n, state in enumerate(("READ", "STORE", "READ", "LINK")):
                await checkpoint.save(Order(f"{n}", last_state=state, started_at=NOON))
            for order in ("key", "oldest"):
                found = await checkpoint.list(last_state={"READ", "LINK"}, order=order)
                assert sorted(run.run_key[0] for run in found) == ["0", "2", "3"]

    @awaited
    async def test_a_page_goes_on_though_runs_come_and_go(self, tmp_path: Path) -> None:
        async with self.open_with(tmp_path, Order) as checkpoint:
            for n in range(6):
                await checkpoint.save(Order(f"{n}", started_at=NOON))
            page = await checkpoint.list(limit=3)
            await checkpoint.delete("2")  # the last of the page
            await checkpoint.save(Order("0 0", started_at=NOON))
            await checkpoint.save(Order("2 0", started_at=NOON))
            following = await checkpoint.list(limit=3, after=page.following)
            assert [run.run_key[0] for run in following] == ["2 0", "3", "4"]

    @awaited
    async def test_runs_are_narrowed_by_statuses_times_and_keys_at_once(
        self, tmp_path: Path
    ) -> None:
        async with self.open_with(tmp_path, Order) as checkpoint:
            every = await _some_runs(checkpoint)
            hour = NOON + timedelta(hours=1)
            for prefix in ((), ("a",), ("b",)):
                for statuses in ((), ("failed",), ("failed", "completed"), ("interrupted",)):
                    for since, until in ((None, None), (hour, None), (None, hour), (hour, hour)):
                        expected = [
                            run
                            for run in every
                            if run.run_key[: len(prefix)] == prefix
                            and (not statuses or run.status in statuses)
                            and run.started_at is not None
                            and (since is None or run.started_at >= since)
                            and (until is None or run.started_at <= until)
                        ]
                        for order in ("key", "newest"):
                            paged = await _paged(
                                checkpoint, prefix, statuses, since=since, until=until, limit=2,
                                order=order,
                            )  # fmt: skip
                            assert sorted(paged, key=lambda run: run.run_key) == expected
                        counts = await checkpoint.counts(prefix, since=since, until=until)
                        for status in statuses:
                            counted = [run for run in expected if run.status == status]
                            assert counts.get(RunStatus(status), 0) == len(counted)

    @awaited
    async def test_counts_know_which_runs_have_a_runner(self, tmp_path: Path) -> None:
        async with self.open_with(tmp_path, Order) as checkpoint:
            assert await checkpoint.counts() == {}
            for n in range(3):
                await checkpoint.save(Order(("a", str(n))))
            await checkpoint.save(Order(("a", "3"), status=RunStatus.INTERRUPTED))
            async with checkpoint.lease("a", "1"):
                assert await checkpoint.counts() == {"running": 1, "interrupted": 3}
                assert await checkpoint.counts("b") == {}
                running = await checkpoint.list(status=["running"], limit=1)
                assert ([run.run_key for run in running], running.following) == ([("a", "1")], None)
                two = await checkpoint.list(status=["interrupted"], limit=2)
                assert [run.run_key[1] for run in two] == ["0", "2"]
                last = await checkpoint.list(status=["interrupted"], limit=2, after=two.following)
                assert [run.run_key[1] for run in last] == ["3"]

    @awaited
    async def test_a_list_that_cannot_be_is_refused(self, tmp_path: Path) -> None:
        async with self.open_with(tmp_path, Order) as checkpoint:
            for n in range(2):
                await checkpoint.save(Order(str(n)))
            cursor = (await checkpoint.list(limit=1)).following
            odd: Any = "by chance"
            for options, told in (
                ({"status": ["failed", "lost"]}, "'lost'"),
                ({"limit": 0}, "at least 1"),
                ({"order": odd}, "choose one of key, newest"),
                ({"after": "nonsense"}, "is no place to go on"),
                ({"after": "W10"}, "is no place to go on"),
                ({"after": cursor, "order": "newest"}, "same order again"),
            ):
                with pytest.raises(InputError, match=told):
                    await checkpoint.list(**options)  # type: ignore[arg-type]


async def _some_runs(checkpoint: Checkpoint[Any]) -> list[RunSummary]:
    """Runs of two banks, of every status, which began at three times; all that `list` gives."""
    statuses = [*RunStatus]
    for n in range(14):
        ctx = Order(("ab"[n % 2], f"o-{n:02}"), status=statuses[n % len(statuses)])
        ctx.started_at = NOON + timedelta(hours=n % 3)
        await checkpoint.save(ctx)
    return [*await checkpoint.list()]


async def _paged(checkpoint: Checkpoint[Any], *args: Any, **options: Any) -> list[RunSummary]:
    """The runs of all pages."""
    found: list[RunSummary] = []
    page = await checkpoint.list(*args, **options)
    while True:
        assert len(page) <= options["limit"]
        found += page
        if page.following is None:
            return found
        assert len(page) == options["limit"]
        page = await checkpoint.list(*args, **options, after=page.following)
