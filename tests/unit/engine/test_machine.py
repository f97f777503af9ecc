"""The contract of the machine that the seed set: results, errors, step log."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import FrozenInstanceError, dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from time import perf_counter
from typing import Any

import pytest

from retain.engine import (
    Complete,
    Failed,
    FanOut,
    Parallel,
    RetainFSM,
    RunContext,
    StepLogEntry,
)

from .support import DONE, Clock, Ctx, Kept, closed, context, labels, machine, outcome, run, step


def test_runs_states_in_order_and_returns_the_same_context():
    fsm = machine(INIT="READ", READ="STORE", STORE=DONE)
    ctx = context()

    assert run(fsm.run(ctx)) is ctx
    assert ctx.ran == ["INIT", "READ", "STORE"]
    assert ctx.completed_at is not None
    assert ctx.completed_at.tzinfo is UTC
    assert ctx.status == "completed"
    assert ctx.errors == []
    assert ctx.last_state == "STORE"


def test_a_second_registration_replaces_the_first():
    fsm = machine(INIT=Failed("not this one"))
    fsm.register("INIT", step("second", DONE))

    assert run(fsm.run(context())).ran == ["second"]
    assert fsm.registered_states() == ("INIT",)


def test_registered_states_is_a_sorted_tuple():
    assert machine(B=DONE, C=DONE, A=DONE).registered_states() == ("A", "B", "C")
    assert RetainFSM(None).registered_states() == ()


def test_states_get_the_context_and_the_services_of_the_machine():
    seen = []

    async def init(ctx: Ctx, services: dict[str, int]) -> Complete:
        seen.append((ctx, services))
        return DONE

    services = {"store": 1}
    fsm: RetainFSM[Ctx, dict[str, int]] = RetainFSM(services)
    fsm.register("INIT", init)
    ctx = run(fsm.run(context()))

    assert seen[0][0] is ctx
    assert seen[0][1] is services
    assert fsm.services is services


def test_the_initial_state_and_the_checkpoint_are_keywords():
    fsm: Any = machine(START=DONE)
    with pytest.raises(TypeError):
        fsm.run(context(), "START")
    with pytest.raises(TypeError):
        fsm.resume(context(), Kept())
    assert run(fsm.run(context(), initial_state="START")).ran == ["START"]


def test_results_are_frozen_values():
    assert Complete() == Complete()
    assert Failed("x") == Failed("x")
    assert Parallel(("A",), "J") == Parallel(("A",), join="J")
    for value, name in ((Failed("x"), "reason"), (Parallel(("A",), "J"), "join")):
        with pytest.raises(FrozenInstanceError):
            setattr(value, name, "y")


def test_an_unknown_state_is_an_error_to_the_letter():
    ctx = run(machine(INIT="NOWHERE").run(context()))

    assert ctx.errors == ["unknown state: 'NOWHERE'"]
    assert ctx.status == "failed"
    assert ctx.last_state == "NOWHERE"
    assert ctx.completed_at is None
    assert labels(ctx) == ["INIT"]


def test_an_unknown_initial_state_is_an_error_and_is_kept():
    kept: Kept[Ctx] = Kept()
    ctx = run(machine().run(context(), checkpoint=kept))

    assert ctx.errors == ["unknown state: 'INIT'"]
    assert kept.last.errors == ["unknown state: 'INIT'"]


def test_an_exception_is_captured_logged_as_a_warning_and_kept(caplog):
    kept: Kept[Ctx] = Kept()
    with caplog.at_level(logging.WARNING, "retain.engine"):
        ctx = run(machine(INIT=ValueError("bad text")).run(context(), checkpoint=kept))

    assert ctx.errors == ["INIT: ValueError: bad text"]
    assert outcome(ctx) == [("INIT", "ValueError: bad text")]
    assert closed(ctx.step_log)
    assert kept.last == ctx
    assert any("ValueError: bad text" in record.getMessage() for record in caplog.records)
    assert {record.levelname for record in caplog.records} == {"WARNING"}


def test_a_failed_result_is_an_error_to_the_letter():
    kept: Kept[Ctx] = Kept()
    ctx = run(machine(INIT="READ", READ=Failed("no text")).run(context(), checkpoint=kept))

    assert ctx.errors == ["READ: no text"]
    assert ctx.completed_at is None
    assert ctx.last_state == "READ"
    assert kept.last == ctx


def test_a_state_that_is_no_coroutine_function_is_an_error_of_that_state():
    fsm: Any = machine()
    fsm.register("INIT", lambda ctx, services: "READ")
    ctx = run(fsm.run(context()))

    assert len(ctx.errors) == 1
    assert ctx.errors[0].startswith("INIT: TypeError: ")


class MuteError(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no words")


def test_an_exception_that_cannot_be_printed_does_not_escape():
    ctx = run(machine(INIT=MuteError()).run(context()))

    assert ctx.errors == ["INIT: MuteError: <no message: its __str__ raised RuntimeError>"]
    assert closed(ctx.step_log)


@dataclass
class UnhashableError(Exception):
    """A dataclass compares by value, so it has no hash."""

    code: int


@pytest.mark.parametrize("to", [None, [DONE], ()], ids=["undeclared", "declared", "an end"])
def test_an_exception_without_a_hash_does_not_escape(to):
    fsm = machine()
    fsm.register("INIT", step("INIT", UnhashableError(7)), to=to)
    ctx = run(fsm.run(context()))

    assert ctx.errors == ["INIT: UnhashableError: 7"]
    assert ctx.status == "failed"


@pytest.mark.parametrize("to", [None, ["READ", DONE], ()], ids=["undeclared", "declared", "an end"])
@pytest.mark.parametrize(
    ("result", "type_name"),
    [
        (None, "NoneType"),
        (42, "int"),
        (b"READ", "bytes"),
        (Complete, "type"),
        (["READ"], "list"),
        ({"next": "READ"}, "dict"),
        (("READ",), "tuple"),
    ],
)
def test_an_unsupported_result_ends_the_run_with_an_error_to_the_letter(result, type_name, to):
    fsm = RetainFSM(None, max_transitions=5)
    fsm.register("INIT", step("INIT", result), to=to)
    kept: Kept[Ctx] = Kept()
    ctx = run(fsm.run(context(), checkpoint=kept))

    assert ctx.errors == [f"INIT: state returned unsupported type {type_name}"]
    assert outcome(ctx) == [("INIT", f"state returned unsupported type {type_name}")]
    assert ctx.status == "failed"
    assert ctx.completed_at is None
    assert ctx.last_state == "INIT"
    assert kept.last == ctx


class Name(StrEnum):
    INIT = "INIT"
    READ = "READ"


@pytest.mark.parametrize("to", [None, ["READ"], [Name.READ]])
def test_a_subclass_of_str_is_a_state_name(to):
    fsm = machine(READ=DONE)
    fsm.register(Name.INIT, step("INIT", Name.READ), to=to)
    ctx = run(fsm.run(context()))

    assert ctx.errors == []
    assert ctx.ran == ["INIT", "READ"]


def test_a_step_is_in_the_log_before_its_state_runs():
    seen: list[StepLogEntry] = []

    async def init(ctx: Ctx, services: None) -> Complete:
        seen.append(ctx.step_log[-1])
        assert not seen[0].closed
        assert seen[0].completed_at is None
        assert seen[0].duration_ms is None
        seen[0].notes["sections"] = 3
        return DONE

    fsm = machine()
    fsm.register("INIT", init)
    ctx = run(fsm.run(context()))

    assert ctx.step_log == seen
    entry = ctx.step_log[0]
    assert entry.state == "INIT"
    assert entry.closed
    assert entry.completed_at is not None
    assert entry.started_at <= entry.completed_at
    assert entry.duration_ms is not None
    assert entry.duration_ms >= 0
    assert entry.error is None
    assert entry.notes == {"sections": 3}


@pytest.mark.parametrize("kept", [None, Kept[Ctx]()], ids=["not kept", "kept"])
def test_the_log_tells_times_of_the_injected_clock_in_utc_and_in_order(kept):
    fsm: RetainFSM[Ctx, None] = RetainFSM(None, now=Clock())
    for name, then in (("INIT", "READ"), ("READ", "STORE"), ("STORE", DONE)):
        fsm.register(name, step(name, then))
    ctx = run(fsm.run(context(), checkpoint=kept))

    times = [t for e in ctx.step_log for t in (e.started_at, e.completed_at)]
    assert times == sorted(times)
    assert all(t.tzinfo is UTC and t.year == 2026 for t in times)
    assert ctx.completed_at > times[-1]


@pytest.mark.parametrize("kept", [None, Kept[Ctx]()], ids=["not kept", "kept"])
def test_what_a_state_does_before_it_first_waits_counts_in_its_duration(kept):
    async def init(ctx: Ctx, services: None) -> Complete:
        until = perf_counter() + 0.02
        while perf_counter() < until:
            pass
        await asyncio.sleep(0)
        return DONE

    fsm = machine(START="INIT")
    fsm.register("INIT", init)
    ctx = run(fsm.run(context(), initial_state="START", checkpoint=kept))
    assert ctx.duration_ms_by_state()["INIT"] >= 20


def test_durations_add_up_by_state():
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    ctx = context()
    ctx.step_log = [
        StepLogEntry("READ", moment, moment, 2.0, "ValueError: once"),
        StepLogEntry("READ", moment, moment, 3.0),
        StepLogEntry("parallel:EMBED", moment, moment, 4.5),
        StepLogEntry("STORE", moment),
    ]
    assert ctx.duration_ms_by_state() == {"READ": 5.0, "parallel:EMBED": 4.5}


def test_a_context_says_when_it_was_made_in_utc():
    assert context().started_at.tzinfo is UTC
    assert RunContext("b", "s").last_state == "INIT"


def test_without_a_checkpoint_nothing_else_is_needed():
    ctx = run(machine(INIT=Parallel(("A",), "J"), A="", J=DONE).run(context()))
    assert ctx.ran == ["INIT", "A", "J"]


def test_running_a_completed_context_again_starts_over():
    fsm = machine(INIT=DONE)
    ctx = run(fsm.run(context()))
    first = ctx.completed_at
    ctx.fan_out = FanOut("INIT", (("A",),), "J", [0])

    assert run(fsm.run(ctx)).ran == ["INIT", "INIT"]
    assert ctx.completed_at is not None
    assert first is not None
    assert ctx.completed_at >= first
    assert ctx.fan_out is None


@dataclass
class SeedContext:
    """A user's own dataclass with the seed's fields and nothing of ours."""

    bank_id: str
    source_id: str
    last_state: str = "INIT"
    step_log: list[StepLogEntry] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    completed_at: datetime | None = None
    words: int = 0


@dataclass(frozen=True)
class Services:
    weight: int


def test_a_context_with_only_the_seeds_fields_runs_fails_and_resumes():
    down = [True]

    async def init(ctx: SeedContext, services: Services) -> Parallel:
        return Parallel(("COUNT", "BREAK"), "END")

    async def count(ctx: SeedContext, services: Services) -> str:
        ctx.words += services.weight
        return "ignored"

    async def breaks(ctx: SeedContext, services: Services) -> str:
        if down.pop() if down else False:
            raise ConnectionError("down")
        return "ignored"

    async def end(ctx: SeedContext, services: Services) -> Complete:
        return Complete()

    fsm: Any = RetainFSM(Services(weight=3))
    for name, fn in (("INIT", init), ("COUNT", count), ("BREAK", breaks), ("END", end)):
        fsm.register(name, fn)
    kept: Kept[SeedContext] = Kept()
    ctx = SeedContext("ana", "a.md")

    run(fsm.run(ctx, checkpoint=kept))
    assert ctx.errors == ["parallel:BREAK: ConnectionError: down"]

    again = run(fsm.resume(kept.last, checkpoint=kept))
    assert again.completed_at is not None
    assert again.words == 3
    assert labels(again) == ["INIT", "parallel:COUNT", "parallel:BREAK", "parallel:BREAK", "END"]


def test_a_fresh_context_with_only_the_seeds_fields_can_be_resumed():
    async def init(ctx: SeedContext, services: None) -> Complete:
        return Complete()

    fsm: Any = RetainFSM(None)
    fsm.register("INIT", init)
    assert run(fsm.resume(SeedContext("ana", "a.md"))).completed_at is not None


def test_a_loop_ends_with_an_error_at_max_transitions():
    fsm: RetainFSM[Ctx, None] = RetainFSM(None, max_transitions=7)
    fsm.register("A", step("A", "B"))
    fsm.register("B", step("B", "A"))
    kept: Kept[Ctx] = Kept()
    ctx = run(fsm.run(context(), initial_state="A", checkpoint=kept))

    assert ctx.errors == ["B: max_transitions (7) reached"]
    assert len(ctx.step_log) == 7
    assert ctx.status == "failed"
    assert kept.last == ctx


def test_max_transitions_is_ten_thousand_unless_told():
    async def again(ctx: Ctx, services: None) -> str:
        return "INIT"

    fsm = machine()
    fsm.register("INIT", again)
    ctx = run(fsm.run(context()))
    assert ctx.errors == ["INIT: max_transitions (10000) reached"]
    assert len(ctx.step_log) == 10_000


def test_exactly_max_transitions_are_enough():
    fsm: RetainFSM[Ctx, None] = RetainFSM(None, max_transitions=2)
    fsm.register("INIT", step("INIT", "END"))
    fsm.register("END", step("END", DONE))
    assert run(fsm.run(context())).status == "completed"


def test_a_resumed_run_has_its_transitions_anew():
    fsm: RetainFSM[Ctx, None] = RetainFSM(None, max_transitions=2)
    for name, then in (("INIT", "B"), ("B", "C"), ("C", DONE)):
        fsm.register(name, step(name, then))
    ctx = run(fsm.run(context()))
    assert ctx.errors == ["C: max_transitions (2) reached"]
    assert run(fsm.resume(ctx)).ran == ["INIT", "B", "C"]


@pytest.mark.parametrize("limit", [0, -1])
def test_max_transitions_must_allow_a_step(limit):
    with pytest.raises(ValueError, match="max_transitions must be at least 1"):
        RetainFSM(None, max_transitions=limit)


def test_an_undeclared_transition_is_an_error():
    fsm = machine(STORE=DONE)
    fsm.register("INIT", step("INIT", "STORE"), to=["READ"])
    kept: Kept[Ctx] = Kept()
    ctx = run(fsm.run(context(), checkpoint=kept))

    assert ctx.errors == ["INIT: undeclared transition to 'STORE': declare it in to="]
    assert outcome(ctx) == [("INIT", "undeclared transition to 'STORE': declare it in to=")]
    assert ctx.ran == ["INIT"]
    assert ctx.last_state == "INIT"
    assert kept.last == ctx


@pytest.mark.parametrize(
    ("to", "result"),
    [
        (["END"], DONE),
        (["END"], Parallel(("A",), "END")),
        ([Parallel(("A",), "END")], Parallel(("A", "B"), "END")),
        ([Parallel(("A",), "END")], Parallel(("A",), "OTHER")),
        ((), "END"),
    ],
)
def test_undeclared_ends_and_blocks_are_errors_too(to, result):
    fsm = machine(END=DONE, A="", B="", OTHER=DONE)
    fsm.register("INIT", step("INIT", result), to=to)
    ctx = run(fsm.run(context()))
    assert ctx.errors == [f"INIT: undeclared transition to {result!r}: declare it in to="]
    assert ctx.ran == ["INIT"]


@pytest.mark.parametrize(
    ("to", "result"),
    [
        (["END"], "END"),
        (iter(["END"]), "END"),
        ([DONE], DONE),
        ((), DONE),
        ([Parallel(("A",), "END")], Parallel(("A",), "END")),
        ([Parallel(("A",), "END")], Parallel((("A",),), "END")),
        ([Parallel(("A", ("B", "C")), "END")], Parallel(["A", ["B", "C"]], "END")),
        ([Parallel(["A", ["B", "C"]], "END")], Parallel(("A", ("B", "C")), "END")),
    ],
)
def test_declared_results_are_accepted(to, result):
    fsm = machine(END=DONE, A="", B="", C="")
    fsm.register("INIT", step("INIT", result), to=to)
    ctx = run(fsm.run(context()))
    assert ctx.errors == []
    assert ctx.status == "completed"


@pytest.mark.parametrize("to", [["END"], ()])
def test_failing_needs_no_declaration(to):
    fsm = machine()
    fsm.register("INIT", step("INIT", Failed("no text")), to=to)
    assert run(fsm.run(context())).errors == ["INIT: no text"]


@pytest.mark.parametrize("to", ["READ", Complete(), Parallel(("A",), "J"), 3])
def test_targets_are_given_as_several(to):
    with pytest.raises(TypeError, match="to= takes a list of targets"):
        machine().register("INIT", step("INIT", "READ"), to=to)


@pytest.mark.parametrize("target", [Failed("x"), None, 3, Complete, ["READ"]])
def test_a_target_is_a_name_an_end_or_a_block(target):
    with pytest.raises(TypeError, match="is not a target"):
        machine().register("INIT", step("INIT", "READ"), to=[target])


@pytest.mark.parametrize("timeout_s", [0, -0.5])
def test_a_timeout_must_be_positive(timeout_s):
    with pytest.raises(ValueError, match="timeout_s must be positive"):
        machine().register("INIT", step("INIT", DONE), timeout_s=timeout_s)


@pytest.mark.parametrize("kept", [None, Kept[Ctx]()], ids=["not kept", "kept"])
def test_states_that_never_await_leave_room_for_others(kept):
    """A second task gets its turn although no state ever gives the loop away."""
    turns = []

    async def busy(ctx: Ctx, services: None) -> str | Complete:
        return "INIT" if not turns else DONE

    async def other() -> None:
        turns.append("other")

    async def main() -> Ctx:
        fsm: RetainFSM[Ctx, None] = RetainFSM(None, max_transitions=1_000_000)
        fsm.register("INIT", busy)
        task = asyncio.create_task(other())
        ctx = await fsm.run(context(), checkpoint=kept)
        await task
        return ctx

    assert run(main()).status == "completed"


class Fatal(BaseException):
    """Neither an error of a state nor a cancellation, as is `SystemExit`."""


def test_what_ends_the_process_leaves_an_honest_context_behind():
    ctx = context()
    with pytest.raises(Fatal):
        run(machine(INIT=Fatal("stop")).run(ctx))

    assert ctx.status == "interrupted"
    assert outcome(ctx) == [("INIT", "Fatal: stop")]
    assert closed(ctx.step_log)
