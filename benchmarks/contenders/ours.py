"""Retain: its engine and its SQLite checkpoint, as they come."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from benchmarks.measure import Meter
from retain.checkpoints.base import BaseCheckpoint
from retain.checkpoints.sqlite import SQLiteCheckpoint
from retain.engine import Complete, Parallel, RetainFSM, RunContext
from retain.engine.transitions import StateResult
from retain.memory.context import RetainContext


@dataclass
class Count(RunContext):
    """A context that counts."""

    n: int = 0


@dataclass
class Document(RetainContext):
    """The pipeline's context, of which a completed run keeps the document too."""

    working_fields: ClassVar[frozenset[str]] = frozenset()
    history_fields: ClassVar[frozenset[str]] = frozenset({"md_text"})


def transitions(count: int, meter: Meter) -> None:
    async def ping(ctx: Count, _: None) -> StateResult:
        ctx.n += 1
        return "PONG" if ctx.n < count else Complete()

    async def pong(ctx: Count, _: None) -> StateResult:
        ctx.n += 1
        return "PING" if ctx.n < count else Complete()

    fsm = RetainFSM[Count, None](None)
    fsm.register("PING", ping)
    fsm.register("PONG", pong)
    ctx = Count("bank", "source")

    async def main() -> None:
        with meter:
            await fsm.run(ctx, initial_state="PING")

    asyncio.run(main())
    assert (ctx.n, ctx.errors) == (count, [])


def durable(folder: Path, count: int, document: str, meter: Meter) -> bool:
    async def main() -> bool:
        checkpoint = SQLiteCheckpoint(folder / "runs.db", Document)
        await checkpoint.list()
        with meter:
            await durable_run(checkpoint, "source", count, document)
        kept = await checkpoint.load("bank", "source")
        await checkpoint.close()
        return kept is not None and kept.md_text == document

    return asyncio.run(main())


async def durable_run(
    checkpoint: BaseCheckpoint[Document], source_id: str, count: int, document: str
) -> None:
    """One run of `count` transitions, each of them kept."""

    async def ping(ctx: Document, _: None) -> StateResult:
        return "PONG" if len(ctx.step_log) < count else Complete()

    async def pong(ctx: Document, _: None) -> StateResult:
        return "PING" if len(ctx.step_log) < count else Complete()

    fsm = RetainFSM[Document, None](None)
    fsm.register("PING", ping)
    fsm.register("PONG", pong)
    ctx = Document("bank", source_id, document)
    await fsm.run(ctx, initial_state="PING", checkpoint=checkpoint)
    assert (len(ctx.step_log), ctx.errors) == (count, [])


def fan_out(branches: int, delay_s: float, meter: Meter) -> None:
    names = tuple(f"BRANCH_{number}" for number in range(branches))

    async def start(_ctx: Count, _: None) -> StateResult:
        return Parallel(names, join="JOIN")

    async def branch(ctx: Count, _: None) -> StateResult:
        await asyncio.sleep(delay_s)
        ctx.n += 1
        return Complete()

    async def join(_ctx: Count, _: None) -> StateResult:
        return Complete()

    fsm = RetainFSM[Count, None](None)
    fsm.register("INIT", start)
    fsm.register("JOIN", join)
    for name in names:
        fsm.register(name, branch)
    ctx = Count("bank", "source")

    async def main() -> None:
        with meter:
            await fsm.run(ctx)

    asyncio.run(main())
    assert (ctx.n, ctx.errors) == (branches, [])
