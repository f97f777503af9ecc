"""A user's own pipeline over the public names of the engine, checked in strict mode, never run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import assert_never, assert_type

from retain.engine import (
    Checkpoint,
    Complete,
    EngineContext,
    Event,
    Failed,
    FanOut,
    Lease,
    Observer,
    Parallel,
    RetainFSM,
    Retry,
    RunContext,
    RunEnded,
    RunPage,
    RunStarted,
    RunStatus,
    RunSummary,
    Saver,
    StateFunc,
    StateResult,
    StepEnded,
    StepLogEntry,
    StepStarted,
    key_of,
)


@dataclass
class Report(RunContext):
    """A context that inherits the engine's fields."""

    text: str
    words: int = 0
    topics: list[str] = field(default_factory=list[str])


@dataclass
class Own:
    """A context that declares the engine's fields itself."""

    bank_id: str
    source_id: str
    last_state: str = "INIT"
    step_log: list[StepLogEntry] = field(default_factory=list[StepLogEntry])
    errors: list[str] = field(default_factory=list[str])
    completed_at: datetime | None = None
    status: RunStatus = RunStatus.RUNNING
    fan_out: FanOut | None = None


@dataclass(frozen=True)
class Services:
    """What the states of a report use."""

    limit: int


class QuotaError(Exception):
    """A foreign error that is worth another attempt."""


FAN_OUT = Parallel(branches=("COUNT", ("TOPICS", "RANK")), join="END")


async def init(ctx: Report, services: Services) -> StateResult:
    if len(ctx.text) > services.limit:
        return Failed("the text is too long")
    return FAN_OUT


async def count(ctx: Report, services: Services) -> Complete:
    ctx.words = len(ctx.text.split())
    return Complete()


async def topics(ctx: Report, services: Services) -> str:
    ctx.topics = sorted(set(ctx.text.split()))
    return "RANK"


async def end(ctx: Report, services: Services) -> str | Complete:
    return Complete() if ctx.words else "INIT"


class MemorySaver:
    """A saver of any context."""

    def __init__(self) -> None:
        self.saves: list[tuple[tuple[str, ...], str]] = []

    async def save(self, ctx: EngineContext, /) -> None:
        self.saves.append((key_of(ctx), ctx.last_state))


def observe(event: Event) -> None:
    match event:
        case RunStarted():
            assert_type(event.resumed, bool)
        case StepStarted():
            assert_type(event.attempt, int)
        case StepEnded():
            assert_type(event.error, str | None)
        case RunEnded():
            assert_type(event.errors, tuple[str, ...])
        case _:
            assert_never(event)


def machine(services: Services) -> RetainFSM[Report, Services]:
    fsm = RetainFSM[Report, Services](services, max_transitions=100)
    fsm.register("INIT", init, to=[FAN_OUT])
    fsm.register("COUNT", count, timeout_s=5)
    fsm.register("TOPICS", topics, to=("RANK",), retry=Retry(attempts=5, on=(QuotaError,)))
    ranks: StateFunc[Report, Services] = topics
    fsm.register("RANK", ranks)
    fsm.register("END", end, to=["INIT", Complete()])
    assert_type(fsm.registered_states(), tuple[str, ...])
    assert_type(fsm.validate(), tuple[str, ...])
    assert_type(fsm.diagram("INIT"), str)
    assert_type(fsm.services, Services)
    return fsm


async def drive() -> Report:
    fsm = machine(Services(limit=1_000))
    observer: Observer = observe
    unsubscribe = fsm.subscribe(observer)
    assert_type(unsubscribe, Callable[[], None])
    saver: Saver[Report] = MemorySaver()
    ctx = await fsm.run(Report("ana", "a.md", "some text"), checkpoint=saver)
    assert_type(ctx, Report)
    unsubscribe()
    assert_type(ctx.duration_ms_by_state(), dict[str, float])
    return await fsm.resume(ctx, checkpoint=saver)


async def resume_all(fsm: RetainFSM[Report, Services], checkpoint: Checkpoint[Report]) -> None:
    runs = await checkpoint.list(status="failed")
    assert_type(runs, RunPage)
    rows: Sequence[RunSummary] = runs
    assert_type(rows[0].status, RunStatus)
    for run in runs:
        async with checkpoint.lease(run.bank_id, run.source_id) as lease:
            assert_type(lease, Lease)
            ctx = await checkpoint.load(run.bank_id, run.source_id)
            if ctx is not None:
                await fsm.resume(ctx, checkpoint=checkpoint)


async def nowhere(ctx: Own, services: None) -> Complete:
    return Complete()


async def drive_own() -> Own:
    fsm = RetainFSM[Own, None](None)
    fsm.register("INIT", nowhere)
    return await fsm.run(Own("ana", "a.md"), checkpoint=MemorySaver())
