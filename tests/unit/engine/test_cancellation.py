"""Cancellation and outer timeouts: kept, passed on, and nothing left running."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import pytest

from retain.engine import Complete, Parallel, RetainFSM, Retry
from retain.errors import CheckpointError, TransientError

from .support import DONE, Ctx, Kept, closed, context, labels, machine, outcome, run, step


class Stuck:
    """A state that tells when it is reached and then waits for ever."""

    def __init__(self) -> None:
        self.reached = asyncio.Event()

    async def __call__(self, ctx: Ctx, services: Any) -> Any:
        self.reached.set()
        await asyncio.Event().wait()


async def cancelled_at(
    reached: asyncio.Event, fsm: RetainFSM[Ctx, None], ctx: Ctx, kept: Kept[Ctx] | None
) -> asyncio.Task[Ctx]:
    """Run `ctx` in a task, cancel it once `reached` is set, and wait for its end."""
    task = asyncio.create_task(fsm.run(ctx, checkpoint=kept))
    await reached.wait()
    task.cancel()
    await asyncio.wait([task])
    return task


def test_a_cancelled_state_is_closed_kept_and_can_be_resumed():
    kept: Kept[Ctx] = Kept()
    ctx = context()

    async def main() -> None:
        stuck = Stuck()
        fsm = machine(INIT="READ")
        fsm.register("READ", stuck)
        task = await cancelled_at(stuck.reached, fsm, ctx, kept)
        assert task.cancelled()

    run(main())
    assert outcome(ctx) == [("INIT", None), ("READ", "cancelled")]
    assert closed(ctx.step_log)
    assert ctx.status == "interrupted"
    assert ctx.errors == []
    assert ctx.completed_at is None
    assert ctx.last_state == "READ"
    assert kept.last == ctx

    assert run(machine(READ=DONE).resume(kept.last)).ran == ["INIT", "READ"]


def test_cancellation_needs_no_checkpoint():
    ctx = context()

    async def main() -> None:
        stuck = Stuck()
        fsm = machine()
        fsm.register("INIT", stuck)
        assert (await cancelled_at(stuck.reached, fsm, ctx, None)).cancelled()

    run(main())
    assert outcome(ctx) == [("INIT", "cancelled")]
    assert ctx.status == "interrupted"


def test_a_run_that_is_cancelled_before_it_starts_never_starts():
    async def main() -> None:
        ctx, kept = context(), Kept[Ctx]()
        task = asyncio.create_task(machine(INIT=DONE).run(ctx, checkpoint=kept))
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()
        assert ctx.step_log == []
        assert kept.calls == 0

    run(main())


def test_a_cancelled_block_leaves_no_branch_behind_and_keeps_what_ended():
    kept: Kept[Ctx] = Kept()
    ctx = context()

    async def main() -> None:
        stuck = [Stuck(), Stuck()]
        fsm = machine(INIT=Parallel(("A", ("B", "S0"), "S1"), "JOIN"), A="", B="", JOIN=DONE)
        fsm.register("S0", stuck[0])
        fsm.register("S1", stuck[1])
        task = asyncio.create_task(fsm.run(ctx, checkpoint=kept))
        await asyncio.gather(*(s.reached.wait() for s in stuck))
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()
        assert asyncio.all_tasks() == {asyncio.current_task()}

    run(main())
    assert sorted(outcome(ctx), key=str) == sorted(
        [
            ("INIT", None),
            ("parallel:A", None),
            ("parallel:B", None),
            ("parallel:S0", "cancelled"),
            ("parallel:S1", "cancelled"),
        ],
        key=str,
    )
    assert closed(ctx.step_log)
    assert ctx.last_state == "INIT"
    assert ctx.fan_out is not None
    assert ctx.fan_out.done == [1, 1, 0]
    assert kept.last == ctx

    again = run(machine(S0="", S1="", JOIN=DONE).resume(kept.last))
    assert again.ran[3:] == ["S0", "S1", "JOIN"]


def test_cancellation_during_a_wait_between_attempts():
    kept: Kept[Ctx] = Kept()
    ctx = context()

    async def main() -> None:
        waiting = asyncio.Event()

        async def sleep(seconds: float) -> None:
            waiting.set()
            await asyncio.Event().wait()

        fsm: RetainFSM[Ctx, None] = RetainFSM(None, sleep=sleep)
        fsm.register("INIT", step("INIT", TransientError("busy")), retry=Retry())
        assert (await cancelled_at(waiting, fsm, ctx, kept)).cancelled()

    run(main())
    assert outcome(ctx) == [("INIT", "TransientError: busy")]
    assert ctx.status == "interrupted"
    assert kept.last == ctx


def test_cancellation_during_a_second_attempt_closes_that_attempt():
    ctx = context()

    async def main() -> None:
        reached = asyncio.Event()

        async def flaky(ctx: Ctx, services: None) -> Any:
            if len(ctx.step_log) == 1:
                raise TransientError("busy")
            reached.set()
            await asyncio.Event().wait()

        fsm: RetainFSM[Ctx, None] = RetainFSM(None, sleep=lambda seconds: asyncio.sleep(0))
        fsm.register("INIT", flaky, retry=Retry())
        assert (await cancelled_at(reached, fsm, ctx, None)).cancelled()

    run(main())
    assert outcome(ctx) == [("INIT", "TransientError: busy"), ("INIT", "cancelled")]


class Slow:
    """Saves that wait, from the given number on, until they are let go."""

    def __init__(self, first: int, error: Exception | None = None) -> None:
        self.reached = asyncio.Event()
        self.go = asyncio.Event()
        self.started = 0
        self.first = first
        self.error = error
        self.again = asyncio.Event()

    def __call__(self, number: int) -> Any:
        return self._wait() if number >= self.first else None

    async def _wait(self) -> None:
        self.started += 1
        (self.reached if self.started == 1 else self.again).set()
        await self.go.wait()
        if self.error is not None:
            raise self.error


@pytest.mark.parametrize(
    ("number", "status", "ran"),
    [
        (1, "interrupted", []),
        (2, "interrupted", ["INIT"]),
        (3, "completed", ["INIT", "READ"]),
    ],
)
def test_cancellation_during_a_save_still_keeps_the_run(number, status, ran):
    ctx = context()

    async def main() -> Kept[Ctx]:
        slow = Slow(number)
        kept: Kept[Ctx] = Kept(slow)
        task = asyncio.create_task(machine(INIT="READ", READ=DONE).run(ctx, checkpoint=kept))
        await slow.reached.wait()
        task.cancel()
        await slow.again.wait()
        slow.go.set()
        await asyncio.wait([task])
        assert task.cancelled()
        return kept

    kept = run(main())
    assert ctx.ran == ran
    assert ctx.status == status
    assert kept.last == ctx
    assert (ctx.completed_at is not None) is (status == "completed")

    calls = kept.calls
    again = run(machine(INIT="READ", READ=DONE).resume(kept.last, checkpoint=kept))
    assert again.ran == ["INIT", "READ"]
    assert (kept.calls == calls) is (status == "completed")


def test_further_cancellations_wait_for_the_save():
    ctx = context()

    async def main() -> Kept[Ctx]:
        stuck, slow = Stuck(), Slow(2)
        kept: Kept[Ctx] = Kept(slow)
        fsm = machine()
        fsm.register("INIT", stuck)
        task = asyncio.create_task(fsm.run(ctx, checkpoint=kept))
        await stuck.reached.wait()
        task.cancel()
        await slow.reached.wait()
        for _ in range(3):
            task.cancel()
            await asyncio.sleep(0)
            assert not task.done()
        slow.go.set()
        await asyncio.wait([task])
        assert task.cancelled()
        assert slow.started == 1
        return kept

    kept = run(main())
    assert outcome(kept.last) == [("INIT", "cancelled")]
    assert kept.last == ctx


def test_a_cancelled_run_that_cannot_be_kept_is_logged_and_still_cancelled(caplog):
    ctx = context()

    def on_save(number: int) -> None:
        if number == 2:
            raise OSError("disk full")

    async def main() -> None:
        stuck = Stuck()
        fsm = machine()
        fsm.register("INIT", stuck)
        assert (await cancelled_at(stuck.reached, fsm, ctx, Kept(on_save))).cancelled()

    with caplog.at_level(logging.ERROR, "retain.engine"):
        run(main())
    assert "could not keep the cancelled run of 'notes.md'" in caplog.text
    assert "disk full" in caplog.text
    assert ctx.status == "interrupted"


def test_a_save_that_fails_after_a_second_cancellation_is_logged(caplog):
    async def main() -> None:
        stuck, slow = Stuck(), Slow(2, OSError("disk full"))
        fsm = machine()
        fsm.register("INIT", stuck)
        task = asyncio.create_task(fsm.run(context(), checkpoint=Kept[Ctx](slow)))
        await stuck.reached.wait()
        task.cancel()
        await slow.reached.wait()
        slow.go.set()
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()

    run(main())
    assert "disk full" in caplog.text


def test_a_completed_run_that_was_cancelled_and_not_kept_is_not_completed():
    """Not kept is not done: otherwise a resume of this context would do nothing."""
    ctx = context()

    async def main() -> None:
        slow = Slow(2, OSError("disk full"))
        task = asyncio.create_task(machine(INIT=DONE).run(ctx, checkpoint=Kept[Ctx](slow)))
        await slow.reached.wait()
        task.cancel()
        slow.go.set()
        await asyncio.wait([task])
        assert task.cancelled()

    run(main())
    assert ctx.completed_at is None
    assert ctx.status == "interrupted"
    assert run(machine(INIT=DONE).resume(ctx)).status == "completed"


def test_a_save_that_is_itself_cancelled_does_not_hold_the_run():
    def on_save(number: int) -> None:
        if number >= 2:
            raise asyncio.CancelledError

    ctx = context()

    async def main() -> None:
        task = asyncio.create_task(machine(INIT=DONE).run(ctx, checkpoint=Kept(on_save)))
        await asyncio.wait([task])
        assert task.cancelled()

    run(main())
    assert ctx.completed_at is None
    assert ctx.status == "interrupted"


def test_an_outer_timeout_ends_a_run_and_is_told_as_one():
    kept: Kept[Ctx] = Kept()

    async def main() -> None:
        fsm = machine(INIT="READ")
        fsm.register("READ", Stuck())
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await fsm.run(context(), checkpoint=kept)

    run(main())
    assert outcome(kept.last) == [("INIT", None), ("READ", "cancelled")]


def test_an_outer_timeout_is_not_taken_for_the_states_own():
    async def main() -> Ctx:
        ctx = context()
        fsm = machine()
        fsm.register("INIT", Stuck(), timeout_s=60, retry=Retry())
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await fsm.run(ctx)
        return ctx

    assert outcome(run(main())) == [("INIT", "cancelled")]


async def again(ctx: Ctx, services: None) -> str:
    """Goes on for ever without giving the event loop away."""
    return "INIT"


async def round_about(ctx: Ctx, services: None) -> Parallel:
    return Parallel((("NOTHING",) * 50,), "INIT")


async def nothing(ctx: Ctx, services: None) -> str:
    return ""


@pytest.mark.parametrize("fn", [again, round_about])
@pytest.mark.parametrize("kept", [False, True], ids=["not kept", "kept"])
@pytest.mark.parametrize("observed", [False, True], ids=["alone", "observed"])
def test_an_outer_timeout_ends_states_that_never_await(
    fn: Callable[..., Any], kept: bool, observed: bool
):
    class Last:
        """Keeps nothing: a saver that never awaits."""

        async def save(self, ctx: Ctx, /) -> None:
            pass

    async def main() -> Ctx:
        fsm: RetainFSM[Ctx, None] = RetainFSM(None, max_transitions=10**9)
        fsm.register("INIT", fn)
        fsm.register("NOTHING", nothing)
        if observed:
            fsm.subscribe(lambda event: None)
        ctx = context()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.02):
                await fsm.run(ctx, checkpoint=Last() if kept else None)
        return ctx

    ctx = run(main())
    assert ctx.status == "interrupted"
    assert closed(ctx.step_log)


def test_a_branch_that_cancels_itself_interrupts_the_run_after_its_siblings_end():
    kept: Kept[Ctx] = Kept()
    ctx = context()

    async def suicidal(ctx: Ctx, services: None) -> str:
        raise asyncio.CancelledError

    fsm = machine(INIT=Parallel(("A", "S", "B"), "JOIN"), A="", B="", JOIN=DONE)
    fsm.register("S", suicidal)

    async def main() -> None:
        with pytest.raises(asyncio.CancelledError):
            await fsm.run(ctx, checkpoint=kept)

    run(main())
    assert ctx.ran == ["INIT", "A", "B"]
    assert ("parallel:S", "cancelled") in outcome(ctx)
    assert ctx.status == "interrupted"
    assert ctx.fan_out is not None
    assert ctx.fan_out.done == [1, 0, 1]
    assert kept.last == ctx

    fsm.register("S", step("S", ""))
    assert run(fsm.resume(kept.last)).ran == ["INIT", "A", "B", "S", "JOIN"]


def test_a_state_that_awaits_a_cancelled_task_interrupts_the_run():
    async def waits(ctx: Ctx, services: None) -> Complete:
        task = asyncio.create_task(asyncio.sleep(60))
        task.cancel()
        await task
        return DONE

    async def main() -> Ctx:
        fsm = machine()
        fsm.register("INIT", waits)
        ctx = context()
        with pytest.raises(asyncio.CancelledError):
            await fsm.run(ctx)
        return ctx

    assert outcome(run(main())) == [("INIT", "cancelled")]


def test_a_cancelled_wait_for_the_loop_loses_no_finished_step():
    """Cancelled where the engine itself gives the loop away: between two states."""
    kept: Kept[Ctx] = Kept()

    async def main() -> None:
        fsm: RetainFSM[Ctx, None] = RetainFSM(None, max_transitions=10**9)
        fsm.register("INIT", again)
        task = asyncio.create_task(fsm.run(ctx, checkpoint=None))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()

    ctx = context()
    run(main())
    run(kept.save(ctx))
    assert set(outcome(ctx)) == {("INIT", None)}
    assert closed(ctx.step_log)


def test_a_failing_save_and_a_cancellation_at_once_end_the_block():
    """Whichever is told, nothing is left running and nothing is taken for done."""
    ctx = context()

    async def main() -> None:
        stuck = Stuck()
        failing = asyncio.Event()

        def on_save(number: int) -> None:
            if number == 3:
                failing.set()
                raise OSError("disk full")

        fsm = machine(INIT=Parallel(("A", "S"), "JOIN"), A="", JOIN=DONE)
        fsm.register("S", stuck)
        task = asyncio.create_task(fsm.run(ctx, checkpoint=Kept(on_save)))
        await failing.wait()
        task.cancel()
        with pytest.raises((CheckpointError, asyncio.CancelledError)):
            await task

    run(main())
    assert labels(ctx) == ["INIT", "parallel:A", "parallel:S"]
    assert closed(ctx.step_log)
    assert ctx.status == "interrupted"
    assert ctx.completed_at is None


def swallowing(then: Any, reached: asyncio.Event) -> Callable[..., Any]:
    """A state that goes on as `then` when it is cancelled."""

    async def state(ctx: Ctx, services: None) -> Any:
        try:
            reached.set()
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            ctx.ran.append("swallowed")
        if isinstance(then, Exception):
            raise then
        return then

    return state


@pytest.mark.parametrize(
    ("then", "last_state", "status"),
    [
        ("READ", "READ", "interrupted"),
        (DONE, "INIT", "completed"),
        (Parallel(("READ",), "READ"), "INIT", "interrupted"),
        (ValueError("bad"), "INIT", "interrupted"),
        (TransientError("busy"), "INIT", "interrupted"),
    ],
)
def test_a_state_that_swallows_its_cancellation_does_not_carry_the_run_on(then, last_state, status):
    kept: Kept[Ctx] = Kept()
    ctx = context()

    async def main() -> None:
        reached = asyncio.Event()
        fsm = machine(READ=DONE)
        fsm.register("INIT", swallowing(then, reached), retry=Retry())
        assert (await cancelled_at(reached, fsm, ctx, kept)).cancelled()

    run(main())
    assert ctx.ran == ["swallowed"]
    assert (ctx.last_state, ctx.status) == (last_state, status)
    assert ctx.errors == []
    assert kept.last == ctx
    again = run(machine(INIT=DONE, READ=DONE).resume(kept.last))
    assert again.status == "completed"
    assert ("INIT" in again.ran) is isinstance(then, Exception)


def test_an_outer_timeout_that_a_state_swallows_is_told_all_the_same():
    async def main() -> Ctx:
        ctx, fsm = context(), machine(READ=DONE)
        fsm.register("INIT", swallowing("READ", asyncio.Event()))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await fsm.run(ctx)
        return ctx

    assert run(main()).ran == ["swallowed"]


@pytest.mark.parametrize("kept", [None, Kept[Ctx]()])
def test_a_state_that_cancels_its_own_task_and_never_waits_does_not_carry_the_run_on(kept):
    async def init(ctx: Ctx, services: None) -> str:
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        return "READ"

    async def main() -> Ctx:
        ctx, fsm = context(), machine(READ=DONE)
        fsm.register("INIT", init)
        with pytest.raises(asyncio.CancelledError):
            await fsm.run(ctx, checkpoint=kept)
        return ctx

    ctx = run(main())
    assert (ctx.ran, ctx.last_state, ctx.status) == ([], "READ", "interrupted")


@pytest.mark.parametrize("then", ["", ValueError("bad")])
def test_a_chain_whose_state_swallows_its_cancellation_takes_no_further_step(then):
    kept: Kept[Ctx] = Kept()
    ctx = context()

    async def main() -> None:
        reached = asyncio.Event()
        fsm = machine(INIT=Parallel((("A", "B"),), "JOIN"), B="", JOIN=DONE)
        fsm.register("A", swallowing(then, reached))
        assert (await cancelled_at(reached, fsm, ctx, kept)).cancelled()

    run(main())
    assert ctx.ran == ["INIT", "swallowed"]
    assert ctx.fan_out is not None
    assert ctx.fan_out.done == [1 if then == "" else 0]
    assert ctx.errors == []
    assert kept.last == ctx
    assert kept.last.status == "interrupted"


def test_a_run_in_a_task_that_was_cancelled_before_is_not_taken_for_cancelled():
    """Such as one that begins where another was cleaned up."""

    async def main() -> Ctx:
        async def cleaning() -> Ctx:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                return await machine(INIT="READ", READ=DONE).run(context(), checkpoint=Kept[Ctx]())
            raise AssertionError

        task = asyncio.create_task(cleaning())
        await asyncio.sleep(0)
        task.cancel()
        return await task

    assert run(main()).status == "completed"


def test_a_save_that_hangs_does_not_hold_a_cancelled_run(caplog):
    async def main() -> Ctx:
        ctx, slow = context(), Slow(2)
        fsm: RetainFSM[Ctx, None] = RetainFSM(None, save_grace_s=0.05)
        fsm.register("INIT", step("INIT", DONE))
        task = asyncio.create_task(fsm.run(ctx, checkpoint=Kept[Ctx](slow)))
        await slow.reached.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.sleep(0)
        return ctx

    with caplog.at_level(logging.ERROR, "retain.engine"):
        ctx = run(main())
    assert "did not end within 0.05 s" in caplog.text
    assert (ctx.status, ctx.completed_at) == ("interrupted", None)
    with pytest.raises(ValueError, match="save_grace_s"):
        RetainFSM(None, save_grace_s=-1)
