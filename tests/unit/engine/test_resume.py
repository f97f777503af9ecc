"""A resumed run goes on exactly where the last one was kept."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from retain.engine import Complete, FanOut, Parallel, RetainFSM, StepLogEntry

from .support import DONE, Ctx, Kept, closed, context, labels, machine, outcome, run, step

LINE = ("INIT", "READ", "EXTRACT", "STORE")


def line(broken: dict[str, Exception] | None = None) -> RetainFSM[Ctx, None]:
    """Four states in a row; those in `broken` raise."""
    fsm = machine()
    for name, then in zip(LINE, (*LINE[1:], DONE), strict=True):
        fsm.register(name, step(name, (broken or {}).get(name, then)))
    return fsm


def test_the_first_save_comes_before_the_first_state():
    kept: Kept[Ctx] = Kept()
    run(line().run(context(), checkpoint=kept))

    first = kept.saves[0]
    assert outcome(first) == [("INIT", None)]
    assert not first.step_log[0].closed
    assert first.ran == []
    assert first.last_state == "INIT"
    assert first.status == "running"


def test_every_save_names_the_state_that_runs_next():
    kept: Kept[Ctx] = Kept()
    run(line().run(context(), checkpoint=kept))

    assert [(save.last_state, save.ran) for save in kept.saves] == [
        ("INIT", []),
        ("READ", ["INIT"]),
        ("EXTRACT", ["INIT", "READ"]),
        ("STORE", ["INIT", "READ", "EXTRACT"]),
        ("STORE", list(LINE)),
    ]
    assert kept.last.completed_at is not None
    assert [save.status for save in kept.saves] == ["running"] * 4 + ["completed"]
    for save in kept.saves[:-1]:  # what runs next is kept as an attempt that has begun
        *ended, begun = save.step_log
        assert closed(ended)
        assert (begun.state, begun.closed) == (save.last_state, False)
    assert closed(kept.last.step_log)


def test_a_resume_from_any_save_does_only_what_was_not_done():
    kept: Kept[Ctx] = Kept()
    run(line().run(context(), checkpoint=kept))

    for save in kept.saves[:-1]:
        ctx = run(line().resume(save))
        assert ctx.ran == list(LINE)
        assert ctx.status == "completed"


@pytest.mark.parametrize("name", LINE)
def test_a_run_that_failed_at_a_state_goes_on_at_that_state(name):
    kept: Kept[Ctx] = Kept()
    run(line({name: OSError("disk full")}).run(context(), checkpoint=kept))
    assert kept.last.errors == [f"{name}: OSError: disk full"]
    assert kept.last.status == "failed"

    loaded = kept.last
    ctx = run(line().resume(loaded, checkpoint=kept))

    assert ctx is loaded
    assert ctx.ran == list(LINE)
    assert ctx.errors == []
    assert ctx.status == "completed"
    assert outcome(ctx).count((name, "OSError: disk full")) == 1
    assert kept.last == ctx


def test_a_resume_keeps_nothing_but_the_log_of_earlier_errors():
    ctx = run(line({"READ": ValueError("first")}).run(context()))
    ctx = run(line({"READ": ValueError("second")}).resume(ctx))

    assert ctx.errors == ["READ: ValueError: second"]
    assert [error for _, error in outcome(ctx) if error] == [
        "ValueError: first",
        "ValueError: second",
    ]


def test_errors_are_gone_in_the_first_save_of_a_resume():
    kept: Kept[Ctx] = Kept()
    ctx = run(line({"READ": ValueError("first")}).run(context()))
    run(line().resume(ctx, checkpoint=kept))
    assert kept.saves[0].errors == []
    assert kept.saves[0].status == "running"


def test_a_completed_context_is_returned_untouched_and_nothing_is_saved():
    ctx = run(line().run(context()))
    ctx.errors.append("a warning that somebody kept")
    kept: Kept[Ctx] = Kept()
    before = Kept[Ctx]()
    run(before.save(ctx))

    assert run(line().resume(ctx, checkpoint=kept)) is ctx
    assert ctx == before.last
    assert kept.calls == 0


def test_a_state_that_was_unknown_runs_once_it_is_registered():
    ctx = run(machine(INIT="LATE").run(context()))
    assert ctx.errors == ["unknown state: 'LATE'"]
    assert run(machine(INIT="LATE", LATE=DONE).resume(ctx)).ran == ["INIT", "LATE"]


def test_steps_that_a_dead_process_left_open_are_interrupted():
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    ctx = context()
    ctx.step_log = [
        StepLogEntry("INIT", moment, moment, 1.0),
        StepLogEntry("READ", moment, moment, 1.0, "ValueError: once"),
        StepLogEntry("READ", moment),
    ]
    ctx.last_state = "READ"
    kept: Kept[Ctx] = Kept()
    run(line().resume(ctx, checkpoint=kept))

    assert outcome(kept.saves[0]) == [
        ("INIT", None),
        ("READ", "ValueError: once"),
        ("READ", "interrupted"),
        ("READ", None),
    ]
    assert kept.saves[0].step_log[3].notes == {"attempt": 2, "deaths": 1}
    assert ctx.step_log[2].closed
    assert ctx.step_log[2].completed_at is None
    assert labels(ctx) == ["INIT", "READ", "READ", "READ", "EXTRACT", "STORE"]


def test_a_resume_without_a_kept_block_runs_the_fan_out_state():
    fsm = machine(INIT=Parallel(("A",), "J"), A="", J=DONE)
    assert run(fsm.resume(context())).ran == ["INIT", "A", "J"]


def test_a_block_of_another_state_is_not_gone_on_with():
    """Somebody moved `last_state` by hand: that state is what runs next."""
    fsm = machine(INIT=Parallel(("A",), "J"), A="", J=DONE)
    ctx = context()
    ctx.last_state = "J"
    ctx.fan_out = FanOut("INIT", (("A",),), "J", [0])
    kept: Kept[Ctx] = Kept()
    assert run(fsm.resume(ctx, checkpoint=kept)).ran == ["J"]
    assert kept.saves[0].fan_out is None


def test_a_completed_run_says_so_only_in_its_last_save():
    kept: Kept[Ctx] = Kept()
    run(machine(INIT=Complete()).run(context(), checkpoint=kept))
    assert [save.completed_at is not None for save in kept.saves] == [False, True]
