"""A run that was kept on one graph goes on with another, or says what does not fit."""

from __future__ import annotations

from typing import Any

import pytest

from retain.engine import Failed, Parallel, RetainFSM, StateFailure, Suspend

from .support import DONE, Ctx, Kept, context, machine, run, step


def test_the_version_is_a_hash_of_the_graph_or_a_name():
    one, same = machine(INIT="END", END=DONE), machine(END=DONE, INIT="END")
    assert one.version == same.version
    before = one.version
    one.register("END", step("END", DONE), on_error="UNDO")
    assert one.version != before
    assert RetainFSM(None, version="2026-11").version == "2026-11"


def test_a_run_keeps_the_version_that_it_was_driven_on():
    kept, fsm = Kept[Ctx](), machine(INIT=Failed("no"))
    run(fsm.run(context(), checkpoint=kept))
    assert kept.saves[0].engine_state is not None
    assert kept.saves[0].engine_state.graph == fsm.version

    newer = machine(INIT=DONE, MORE=DONE)
    ctx = run(newer.resume(kept.last, checkpoint=kept))
    assert ctx.status == "completed"
    assert ctx.engine_state is not None
    assert ctx.engine_state.graph == newer.version


def test_a_state_that_is_gone_is_told_with_both_versions_and_the_remedy():
    kept, fsm = Kept[Ctx](), machine(INIT="OLD", OLD=Failed("no"))
    run(fsm.run(context(), checkpoint=kept))
    newer = machine(INIT="NEW", NEW=DONE)
    ctx = run(newer.resume(kept.last, checkpoint=kept))
    (error,) = ctx.errors
    assert error.startswith("unknown state: 'OLD': ")
    assert fsm.version in error
    assert newer.version in error
    assert "was=" in error
    assert ctx.status == "failed"
    # Nothing ran, so that the run goes on once the machine is mended.
    newer.register("NEW", step("NEW", DONE), was=("OLD",))
    assert run(newer.resume(kept.last, checkpoint=kept)).status == "completed"


def declared(*branches: str, **states: Any) -> RetainFSM[Ctx, None]:
    fsm = machine(**dict.fromkeys(branches, ""), JOIN=DONE, **states)
    block = Parallel(branches, "JOIN")
    fsm.register("INIT", step("INIT", block), to=[block])
    return fsm


def test_a_branch_that_was_added_to_an_unfinished_block_is_told():
    kept, fsm = Kept[Ctx](), declared("A", "B")
    fsm.register("B", step("B", Failed("no")))
    run(fsm.run(context(), checkpoint=kept))

    newer = declared("A", "B", "C")
    ctx = run(newer.resume(kept.last, checkpoint=kept))
    assert ctx.errors[0].startswith("INIT: the unfinished block has no branch 'C': ")
    assert "ctx.fan_out = None" in ctx.errors[0]
    again = kept.last
    again.fan_out = None
    assert run(newer.resume(again)).status == "completed"

    same_block = declared("A", "B", LATER=DONE)
    assert run(same_block.resume(kept.last)).status == "completed"
    ctx = run(declared("A", "D").resume(kept.last))
    assert ctx.errors[0].startswith("INIT: its block needs the unknown state 'B': ")


def test_was_carries_a_block_and_its_questions_to_the_new_names():
    kept, fsm = Kept[Ctx](), machine(FAN=Parallel((("A", "ASK"), "B"), "J"), A="", B="", J=DONE)
    fsm.register("ASK", step("ASK", Suspend("may I?")))
    run(fsm.run(context(), initial_state="FAN", checkpoint=kept))

    async def asked(ctx: Ctx, services: Any, answer: str) -> str:
        ctx.ran.append(answer)
        return ""

    newer = machine()
    newer.register("SPREAD", step("SPREAD", DONE), was=("FAN",))
    newer.register("ANNA", step("ANNA", ""), was=("A",))
    newer.register("QUESTION", asked, was=("ASK",))
    newer.register("BOB", step("BOB", ""), was=("B",))
    newer.register("JOINED", step("JOINED", DONE), was=("J", "JOIN"))
    ctx = run(newer.resume(kept.last, value={"QUESTION": "yes"}))
    assert ctx.status == "completed"
    assert ctx.ran[-2:] == ["yes", "JOINED"]


def test_was_carries_what_failed_and_where_it_went_on():
    kept, fsm = Kept[Ctx](), machine(J=DONE, UNDO=Failed("later"))
    fsm.register("A", step("A", Failed("no")), on_error="UNDO")
    fsm.register("C", step("C", Failed("never")))
    fsm.register("INIT", step("INIT", Parallel(("A", "C"), "J", failures="continue")))
    run(fsm.run(context(), checkpoint=kept))
    (under_way, *_) = [s for s in kept.saves if s.fan_out and s.fan_out.detours]

    told: list[Any] = []

    async def join(ctx: Ctx, services: Any, failures: tuple[StateFailure, ...]) -> Any:
        told.extend(failures)
        return DONE

    newer = machine(INIT=DONE)
    newer.register("AA", step("AA", ""), was=["A"])
    newer.register("CC", step("CC", Failed("never")), was=["C"])
    newer.register("REPAIR", step("REPAIR", ""), was=["UNDO"])
    newer.register("JOIN", join, was=["J"])
    assert run(newer.resume(under_way)).status == "completed"
    assert told == [StateFailure("CC", "never")]


def test_several_names_are_asked_for():
    with pytest.raises(TypeError, match=r"write \('OLD',\), with a comma"):
        machine().register("NEW", step("NEW", DONE), was="OLD")


def test_was_carries_an_answer_that_its_state_has_yet_to_use():
    async def ask(ctx: Ctx, services: None, item: int, answer: Any = None) -> Any:
        return Suspend(f"may {item}?") if answer is None else answer

    def fails(ctx: Ctx, services: None, item: int, answer: Any = None) -> Any:
        raise RuntimeError("not yet")

    spec = Parallel.map("ASK", [7, 8], join="J")
    kept, fsm = Kept[Ctx](), machine(INIT=spec, J=DONE)
    fsm.register("ASK", ask)
    run(fsm.run(context(), checkpoint=kept))
    fsm.register("ASK", fails)  # the answer is kept, and not used
    ctx = run(fsm.resume(kept.last, checkpoint=kept, value={"ASK[0]": "yes"}))
    assert ctx.engine_state.answers == {"ASK[0]": '"yes"'}

    newer = machine(INIT=spec, J=DONE)
    newer.register("QUESTION", ask, was=["ASK"])
    ctx = run(newer.resume(kept.last, checkpoint=kept))
    assert [q.name for q in ctx.questions] == ["QUESTION[1]"]
    assert ctx.engine_state.answers == {}


def test_was_goes_on_with_a_context_that_keeps_nothing_for_the_engine():
    ctx = context()
    ctx.last_state, ctx.engine_state = "OLD", None
    newer = machine()
    newer.register("NEW", step("NEW", DONE), was=["OLD"])
    assert run(newer.resume(ctx)).ran == ["NEW"]
