"""What a state returns that cannot be run or kept is an error of that state, at once."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

import pytest

from retain.checkpoints.memory import MemoryCheckpoint
from retain.engine import Complete, Failed, Parallel, RetainFSM, Retry, StepLogEntry, Suspend
from retain.errors import TransientError
from retain.testing.checkpoints import Slotted

from .support import DONE, Ctx, Kept, context, machine, outcome, run


class MuteError(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no words")


REASONS = ["text", ValueError("boom"), 404, {"code": 5}, None]


@pytest.mark.parametrize("reason", REASONS)
def test_a_reason_of_any_kind_becomes_text_and_is_kept(reason):
    for fsm, label in (
        (machine(INIT=Failed(reason)), "INIT"),
        (machine(INIT=Parallel(("A", "B"), "J"), A="", B=Failed(reason), J=DONE), "parallel:B"),
    ):
        checkpoint = MemoryCheckpoint(Ctx)
        ctx = run(fsm.run(context(), checkpoint=checkpoint))
        assert ctx.errors == [f"{label}: {reason}"]
        kept = run(checkpoint.load(ctx.bank_id, ctx.source_id))
        assert kept.errors == ctx.errors
        assert (label, str(reason)) in outcome(kept)


def test_a_reason_without_words_says_so():
    ctx = run(machine(INIT=Failed(MuteError())).run(context(), checkpoint=MemoryCheckpoint(Ctx)))
    assert ctx.errors == ["INIT: <no text: MuteError.__str__ raised RuntimeError>"]


def test_what_a_state_puts_among_the_errors_is_kept_as_text():
    async def warns(ctx: Ctx, services: Any) -> str:
        ctx.errors.append(ValueError("odd page"))  # type: ignore[arg-type]
        return "NEXT"

    fsm = machine(NEXT=DONE)
    fsm.register("INIT", warns)
    checkpoint = MemoryCheckpoint(Ctx)
    ctx = run(fsm.run(context(), checkpoint=checkpoint))
    assert run(checkpoint.load(ctx.bank_id, ctx.source_id)).errors == ["odd page"]


BLOCKS = [
    (Parallel(("A", "B"), Complete()), "the join of Parallel is the name of a state, not Complete"),
    (Parallel(("A", "B"), None), "not NoneType"),
    (Parallel(None, "J"), "Parallel needs a tuple of branches, not NoneType"),
    (Parallel(("A", None), "J"), "a branch of Parallel is a state's name or a tuple of names"),
    (Parallel((print, len), "J"), "not builtin_function_or_method"),
    (Parallel((("A", ["B"]),), "J"), "not list"),
    (Parallel(("A", Parallel(("B",), "J")), "J"), "not Parallel"),
    (Parallel((name for name in "AB"), "J"), "not generator: write tuple(...)"),
    (Parallel("EMBED", "J"), "write ('EMBED',), with a comma"),
]  # fmt: skip


@pytest.mark.parametrize(("spec", "told"), BLOCKS, ids=[told for _, told in BLOCKS])
@pytest.mark.parametrize("watched", [False, True])
@pytest.mark.parametrize("to", [None, [Parallel(("A", "B"), "J")]])
def test_a_block_that_cannot_be_run_is_an_error_before_a_branch_runs(spec, told, watched, to):
    async def init(ctx: Ctx, services: Any) -> Any:
        return spec

    fsm = machine(A="", B="", J=DONE)
    fsm.register("INIT", init, to=to)
    if watched:
        fsm.subscribe(lambda event: None)
    checkpoint = MemoryCheckpoint(Ctx)
    ctx = run(fsm.run(context(), checkpoint=checkpoint))
    (error,) = ctx.errors
    assert error.startswith("INIT: ")
    assert told in error
    assert ctx.ran == []
    kept = run(checkpoint.load(ctx.bank_id, ctx.source_id))
    fsm.register("INIT", machine(INIT=DONE)._states["INIT"].fn)
    assert run(fsm.resume(kept, checkpoint=checkpoint)).status == "completed"


def test_a_block_that_cannot_be_run_cannot_be_declared():
    with pytest.raises(TypeError, match="not generator"):
        machine().register("INIT", machine(A="")._states["A"].fn, to=[BLOCKS[7][0]])


class Name(StrEnum):
    INIT = "INIT"
    A = "A"
    J = "J"


def test_names_may_be_members_of_an_enum():
    fsm = machine(INIT=Parallel((Name.A, (Name.A,)), Name.J), A="", J=Name.J)
    fsm.register("J", machine(J=DONE)._states["J"].fn)
    checkpoint = MemoryCheckpoint(Ctx)
    ctx = run(fsm.run(context(), initial_state=Name.INIT, checkpoint=checkpoint))
    assert ctx.status == "completed"
    assert type(run(checkpoint.load(ctx.bank_id, ctx.source_id)).last_state) is str


def test_a_state_may_empty_the_step_log_and_be_refused():
    async def empties(ctx: Ctx, services: Any) -> None:
        ctx.step_log.clear()

    fsm: RetainFSM[Ctx, None] = RetainFSM(None)
    fsm.register("INIT", empties)  # type: ignore[arg-type]
    ctx = run(fsm.run(context(), checkpoint=MemoryCheckpoint(Ctx)))
    assert ctx.errors == ["INIT: state returned unsupported type NoneType"]


def test_services_may_be_replaced_even_while_a_run_goes_on():
    seen: list[str] = []

    async def init(ctx: Ctx, services: str) -> Any:
        seen.append(services)
        fsm.services = "other"
        return DONE if len(seen) == 2 else "INIT"

    fsm: RetainFSM[Ctx, str] = RetainFSM("real")
    fsm.register("INIT", init)
    fsm.services = "stub"
    run(fsm.run(context()))
    assert seen == ["stub", "other"]


@dataclass(slots=True)
class SeedSlots:
    bank_id: str
    source_id: str
    last_state: str = "INIT"
    step_log: list[StepLogEntry] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    completed_at: datetime | None = None


def test_a_context_with_slots_for_no_more_than_the_seeds_fields_runs():
    fsm = machine(INIT=Parallel(("A",), "J"), J=DONE)

    async def fails(ctx: SeedSlots, services: Any) -> Any:
        assert type(ctx) is SeedSlots
        return Failed("no") if len(ctx.step_log) < 3 else ""

    fsm.register("A", fails)
    for name, result in (("INIT", Parallel(("A",), "J")), ("J", DONE)):

        async def state(ctx: SeedSlots, services: Any, result: Any = result) -> Any:
            return result

        fsm.register(name, lambda ctx, services, state=state: state(ctx, services))
    ctx = SeedSlots("b", "s")
    assert run(fsm.run(ctx)) is ctx
    assert ctx.errors == ["parallel:A: no"]
    assert run(fsm.resume(ctx)) is ctx
    assert ctx.errors == []
    assert ctx.completed_at is not None


def test_a_run_that_completed_without_something_is_partial_and_says_what():
    kept = Kept[Ctx]()
    fsm = machine(INIT="END", END=Complete(missing="no weather for Rome"))
    ctx = run(fsm.run(context(), checkpoint=kept))
    assert (ctx.status, ctx.errors) == ("partial", ["END: no weather for Rome"])
    assert ctx.completed_at is not None
    assert kept.last == ctx
    assert run(fsm.resume(kept.last)).step_log == ctx.step_log


def test_a_state_whose_signature_cannot_be_read_is_called_with_what_there_is():
    class Odd:
        __signature__ = "none"

        async def __call__(self, ctx: Ctx, services: None, *answer: str) -> Any:
            ctx.ran.append("".join(answer))
            return DONE if answer else Suspend("may I?")

    fsm = machine()
    fsm.register("INIT", Odd())
    kept = Kept[Ctx]()
    assert run(fsm.run(context(), checkpoint=kept)).status == "suspended"
    ctx = run(fsm.resume(kept.last, value="yes"))
    assert (ctx.status, ctx.ran) == ("completed", ["", "yes"])


def test_a_run_that_no_task_drives_goes_to_its_end():
    """Such as one that is stepped by hand, in a callback of the event loop."""

    async def main() -> Ctx:
        ctx, ended = context(), asyncio.get_running_loop().create_future()

        async def at_once(ctx: Ctx, services: None) -> Any:
            ctx.ran.append("INIT")
            if len(ctx.ran) == 1:
                raise TransientError("busy")
            return DONE

        async def no_time(seconds: float) -> None:
            pass

        fsm: RetainFSM[Ctx, None] = RetainFSM(None, sleep=no_time)
        fsm.register("INIT", at_once, retry=Retry(attempts=2))

        def by_hand() -> None:
            try:
                fsm.run(ctx, checkpoint=Kept[Ctx]()).send(None)
            except StopIteration as end:
                ended.set_result(end.value)

        asyncio.get_running_loop().call_soon(by_hand)
        return await ended

    assert run(main()).status == "completed"


def test_a_state_that_awaits_what_cannot_be_awaited_fails():
    class Odd:
        def __await__(self) -> Any:
            yield 5

    async def awaits(ctx: Ctx, services: None) -> Any:
        await Odd()

    fsm: RetainFSM[Ctx, None] = RetainFSM(None)
    fsm.register("INIT", awaits)
    ctx = run(fsm.run(context(), checkpoint=Kept[Ctx]()))
    assert ctx.errors == ["INIT: RuntimeError: Task got bad yield: 5"]


def test_a_context_with_slots_goes_on_with_the_kept_run_of_its_key():
    async def main() -> None:
        checkpoint = MemoryCheckpoint(Slotted)
        fsm: RetainFSM[Slotted, None] = RetainFSM(None)

        async def once(ctx: Slotted, services: None) -> Any:
            ctx.text += "ran"
            return DONE

        fsm.register("INIT", once)
        await fsm.run(Slotted("b", "s"), checkpoint=checkpoint)
        again = await fsm.run(Slotted("b", "s"), checkpoint=checkpoint)
        assert (again.text, again.completed_at is None) == ("ran", False)

    run(main())
