"""Parallel blocks: branches at once, kept one by one, then the join exactly once."""

from __future__ import annotations

import asyncio
import copy
import time
from typing import Any

import pytest

from retain.engine import Complete, Failed, FanOut, Parallel, RetainFSM

from .support import DONE, Ctx, Kept, closed, context, labels, machine, outcome, run, step


def block(*branches: Any, join: str = "JOIN", **states: Any) -> RetainFSM[Ctx, None]:
    """FAN fans out to `branches`; JOIN completes; the rest as given."""
    return machine(FAN=Parallel(branches, join), **{"JOIN": DONE, **states})


def drive(fsm: RetainFSM[Ctx, None], kept: Kept[Ctx] | None = None) -> Ctx:
    return run(fsm.run(context(), initial_state="FAN", checkpoint=kept))


def test_branches_run_then_the_join():
    ctx = drive(block("A", "B", A="", B=""))

    assert sorted(ctx.ran[1:3]) == ["A", "B"]
    assert ctx.ran[0] == "FAN"
    assert ctx.ran[3:] == ["JOIN"]
    assert labels(ctx) == ["FAN", "parallel:A", "parallel:B", "JOIN"]
    assert closed(ctx.step_log)
    assert ctx.status == "completed"
    assert ctx.fan_out is None


def test_branches_run_at_once():
    """Each waits for the other: one after the other would never end."""
    here, there = asyncio.Event(), asyncio.Event()

    async def a(ctx: Ctx, services: None) -> str:
        here.set()
        await there.wait()
        return ""

    async def b(ctx: Ctx, services: None) -> str:
        there.set()
        await here.wait()
        return ""

    fsm = block("A", "B")
    fsm.register("A", a)
    fsm.register("B", b)

    assert drive(fsm).status == "completed"


def test_branches_share_the_context_and_the_services():
    seen: list[tuple[Any, Any]] = []

    async def note(ctx: Ctx, services: Any) -> str:
        seen.append((ctx, services))
        return ""

    services = object()
    fsm: RetainFSM[Ctx, object] = RetainFSM(services)
    fsm.register("FAN", step("FAN", Parallel(("A", "B"), "JOIN")))
    fsm.register("A", note)
    fsm.register("B", note)
    fsm.register("JOIN", step("JOIN", DONE))
    ctx = context()
    run(fsm.run(ctx, initial_state="FAN"))

    assert len(seen) == 2
    assert all(c is ctx and s is services for c, s in seen)


@pytest.mark.parametrize("result", ["ELSEWHERE", Complete(), None, 42], ids=lambda r: repr(r))
def test_a_name_that_a_branch_returns_is_ignored(result):
    fsm = block("A", "B", B="")
    fsm.register("A", step("A", result), to=["DECLARED"])
    ctx = drive(fsm)

    assert ctx.errors == []
    assert ctx.ran[-1] == "JOIN"
    assert ctx.completed_at is not None
    assert labels(ctx).count("parallel:A") == 1


def test_a_failed_branch_lets_its_siblings_finish_and_stops_the_run():
    release = asyncio.Event()

    async def fails(ctx: Ctx, services: None) -> str:
        release.set()
        raise ValueError("bad page")

    async def pays(ctx: Ctx, services: None) -> str:
        await release.wait()
        await asyncio.sleep(0)
        ctx.ran.append("PAYS")
        return ""

    kept: Kept[Ctx] = Kept()
    fsm = block("FAILS", "PAYS")
    fsm.register("FAILS", fails)
    fsm.register("PAYS", pays)
    ctx = drive(fsm, kept)

    assert ctx.errors == ["parallel:FAILS: ValueError: bad page"]
    assert ctx.ran == ["FAN", "PAYS"]
    assert ctx.status == "failed"
    assert ctx.last_state == "FAN"
    assert ctx.fan_out == FanOut("FAN", (("FAILS",), ("PAYS",)), "JOIN", [0, 1])
    assert kept.last == ctx


def test_errors_of_branches_are_told_to_the_letter_in_the_order_of_the_branches():
    ctx = drive(block("A", "GONE", "C", "D", A=Failed("no text"), C="", D=RuntimeError("late")))
    assert ctx.errors == [
        "parallel:A: no text",
        "parallel:GONE: unknown parallel branch: 'GONE'",
        "parallel:D: RuntimeError: late",
    ]
    assert outcome(ctx) == [
        ("FAN", None),
        ("parallel:A", "no text"),
        ("parallel:C", None),
        ("parallel:D", "RuntimeError: late"),
    ]


def test_each_failed_branch_is_logged(caplog):
    drive(block("A", "B", A=Failed("no text"), B=Failed("no page")))
    assert "parallel:A: no text" in caplog.text
    assert "parallel:B: no page" in caplog.text


def test_a_warning_on_the_context_does_not_stop_the_block():
    async def warns(ctx: Ctx, services: None) -> str:
        ctx.errors.append("page 3 has no text layer")
        return ""

    fsm = block("WARNS", "B", B="")
    fsm.register("WARNS", warns)
    ctx = drive(fsm)

    assert ctx.errors == ["page 3 has no text layer"]
    assert ctx.status == "completed"


def test_a_resumed_block_that_failed_runs_only_what_failed_and_then_the_join():
    kept: Kept[Ctx] = Kept()
    drive(block("A", "B", "C", A="", B=ConnectionError("down"), C=""), kept)
    ctx = run(block("A", "B", "C", A="", B="", C="").resume(kept.last, checkpoint=kept))

    assert sorted(ctx.ran) == ["A", "B", "C", "FAN", "JOIN"]
    assert ctx.ran[-2:] == ["B", "JOIN"]
    assert ctx.errors == []
    assert kept.last == ctx


def test_a_resumed_block_may_fail_again_and_be_resumed_again():
    ctx = drive(block("A", "B", A="", B=ConnectionError("down")))
    fan_out = copy.deepcopy(ctx.fan_out)
    ctx = run(block("A", "B", A="", B=ConnectionError("still down")).resume(ctx))

    assert ctx.errors == ["parallel:B: ConnectionError: still down"]
    assert ctx.status == "failed"
    assert ctx.last_state == "FAN"
    assert ctx.fan_out == fan_out
    assert run(block("A", "B", A="", B="").resume(ctx)).ran == ["FAN", "A", "B", "JOIN"]


def test_each_branch_is_kept_as_it_ends_while_last_state_stays_on_the_fan_out():
    was_kept = {name: asyncio.Event() for name in "ABC"}

    class Telling(Kept[Ctx]):
        async def save(self, ctx: Ctx, /) -> None:
            await super().save(ctx)
            for name in was_kept.keys() & set(ctx.ran):
                was_kept[name].set()

    kept = Telling()

    def after(name: str, other: str | None):
        async def state(ctx: Ctx, services: None) -> str:
            if other is not None:
                await was_kept[other].wait()
            ctx.ran.append(name)
            return ""

        return state

    fsm = block("A", "B", "C")
    fsm.register("C", after("C", None))
    fsm.register("A", after("A", "C"))
    fsm.register("B", after("B", "A"))
    drive(fsm, kept)

    progress = [
        (save.last_state, save.fan_out.done if save.fan_out else None, save.ran[1:])
        for save in kept.saves
    ]
    assert progress == [
        ("FAN", None, []),
        ("FAN", [0, 0, 0], []),
        ("FAN", [0, 0, 1], ["C"]),
        ("FAN", [1, 0, 1], ["C", "A"]),
        ("FAN", [1, 1, 1], ["C", "A", "B"]),
        ("JOIN", None, ["C", "A", "B"]),
        ("JOIN", None, ["C", "A", "B", "JOIN"]),
    ]


def test_a_resume_from_any_save_ends_equal_and_runs_nothing_twice():
    """Whatever a dead process had kept, the finished parts are not run again."""

    def fsm() -> RetainFSM[Ctx, None]:
        return block("A", ("B", "C", "D"), ("E",), A="", B="", C="", D="", E="")

    kept: Kept[Ctx] = Kept()
    whole = drive(fsm(), kept)

    for save in kept.saves[:-1]:
        ctx = run(fsm().resume(save))
        assert sorted(ctx.ran) == sorted(whole.ran)
        assert ctx.ran[-1] == "JOIN"
        assert ctx.status == "completed"


def test_a_chain_runs_in_order_with_a_step_and_a_save_for_each_state():
    kept: Kept[Ctx] = Kept()
    ctx = drive(block(("A", "B", "C"), A="", B="", C=""), kept)

    assert ctx.ran == ["FAN", "A", "B", "C", "JOIN"]
    assert labels(ctx) == ["FAN", "parallel:A", "parallel:B", "parallel:C", "JOIN"]
    assert [save.fan_out.done for save in kept.saves if save.fan_out] == [[0], [1], [2], [3]]


def test_a_chain_stops_at_its_first_failure_and_goes_on_there():
    kept: Kept[Ctx] = Kept()
    ctx = drive(block(("A", "B", "C"), "D", A="", B=Failed("no"), C="", D=""), kept)
    assert ctx.errors == ["parallel:B: no"]
    assert sorted(ctx.ran) == ["A", "D", "FAN"]
    assert ctx.fan_out is not None
    assert ctx.fan_out.done == [1, 1]

    ctx = run(block(("A", "B", "C"), "D", A="", B="", C="", D="").resume(kept.last))
    assert ctx.ran[3:] == ["B", "C", "JOIN"]


def test_an_unknown_state_in_a_chain_stops_that_chain():
    ctx = drive(block(("A", "GONE", "C"), A="", C=""))
    assert ctx.errors == ["parallel:GONE: unknown parallel branch: 'GONE'"]
    assert ctx.ran == ["FAN", "A"]

    ctx = run(block(A="", C="", GONE="").resume(ctx))
    assert ctx.ran == ["FAN", "A", "GONE", "C", "JOIN"]


def test_duplicate_branches_each_run_and_are_told_apart():
    fsm = block("A", "A", ("A", "A"), A="")
    kept: Kept[Ctx] = Kept()
    ctx = drive(fsm, kept)
    assert ctx.ran == ["FAN", "A", "A", "A", "A", "JOIN"]

    for save in kept.saves[:-1]:
        assert run(block("A", "A", ("A", "A"), A="").resume(save)).ran.count("A") == 4


def test_a_duplicate_branch_that_failed_is_the_only_one_to_run_again():
    down = [None]

    async def a(ctx: Ctx, services: None) -> str:
        if down:
            down.pop()
            raise ConnectionError("down")
        ctx.ran.append("A")
        return ""

    fsm = block("A", "A")
    fsm.register("A", a)
    ctx = drive(fsm)
    assert ctx.errors == ["parallel:A: ConnectionError: down"]
    assert run(fsm.resume(ctx)).ran == ["FAN", "A", "A", "JOIN"]


@pytest.mark.parametrize("branches", [(), ((),), ((), ())])
def test_a_block_without_work_goes_to_its_join(branches):
    kept: Kept[Ctx] = Kept()
    ctx = drive(block(*branches), kept)
    assert ctx.ran == ["FAN", "JOIN"]
    for save in kept.saves[:-1]:
        assert run(block(*branches).resume(save)).ran == ["FAN", "JOIN"]


def test_branches_may_be_given_as_lists():
    fsm = machine(FAN=Parallel(["A", ["B", "C"]], "JOIN"), A="", B="", C="", JOIN=DONE)
    assert sorted(drive(fsm).ran) == ["A", "B", "C", "FAN", "JOIN"]


def test_an_unknown_join_is_an_error_and_its_block_is_not_run_again():
    ctx = drive(block("A", join="GONE", A=""))
    assert ctx.errors == ["unknown state: 'GONE'"]
    assert ctx.last_state == "GONE"
    assert ctx.fan_out is None
    assert run(machine(GONE=DONE).resume(ctx)).ran == ["FAN", "A", "GONE"]


def test_the_join_may_fan_out_again():
    fsm = block("A", A="", JOIN=Parallel(("B",), "END"), B="", END=DONE)
    kept: Kept[Ctx] = Kept()
    ctx = drive(fsm, kept)
    assert ctx.ran == ["FAN", "A", "JOIN", "B", "END"]
    for save in kept.saves[:-1]:
        assert run(fsm.resume(save)).ran == ctx.ran


def test_a_loop_through_a_block_ends_at_max_transitions():
    fsm: RetainFSM[Ctx, None] = RetainFSM(None, max_transitions=6)
    fsm.register("FAN", step("FAN", Parallel(("A",), "FAN")))
    fsm.register("A", step("A", ""))
    ctx = drive(fsm)
    assert ctx.errors == ["FAN: max_transitions (6) reached"]
    assert len(ctx.step_log) == 6


def test_a_chain_that_never_awaits_leaves_room_for_others():
    """The engine gives the loop away between the states of a chain too."""
    turns: list[str] = []

    async def busy(ctx: Ctx, services: None) -> str:
        until = time.perf_counter() + 0.001
        while time.perf_counter() < until:
            pass
        ctx.ran.append("other" if turns else "busy")
        return ""

    async def other() -> None:
        # The second turn comes only if the chain gives the loop away on its way.
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        turns.append("other")

    async def main() -> Ctx:
        fsm = block(("BUSY",) * 200)
        fsm.register("BUSY", busy)
        task = asyncio.create_task(other())
        ctx = await fsm.run(context(), initial_state="FAN")
        await task
        return ctx

    assert "other" in run(main()).ran


def test_a_branch_that_fans_out_is_refused_since_nothing_would_run_that_block():
    fsm = block("A", "B", B="")
    fsm.register("A", step("A", Parallel(("X",), "Y")))
    ctx = drive(fsm)

    assert ctx.errors == ["parallel:A: a branch cannot fan out: the block's join is fixed"]
    assert ("parallel:A", "a branch cannot fan out: the block's join is fixed") in outcome(ctx)
