"""The seed's engine: ``astrocyte.pipeline.retain_fsm``, with its file checkpoint."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from astrocyte.pipeline.retain_fsm.checkpoint import FileCheckpoint
from astrocyte.pipeline.retain_fsm.context import RetainContext
from astrocyte.pipeline.retain_fsm.engine import Complete, Parallel, RetainFSM

from benchmarks.measure import Meter


def transitions(count: int, meter: Meter) -> None:
    async def ping(ctx: Any, _: None) -> object:
        ctx.n += 1
        return "PONG" if ctx.n < count else Complete()

    async def pong(ctx: Any, _: None) -> object:
        ctx.n += 1
        return "PING" if ctx.n < count else Complete()

    fsm = RetainFSM(None)
    fsm.register("PING", ping)
    fsm.register("PONG", pong)
    ctx: Any = RetainContext("bank", "source", "")
    ctx.n = 0

    async def main() -> None:
        with meter:
            await fsm.run(ctx, initial_state="PING")

    asyncio.run(main())
    assert (ctx.n, ctx.errors) == (count, [])


def durable(folder: Path, count: int, document: str, meter: Meter) -> bool:
    async def ping(ctx: RetainContext, _: None) -> object:
        return "PONG" if len(ctx.step_log) < count else Complete()

    async def pong(ctx: RetainContext, _: None) -> object:
        return "PING" if len(ctx.step_log) < count else Complete()

    fsm = RetainFSM(None)
    fsm.register("PING", ping)
    fsm.register("PONG", pong)
    ctx = RetainContext("bank", "source", document)
    checkpoint = FileCheckpoint(folder / "runs")

    async def main() -> bool:
        with meter:
            await fsm.run(ctx, initial_state="PING", checkpoint=checkpoint)
        kept = await checkpoint.load("bank", "source")
        return kept is not None and kept.md_text == document

    keeps = asyncio.run(main())
    assert (len(ctx.step_log), ctx.errors) == (count, [])
    return keeps


def fan_out(branches: int, delay_s: float, meter: Meter) -> None:
    names = tuple(f"BRANCH_{number}" for number in range(branches))

    async def start(_ctx: RetainContext, _: None) -> object:
        return Parallel(names, join="JOIN")

    async def branch(ctx: Any, _: None) -> object:
        await asyncio.sleep(delay_s)
        ctx.n += 1
        return Complete()

    async def join(_ctx: RetainContext, _: None) -> object:
        return Complete()

    fsm = RetainFSM(None)
    fsm.register("INIT", start)
    fsm.register("JOIN", join)
    for name in names:
        fsm.register(name, branch)
    ctx: Any = RetainContext("bank", "source", "")
    ctx.n = 0

    async def main() -> None:
        with meter:
            await fsm.run(ctx)

    asyncio.run(main())
    assert (ctx.n, ctx.errors) == (branches, [])
