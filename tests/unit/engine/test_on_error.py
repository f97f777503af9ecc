"""What follows a failure: a state of its own, the other branches, or the end of the run."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from retain.engine import Failed, Parallel, RetainFSM, Retry, StateFailure
from retain.errors import SuspendError, TransientError

from .support import DONE, Ctx, Kept, context, labels, machine, outcome, run, step

BROKEN = RuntimeError("boom")


def compensating(**states: Any) -> tuple[RetainFSM[Ctx, None], list[Any]]:
    """A machine whose UNDO notes what it is told of."""
    told: list[Any] = []

    async def undo(ctx: Ctx, services: Any, failures: tuple[StateFailure, ...]) -> Any:
        told.append(failures)
        ctx.ran.append("UNDO")
        return DONE

    fsm = machine(**states)
    fsm.register("UNDO", undo)
    return fsm, told


@pytest.mark.parametrize(
    ("result", "error"),
    [(BROKEN, "RuntimeError: boom"), (Failed("no stock"), "no stock")],
)
def test_a_state_that_failed_for_good_is_followed_by_its_on_error_state(result: Any, error: str):
    fsm, told = compensating(INIT="CHARGE")
    fsm.register("CHARGE", step("CHARGE", result), on_error="UNDO", to=["DONE"])
    kept = Kept[Ctx]()
    ctx = run(fsm.run(context(), checkpoint=kept))

    assert (ctx.status, ctx.ran) == ("completed", ["INIT", "UNDO"])
    assert told == [(StateFailure("CHARGE", error),)]
    assert ctx.errors == [f"CHARGE: {error}"]
    assert outcome(ctx) == [("INIT", None), ("CHARGE", error), ("UNDO", None)]

    (before,) = [s for s in kept.saves if s.last_state == "UNDO" and s.status == "running"]
    told.clear()
    assert run(fsm.resume(before)).status == "completed"
    assert told == [(StateFailure("CHARGE", error),)], "after a crash it is told the same"


def test_only_the_last_attempt_leads_to_the_on_error_state():
    fsm, told = compensating()
    fsm.register(
        "INIT",
        step("INIT", TransientError("busy")),
        retry=Retry(attempts=3, initial_s=0),
        on_error="UNDO",
    )
    ctx = run(fsm.run(context()))
    assert labels(ctx) == ["INIT", "INIT", "INIT", "UNDO"]
    assert len(told) == 1


def test_a_state_that_suspends_has_not_failed():
    fsm, told = compensating()
    fsm.register("INIT", step("INIT", SuspendError("wait")), on_error="UNDO")
    ctx = run(fsm.run(context()))
    assert (ctx.status, told) == ("suspended", [])


def test_an_on_error_state_without_interest_in_failures_is_called_as_any_other():
    fsm = machine(UNDO=DONE)
    fsm.register("INIT", step("INIT", BROKEN), on_error="UNDO")
    assert run(fsm.run(context())).status == "completed"


def test_a_failing_on_error_state_fails_the_run_or_goes_on_with_its_own():
    fsm = machine(LAST=DONE)
    fsm.register("INIT", step("INIT", BROKEN), on_error="UNDO")
    fsm.register("UNDO", step("UNDO", Failed("worse")))
    ctx = run(fsm.run(context()))
    assert (ctx.status, ctx.errors) == ("failed", ["INIT: RuntimeError: boom", "UNDO: worse"])

    fsm.register("UNDO", step("UNDO", Failed("worse")), on_error="LAST")
    assert run(fsm.run(context())).status == "completed"


def test_a_failed_block_leads_to_the_on_error_state_of_its_fan_out_state():
    fsm, told = compensating(A="", B=BROKEN, C=Failed("no"), J=DONE)
    fsm.register("INIT", step("INIT", Parallel(("A", "B", "C"), "J")), on_error="UNDO")
    ctx = run(fsm.run(context()))
    assert (ctx.status, ctx.ran) == ("completed", ["INIT", "A", "UNDO"])
    assert told == [(StateFailure("B", "RuntimeError: boom"), StateFailure("C", "no"))]
    assert ctx.fan_out is None


def test_in_a_branch_it_takes_the_place_of_what_is_left_of_the_branch():
    fsm, told = compensating(INIT=Parallel((("A", "B", "C"), "D"), "J"), A="", C="", D="", J=DONE)
    fsm.register("B", step("B", BROKEN), on_error="UNDO")
    ctx = run(fsm.run(context()))
    assert ctx.status == "completed"
    assert ctx.ran == ["INIT", "A", "D", "UNDO", "J"]
    assert told == [(StateFailure("B", "RuntimeError: boom"),)]


def test_a_state_cannot_follow_its_own_failure():
    with pytest.raises(ValueError, match="names the state itself: use retry="):
        machine().register("INIT", step("INIT", DONE), on_error="INIT")


# -- failures of a block ---------------------------------------------------------------------------


def slow(name: str, ran: list[str]) -> Any:
    async def state(ctx: Ctx, services: Any) -> str:
        await asyncio.sleep(5)
        ran.append(name)
        return ""

    return state


def test_cancel_ends_the_siblings_of_a_failed_branch_and_keeps_what_they_finished():
    ran: list[str] = []
    fsm = machine(INIT=Parallel((("A", "S"), "B", "S"), "J", failures="cancel"), A="", J=DONE)
    fsm.register("S", slow("S", ran))

    async def fails(ctx: Ctx, services: Any) -> Failed:
        while "A" not in ctx.ran:  # noqa: ASYNC110 - the steps of the loop are the clock
            await asyncio.sleep(0)
        return Failed("no")

    fsm.register("B", fails)
    kept = Kept[Ctx]()
    ctx = run(fsm.run(context(), checkpoint=kept))
    assert (ctx.status, ctx.errors, ran) == ("failed", ["parallel:B: no"], [])
    assert [e for s, e in outcome(ctx) if s == "parallel:S"] == ["cancelled", "cancelled"]

    fsm.register("S", step("S", ""))
    fsm.register("B", step("B", ""))
    ctx = run(fsm.resume(kept.last, checkpoint=kept))
    assert ctx.status == "completed"
    assert ctx.ran.count("A") == 1


def test_continue_runs_the_join_and_tells_it_what_failed():
    fsm, told = compensating(INIT=Parallel(("A", "B", "X"), "UNDO", failures="continue"), A="")
    fsm.register("B", step("B", BROKEN))
    kept = Kept[Ctx]()
    ctx = run(fsm.run(context(), checkpoint=kept))
    assert ctx.status == "completed"
    assert told == [
        (StateFailure("B", "RuntimeError: boom"), StateFailure("X", "unknown parallel branch: 'X'"))
    ]
    assert ctx.errors == [
        "parallel:X: unknown parallel branch: 'X'",
        "parallel:B: RuntimeError: boom",
    ]
    failures = told.pop()
    for save in kept.saves[:-1]:
        assert run(fsm.resume(save)).status == "completed"
        assert told.pop() == failures, "after a crash the join is told the same"


def test_continue_waits_for_branches_that_ask():
    fsm, told = compensating(INIT=Parallel(("ASK", "B"), "UNDO", failures="continue"))
    fsm.register("ASK", step("ASK", SuspendError("may I?")))
    fsm.register("B", step("B", Failed("no")))
    kept = Kept[Ctx]()
    ctx = run(fsm.run(context(), checkpoint=kept))
    assert (ctx.status, told) == ("suspended", [])

    fsm.register("ASK", step("ASK", ""))
    ctx = run(fsm.resume(kept.last, checkpoint=kept))
    assert ctx.status == "completed"
    assert told == [(StateFailure("B", "no"),)]
    assert labels(ctx).count("parallel:B") == 1
