"""What a `TaskGroup` in a state raises is looked at from inside."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest

from retain.engine import Parallel, RetainFSM, Retry
from retain.errors import DatabaseBusyError, PermanentError, SuspendError, TransientError

from .support import DONE, Ctx, context, outcome, run, step


def drive(*errors: Exception, retry: Retry | None = None) -> tuple[int, list[float], Ctx]:
    """Run a state whose tasks raise `errors` at once; the attempts, the waits and the context."""
    attempts, waits = 0, list[float]()

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    async def state(ctx: Ctx, services: None) -> Any:
        nonlocal attempts
        attempts += 1
        begin = asyncio.Event()

        async def one(error: Exception) -> None:
            await begin.wait()
            raise error

        async with asyncio.TaskGroup() as group:
            for error in errors:
                group.create_task(one(error))
            begin.set()

    fsm: RetainFSM[Ctx, None] = RetainFSM(None, sleep=sleep)
    fsm.register("INIT", state, retry=retry or Retry(attempts=3, initial_s=0))
    ctx = run(fsm.run(context()))
    return attempts, waits, ctx


def nested(*errors: Exception) -> ExceptionGroup[Exception]:
    return ExceptionGroup("inner", list(errors))


@pytest.mark.parametrize("inside", ["plain", "in a context manager"])
def test_a_group_whose_failure_a_state_deals_with_does_not_end_the_run(inside):
    """Before Python 3.13, such a group leaves a cancellation on its task that nobody asked for."""

    @asynccontextmanager
    async def tasks() -> AsyncGenerator[asyncio.TaskGroup, None]:
        async with asyncio.TaskGroup() as group:
            yield group

    async def fails() -> None:
        await asyncio.sleep(0)
        raise ValueError("bad")

    async def state(ctx: Ctx, services: None) -> Any:
        for _ in range(2):
            with suppress(ExceptionGroup):
                async with tasks() if inside != "plain" else asyncio.TaskGroup() as group:
                    group.create_task(fails())
                    group.create_task(asyncio.sleep(60))
        return DONE

    async def main() -> tuple[Ctx, int]:
        fsm: RetainFSM[Ctx, None] = RetainFSM(None)
        fsm.register("INIT", state)
        fsm.register("BLOCK", step("BLOCK", Parallel((("INIT", "INIT"),), "INIT")))
        ctx = await fsm.run(context(), initial_state="BLOCK")
        return ctx, asyncio.current_task().cancelling()  # type: ignore[union-attr]

    ctx, cancelling = run(main())
    assert ctx.status == "completed"
    assert cancelling == 0


def test_a_cancellation_from_outside_ends_a_state_that_waits_in_a_group():
    async def state(ctx: Ctx, services: None) -> Any:
        async with asyncio.TaskGroup() as group:
            group.create_task(asyncio.sleep(60))

    async def main() -> Ctx:
        fsm: RetainFSM[Ctx, None] = RetainFSM(None)
        fsm.register("INIT", state)
        ctx = context()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await fsm.run(ctx)
        return ctx

    assert run(main()).status == "interrupted"


@pytest.mark.parametrize(
    ("errors", "attempts"),
    [
        ((TransientError("busy"),), 3),
        ((TimeoutError("slow"), ConnectionError("gone")), 3),
        ((nested(TimeoutError("slow")), TransientError("busy")), 3),
        ((PermanentError("no such key"),), 1),
        ((TransientError("busy"), PermanentError("no such key")), 1),
        ((TransientError("busy"), ValueError("bad")), 1),
        ((ValueError("bad"),), 1),
    ],
)
def test_a_group_is_tried_again_if_each_error_in_it_is_transient(errors, attempts):
    assert drive(*errors)[0] == attempts


def test_a_policy_may_name_what_is_inside_or_the_group_itself():
    assert drive(ValueError("bad"), retry=Retry(2, 0, on=(ValueError,)))[0] == 2
    assert drive(ValueError("bad"), retry=Retry(2, 0, on=(ExceptionGroup,)))[0] == 2
    permanent = drive(PermanentError("no"), retry=Retry(2, 0, on=(Exception,)))
    assert permanent[0] == 1


def test_the_longest_wait_that_an_error_inside_asks_for_is_honoured():
    errors = [TransientError("busy", retry_after=s) for s in (2, 7, 3)]
    assert drive(*errors, nested(DatabaseBusyError("held")))[1] == [7, 7]


def test_a_suspension_inside_suspends_the_run(caplog):
    with caplog.at_level(logging.WARNING, "retain.engine"):
        attempts, _, ctx = drive(SuspendError("ask Ana"), TransientError("busy"))
    assert (attempts, ctx.status, ctx.errors) == (1, "suspended", ["INIT: ask Ana"])
    assert "raised" not in caplog.text


def test_two_suspensions_are_both_told():
    assert drive(SuspendError("ask Ana"), SuspendError("ask Bo"))[2].errors == [
        "INIT: ask Ana; ask Bo"
    ]


def test_a_suspension_beside_a_failure_is_a_failure_that_tells_both():
    _, _, ctx = drive(SuspendError("ask Ana"), ValueError("bad"))
    assert ctx.status == "failed"
    assert ctx.errors == ["INIT: SuspendError: ask Ana; ValueError: bad"]


def test_the_texts_name_the_errors_inside_each_once():
    _, _, ctx = drive(PermanentError("no such key"), nested(ValueError("bad"), ValueError("bad")))
    assert ctx.errors == ["INIT: PermanentError: no such key; ValueError: bad"]
    assert outcome(ctx) == [("INIT", "PermanentError: no such key; ValueError: bad")]


def test_many_errors_are_told_in_short():
    _, _, ctx = drive(*(ValueError(n) for n in range(9)))
    assert ctx.errors[0].endswith("ValueError: 4; and 4 more")


def test_a_suspension_is_never_tried_again_whatever_the_policy_names():
    assert drive(SuspendError("ask"), retry=Retry(3, 0, on=(Exception,)))[0] == 1
