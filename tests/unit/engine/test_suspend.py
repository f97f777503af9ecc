"""A state may suspend its run: that is no failure, and a resume goes on from there."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from retain.engine import Complete, Failed, Parallel, RetainFSM, Retry, RunContext, Suspend
from retain.errors import InputError, SuspendError

from .support import DONE, Ctx, Kept, context, labels, machine, outcome, run, step


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


# -- questions and their answers -------------------------------------------------------------------


@dataclass
class Order(RunContext):
    """An order that somebody has to approve."""

    heard: dict[str, Any] = field(default_factory=dict)


def asks(name: str, result: Any = "END", *, raises: bool = False) -> Any:
    """A state that asks until it is answered, and notes what it hears."""

    async def state(ctx: Order, services: Any, answer: Any = None) -> Any:
        if answer is None:
            question = Suspend(f"{name}, may I?", payload={"who": name, "cents": 1999})
            if raises:
                raise question
            return question
        ctx.heard[name] = answer
        return result

    return state


def asking(*, raises: bool = False) -> RetainFSM[Order, None]:
    fsm: RetainFSM[Order, None] = RetainFSM(None)
    for name in ("ASK", "ANN", "BOB"):
        fsm.register(name, asks(name, raises=raises), retry=Retry(on=(Exception,)))
    fsm.register("BOTH", step_to(Parallel(("ANN", ("WORK", "BOB")), "END")))
    fsm.register("WORK", step_to("x"))  # type: ignore[arg-type]
    fsm.register("END", step_to(Complete()))  # type: ignore[arg-type]
    return fsm


@pytest.mark.parametrize("raises", [False, True])
def test_a_question_suspends_the_run_and_its_answer_goes_to_the_state_that_asked(raises: bool):
    kept, fsm = Kept[Order](), asking(raises=raises)
    ctx = run(fsm.run(Order("shop", "o-7"), initial_state="ASK", checkpoint=kept))

    assert (ctx.status, ctx.errors) == ("suspended", ["ASK: ASK, may I?"])
    (question,) = kept.last.questions
    assert (question.name, question.reason) == ("ASK", "ASK, may I?")
    assert question.payload == {"who": "ASK", "cents": 1999}

    ctx = run(fsm.resume(kept.last, checkpoint=kept, value={"yes": (1, datetime.max)}))
    assert ctx.status == "completed"
    assert ctx.heard == {"ASK": {"yes": (1, datetime.max)}}
    assert ctx.questions == ()


def test_an_answer_is_kept_before_its_state_runs_and_dropped_once_that_has_ended():
    kept, fsm = Kept[Order](), asking()
    run(fsm.run(Order("shop", "o-7"), initial_state="ASK", checkpoint=kept))
    saves = len(kept.saves)
    run(fsm.resume(kept.last, checkpoint=kept, value="yes"))

    answered, ended = kept.saves[saves], kept.saves[saves + 1]
    again = run(fsm.resume(answered))  # the process died in the state
    assert (again.status, again.heard) == ("completed", {"ASK": "yes"})
    assert ended.last_state == "END"
    assert ended.engine_state is not None
    assert ended.engine_state.answers == {}


def test_branches_that_ask_at_once_are_answered_by_name_one_after_the_other():
    kept, fsm = Kept[Order](), asking()
    run(fsm.run(Order("shop", "o-7"), initial_state="BOTH", checkpoint=kept))
    assert [q.name for q in kept.last.questions] == ["ANN", "BOB"]

    ctx = run(fsm.resume(kept.last, checkpoint=kept, value={"BOB": "no"}))
    assert (ctx.status, ctx.heard) == ("suspended", {"BOB": "no"})
    assert ctx.errors == ["parallel:ANN: ANN, may I?"]
    assert labels(ctx).count("parallel:ANN") == 1, "who was not answered is not asked again"

    ctx = run(fsm.resume(kept.last, checkpoint=kept, value={"ANN": "yes"}))
    assert (ctx.status, ctx.heard) == ("completed", {"BOB": "no", "ANN": "yes"})
    assert labels(ctx).count("parallel:WORK") == 1


def test_a_resume_without_an_answer_asks_again():
    kept, fsm = Kept[Order](), asking()
    run(fsm.run(Order("shop", "o-7"), initial_state="BOTH", checkpoint=kept))
    ctx = run(fsm.resume(kept.last, checkpoint=kept))
    assert ctx.status == "suspended"
    assert [q.name for q in ctx.questions] == ["ANN", "BOB"]


def test_an_answer_that_its_state_fails_with_is_given_to_it_again():
    heard: list[Any] = []

    async def picky(ctx: Order, services: Any, answer: Any) -> Any:
        heard.append(answer)
        if answer is None:
            return Suspend("may I?")
        return Failed("not today") if len(heard) == 2 else Complete()

    fsm: RetainFSM[Order, None] = RetainFSM(None)
    fsm.register("INIT", picky)
    ctx = run(fsm.run(Order("shop", "o-7")))
    ctx = run(fsm.resume(ctx, value="yes"))
    assert ctx.status == "failed"
    ctx = run(fsm.resume(ctx))
    assert (ctx.status, heard) == ("completed", [None, "yes", "yes"])


def test_a_state_may_ask_anew_and_hears_the_new_answer_alone():
    async def patient(ctx: Order, services: Any, answer: Any = None) -> Any:
        if answer != "please":
            return Suspend(f"heard {answer}")
        return Complete()

    fsm: RetainFSM[Order, None] = RetainFSM(None)
    fsm.register("INIT", patient)
    ctx = run(fsm.run(Order("shop", "o-7")))
    ctx = run(fsm.resume(ctx, value="now"))
    assert [q.reason for q in ctx.questions] == ["heard now"]
    ctx = run(fsm.resume(ctx, value="please"))
    assert ctx.status == "completed"


def test_what_nobody_waits_for_is_refused_and_the_run_is_as_it_was():
    fsm = asking()
    ctx = run(fsm.run(Order("shop", "o-7"), initial_state="BOTH"))
    with pytest.raises(InputError, match=r"2 states wait for an answer \('ANN', 'BOB'\)"):
        run(fsm.resume(ctx, value="yes"))
    with pytest.raises(InputError, match="type object at \\['x'\\] cannot be kept"):
        run(fsm.resume(ctx, value={"ANN": {"x": object()}}))
    assert [q.name for q in ctx.questions] == ["ANN", "BOB"]

    fsm.register("ANN", step("ANN", "END"))
    with pytest.raises(InputError, match="state 'ANN' takes no answer"):
        run(fsm.resume(ctx, value={"ANN": "yes"}))

    done = run(fsm.run(Order("shop", "o-8"), initial_state="END"))
    with pytest.raises(InputError, match="the run has completed"):
        run(fsm.resume(done, value="yes"))
    failed = run(machine(INIT=Failed("no")).run(context()))
    with pytest.raises(InputError, match="no state of this run has asked"):
        run(machine(INIT=Failed("no")).resume(failed, value="yes"))


def test_a_payload_that_cannot_be_kept_is_an_error_of_its_state():
    ctx = run(machine(INIT=Suspend("may I?", payload=[object()])).run(context()))
    assert ctx.status == "failed"
    (error,) = ctx.errors
    told = "INIT: TypeError: the payload of Suspend('may I?'): a value of type object at [0] cannot"
    assert error.startswith(told)


def test_a_new_run_of_a_context_forgets_what_was_asked():
    fsm = asking()
    ctx = run(fsm.run(Order("shop", "o-7"), initial_state="ASK"))
    ctx = run(fsm.run(ctx, initial_state="END"))
    assert (ctx.status, ctx.questions) == ("completed", ())
    assert datetime.now(UTC) >= ctx.started_at


def test_a_question_is_shown_to_people_without_its_classes():
    async def ask(ctx: Ctx, services: None) -> Suspend:
        return Suspend("may I?", payload={"when": datetime(2024, 2, 29, tzinfo=UTC), "n": (1, 2)})

    fsm = machine()
    fsm.register("INIT", ask)
    [question] = run(fsm.run(context())).questions
    assert question.shown == {"when": "2024-02-29T00:00:00+00:00", "n": [1, 2]}
    assert question.payload == {"when": datetime(2024, 2, 29, tzinfo=UTC), "n": (1, 2)}


@pytest.mark.parametrize("kept", [Kept[Ctx](), None])
def test_an_answer_that_does_not_read_back_fails_its_state_and_is_kept(kept):
    async def ask(ctx: Ctx, services: None, answer: Any = None) -> Any:
        ctx.ran.append("ASK")
        return Suspend("may I?") if answer is None else DONE

    fsm = machine()
    fsm.register("INIT", ask)
    ctx = run(fsm.run(context(), checkpoint=kept))
    ctx.engine_state.answers["INIT"] = '{"$":"enum","of":"gone:Class","v":"A"}'
    again = run(fsm.resume(ctx, checkpoint=kept))
    assert again.status == "failed"
    assert again.errors == [
        "INIT: its answer does not read back: there is no class 'Class' in module 'gone'"
    ]
    assert again.ran == ["ASK"]
    assert again.engine_state.answers
    assert all(entry.closed for entry in again.step_log)
