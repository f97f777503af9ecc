"""A state may suspend its run: that is no failure, and a resume goes on from there."""

from __future__ import annotations

from typing import Any

from retain.engine import Parallel, RetainFSM, Retry
from retain.errors import SuspendError

from .support import DONE, Ctx, Kept, context, labels, machine, outcome, run


def in_call_context(budget: list[int]) -> RetainFSM[Ctx, None]:
    """PAY suspends its run until there is something in the budget."""

    async def pay(ctx: Ctx, services: Any) -> str:
        if not budget:
            raise SuspendError("the budget is spent")
        ctx.ran.append("PAY")
        return "END"

    fsm = machine(INIT="PAY", END=DONE, BESIDE="", FAILS=RuntimeError("broken"))
    fsm.register("PAY", pay, to=["END"], retry=Retry(attempts=5, initial_s=0))
    fsm.register("BOTH", step_to(Parallel(("PAY", "BESIDE"), "END")))
    fsm.register("WORSE", step_to(Parallel(("PAY", "FAILS"), "END")))
    return fsm


def step_to(target: Parallel) -> Any:
    async def state(ctx: Ctx, services: Any) -> Parallel:
        return target

    return state


def test_a_suspended_run_is_kept_with_its_reason_and_not_tried_again():
    kept = Kept[Ctx]()
    ctx = run(in_call_context([]).run(context(), checkpoint=kept))

    assert ctx.status == kept.last.status == "suspended"
    assert ctx.errors == ["PAY: the budget is spent"]
    assert outcome(ctx) == [("INIT", None), ("PAY", "SuspendError: the budget is spent")]
    assert kept.last.last_state == "PAY"
    assert ctx.completed_at is None


def test_a_resume_goes_on_with_the_state_that_suspended():
    kept, budget = Kept[Ctx](), list[int]()
    fsm = in_call_context(budget)
    run(fsm.run(context(), checkpoint=kept))
    budget.append(1)
    ctx = run(fsm.resume(kept.last, checkpoint=kept))

    assert ctx.status == "completed"
    assert ctx.errors == []
    assert ctx.ran == ["INIT", "PAY", "END"]


def test_a_branch_suspends_the_block_and_its_siblings_finish():
    kept, budget = Kept[Ctx](), list[int]()
    fsm = in_call_context(budget)
    ctx = run(fsm.run(context(), initial_state="BOTH", checkpoint=kept))

    assert ctx.status == "suspended"
    assert ctx.errors == ["parallel:PAY: the budget is spent"]
    budget.append(1)
    ctx = run(fsm.resume(kept.last, checkpoint=kept))
    assert ctx.status == "completed"
    assert labels(ctx).count("parallel:BESIDE") == 1


def test_a_run_with_a_failed_branch_beside_the_suspended_one_has_failed():
    ctx = run(in_call_context([]).run(context(), initial_state="WORSE"))

    assert ctx.status == "failed"
    assert ctx.errors == [
        "parallel:PAY: the budget is spent",
        "parallel:FAILS: RuntimeError: broken",
    ]
