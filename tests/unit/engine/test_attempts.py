"""Attempts are kept before they begin, so that the next process knows of them."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime
from typing import Any

import pytest

from retain.engine import Parallel, RetainFSM, Retry, RunStatus, StepLogEntry, StepStarted
from retain.errors import TransientError

from .support import DONE, Ctx, Kept, closed, context, machine, outcome, run, step

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


class KilledError(BaseException):
    """The process dies here: nothing of it is kept any more."""


class Deadly:
    """A state that kills its process as often as it is told to, then goes on as `then`."""

    def __init__(self, times: int, then: Any = DONE) -> None:
        self.left = times
        self.began = 0
        self.then = then

    async def __call__(self, ctx: Ctx, services: Any) -> Any:
        self.began += 1
        if self.left:
            self.left -= 1
            raise KilledError
        if isinstance(self.then, Exception):
            raise self.then
        return self.then


def dies(fsm: RetainFSM[Ctx, None], kept: Kept[Ctx]) -> None:
    """Run or resume in a process that dies."""
    going = (
        fsm.resume(kept.last, checkpoint=kept)
        if kept.saves
        else fsm.run(context(), checkpoint=kept)
    )
    with pytest.raises((KilledError, BaseExceptionGroup)):
        run(going)


def resumed(fsm: RetainFSM[Ctx, None], kept: Kept[Ctx], **options: Any) -> Ctx:
    return run(fsm.resume(kept.last, checkpoint=kept, **options))


def quick(**options: Any) -> RetainFSM[Ctx, None]:
    return RetainFSM(None, sleep=lambda seconds: asyncio.sleep(0), **options)


def test_a_state_that_kills_its_process_leaves_a_trace_of_each_attempt():
    kept, deadly, fsm = Kept[Ctx](), Deadly(3), quick()
    fsm.register("INIT", deadly)
    for number in range(1, 4):
        dies(fsm, kept)
        assert [entry.closed for entry in kept.last.step_log] == [True] * (number - 1) + [False]

    done = resumed(fsm, kept)
    assert outcome(done) == [("INIT", "interrupted")] * 3 + [("INIT", None)]
    assert [entry.notes for entry in done.step_log] == [
        {},
        {"attempt": 2, "deaths": 1},
        {"attempt": 3, "deaths": 2},
        {"attempt": 4, "deaths": 3},
    ]
    assert done.status == RunStatus.COMPLETED


def test_a_run_that_keeps_killing_its_process_ends_as_dead():
    kept, deadly, fsm = Kept[Ctx](), Deadly(99), quick(max_recoveries=2)
    fsm.register("INIT", deadly)
    for _ in range(3):
        dies(fsm, kept)

    ctx = resumed(fsm, kept)
    assert deadly.began == 3
    assert ctx.status == kept.last.status == "dead"
    assert ctx.completed_at is None
    [error] = kept.last.errors
    assert error.startswith("INIT: the process that ran this state died 3 times in a row")
    assert "max_recoveries is 2" in error
    assert closed([entry for entry in kept.last.step_log if entry.error is None])

    calls = kept.calls
    assert resumed(fsm, kept).status == "dead"
    assert (deadly.began, kept.calls) == (3, calls)


def test_a_dead_run_is_revived_where_that_is_asked_for_and_counts_anew():
    kept, deadly, fsm = Kept[Ctx](), Deadly(5), quick(max_recoveries=1)
    fsm.register("INIT", deadly)
    dies(fsm, kept)
    dies(fsm, kept)
    assert resumed(fsm, kept).status == "dead"

    with pytest.raises(KilledError):
        resumed(fsm, kept, revive=True)
    assert kept.last.errors == []
    assert kept.last.step_log[-1].notes == {}
    dies(fsm, kept)
    assert resumed(fsm, kept).status == "dead"

    deadly.left = 0
    assert resumed(fsm, kept, revive=True).status == "completed"


def test_the_count_begins_anew_with_each_state_that_ends_well():
    kept, fsm = Kept[Ctx](), quick(max_recoveries=1)
    states = {name: Deadly(1, then) for name, then in (("INIT", "A"), ("A", "B"), ("B", DONE))}
    for name, fn in states.items():
        fsm.register(name, fn)
    for _ in states:
        dies(fsm, kept)
    assert resumed(fsm, kept).status == "completed"


@pytest.mark.parametrize(("most", "deaths"), [(0, 1), (5, 6)])
def test_max_recoveries_counts_the_resumes_after_a_death(most, deaths):
    kept, fsm = Kept[Ctx](), quick(max_recoveries=most)
    fsm.register("INIT", Deadly(99))
    for _ in range(deaths):
        dies(fsm, kept)
    assert resumed(fsm, kept).status == "dead"


def test_max_recoveries_can_be_without_end_and_is_never_negative():
    kept, fsm = Kept[Ctx](), quick(max_recoveries=None)
    fsm.register("INIT", Deadly(12))
    for _ in range(12):
        dies(fsm, kept)
    assert resumed(fsm, kept).status == "completed"
    with pytest.raises(ValueError, match="max_recoveries"):
        quick(max_recoveries=-1)


def test_a_branch_that_kills_its_process_is_named_and_its_siblings_are_not_run_again():
    kept, deadly, fsm = Kept[Ctx](), Deadly(99), quick(max_recoveries=1)
    fsm.register("INIT", step("INIT", Parallel(("A", ("B", "C")), "JOIN")))
    for name, fn in (
        ("A", step("A", "")),
        ("B", step("B", "")),
        ("C", deadly),
        ("JOIN", step("JOIN", DONE)),
    ):
        fsm.register(name, fn)
    dies(fsm, kept)
    dies(fsm, kept)

    ctx = resumed(fsm, kept)
    assert ctx.status == "dead"
    assert ctx.errors[0].startswith("parallel:C: the process")
    assert sorted(ctx.ran) == ["A", "B", "INIT"]
    deadly.left = 0
    assert sorted(resumed(fsm, kept, revive=True).ran) == ["A", "B", "INIT", "JOIN"]


def test_a_retry_policy_counts_on_in_the_next_process():
    kept, tried = Kept[Ctx](), 0

    async def busy(ctx: Ctx, services: None) -> Any:
        nonlocal tried
        tried += 1
        raise TransientError("busy")

    async def killed(seconds: float) -> None:
        raise KilledError

    while tried < 9:
        fsm: RetainFSM[Ctx, None] = RetainFSM(None, sleep=killed)
        fsm.register("INIT", busy, retry=Retry(attempts=3))
        ctx = kept.last if kept.saves else context()
        try:
            ctx = run(fsm.resume(ctx, checkpoint=kept))
            break
        except KilledError:
            continue
    assert tried == 3
    assert ctx.status == "failed"
    assert [entry.notes.get("attempt", 1) for entry in ctx.step_log] == [1, 2, 3]


def test_a_failed_run_that_is_resumed_has_all_of_its_attempts_again():
    kept, fsm = Kept[Ctx](), quick()
    fsm.register("INIT", step("INIT", TransientError("busy")), retry=Retry(attempts=2))
    run(fsm.run(context(), checkpoint=kept))
    ctx = resumed(fsm, kept)
    assert [entry.notes for entry in ctx.step_log] == [{}, {"attempt": 2}, {}, {"attempt": 2}]


def test_a_cancelled_attempt_does_not_count():
    kept, numbers = Kept[Ctx](), []
    fsm = quick()
    fsm.subscribe(lambda e: numbers.append(e.attempt) if isinstance(e, StepStarted) else None)

    async def main() -> None:
        reached = asyncio.Event()

        async def stuck(ctx: Ctx, services: None) -> None:
            reached.set()
            await asyncio.Event().wait()

        fsm.register("INIT", stuck, retry=Retry(attempts=2))
        task = asyncio.create_task(fsm.run(context(), checkpoint=kept))
        await reached.wait()
        task.cancel()
        await asyncio.wait([task])

    run(main())
    fsm.register("INIT", step("INIT", TransientError("busy")), retry=Retry(attempts=2))
    assert resumed(fsm, kept).status == "failed"
    assert numbers == [1, 1, 2]


def test_notes_of_somebody_elses_do_no_harm():
    kept, fsm = Kept[Ctx](), quick()
    fsm.register("INIT", Deadly(1))
    dies(fsm, kept)
    left = kept.last
    left.step_log[0].notes = {"attempt": "first", "deaths": -3}
    assert run(fsm.resume(left, checkpoint=kept)).status == "completed"
    assert kept.last.step_log[1].notes == {"attempt": 2, "deaths": 1}


def test_an_attempt_that_never_began_is_not_in_the_log():
    """Cancelled while the save before it lasts: the log tells of what ran alone."""
    kept = Kept[Ctx]()

    async def main() -> Ctx:
        saving, ctx = asyncio.Event(), context()

        async def slow() -> None:
            if not saving.is_set():
                saving.set()
                await asyncio.Event().wait()

        kept = Kept[Ctx](lambda number: slow() if number > 1 else None)
        task = asyncio.create_task(machine(INIT="READ", READ=DONE).run(ctx, checkpoint=kept))
        await saving.wait()
        task.cancel()
        await asyncio.wait([task])
        assert outcome(kept.last) == [("INIT", None)]
        assert kept.last.last_state == "READ"
        return ctx

    assert outcome(run(main())) == [("INIT", None)]
    assert kept.calls == 0


def test_a_run_starts_with_no_old_errors_and_no_open_steps():
    kept, fsm = Kept[Ctx](), quick()
    fsm.register("INIT", Deadly(1))
    dies(fsm, kept)
    old = kept.last
    old.errors = ["INIT: an error of an earlier run"]
    kept = Kept()
    run(fsm.run(old, checkpoint=kept))
    assert kept.saves[0].errors == []
    assert old.errors == []
    assert outcome(old) == [("INIT", "interrupted"), ("INIT", None)]
    assert "deaths" not in old.step_log[1].notes


def test_a_dead_run_is_logged(caplog):
    kept, fsm = Kept[Ctx](), quick(max_recoveries=0)
    fsm.register("INIT", Deadly(1))
    dies(fsm, kept)
    with caplog.at_level(logging.WARNING, "retain.engine"):
        resumed(fsm, kept)
    assert "run of 'notes.md' in 'ana' dead: INIT" in caplog.text


def test_a_step_that_ended_well_before_has_no_attempts_to_count_on():
    """As in a loop: the state ran, and is to run again."""
    ctx = context()
    ctx.status, ctx.last_state = "running", "INIT"
    ctx.step_log = [
        StepLogEntry("INIT", NOON, None, None, "interrupted"),
        StepLogEntry("INIT", NOON, NOON, 1.0, None, {"attempt": 2, "deaths": 1}),
    ]
    done = run(machine(INIT=DONE).resume(ctx, checkpoint=Kept[Ctx]()))
    assert done.step_log[-1].notes == {}
