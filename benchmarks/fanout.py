"""(d) The wall time of sixteen branches that sleep ten milliseconds each."""

from __future__ import annotations

import asyncio
from functools import partial

from benchmarks import contenders
from benchmarks.measure import Group, Meter, Sample, Settings, interleave

BRANCHES = 16
DELAY_S = 0.010
REPETITIONS = 31
NAMES = ("retain", "seed", "pydantic-graph", "langgraph")
FLOOR = "asyncio.gather"

NOTE = (
    f"(d) From the start of the run to its end: a fan-out, {BRANCHES} branches of "
    f"{DELAY_S * 1000:g} ms, a join; nothing is kept."
)


def run(settings: Settings) -> list[Group]:
    """Measure every contender in this process."""
    measured = {FLOOR: _gather} | {name: partial(_measure, name) for name in NAMES}
    rows = interleave(measured, settings.count(REPETITIONS), settings.tell)
    title = f"(d) fan-out of {BRANCHES} branches of {DELAY_S * 1000:g} ms"
    return [Group(title, "ms", rows, base=DELAY_S * 1000)]


def _measure(name: str) -> Sample:
    meter = Meter()
    contenders.load(name).fan_out(BRANCHES, DELAY_S, meter)
    return Sample(meter.seconds * 1000)


def _gather() -> Sample:
    meter = Meter()

    async def main() -> None:
        with meter:
            await asyncio.gather(*(asyncio.sleep(DELAY_S) for _ in range(BRANCHES)))

    asyncio.run(main())
    return Sample(meter.seconds * 1000)
