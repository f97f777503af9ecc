"""Retries and timeouts: what is tried again, after how long, and what the log tells."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from retain.engine import Failed, Parallel, RetainFSM, Retry
from retain.errors import (
    DatabaseBusyError,
    InputError,
    PermanentError,
    RetainError,
    TransientError,
)

from .support import DONE, Ctx, Kept, closed, context, outcome, run, step


class Waits:
    """A sleep that returns at once and remembers how long it was asked for."""

    def __init__(self) -> None:
        self.asked: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.asked.append(seconds)


def flaky(name: str, errors: list[Exception], result: Any = DONE) -> Callable[..., Any]:
    """A state that raises each of `errors` once, in order, then returns `result`."""
    left = list(errors)

    async def state(ctx: Ctx, services: Any) -> Any:
        if left:
            raise left.pop(0)
        ctx.ran.append(name)
        return result

    return state


def drive(
    errors: list[Exception],
    retry: Retry | None,
    *,
    waits: Waits | None = None,
    chance: float = 0.0,
    kept: Kept[Ctx] | None = None,
) -> Ctx:
    fsm: RetainFSM[Ctx, None] = RetainFSM(None, sleep=waits or Waits(), random=lambda: chance)
    fsm.register("INIT", flaky("INIT", errors), retry=retry)
    return run(fsm.run(context(), checkpoint=kept))


class QuotaError(Exception):
    """A foreign error that nobody knows to be transient."""


class TransientInputError(TransientError):
    """A user's own transient error."""


class OwnError(RetainError):
    """A user's own error: neither transient nor permanent."""


@pytest.mark.parametrize(
    "error",
    [
        TransientError("busy"),
        TransientInputError("busy"),
        DatabaseBusyError("busy"),
        TimeoutError("slow"),
        ConnectionError("lost"),
        ConnectionResetError("lost"),
        BrokenPipeError("lost"),
    ],
    ids=lambda e: type(e).__name__,
)
def test_transient_errors_are_tried_again(error):
    ctx = drive([error, error], Retry(attempts=3))

    assert ctx.status == "completed"
    assert ctx.errors == []
    message = f"{type(error).__name__}: {error}"
    assert outcome(ctx) == [("INIT", message), ("INIT", message), ("INIT", None)]


@pytest.mark.parametrize(
    "error",
    [
        ValueError("bad"),
        QuotaError("none left"),
        OSError("disk"),
        PermanentError("no"),
        InputError("no"),
        OwnError("no"),
    ],
    ids=lambda e: type(e).__name__,
)
def test_other_errors_are_not(error):
    waits = Waits()
    ctx = drive([error], Retry(attempts=3), waits=waits)

    assert ctx.errors == [f"INIT: {type(error).__name__}: {error}"]
    assert len(ctx.step_log) == 1
    assert waits.asked == []


@pytest.mark.parametrize("error", [QuotaError("none left"), OwnError("later")])
def test_a_policy_may_name_further_errors(error):
    ctx = drive([error], Retry(attempts=2, on=(QuotaError, OwnError)))
    assert ctx.status == "completed"


@pytest.mark.parametrize("on", [(Exception,), (PermanentError,), (ValueError,)])
def test_a_permanent_error_is_never_tried_again_whatever_the_policy_names(on):
    ctx = drive([InputError("no")], Retry(attempts=3, on=on))
    assert ctx.errors == ["INIT: InputError: no"]
    assert len(ctx.step_log) == 1


def test_without_a_policy_nothing_is_tried_again():
    ctx = drive([TransientError("busy")], None)
    assert ctx.errors == ["INIT: TransientError: busy"]


def test_a_failed_result_is_never_tried_again():
    fsm: RetainFSM[Ctx, None] = RetainFSM(None, sleep=Waits())
    fsm.register("INIT", step("INIT", Failed("no text")), retry=Retry(on=(Exception,)))
    ctx = run(fsm.run(context()))
    assert ctx.errors == ["INIT: no text"]
    assert len(ctx.step_log) == 1


def test_after_the_last_attempt_its_error_ends_the_run():
    waits = Waits()
    errors: list[Exception] = [TransientError(f"busy {n}") for n in range(5)]
    ctx = drive(errors, Retry(attempts=3), waits=waits)

    assert ctx.errors == ["INIT: TransientError: busy 2"]
    assert len(ctx.step_log) == 3
    assert len(waits.asked) == 2


def test_a_single_attempt_is_none_but_the_first():
    waits = Waits()
    ctx = drive([TransientError("busy")], Retry(attempts=1), waits=waits)
    assert ctx.errors == ["INIT: TransientError: busy"]
    assert waits.asked == []


def test_every_further_attempt_is_a_step_that_tells_its_number():
    ctx = drive([TransientError("a"), TransientError("b")], Retry(attempts=3))
    assert [entry.notes.get("attempt", 1) for entry in ctx.step_log] == [1, 2, 3]
    assert closed(ctx.step_log)


def test_a_failed_attempt_is_kept_before_the_wait():
    kept: Kept[Ctx] = Kept()
    logs_at_wait: list[Any] = []

    async def sleep(seconds: float) -> None:
        logs_at_wait.append(outcome(kept.last))

    fsm: RetainFSM[Ctx, None] = RetainFSM(None, sleep=sleep)
    fsm.register("INIT", flaky("INIT", [TransientError("busy")]), retry=Retry())
    run(fsm.run(context(), checkpoint=kept))

    assert logs_at_wait == [[("INIT", "TransientError: busy")]]
    assert kept.saves[1].status == "running"
    assert kept.saves[1].errors == []


def test_waits_grow_and_are_bounded():
    waits = Waits()
    retry = Retry(attempts=6, initial_s=1.0, multiplier=3.0, max_s=20.0, jitter=0.0)
    drive([TransientError("busy")] * 5, retry, waits=waits)
    assert waits.asked == [1.0, 3.0, 9.0, 20.0, 20.0]


@pytest.mark.parametrize(("chance", "wait"), [(0.0, 8.0), (0.5, 7.0), (1.0, 6.0)])
def test_chance_takes_its_share_off_a_wait(chance, wait):
    waits = Waits()
    retry = Retry(initial_s=8.0, jitter=0.25)
    drive([TransientError("busy")], retry, waits=waits, chance=chance)
    assert waits.asked == [wait]


@pytest.mark.parametrize(
    ("asked", "wait"),
    [(5, 5.0), (0.25, 1.0), (120.5, 120.5), (None, 1.0), ("soon", 1.0), (-3, 1.0)],
)
def test_what_the_error_asks_for_is_waited_for_at_least(asked, wait):
    error = ConnectionError("too many requests")
    error.retry_after = asked  # pyright: ignore[reportAttributeAccessIssue]
    waits = Waits()
    drive([error], Retry(initial_s=1.0, max_s=60.0, jitter=0.0), waits=waits)
    assert waits.asked == [wait]


def test_our_own_transient_error_carries_its_wait():
    waits = Waits()
    drive([TransientError("busy", retry_after=7.5)], Retry(initial_s=1.0), waits=waits)
    assert waits.asked == [7.5]


@pytest.mark.parametrize("multiplier", [2.0, 1e9, 10**9])
def test_a_long_series_of_attempts_stays_at_the_longest_wait(multiplier):
    retry = Retry(attempts=10_000, multiplier=multiplier, max_s=30.0, jitter=0.0)
    assert retry.wait_s(TransientError("busy"), 9_999, 0.5) == 30.0


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"attempts": 0}, "attempts must be at least 1, not 0"),
        ({"initial_s": -1.0}, "waits must not be negative"),
        ({"max_s": -1.0}, "waits must not be negative"),
        ({"multiplier": 0.5}, "multiplier at least 1"),
        ({"jitter": 1.5}, "jitter must lie between 0 and 1, not 1.5"),
        ({"jitter": -0.1}, "jitter must lie between 0 and 1"),
    ],
)
def test_a_policy_that_makes_no_sense_is_refused(setting, message):
    with pytest.raises(ValueError, match=message):
        Retry(**setting)


def test_a_branch_is_tried_again_while_its_siblings_go_on():
    kept: Kept[Ctx] = Kept()
    sibling_done = asyncio.Event()

    async def sleep(seconds: float) -> None:
        await sibling_done.wait()

    async def sibling(ctx: Ctx, services: None) -> str:
        ctx.ran.append("B")
        sibling_done.set()
        return ""

    fsm: RetainFSM[Ctx, None] = RetainFSM(None, sleep=sleep)
    fsm.register("INIT", step("INIT", Parallel((("A", "C"), "B"), "JOIN")))
    fsm.register("A", flaky("A", [TransientError("busy")]), retry=Retry())
    fsm.register("B", sibling)
    fsm.register("C", step("C", ""))
    fsm.register("JOIN", step("JOIN", DONE))
    ctx = run(fsm.run(context(), checkpoint=kept))

    assert ctx.ran == ["INIT", "B", "A", "C", "JOIN"]
    assert outcome(ctx) == [
        ("INIT", None),
        ("parallel:A", "TransientError: busy"),
        ("parallel:B", None),
        ("parallel:A", None),
        ("parallel:C", None),
        ("JOIN", None),
    ]
    assert ctx.step_log[3].notes == {"attempt": 2}


def test_a_branch_without_an_attempt_left_fails_its_block():
    fsm: RetainFSM[Ctx, None] = RetainFSM(None, sleep=Waits())
    fsm.register("INIT", step("INIT", Parallel(("A",), "JOIN")))
    fsm.register("A", flaky("A", [TransientError("busy")] * 3), retry=Retry(attempts=2))
    ctx = run(fsm.run(context()))
    assert ctx.errors == ["parallel:A: TransientError: busy"]
    assert run(fsm.resume(ctx)).errors == ["unknown state: 'JOIN'"]


def test_attempts_start_anew_on_resume():
    errors: list[Exception] = [TransientError(f"busy {n}") for n in range(3)]
    fsm: RetainFSM[Ctx, None] = RetainFSM(None, sleep=Waits())
    fsm.register("INIT", flaky("INIT", errors), retry=Retry(attempts=2))
    ctx = run(fsm.run(context()))
    assert ctx.status == "failed"
    assert run(fsm.resume(ctx)).status == "completed"
    assert [entry.notes.get("attempt", 1) for entry in ctx.step_log] == [1, 2, 1, 2]


async def never(ctx: Ctx, services: Any) -> Any:
    await asyncio.Event().wait()


def test_a_state_that_takes_too_long_is_ended_with_an_error():
    kept: Kept[Ctx] = Kept()
    fsm: RetainFSM[Ctx, None] = RetainFSM(None)
    fsm.register("INIT", never, timeout_s=0.01)
    ctx = run(fsm.run(context(), checkpoint=kept))

    assert ctx.errors == ["INIT: TimeoutError: no result within 0.01 s"]
    assert closed(ctx.step_log)
    assert kept.last == ctx


def test_a_timeout_of_the_states_own_is_told_apart():
    fsm: RetainFSM[Ctx, None] = RetainFSM(None)
    fsm.register("INIT", step("INIT", TimeoutError("the model did not answer")), timeout_s=60)
    ctx = run(fsm.run(context()))
    assert ctx.errors == ["INIT: TimeoutError: the model did not answer"]


def test_a_state_in_time_is_not_disturbed():
    fsm: RetainFSM[Ctx, None] = RetainFSM(None)
    fsm.register("INIT", step("INIT", DONE), timeout_s=60)
    assert run(fsm.run(context())).status == "completed"


def test_a_timeout_is_tried_again():
    tries: list[int] = []

    async def slow_once(ctx: Ctx, services: None) -> Any:
        tries.append(1)
        if len(tries) == 1:
            await asyncio.Event().wait()
        return DONE

    fsm: RetainFSM[Ctx, None] = RetainFSM(None, sleep=Waits())
    fsm.register("INIT", slow_once, timeout_s=0.01, retry=Retry())
    ctx = run(fsm.run(context()))
    assert outcome(ctx) == [("INIT", "TimeoutError: no result within 0.01 s"), ("INIT", None)]


def test_a_branch_that_takes_too_long_fails_alone():
    fsm: RetainFSM[Ctx, None] = RetainFSM(None)
    fsm.register("INIT", step("INIT", Parallel(("SLOW", "B"), "JOIN")))
    fsm.register("SLOW", never, timeout_s=0.01)
    fsm.register("B", step("B", ""))
    ctx = run(fsm.run(context()))
    assert ctx.errors == ["parallel:SLOW: TimeoutError: no result within 0.01 s"]
    assert ctx.ran == ["INIT", "B"]
