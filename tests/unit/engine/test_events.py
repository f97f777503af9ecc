"""What observers are told, in which order, and that they cannot disturb a run."""

from __future__ import annotations

import asyncio
import logging

import pytest

from retain.engine import (
    Event,
    Failed,
    Parallel,
    RetainFSM,
    Retry,
    RunEnded,
    RunStarted,
    StepEnded,
    StepStarted,
)
from retain.errors import CheckpointError, TransientError

from .support import DONE, Ctx, Kept, context, machine, run, step


def told(events: list[Event]) -> list[tuple[object, ...]]:
    """The events without their durations."""
    plain: list[tuple[object, ...]] = []
    for event in events:
        assert (event.bank_id, event.source_id) == ("ana", "notes.md")
        match event:
            case RunStarted():
                plain.append(("run", event.state, event.resumed))
            case StepStarted():
                plain.append(("step", event.state, event.attempt))
            case StepEnded():
                assert event.duration_ms >= 0
                plain.append(("ended", event.state, event.attempt, event.error))
            case RunEnded():
                plain.append((event.status, event.errors, event.transitions))
    return plain


def watched(fsm: RetainFSM[Ctx, None]) -> list[Event]:
    events: list[Event] = []
    fsm.subscribe(events.append)
    return events


def test_a_run_is_told_in_order():
    fsm = machine(INIT="READ", READ=DONE)
    events = watched(fsm)
    ctx = run(fsm.run(context()))

    assert told(events) == [
        ("run", "INIT", False),
        ("step", "INIT", 1),
        ("ended", "INIT", 1, None),
        ("step", "READ", 1),
        ("ended", "READ", 1, None),
        ("completed", (), 2),
    ]
    ended = [event for event in events if isinstance(event, StepEnded)]
    assert [event.duration_ms for event in ended] == [entry.duration_ms for entry in ctx.step_log]


def test_failures_and_a_resume_are_told():
    fsm = machine(INIT="READ", READ=ValueError("bad"))
    events = watched(fsm)
    ctx = run(fsm.run(context()))
    assert told(events)[-3:] == [
        ("step", "READ", 1),
        ("ended", "READ", 1, "ValueError: bad"),
        ("failed", ("READ: ValueError: bad",), 2),
    ]

    events.clear()
    fsm.register("READ", step("READ", Failed("no text")))
    run(fsm.resume(ctx))
    assert told(events) == [
        ("run", "READ", True),
        ("step", "READ", 1),
        ("ended", "READ", 1, "no text"),
        ("failed", ("READ: no text",), 1),
    ]


def test_a_completed_run_that_is_resumed_tells_nothing():
    fsm = machine(INIT=DONE)
    ctx = run(fsm.run(context()))
    events = watched(fsm)
    run(fsm.resume(ctx))
    assert events == []


def test_attempts_are_told_by_number():
    async def flaky(ctx: Ctx, services: None) -> object:
        if len(ctx.step_log) < 3:
            raise TransientError("busy")
        return DONE

    fsm: RetainFSM[Ctx, None] = RetainFSM(None, sleep=lambda seconds: asyncio.sleep(0))
    fsm.register("INIT", flaky, retry=Retry())  # pyright: ignore[reportArgumentType]
    events = watched(fsm)
    run(fsm.run(context()))
    assert told(events)[1:-1] == [
        ("step", "INIT", 1),
        ("ended", "INIT", 1, "TransientError: busy"),
        ("step", "INIT", 2),
        ("ended", "INIT", 2, "TransientError: busy"),
        ("step", "INIT", 3),
        ("ended", "INIT", 3, None),
    ]


def test_branches_are_told_by_their_labels():
    fsm = machine(INIT=Parallel((("A", "B"),), "JOIN"), A="", B=Failed("no"), JOIN=DONE)
    events = watched(fsm)
    run(fsm.run(context()))
    assert told(events) == [
        ("run", "INIT", False),
        ("step", "INIT", 1),
        ("ended", "INIT", 1, None),
        ("step", "parallel:A", 1),
        ("ended", "parallel:A", 1, None),
        ("step", "parallel:B", 1),
        ("ended", "parallel:B", 1, "no"),
        ("failed", ("parallel:B: no",), 3),
    ]


@pytest.mark.parametrize("result", ["NOWHERE", 42])
def test_a_result_that_is_refused_is_the_error_of_its_step(result):
    fsm = machine()
    fsm.register("INIT", step("INIT", result), to=["READ"])
    events = watched(fsm)
    ctx = run(fsm.run(context()))
    error = ctx.step_log[0].error
    assert error is not None
    assert told(events)[2:] == [
        ("ended", "INIT", 1, error),
        ("failed", (f"INIT: {error}",), 1),
    ]


def test_a_cancellation_is_told():
    async def main() -> list[Event]:
        reached = asyncio.Event()

        async def stuck(ctx: Ctx, services: None) -> str:
            reached.set()
            await asyncio.Event().wait()
            return ""

        fsm = machine()
        fsm.register("INIT", stuck)
        events = watched(fsm)
        task = asyncio.create_task(fsm.run(context()))
        await reached.wait()
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()
        return events

    assert told(run(main()))[2:] == [
        ("ended", "INIT", 1, "cancelled"),
        ("interrupted", (), 1),
    ]


def test_a_failing_save_is_told_as_an_interruption():
    def on_save(number: int) -> None:
        if number == 2:
            raise OSError("disk full")

    fsm = machine(INIT=DONE)
    events = watched(fsm)
    with pytest.raises(CheckpointError):
        run(fsm.run(context(), checkpoint=Kept(on_save)))
    assert told(events)[-1] == ("interrupted", (), 1)


def test_an_observer_that_raises_does_not_disturb(caplog):
    def broken(event: Event) -> None:
        raise RuntimeError("the page is gone")

    fsm = machine(INIT=Parallel(("A",), "JOIN"), A="", JOIN=DONE)
    fsm.subscribe(broken)
    events = watched(fsm)
    with caplog.at_level(logging.ERROR, "retain.engine"):
        ctx = run(fsm.run(context()))

    assert ctx.status == "completed"
    assert ctx.errors == []
    assert len(events) == 8
    assert "the page is gone" in caplog.text


def test_unsubscribing_ends_the_telling_and_may_be_repeated():
    fsm = machine(INIT=DONE)
    first: list[Event] = []
    stop = fsm.subscribe(first.append)
    second = watched(fsm)
    stop()
    stop()
    run(fsm.run(context()))
    assert first == []
    assert len(second) == 4


def test_an_observer_that_subscribed_twice_unsubscribes_one_at_a_time():
    fsm = machine(INIT=DONE)
    events: list[Event] = []
    stop = fsm.subscribe(events.append)
    fsm.subscribe(events.append)
    stop()
    stop()
    run(fsm.run(context()))
    assert len(events) == 4


def test_an_observer_may_unsubscribe_while_it_is_told():
    fsm = machine(INIT="READ", READ=DONE)
    first: list[Event] = []

    def once(event: Event) -> None:
        first.append(event)
        stop()

    stop = fsm.subscribe(once)
    events = watched(fsm)
    run(fsm.run(context()))
    assert len(first) == 1
    assert len(events) == 6


def test_an_observer_that_comes_during_a_watched_run_is_told_the_rest():
    fsm = machine(INIT="READ", READ=DONE)
    late: list[Event] = []

    def first(event: Event) -> None:
        if event == StepStarted(("ana", "notes.md"), "READ", 1):
            fsm.subscribe(late.append)

    fsm.subscribe(first)
    run(fsm.run(context()))
    assert told(late) == [("ended", "READ", 1, None), ("completed", (), 2)]


def test_events_are_frozen_values():
    event = RunStarted(("ana", "notes.md"), "INIT", resumed=False)
    assert event == RunStarted(("ana", "notes.md"), "INIT", resumed=False)
    with pytest.raises(AttributeError):
        event.state = "READ"  # pyright: ignore[reportAttributeAccessIssue]


def test_a_cancellation_ends_an_async_observer_that_hangs():
    ended: list[str] = []

    async def main() -> None:
        reached = asyncio.Event()

        async def observe(event: Event) -> None:
            if isinstance(event, RunEnded):
                reached.set()
                try:
                    await asyncio.Event().wait()
                except asyncio.CancelledError:
                    ended.append("cancelled")
                    raise

        fsm = machine(INIT=DONE)
        fsm.subscribe(observe)
        running = asyncio.create_task(fsm.run(context()))
        await reached.wait()
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

    run(main())
    assert ended == ["cancelled"]
