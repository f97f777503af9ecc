"""Clocks that are an hour apart, and a laptop that sleeps for an hour in a state."""

import asyncio
import time
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

import pytest

from retain.checkpoints.file import FileCheckpoint
from retain.checkpoints.sqlite import SQLiteCheckpoint
from retain.engine import Complete, RetainFSM, RunContext
from retain.errors import LeaseHeldError, LeaseLostError
from retain.holder import Holder, this_process

KEY = ("bank", "source")
HOUR_S = 3600.0
PATIENCE_S = 30


@dataclass
class Run(RunContext):
    done: list[str] = field(default_factory=list)


class Machine:
    """A machine with a clock of its own, on which one runner drives a run."""

    def __init__(self, name, ahead_s=0.0):
        self.name, self.ahead_s = name, ahead_s
        self.asleep, self.awake = asyncio.Event(), asyncio.Event()

    def clock(self):
        return time.time() + self.ahead_s

    def holder(self):
        return this_process() if self.name == "here" else Holder(self.name, self.name, 7, "1")

    @asynccontextmanager
    async def checkpoint(self, backend, folder, **options):
        options = {"durability": "process", "clock": self.clock, "holder": self.holder} | options
        if backend == "file":
            opened = FileCheckpoint(folder / "runs", Run, **options)
        else:
            opened = SQLiteCheckpoint(folder / "runs.db", Run, **options)
        try:
            yield opened
        finally:
            await opened.close()

    def fsm(self):
        async def init(ctx, services):
            self.asleep.set()
            await self.awake.wait()
            ctx.done = [*ctx.done, self.name]
            return "NEXT"

        async def following(ctx, services):
            return Complete()

        fsm = RetainFSM(None)
        fsm.register("INIT", init)
        fsm.register("NEXT", following)
        return fsm

    async def drive(self, checkpoint):
        """Begin the run, or go on with it."""
        async with checkpoint.lease(*KEY):
            ctx = await checkpoint.load(*KEY)
            if ctx is None:
                return await self.fsm().run(Run(*KEY), checkpoint=checkpoint)
            return await self.fsm().resume(ctx, checkpoint=checkpoint)


def with_machines(body, backend, folder):
    """Run `body` with two machines, whose first one is in a state."""

    async def main():
        async with AsyncExitStack() as stack, asyncio.timeout(PATIENCE_S):
            await body(stack, lambda m, **o: stack.enter_async_context(
                m.checkpoint(backend, folder, **o)
            ))  # fmt: skip

    asyncio.run(main())


both = pytest.mark.parametrize("backend", ["file", "sqlite"])


@both
@pytest.mark.parametrize("ahead_s", [HOUR_S, -HOUR_S])
def test_of_two_runners_with_clocks_an_hour_apart_one_at_most_is_kept(backend, ahead_s, tmp_path):
    async def body(stack, opened):
        one, two = Machine("one"), Machine("two", ahead_s)
        first, second = await opened(one), await opened(two)
        driving = asyncio.create_task(one.drive(first))
        await one.asleep.wait()
        two.awake.set()
        if ahead_s < 0:  # to its clock, the lease of the first lasts for longer than an hour
            with pytest.raises(LeaseHeldError):
                await two.drive(second)
            one.awake.set()
            ctx = await driving
        else:  # to its clock, the lease of the first has run out
            ctx = await two.drive(second)
            one.awake.set()
            with pytest.raises(LeaseLostError):
                await driving
        assert len(ctx.done) == 1
        assert await first.load(*KEY) == await second.load(*KEY) == ctx
        assert ctx.status == "completed"

    with_machines(body, backend, tmp_path)


def test_runners_of_one_database_go_by_its_clock_whatever_theirs_say(tmp_path):
    async def body(stack, opened):
        one, two = Machine("one"), Machine("two", HOUR_S)
        first, second = await opened(one, clock=None), await opened(two, clock=None)
        driving = asyncio.create_task(one.drive(first))
        await one.asleep.wait()
        two.awake.set()
        with pytest.raises(LeaseHeldError):
            await two.drive(second)
        one.awake.set()
        assert (await driving).done == ["one"]

    with_machines(body, "sqlite", tmp_path)


@both
def test_two_runners_of_one_machine_are_never_confused_by_its_clock(backend, tmp_path):
    async def body(stack, opened):
        one, two = Machine("here"), Machine("here", HOUR_S)
        first, second = await opened(one), await opened(two)
        driving = asyncio.create_task(one.drive(first))
        await one.asleep.wait()
        two.awake.set()
        with pytest.raises(LeaseHeldError):
            await two.drive(second)
        one.awake.set()
        assert (await driving).status == "completed"

    with_machines(body, backend, tmp_path)


@both
def test_a_laptop_that_slept_for_an_hour_goes_on_where_nobody_took_over(backend, tmp_path):
    async def body(stack, opened):
        laptop = Machine("laptop")
        checkpoint = await opened(laptop, lease_ttl_s=0.3)
        driving = asyncio.create_task(laptop.drive(checkpoint))
        await laptop.asleep.wait()
        laptop.ahead_s += HOUR_S  # the clock goes on while everything else stands still
        assert [run.status for run in await checkpoint.list()] != ["completed"]
        laptop.awake.set()
        ctx = await driving
        assert (ctx.status, ctx.done) == ("completed", ["laptop"])
        assert [step.error for step in ctx.step_log] == [None, None]
        assert await checkpoint.load(*KEY) == ctx

    with_machines(body, backend, tmp_path)


@both
def test_a_laptop_that_slept_for_an_hour_is_cancelled_where_somebody_took_over(backend, tmp_path):
    async def body(stack, opened):
        laptop, other = Machine("laptop"), Machine("other", HOUR_S)
        first = await opened(laptop, lease_ttl_s=0.3)
        driving = asyncio.create_task(laptop.drive(first))
        await laptop.asleep.wait()
        second = await opened(other)
        other.awake.set()
        ctx = await other.drive(second)
        laptop.ahead_s += HOUR_S
        with pytest.raises(LeaseLostError):  # at its next heartbeat: its state still sleeps
            await driving
        assert (ctx.status, ctx.done) == ("completed", ["other"])
        assert await second.load(*KEY) == ctx
        assert [step.error for step in ctx.step_log] == ["interrupted", None, None]

    with_machines(body, backend, tmp_path)
