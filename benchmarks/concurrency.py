"""(c) How many durable transitions a second fifty runs at once make, beside one run."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from functools import partial
from pathlib import Path

from benchmarks import contenders
from benchmarks.measure import Group, Meter, Sample, Settings, document, interleave

RUNS = 50
COUNT = 100
"""Transitions of each run; the single run makes `SINGLE_COUNT`."""
SINGLE_COUNT = 500
CHARACTERS = 10_000
REPETITIONS = 9

NOTE = (
    f"(c) One SQLiteCheckpoint for all, a document of {CHARACTERS:,} characters in each run; "
    f"{RUNS} runs of {COUNT} transitions, one run of {SINGLE_COUNT}. Higher is better."
)


def run(settings: Settings) -> list[Group]:
    """Measure one run and many in turns."""
    measured = {
        "1 run": partial(_measure, settings.folder, 1, SINGLE_COUNT),
        f"{RUNS} runs": partial(_measure, settings.folder, RUNS, COUNT),
    }
    rows = interleave(measured, settings.count(REPETITIONS), settings.tell)
    title = "(c) durable transitions at once, on SQLite"
    return [Group(title, "1/s", rows, base="1 run", higher_is_better=True)]


def _measure(folder: Path, runs: int, count: int) -> Sample:
    own = Path(tempfile.mkdtemp(dir=folder))
    try:
        meter = Meter()
        asyncio.run(_run(own / "runs.db", runs, count, meter))
        return Sample(runs * count / meter.seconds)
    finally:
        shutil.rmtree(own, ignore_errors=True)


async def _run(path: Path, runs: int, count: int, meter: Meter) -> None:
    ours = contenders.load("retain")
    text = document(CHARACTERS)
    checkpoint = ours.SQLiteCheckpoint(path, ours.Document)
    await checkpoint.list()
    with meter:
        async with asyncio.TaskGroup() as group:
            for number in range(runs):
                group.create_task(ours.durable_run(checkpoint, f"source-{number}", count, text))
    await checkpoint.close()
