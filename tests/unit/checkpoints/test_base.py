"""What every checkpoint does alike: heartbeats that fail, contexts that go, errors that pass."""

import asyncio
import gc
import logging
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest

from retain.checkpoints.claim import Claim
from retain.checkpoints.memory import MemoryCheckpoint
from retain.engine import RunContext
from retain.errors import (
    CheckpointError,
    CheckpointVersionError,
    DatabaseBusyError,
    LeaseHeldError,
    LeaseLostError,
)
from retain.holder import Holder
from retain.memory.context import RetainContext
from retain.status import RunStatus
from retain.testing.checkpoints import Changing, First, Second, Seed, Slotted, whole

NOON = datetime(2024, 2, 29, 12, tzinfo=UTC)
PATIENCE_S = 20


class Broken(MemoryCheckpoint):
    """A backend whose calls fail as they are told to."""

    def __init__(self, context_type=RetainContext, **options):
        super().__init__(context_type, **{"lease_ttl_s": 0.06, **options})
        self.failures = {}
        self.failed = 0

    def fail(self, name):
        if name in self.failures:
            self.failed += 1
            raise self.failures[name]

    async def _write(self, delta, token):
        self.fail("write")
        return await super()._write(delta, token)

    def _renew(self, leases):
        self.fail("renew")
        return super()._renew(leases)

    def _give_back(self, lease):
        self.fail("release")
        super()._give_back(lease)

    async def _remove(self, key, token, *, history):
        if key[-1] == "b":
            self.fail("remove")
        return await super()._remove(key, token, history=history)

    async def _release(self, key, token):
        self.fail("release")
        await super()._release(key, token)


async def until(holds):
    """Wait for what another task brings about."""
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.005)


@pytest.mark.parametrize("ttl_s", [0, -1.0])
def test_a_lease_lasts(ttl_s):
    with pytest.raises(ValueError, match="lease_ttl_s must be positive"):
        MemoryCheckpoint(RetainContext, lease_ttl_s=ttl_s)


def test_a_failed_save_is_a_checkpoint_error_and_the_next_writes_all():
    async def test():
        checkpoint = Broken()
        ctx = whole()
        await checkpoint.save(ctx)
        ctx.title = "later"
        checkpoint.failures["write"] = DatabaseBusyError("busy.db: locked")
        with pytest.raises(
            CheckpointError, match=r"could not keep 'source' in 'bank': busy\.db: locked"
        ):
            await checkpoint.save(ctx)
        checkpoint.failures["write"] = CheckpointError("as it is")
        with pytest.raises(CheckpointError, match=r"^as it is$"):
            await checkpoint.save(ctx)
        checkpoint.failures["write"] = ZeroDivisionError("a bug")
        with pytest.raises(ZeroDivisionError):
            await checkpoint.save(ctx)
        assert (await checkpoint.load("bank", "source")).title == "Heading"
        checkpoint.failures.clear()
        await checkpoint.save(ctx)
        assert await checkpoint.load("bank", "source") == ctx

    asyncio.run(test())


def test_new_runs_are_kept_but_for_those_that_others_hold():
    async def test():
        checkpoint, other = MemoryCheckpoint(RetainContext), MemoryCheckpoint(RetainContext)
        other._claims = checkpoint._claims
        runs = [whole("bank", str(n)) for n in range(3)]
        async with other.lease("bank", "1"), checkpoint.lease("bank", "2"):
            first, second, third = await checkpoint.save_new(runs)
        assert first is third is None
        assert isinstance(second, LeaseHeldError)
        assert [s.source_id for s in await checkpoint.list()] == ["0", "2"]

    asyncio.run(test())


def test_new_runs_that_cannot_be_kept_are_a_checkpoint_error():
    async def test():
        checkpoint = Broken()
        for error, message in (
            (
                DatabaseBusyError("busy.db: locked"),
                r"^could not keep the new runs: busy\.db: locked$",
            ),
            (CheckpointError("as it is"), r"^as it is$"),
        ):
            checkpoint.failures["write"] = error
            with pytest.raises(CheckpointError, match=message):
                await checkpoint.save_new([whole()])

    asyncio.run(test())


def test_a_heartbeat_that_fails_is_tried_again(caplog):
    async def test():
        checkpoint = Broken(lease_ttl_s=0.03)
        checkpoint.failures["renew"] = DatabaseBusyError("busy.db: locked")
        async with checkpoint.lease("bank", "source"):
            for _ in range(2):
                before = checkpoint.failed
                await until(lambda before=before: checkpoint.failed > before)
            checkpoint.failures.clear()
            before = checkpoint._claims["bank", "source"].expires_at
            await until(lambda: checkpoint._claims["bank", "source"].expires_at > before)

    with caplog.at_level(logging.WARNING, "retain.checkpoints"):
        asyncio.run(test())
    assert "no heartbeat for 'source' in 'bank' (1 in all): busy.db: locked" in caplog.text


def test_the_heartbeat_of_a_lost_lease_ends(caplog):
    async def test():
        checkpoint = MemoryCheckpoint(RetainContext, lease_ttl_s=0.03)

        async def hold():
            async with checkpoint.lease("bank", "source"):
                del checkpoint._claims["bank", "source"]
                try:
                    await asyncio.sleep(PATIENCE_S)
                except asyncio.CancelledError:
                    with pytest.raises(LeaseLostError):
                        await checkpoint.save(whole())
                    raise

        with pytest.raises(LeaseLostError):
            await hold()
        async with checkpoint.lease("bank", "source"):
            await checkpoint.save(whole())

    with caplog.at_level(logging.WARNING, "retain.checkpoints"):
        asyncio.run(test())
    assert caplog.text.count("was lost") == 1


def test_a_release_that_fails_hides_no_result(caplog):
    async def test():
        checkpoint = Broken()
        checkpoint.failures["release"] = DatabaseBusyError("busy.db: locked")
        async with checkpoint.lease("bank", "source"):
            await checkpoint.save(whole())
        await until(lambda: checkpoint.failed > 2)
        checkpoint.failures.clear()
        await until(lambda: not checkpoint._claims)
        async with checkpoint.lease("bank", "source"):
            pass

    with caplog.at_level(logging.WARNING, "retain.checkpoints"):
        asyncio.run(test())
    assert "could not release 'source' in 'bank' yet: busy.db: locked" in caplog.text


def test_a_lease_whose_event_loop_is_gone_is_given_back():
    """Such as that of a program that closes its loop in the middle of everything."""
    checkpoint = MemoryCheckpoint(RetainContext, lease_ttl_s=0.03)

    async def hold():
        await checkpoint.lease("bank", "source").__aenter__()

    loop = asyncio.new_event_loop()
    loop.run_until_complete(hold())
    loop.close()
    assert checkpoint._claims
    asyncio.run(until(lambda: not checkpoint._claims))


def test_a_lease_that_is_lost_ends_the_innermost_block_alone():
    async def test():
        checkpoint = MemoryCheckpoint(RetainContext, lease_ttl_s=0.03)

        async def run_under(checkpoint):
            with checkpoint.guard(whole()):
                checkpoint._claims.clear()
                await asyncio.sleep(PATIENCE_S)

        async with checkpoint.lease("bank", "source"):
            with pytest.raises(LeaseLostError):
                await run_under(checkpoint)
            await asyncio.sleep(0)
            with pytest.raises(LeaseLostError), checkpoint.guard(whole()):
                pass
            assert asyncio.current_task().cancelling() == 0

    asyncio.run(test())


def test_a_block_that_was_cancelled_otherwise_too_is_cancelled():
    async def test():
        checkpoint = MemoryCheckpoint(RetainContext, lease_ttl_s=0.03)

        async def hold():
            async with checkpoint.lease("bank", "source"):
                checkpoint._claims.clear()
                try:
                    await asyncio.sleep(PATIENCE_S)
                except asyncio.CancelledError:
                    holding.cancel()
                    raise

        holding = asyncio.create_task(hold())
        with pytest.raises(asyncio.CancelledError):
            await holding

    asyncio.run(test())


def test_a_run_without_a_lease_is_guarded_by_none():
    async def test():
        checkpoint = MemoryCheckpoint(RetainContext)
        with checkpoint.guard(whole()):
            await checkpoint.save(whole())

    asyncio.run(test())


@pytest.mark.parametrize("error", [None, CheckpointError("no")])
def test_a_cancelled_runner_takes_back_what_it_is_given_late(error):
    async def test():
        checkpoint = Broken()
        acquire, entered, leave = checkpoint._acquire, asyncio.Event(), asyncio.Event()

        async def slow(*args):
            entered.set()
            await leave.wait()
            if error is not None:
                raise error
            return await acquire(*args)

        checkpoint._acquire = slow
        asking = asyncio.create_task(checkpoint.lease("bank", "source").__aenter__())
        await entered.wait()
        asking.cancel()
        await asyncio.sleep(0)
        assert not asking.done()
        leave.set()
        with pytest.raises(asyncio.CancelledError):
            await asking
        assert checkpoint._claims == checkpoint._held == {}

    asyncio.run(test())


@pytest.mark.parametrize("context_type", [Seed, Slotted])
def test_what_is_remembered_of_contexts_does_not_add_up(context_type):
    async def test():
        checkpoint = MemoryCheckpoint(context_type)
        for _ in range(50):
            ctx = context_type("bank", "source", "text")
            await checkpoint.save(ctx)
            await checkpoint.load("bank", "source")
        del ctx
        gc.collect()
        assert len(checkpoint._trackers) <= 2  # a thread may still hold the last one

    asyncio.run(test())


def test_a_context_that_takes_the_place_of_another_is_kept_whole():
    async def test():
        checkpoint = MemoryCheckpoint(RetainContext)
        one = whole()
        await checkpoint.save(one)
        # As if `two` lay where `one` did, before `one` was seen to be gone.
        two = RetainContext("bank", "source", "two", started_at=NOON)
        checkpoint._trackers[id(two)] = checkpoint._trackers[id(one)]
        await checkpoint.save(two)
        assert await checkpoint.load("bank", "source") == two
        del one
        gc.collect()
        two.title = "later"
        await checkpoint.save(two)
        assert await checkpoint.load("bank", "source") == two

    asyncio.run(test())


def test_one_context_saved_under_another_name_is_another_run():
    async def test():
        checkpoint = MemoryCheckpoint(RetainContext)
        ctx = whole()
        await checkpoint.save(ctx)
        ctx.source_id = "renamed"
        await checkpoint.save(ctx)
        assert await checkpoint.load("bank", "renamed") == ctx
        assert await checkpoint.load("bank", "source") == whole()

    asyncio.run(test())


def test_a_large_value_that_changes_while_it_is_encoded_is_kept_as_it_was():
    async def test():
        checkpoint = MemoryCheckpoint(Changing)
        ctx = Changing("bank", "source", table={str(n): [n] for n in range(5000)}, started_at=NOON)
        saving = asyncio.create_task(checkpoint.save(ctx))
        await asyncio.sleep(0)
        while not saving.done():
            ctx.table[str(len(ctx.table))] = []
            await asyncio.sleep(0)
        await saving
        assert len((await checkpoint.load("bank", "source")).table) in range(5000, len(ctx.table))
        await checkpoint.save(ctx)
        assert await checkpoint.load("bank", "source") == ctx

    asyncio.run(test())


def test_a_prune_that_fails_at_one_run_says_so_and_has_deleted_the_others():
    async def test():
        checkpoint = Broken(Seed)
        for name in ("a", "b", "c"):
            ctx = Seed("bank", name, "text")
            ctx.status, ctx.completed_at = "completed", datetime(2024, 1, 2)
            await checkpoint.save(ctx)
        checkpoint.failures["remove"] = CheckpointError("the disk is gone")
        with pytest.raises(CheckpointError, match="the disk is gone"):
            await checkpoint.prune(timedelta(days=1))
        assert [run.source_id for run in await checkpoint.list()] == ["b"]
        checkpoint.failures.clear()
        assert await checkpoint.prune(timedelta(days=1)) == 1

    asyncio.run(test())


def test_prune_takes_times_without_a_zone():
    async def test():
        checkpoint = MemoryCheckpoint(Seed)
        ctx = Seed("bank", "source", "text")
        ctx.started_at, ctx.completed_at = datetime(2024, 1, 1), datetime(2024, 1, 2)
        ctx.status = "completed"
        await checkpoint.save(ctx)
        loaded = await checkpoint.load("bank", "source")
        assert (loaded.started_at, loaded.completed_at) == (ctx.started_at, ctx.completed_at)
        assert await checkpoint.prune(timedelta(days=36500)) == 0
        assert await checkpoint.prune(timedelta(days=1)) == 1

    asyncio.run(test())


def test_versions_are_heeded_in_memory_too():
    async def test():
        older, newer = MemoryCheckpoint(First), MemoryCheckpoint(Second)
        newer._runs = older._runs
        await older.save(First("bank", "source", "Ana Bo", "k", started_at=NOON))
        ctx = await newer.load("bank", "source")
        assert (ctx.names, ctx.kept) == (["Ana", "Bo"], ["k"])
        await newer.save(ctx)
        with pytest.raises(CheckpointVersionError, match="'source' in 'bank' in memory"):
            await older.load("bank", "source")

    asyncio.run(test())


def test_a_context_with_slots_is_let_go_when_its_run_has_ended():
    async def test() -> None:
        checkpoint = MemoryCheckpoint(Slotted)
        for number in range(3):
            ctx = Slotted("bank", f"doc-{number}", "text")
            await checkpoint.save(ctx)
            assert len(checkpoint._trackers) == 1
            ctx.status = RunStatus.COMPLETED
            await checkpoint.save(ctx)
            assert checkpoint._trackers == {}
            assert await checkpoint.load("bank", f"doc-{number}") == ctx
            assert checkpoint._trackers == {}

    asyncio.run(test())


def test_a_run_whose_state_gives_it_another_id_leaves_one_run():
    async def test() -> None:
        checkpoint = MemoryCheckpoint(RunContext)
        ctx = RunContext("bank", "upload-1")
        async with checkpoint.lease("bank", "upload-1"):
            await checkpoint.save(ctx)
            ctx.source_id = "by-content"
            await checkpoint.save(ctx)
            ctx.status = RunStatus.COMPLETED
            await checkpoint.save(ctx)
        assert [run.source_id for run in await checkpoint.list()] == ["by-content"]
        ctx.source_id = "a copy"  # of a run that has ended: another run
        await checkpoint.save(ctx)
        assert [run.source_id for run in await checkpoint.list()] == ["a copy", "by-content"]

    asyncio.run(test())


def test_a_heartbeat_that_fails_in_an_unknown_way_is_logged_and_tried_again(caplog):
    async def test():
        checkpoint = Broken()
        checkpoint.failures["renew"] = ValueError("nobody knows")
        async with checkpoint.lease("bank", "source"):
            claim = checkpoint._claims["bank", "source"]
            await until(lambda: checkpoint.failed >= 2)
            checkpoint.failures.clear()
            await until(lambda: checkpoint._claims["bank", "source"].expires_at > claim.expires_at)

    asyncio.run(test())
    assert "the heartbeat of leases failed" in caplog.text


def test_a_lease_that_is_lost_as_its_block_ends_leaves_the_task_uncancelled():
    async def test():
        checkpoint = MemoryCheckpoint(RetainContext)
        async with checkpoint.lease("bank", "source"):
            [held] = checkpoint._held.values()

            def ends_by_itself():
                with checkpoint.guard(whole()):
                    held.lose()
                    raise KeyError

            with pytest.raises(KeyError):
                ends_by_itself()
            assert asyncio.current_task().cancelling() == 0
            with suppress(asyncio.CancelledError):  # Python before 3.13 raises it once
                await asyncio.sleep(0)
            await asyncio.sleep(0)

    asyncio.run(test())


def test_a_block_that_no_task_runs_is_guarded_too():
    async def test():
        checkpoint = MemoryCheckpoint(RetainContext)
        ended = asyncio.get_running_loop().create_future()

        def run():
            with checkpoint.guard(whole()):
                ended.set_result("run")

        async with checkpoint.lease("bank", "source"):
            asyncio.get_running_loop().call_soon(run)
            assert await ended == "run"

    asyncio.run(test())


def test_a_token_grows_though_the_clock_of_its_machine_goes_back():
    async def test():
        checkpoint = MemoryCheckpoint(RetainContext, clock=lambda: 1000.0)
        ahead = time.time_ns() + 3600 * 10**9  # given when the clock was an hour ahead
        gone = Holder("another machine", "elsewhere", 7, "1")
        checkpoint._claims["bank", "source"] = Claim(ahead, gone, 999.0)
        async with checkpoint.lease("bank", "source") as lease:
            assert lease.token > ahead

    asyncio.run(test())
