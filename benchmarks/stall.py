"""(f) The longest time that the event loop stands still while a context of 10 MB is saved."""

from __future__ import annotations

import asyncio
import gc
import itertools
import shutil
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

from benchmarks import contenders
from benchmarks.measure import Group, Sample, Settings, document, interleave
from retain.memory.model import Fact

CHARACTERS = 10_000_000
FACTS = 40_000
"""About 250 bytes each."""
TICK_S = 0.001
IDLE_S = 0.3
REPETITIONS = 9
IDLE = "no save"

NOTE = (
    f"(f) The longest gap between two ticks of a task that sleeps {TICK_S * 1000:g} ms, in one "
    f"save. Facts: {FACTS:,} of them, all saved before, all changed."
)


def run(settings: Settings) -> list[Group]:
    """Measure the ticker alone and beside two kinds of save."""
    measured = {
        IDLE: partial(_measure, settings.folder, _idle),
        "one text of 10 MB": partial(_measure, settings.folder, _text),
        "10 MB of changed facts": partial(_measure, settings.folder, _facts),
    }
    rows = interleave(measured, settings.count(REPETITIONS), settings.tell)
    return [Group("(f) longest stall of the event loop", "ms", rows, base=IDLE)]


Load = Callable[[Any, Any], Awaitable[Callable[[], Awaitable[None]]]]
"""Takes a checkpoint and a context, prepares, and returns what is to be measured."""


async def _idle(_checkpoint: Any, _ctx: Any) -> Callable[[], Awaitable[None]]:
    return partial(asyncio.sleep, IDLE_S)


async def _text(checkpoint: Any, ctx: Any) -> Callable[[], Awaitable[None]]:
    ctx.md_text = document(CHARACTERS)
    return partial(checkpoint.save, ctx)


async def _facts(checkpoint: Any, ctx: Any) -> Callable[[], Awaitable[None]]:
    ctx.facts = facts()
    await checkpoint.save(ctx)
    ctx.facts = [replace(fact, superseded_by=f"fact-{fact.start}-new") for fact in ctx.facts]
    return partial(checkpoint.save, ctx)


def facts() -> list[Fact]:
    """Facts of about 10 MB in all."""
    text = document(FACTS * 70)
    return [
        Fact(
            fact_id=f"fact-{number}",
            section_id=f"section-{number // 20}",
            type="world",
            text=text[number * 70 : number * 70 + 70],
            quote=text[number * 70 : number * 70 + 60],
            start=number * 70,
            end=number * 70 + 60,
            entities=("Ana", "Lisbon"),
        )
        for number in range(FACTS)
    ]


def _measure(folder: Path, load: Load) -> Sample:
    own = Path(tempfile.mkdtemp(dir=folder))
    try:
        return Sample(asyncio.run(_stall(own / "runs.db", load)) * 1000)
    finally:
        shutil.rmtree(own, ignore_errors=True)


async def _stall(path: Path, load: Load) -> float:
    """The longest gap between two ticks, in seconds, while the load's work lasts."""
    ours = contenders.load("retain")
    checkpoint = ours.SQLiteCheckpoint(path, ours.Document)
    await checkpoint.list()
    work = await load(checkpoint, ours.Document("bank", "source", ""))
    gc.collect()
    ticks: list[float] = []
    ticker = asyncio.create_task(_tick(ticks))
    await asyncio.sleep(10 * TICK_S)
    ticks.clear()
    ticks.append(perf_counter())
    await work()
    ticks.append(perf_counter())
    ticker.cancel()
    with suppress(asyncio.CancelledError):
        await ticker
    await checkpoint.close()
    return max(b - a for a, b in itertools.pairwise(ticks))


async def _tick(ticks: list[float]) -> None:
    while True:
        await asyncio.sleep(TICK_S)
        ticks.append(perf_counter())
