"""A failing save stops the run: the machine never runs ahead of what it has kept."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from retain.engine import Parallel, RetainFSM, Retry
from retain.errors import CheckpointError, LeaseLostError, TransientError

from .support import DONE, Ctx, Kept, closed, context, machine, outcome, run, step


def failing(*numbers: int, error: Exception | None = None) -> Kept[Ctx]:
    """A saver whose saves of these numbers (from 1) fail."""

    def on_save(number: int) -> None:
        if number in numbers:
            raise error or OSError("disk full")

    return Kept(on_save)


def line() -> RetainFSM[Ctx, None]:
    return machine(INIT="READ", READ="STORE", STORE=DONE)


@pytest.mark.parametrize(
    ("number", "ran"),
    [
        (1, []),
        (2, ["INIT"]),
        (3, ["INIT", "READ"]),
        (4, ["INIT", "READ", "STORE"]),
    ],
)
def test_nothing_runs_after_a_save_that_failed(number, ran):
    kept, ctx = failing(number), context()
    with pytest.raises(CheckpointError) as caught:
        run(line().run(ctx, checkpoint=kept))

    assert ctx.ran == ran
    assert kept.calls == number
    assert ctx.completed_at is None
    assert ctx.status == "interrupted"
    assert isinstance(caught.value.__cause__, OSError)
    assert "'notes.md'" in str(caught.value)
    assert "OSError: disk full" in str(caught.value)


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_both_what_was_kept_and_what_was_not_can_be_resumed(number):
    kept, ctx = failing(number), context()
    with pytest.raises(CheckpointError):
        run(line().run(ctx, checkpoint=kept))

    for left in [ctx, *kept.saves[-1:]]:
        assert run(line().resume(left)).status == "completed"


def test_our_own_errors_pass_as_they_are():
    error = LeaseLostError(("ana", "notes.md"))
    with pytest.raises(LeaseLostError) as caught:
        run(line().run(context(), checkpoint=failing(2, error=error)))
    assert caught.value is error
    assert caught.value.__cause__ is None


def test_an_error_that_cannot_be_printed_is_wrapped_too():
    class MuteError(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no words")

    with pytest.raises(CheckpointError, match="MuteError"):
        run(line().run(context(), checkpoint=failing(1, error=MuteError())))


@pytest.mark.parametrize("result", ["NOWHERE", ValueError("bad"), 42])
def test_a_failed_run_that_cannot_be_kept_says_so(result):
    ctx = context()
    with pytest.raises(CheckpointError):
        run(machine(INIT=result).run(ctx, checkpoint=failing(2)))
    assert ctx.status == "interrupted"


def test_a_failing_save_before_a_wait_ends_the_attempts():
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    fsm: RetainFSM[Ctx, None] = RetainFSM(None, sleep=sleep)
    fsm.register("INIT", step("INIT", TransientError("busy")), retry=Retry())
    ctx = context()
    with pytest.raises(CheckpointError):
        run(fsm.run(ctx, checkpoint=failing(2)))
    assert waits == []
    assert len(ctx.step_log) == 1


def block(*branches: Any, **states: Any) -> RetainFSM[Ctx, None]:
    return machine(INIT=Parallel(branches, "JOIN"), JOIN=DONE, **states)


def test_a_failing_save_in_a_block_ends_the_siblings():
    async def never(ctx: Ctx, services: None) -> Any:
        await asyncio.Event().wait()

    fsm = block("A", "B", A="")
    fsm.register("B", never)
    ctx = context()
    with pytest.raises(CheckpointError) as caught:
        run(fsm.run(ctx, checkpoint=failing(3)))

    assert isinstance(caught.value.__cause__, OSError)
    assert outcome(ctx) == [("INIT", None), ("parallel:A", None), ("parallel:B", "cancelled")]
    assert closed(ctx.step_log)
    assert ctx.status == "interrupted"


def test_after_a_failing_save_in_a_block_no_chain_takes_another_step():
    """Not even one that was about to begin, before it is told to end."""
    never_awaits: list[str] = []

    def quick(name: str):
        async def state(ctx: Ctx, services: None) -> str:
            never_awaits.append(name)
            return ""

        return state

    fsm = block("A", ("B", "C", "D"))
    for name in "ABCD":
        fsm.register(name, quick(name))
    with pytest.raises(CheckpointError):
        run(fsm.run(context(), checkpoint=failing(3)))

    assert never_awaits == ["A"]


def test_no_save_is_tried_after_one_that_failed_in_a_block():
    async def stubborn(ctx: Ctx, services: None) -> str:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            ctx.ran.append("stubborn")
        return ""

    kept = failing(3)
    fsm = block("A", ("B", "C"), A="", C="")
    fsm.register("B", stubborn)
    ctx = context()
    with pytest.raises(CheckpointError):
        run(fsm.run(ctx, checkpoint=kept))

    assert kept.calls == 3
    assert ctx.ran == ["INIT", "A", "stubborn"]


@pytest.mark.parametrize("number", range(1, 7))
def test_a_block_can_be_resumed_after_any_failing_save(number):
    def fsm() -> RetainFSM[Ctx, None]:
        return block("A", ("B", "C"), A="", B="", C="")

    kept, ctx = failing(number), context()
    with pytest.raises(CheckpointError):
        run(fsm().run(ctx, checkpoint=kept))
    assert ctx.completed_at is None

    for left in [ctx, *kept.saves[-1:]]:
        done = run(fsm().resume(left))
        assert sorted(done.ran) == ["A", "B", "C", "INIT", "JOIN"]
