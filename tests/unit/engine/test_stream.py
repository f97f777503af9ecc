"""A run as a stream of its events, and observers that are async."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from retain.engine import Event, Parallel, RetainFSM, RunEnded, RunStarted, StepEnded, StepStarted
from retain.errors import CheckpointError

from .support import DONE, Ctx, Kept, context, labels, machine, run, step


async def collected(fsm: RetainFSM[Ctx, None], ctx: Ctx, **options: Any) -> list[Event]:
    return [event async for event in fsm.stream(ctx, **options)]


def test_a_stream_gives_every_event_of_its_run_in_order_with_times():
    ctx = context()
    events = run(collected(machine(INIT="END", END=DONE), ctx))
    assert ctx.status == "completed"
    assert [type(e) for e in events] == [
        RunStarted, StepStarted, StepEnded, StepStarted, StepEnded, RunEnded,
    ]  # fmt: skip
    assert [e.at for e in events] == sorted(e.at for e in events)


def test_streams_of_one_machine_give_each_its_own_run():
    fsm = machine(INIT="END", END=DONE)

    async def both() -> Any:
        one, two = Ctx("ana", "1"), Ctx("ana", "2")
        return await asyncio.gather(collected(fsm, one), collected(fsm, two))

    for number, events in enumerate(run(both()), 1):
        assert {e.source_id for e in events} == {str(number)}
        assert len(events) == 6


def test_a_stream_resumes():
    kept, fsm = Kept[Ctx](), machine(INIT=Parallel(("A", "B"), "J"), A="", J=DONE)
    fsm.register("B", step("B", RuntimeError("no")))
    run(fsm.run(context(), checkpoint=kept))
    fsm.register("B", step("B", ""))
    ctx = kept.last
    events = run(collected(fsm, ctx, resume=True, checkpoint=kept))
    assert [e.state for e in events if isinstance(e, StepStarted)] == ["parallel:B", "J"]
    assert ctx.status == "completed"


def test_who_stops_listening_cancels_the_run_which_is_kept():
    kept, fsm = Kept[Ctx](), machine(INIT="SLOW", SLOW=DONE)

    async def first() -> None:
        stream = fsm.stream(context(), checkpoint=kept)
        async for event in stream:
            if isinstance(event, StepEnded):
                break
        await stream.aclose()

    run(first())
    assert kept.last.status == "interrupted"
    assert run(fsm.resume(kept.last)).status == "completed"


def test_what_the_run_raises_comes_after_its_last_event():
    def full(number: int) -> None:
        raise OSError("disk full")

    events: list[Event] = []

    async def listen() -> None:
        async for event in machine(INIT=DONE).stream(context(), checkpoint=Kept[Ctx](full)):
            events.append(event)

    with pytest.raises(CheckpointError, match="disk full"):
        run(listen())
    assert isinstance(events[-1], RunEnded)


def test_an_async_observer_takes_every_event_in_order_before_the_run_returns():
    seen: list[Event] = []
    fsm = machine(INIT="END", END=DONE)

    async def observe(event: Event) -> None:
        await asyncio.sleep(0)
        if isinstance(event, StepStarted):
            raise RuntimeError("an observer that fails disturbs nobody")
        seen.append(event)

    fsm.subscribe(observe)
    ctx = run(fsm.run(context()))
    assert labels(ctx) == ["INIT", "END"]
    assert [type(e) for e in seen] == [RunStarted, StepEnded, StepEnded, RunEnded]
