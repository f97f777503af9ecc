"""A lease is held by one runner, and shuts out the others."""
# ruff: noqa: S101 - assertions are what a test suite is made of

from __future__ import annotations

import asyncio
import threading
import time
from contextlib import AsyncExitStack, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from retain.engine import RetainFSM
from retain.errors import (
    LeaseHeldError,
    LeaseLostError,
)
from retain.memory.context import RetainContext
from retain.status import RunStatus
from retain.testing.checkpoints.base import ContractBase, awaited, kept_run
from retain.testing.checkpoints.samples import (
    PATIENCE_S,
    TTL_S,
    Clock,
    far_away,
    whole,
)


class LeaseContract(ContractBase):
    """A lease is held by one runner, and shuts out the others."""

    @awaited
    async def test_a_lease_says_what_it_is(self, tmp_path: Path) -> None:
        async with self.open_with(tmp_path) as checkpoint:
            async with checkpoint.lease("bank", "source") as lease:
                assert (lease.bank_id, lease.source_id) == ("bank", "source")
                assert lease.ttl_s == TTL_S
            async with checkpoint.lease("bank", "source") as next_lease:
                assert next_lease.token > lease.token

    @awaited
    async def test_a_held_run_is_refused_at_once(self, tmp_path: Path) -> None:
        clock = Clock()
        async with AsyncExitStack() as stack:
            first, second = await self.open_two(stack, tmp_path, clock=clock)
            async with first.lease("bank", "source"):
                with pytest.raises(LeaseHeldError, match="'source' in 'bank'") as caught:
                    await second.lease("bank", "source").__aenter__()
                error = caught.value
                assert (error.bank_id, error.source_id) == ("bank", "source")
                assert error.holder
                assert error.holder in str(error)
                expires_at = datetime.fromtimestamp(clock.now + TTL_S, UTC)
                assert abs(error.expires_at - expires_at) < timedelta(milliseconds=1)
                async with second.lease("bank", "other"), second.lease("other", "source"):
                    pass
            async with second.lease("bank", "source"):
                with pytest.raises(LeaseHeldError):
                    await first.lease("bank", "source").__aenter__()

    @awaited
    async def test_one_checkpoint_holds_a_run_once(self, tmp_path: Path) -> None:
        clock = Clock()
        async with self.open_with(tmp_path, clock=clock) as checkpoint:
            async with checkpoint.lease("bank", "source"):
                for _ in range(2):
                    with pytest.raises(LeaseHeldError):
                        await checkpoint.lease("bank", "source").__aenter__()
                    # It has run out; but its holder, in this very process, is still at work.
                    clock.now += TTL_S + 1
                await checkpoint.save(whole())
            async with checkpoint.lease("bank", "source"):
                await checkpoint.save(whole())

    @awaited
    async def test_of_many_only_one_gets_the_lease(self, tmp_path: Path) -> None:
        async with self.open_with(tmp_path) as checkpoint:
            leases = [checkpoint.lease("bank", "source") for _ in range(10)]
            got = await asyncio.gather(
                *(lease.__aenter__() for lease in leases), return_exceptions=True
            )
            refused = [error for error in got if isinstance(error, BaseException)]
            assert len(refused) == 9
            assert all(isinstance(error, LeaseHeldError) for error in refused)
            for lease, outcome in zip(leases, got, strict=True):
                if not isinstance(outcome, BaseException):
                    await lease.__aexit__(None, None, None)

    @awaited
    async def test_a_lease_is_released_however_the_block_ends(self, tmp_path: Path) -> None:
        async with self.open_with(tmp_path) as checkpoint:
            with pytest.raises(ZeroDivisionError):
                async with checkpoint.lease("bank", "source"):
                    raise ZeroDivisionError
            inside = asyncio.Event()

            async def hold() -> None:
                async with checkpoint.lease("bank", "source"):
                    inside.set()
                    await asyncio.Event().wait()

            for cancellations in (1, 2, 3):
                inside.clear()
                holder = asyncio.create_task(hold())
                await inside.wait()
                for _ in range(cancellations):
                    holder.cancel()
                    await asyncio.sleep(0)
                with pytest.raises(asyncio.CancelledError):
                    await holder
                async with checkpoint.lease("bank", "source"):
                    pass

    @awaited
    async def test_a_runner_cancelled_while_it_asks_leaves_no_lease(self, tmp_path: Path) -> None:
        async with self.open_with(tmp_path) as checkpoint:

            async def hold(source_id: str) -> None:
                async with checkpoint.lease("bank", source_id):
                    await asyncio.Event().wait()

            for pauses in range(8):
                for cancellations in (1, 2):
                    source_id = f"{pauses} {cancellations}"
                    holder = asyncio.create_task(hold(source_id))
                    for _ in range(pauses):
                        await asyncio.sleep(0)
                    for _ in range(cancellations):
                        holder.cancel()
                        await asyncio.sleep(0)
                    with pytest.raises(asyncio.CancelledError):
                        await holder
                    async with checkpoint.lease("bank", source_id):
                        pass

    @awaited
    async def test_a_runner_without_the_lease_is_shut_out(self, tmp_path: Path) -> None:
        clock = Clock()
        async with AsyncExitStack() as stack:
            first, second = await self.open_two(stack, tmp_path, clock=clock)
            late, kept = whole(), whole()
            await second.save(late)
            async with first.lease("bank", "source"):
                kept.title = "first"
                await first.save(kept)
                late.title = "second"
                for ctx in (late, whole()):
                    with pytest.raises(LeaseHeldError):
                        await second.save(ctx)
                with pytest.raises(LeaseHeldError):
                    await second.delete("bank", "source")
                assert await second.load("bank", "source") == kept
                await second.save(whole("bank", "other"))
            await second.save(late)
            assert await first.load("bank", "source") == late
            assert await second.delete("bank", "source")

    @awaited
    async def test_the_holder_saves_and_deletes(self, tmp_path: Path) -> None:
        async with self.open_with(tmp_path) as checkpoint:
            ctx = whole()
            async with checkpoint.lease("bank", "source"):
                for title in ("one", "two"):
                    ctx.title = title
                    await checkpoint.save(ctx)
                assert await checkpoint.load("bank", "source") == ctx
                assert await checkpoint.delete("bank", "source")
                await checkpoint.save(ctx)
            ctx.title = "three"
            await checkpoint.save(ctx)
            assert await checkpoint.load("bank", "source") == ctx

    @awaited
    async def test_a_holder_that_was_overtaken_is_fenced_off(self, tmp_path: Path) -> None:
        clock = Clock()
        async with AsyncExitStack() as stack:
            first, second = await self.open_two(stack, tmp_path, clock=clock, holder=far_away)
            stale = whole()
            async with first.lease("bank", "source") as old:
                await first.save(stale)
                clock.now += TTL_S + 1
                stale.title = "late, but nobody has taken over"
                await first.save(stale)
                async with second.lease("bank", "source") as new:
                    assert new.token > old.token
                    ctx = await kept_run(second)
                    assert ctx == stale
                    ctx.title = "second"
                    await second.save(ctx)
                    stale.title = "first"
                    for wakes in (stale, whole()):
                        with pytest.raises(LeaseLostError, match="lost to another") as caught:
                            await first.save(wakes)
                        assert caught.value.source_id == "source"
                    with pytest.raises(LeaseLostError):
                        await first.delete("bank", "source")
                    ctx.title = "second still saves"
                    await second.save(ctx)
                # Nor may it go on once the other has finished: its copy is old.
                with pytest.raises(LeaseLostError):
                    await first.save(stale)
            assert await first.load("bank", "source") == ctx
            async with first.lease("bank", "source"):
                pass

    @awaited
    async def test_no_clock_outranks_a_holder_that_lives(self, tmp_path: Path) -> None:
        clock = Clock()
        async with AsyncExitStack() as stack:
            first, second = await self.open_two(stack, tmp_path, clock=clock)
            async with first.lease("bank", "source"):
                clock.now += 3600
                with pytest.raises(LeaseHeldError):
                    await second.lease("bank", "source").__aenter__()
                await first.save(whole())
            async with second.lease("bank", "source"):
                pass

    @awaited
    async def test_a_run_whose_lease_is_lost_is_cancelled_at_once(self, tmp_path: Path) -> None:
        clock = Clock()
        async with AsyncExitStack() as stack:
            first, second = await self.open_two(
                stack, tmp_path, lease_ttl_s=0.2, clock=clock, holder=far_away
            )
            began, ended = asyncio.Event(), list[str]()

            async def init(ctx: RetainContext, services: None) -> str:
                try:
                    began.set()
                    await asyncio.sleep(PATIENCE_S)
                except asyncio.CancelledError:
                    ended.append("cancelled")
                    raise
                return "NEXT"

            fsm: RetainFSM[RetainContext, None] = RetainFSM(None)
            fsm.register("INIT", init)

            async def drive() -> None:
                async with first.lease("bank", "source"):
                    ctx = RetainContext("bank", "source", "")
                    with pytest.raises(LeaseLostError):
                        await fsm.run(ctx, checkpoint=first)
                    assert ctx.status == RunStatus.INTERRUPTED
                    with pytest.raises(LeaseLostError):
                        await first.save(ctx)

            driving = asyncio.create_task(drive())
            await began.wait()
            while True:
                clock.now += 1
                with suppress(LeaseHeldError):
                    async with second.lease("bank", "source"):
                        await driving
                        kept = await kept_run(second)
                        break
            assert ended == ["cancelled"]
            assert [step.error for step in kept.step_log] == [None], "nothing is saved after it"

    @awaited
    async def test_a_block_whose_lease_is_lost_is_cancelled_at_once(self, tmp_path: Path) -> None:
        clock = Clock()
        async with AsyncExitStack() as stack:
            first, second = await self.open_two(
                stack, tmp_path, lease_ttl_s=0.2, clock=clock, holder=far_away
            )
            began = asyncio.Event()

            async def hold() -> None:
                async with first.lease("bank", "source"):
                    began.set()
                    await asyncio.sleep(PATIENCE_S)

            holding = asyncio.create_task(hold())
            await began.wait()
            while not holding.done():
                clock.now += 1
                with suppress(LeaseHeldError):
                    async with second.lease("bank", "source"):
                        await asyncio.wait([holding])
            with pytest.raises(LeaseLostError):
                await holding
            assert not holding.cancelled()

    @awaited
    async def test_the_heartbeat_does_not_wait_for_the_event_loop(self, tmp_path: Path) -> None:
        clock, ttl_s = Clock(), 0.06
        async with AsyncExitStack() as stack:
            first, second = await self.open_two(
                stack, tmp_path, lease_ttl_s=ttl_s, clock=clock, holder=far_away
            )
            until = time.monotonic() + PATIENCE_S

            async def ask() -> None:
                with pytest.raises(LeaseHeldError) as caught:
                    await second.lease("bank", "source").__aenter__()
                ends.append(caught.value.expires_at)

            async with first.lease("bank", "source"):
                ends = [datetime.fromtimestamp(clock.now + ttl_s, UTC)]
                clock.now += ttl_s / 2
                while ends[-1] <= ends[0]:
                    assert time.monotonic() < until, "no heartbeat"
                    asking = threading.Thread(target=lambda: asyncio.run(ask()))
                    asking.start()
                    asking.join()  # this loop is blocked all the while

    @awaited
    async def test_one_checkpoint_serves_event_loops_one_after_the_other(
        self, tmp_path: Path
    ) -> None:
        async with self.open_with(tmp_path) as checkpoint:
            ctx = whole()

            async def use(number: int) -> None:
                async with checkpoint.lease("bank", "source"):
                    ctx.title = str(number)
                    await asyncio.gather(*(checkpoint.save(ctx) for _ in range(8)))
                    assert (await kept_run(checkpoint)).title == str(number)

            for number in range(3):
                await asyncio.to_thread(asyncio.run, use(number))

    @awaited
    async def test_one_checkpoint_serves_threads_side_by_side(self, tmp_path: Path) -> None:
        async with self.open_with(tmp_path) as checkpoint:
            shared = whole()

            async def use(number: int) -> None:
                ctx = whole("bank", str(number))
                async with checkpoint.lease("bank", str(number)):
                    for _ in range(10):
                        await asyncio.gather(checkpoint.save(ctx), checkpoint.save(shared))
                assert await checkpoint.load("bank", str(number)) == ctx

            threads = (asyncio.to_thread(asyncio.run, use(number)) for number in range(4))
            await asyncio.wait_for(asyncio.gather(*threads), PATIENCE_S)
            assert await kept_run(checkpoint) == shared

    @awaited
    async def test_the_end_of_an_overtaken_holder_frees_nothing(self, tmp_path: Path) -> None:
        clock = Clock()
        async with AsyncExitStack() as stack:
            first, second = await self.open_two(stack, tmp_path, clock=clock, holder=far_away)
            old = first.lease("bank", "source")
            await old.__aenter__()
            clock.now += TTL_S + 1
            async with second.lease("bank", "source"):
                await old.__aexit__(None, None, None)
                with pytest.raises(LeaseHeldError):
                    await first.lease("bank", "source").__aenter__()
                await second.save(whole())

    @awaited
    async def test_a_heartbeat_puts_the_end_off(self, tmp_path: Path) -> None:
        clock, ttl_s = Clock(), 0.06
        async with AsyncExitStack() as stack:
            first, second = await self.open_two(stack, tmp_path, lease_ttl_s=ttl_s, clock=clock)
            until = time.monotonic() + PATIENCE_S

            async def seen_end() -> datetime:
                with pytest.raises(LeaseHeldError) as caught:
                    await second.lease("bank", "source").__aenter__()
                return caught.value.expires_at

            async with first.lease("bank", "source"):
                for _ in range(5):
                    before = await seen_end()
                    clock.now += ttl_s / 2
                    while await seen_end() <= before:
                        assert time.monotonic() < until, "no heartbeat"
                        await asyncio.sleep(ttl_s / 10)
                await first.save(whole())
            async with second.lease("bank", "source"):
                pass
