"""What it costs to list runs in a database with many finished ones.

Run it as ``python -m benchmarks.listing [RUNS]``. It prints milliseconds: the median of 20 calls.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from retain.checkpoints import SQLiteCheckpoint
from retain.memory.context import RetainContext
from retain.status import RunStatus

BEGAN = datetime(2024, 1, 1, tzinfo=UTC)


async def _median_ms(work: Callable[[], Awaitable[object]]) -> float:
    times: list[float] = []
    for _ in range(20):
        began = time.perf_counter()
        await work()
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)


def _finished(number: int) -> RetainContext:
    ctx = RetainContext("bank", f"note-{number:06}.md", "", status=RunStatus.COMPLETED)
    ctx.started_at = BEGAN + timedelta(seconds=number)
    ctx.completed_at = ctx.started_at
    return ctx


async def measure(runs: int, folder: Path) -> None:
    """Print what pages, counts and the search for unfinished runs cost."""
    checkpoint = SQLiteCheckpoint(folder / "runs.db", RetainContext, durability="process")
    for begin in range(0, runs, 500):
        await checkpoint.save_new([_finished(n) for n in range(begin, min(begin + 500, runs))])
    middle = await checkpoint.list(limit=max(1, runs // 2))
    calls: dict[str, Callable[[], Awaitable[object]]] = {
        "first page of 50": lambda: checkpoint.list(limit=50),
        "page of 50 in the middle": lambda: checkpoint.list(limit=50, after=middle.following),
        "newest 50": lambda: checkpoint.list(limit=50, order="newest"),
        "50 that are completed": lambda: checkpoint.list(status="completed", limit=50),
        "counts by status": lambda: checkpoint.counts(),
        "unfinished runs": lambda: checkpoint.list(status=["failed", "interrupted", "suspended"]),
        "completed runs at FORGET": lambda: checkpoint.list(
            status="completed", last_state=["FORGET"]
        ),
    }
    for name, call in calls.items():
        print(f"{name:<26} {await _median_ms(call):8.2f} ms, {runs:,} runs")
    await checkpoint.close()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        asyncio.run(measure(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000, Path(place)))
